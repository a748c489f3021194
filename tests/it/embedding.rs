//! The two ways into the vector space agree with one another and with the reference tokenizer; errors are errors;
//! nothing is written outside of what we own.

mod building;
mod command;
mod texts;

use std::path::Path;
use std::process::Command;

use memory_lane::config::variable;
use memory_lane::embed::catalog::DEFAULT_MODEL;
use memory_lane::embed::pack::Manifest;
use memory_lane::embed::{BulkEmbedder, EmbedError, Embedder, LeanEmbedder, WordPiece, runtime};
use proptest::prelude::*;
use tokenizers::Tokenizer;

use crate::support::model_home;

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn lean() -> LeanEmbedder {
    let home = model_home();
    LeanEmbedder::open(&home.models().join(DEFAULT_MODEL)).unwrap()
}

#[test]
fn single_texts_and_batches_agree() {
    let home = model_home();
    let mut bulk = BulkEmbedder::open(&home.models().join(DEFAULT_MODEL), &home.runtime()).unwrap();
    let mut lean = lean();
    let mut texts = texts::generate(200);
    texts.extend(["", " \n", "ok", "[CLS] or [MASK] [SEP]"].map(str::to_owned));
    let batched = bulk.embed_all(&texts).unwrap();
    assert_eq!(batched.len(), texts.len());
    assert_eq!((lean.model(), lean.dimension()), (bulk.model(), bulk.dimension()));
    for (text, batched) in texts.iter().zip(&batched) {
        let single = lean.embed(text).unwrap();
        let cosine = cosine(&single, batched);
        assert!(cosine > 0.9999, "cosine {cosine} for {text:?}");
        assert_eq!(single.len(), lean.dimension());
    }
}

#[test]
fn near_in_meaning_is_near_in_space() {
    let mut lean = lean();
    let mut vector = |text: &str| lean.embed(text).unwrap();
    let asked = vector("How do I undo the last commit without losing my changes?");
    let near = vector("git reset --soft HEAD~1 keeps the work tree and removes the commit");
    let far = vector("The cat sleeps on the warm windowsill in the afternoon");
    assert!(cosine(&asked, &near) > cosine(&asked, &far) + 0.2);
    assert!((cosine(&asked, &asked) - 1.0).abs() < 1e-4);
}

#[test]
fn a_limit_cuts_the_text_and_nothing_else() {
    let mut lean = lean();
    let long = "the deployment failed because ".repeat(400);
    let cut = lean.embed_limited(&long, 16).unwrap();
    let same = lean.embed_limited(&"the deployment failed because ".repeat(5), 16).unwrap();
    assert!(cosine(&cut, &same) > 0.99999);
    assert_eq!(lean.embed(&long).unwrap(), lean.embed_limited(&long, usize::MAX).unwrap());
    assert_eq!(lean.embed_limited("short", 0).unwrap().len(), 384);
}

/// Ours and the reference; the latter told to take `[CLS]` in a text for text, and not to cut or pad.
fn tokenizers() -> (WordPiece, Tokenizer) {
    let pack = model_home().models().join(DEFAULT_MODEL);
    let mut reference = Tokenizer::from_file(pack.join("tokenizer.json")).unwrap();
    reference.with_padding(None);
    reference.with_truncation(None).unwrap();
    reference.set_encode_special_tokens(true);
    (WordPiece::open(&pack.join("vocabulary.table")).unwrap(), reference)
}

#[test]
fn tokens_are_those_of_the_reference() {
    let (ours, reference) = tokenizers();
    let odd = [
        "",
        " ",
        "[CLS] is not a [MASK] here [SEP]",
        "soft\u{ad}hyphen zero\u{200b}width\u{200d}joiner \u{feff}bom",
        "tab\tnewline\r\nform\u{c}feed\u{b}vertical nbsp\u{a0}ideographic\u{3000}space",
        "ﬁne ligature, ½ fraction, ① circled, Ⅷ roman, ﷺ, ǅ, ß, İstanbul, ΣΊΣΥΦΟΣ",
        "한국어 문장도 잘 나뉘어야 한다. 日本語のテキストとカタカナ「テスト」、ひらがな。",
        "हिन्दी में वाक्य और العربية مع تَشكيل ועברית עם נִקּוּד ไทยก็ได้",
        "emoji 👩‍👩‍👧 🇩🇪 ✅ → ≠ “quotes” ‘single’ … – — •",
        "C:\\Users\\dev\\AppData\\Local\\Temp\\x~1.tmp && rm -rf ./build/*.o | grep -v '^#' > /dev/null 2>&1",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv",
        "\u{0}nul \u{fffd}replacement \u{7f}del \u{85}next \u{e000}private",
    ];
    let words = "x".repeat(100) + " " + &"y".repeat(101) + " " + &"é".repeat(100) + " " + &"ü".repeat(101);
    let texts = texts::generate(400).into_iter().chain(odd.map(str::to_owned)).chain([words]);
    for text in texts {
        let expected = reference.encode(text.as_str(), true).unwrap();
        assert_eq!(ours.encode(&text, usize::MAX), expected.get_ids(), "{text:?}");
        let cut = expected.len().min(40);
        assert_eq!(ours.encode(&text, 40)[..cut - 1], expected.get_ids()[..cut - 1], "cut {text:?}");
    }
}

#[test]
fn tokens_of_random_text_are_those_of_the_reference() {
    let (ours, reference) = tokenizers();
    let characters = "[ -~\\n\\t\u{a0}-\u{24f}\u{300}-\u{36f}\u{391}-\u{3c9}\u{410}-\u{44f}\u{2010}-\u{2027}\u{4e00}-\u{4e40}]{0,80}";
    proptest!(|(text in characters)| {
        let expected = reference.encode(text.as_str(), true).unwrap();
        prop_assert_eq!(ours.encode(&text, usize::MAX), expected.get_ids());
    });
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    let home = model_home();
    let (pack, runtime) = (home.models().join(DEFAULT_MODEL), home.runtime());
    let empty = tempfile::tempdir().unwrap();
    let check = |result: Result<(), EmbedError>, named: &Path| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(&*named.to_string_lossy()), "{message}");
        assert!(message.contains("memory-lane model add"), "{message}");
    };
    check(BulkEmbedder::open(&pack, empty.path()).map(drop), &empty.path().join(runtime::LIBRARY));
    check(LeanEmbedder::open(empty.path()).map(drop), empty.path());
    let damaged = empty.path().join("pack");
    std::fs::create_dir(&damaged).unwrap();
    for entry in std::fs::read_dir(&pack).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), damaged.join(entry.file_name())).unwrap();
    }
    drop(LeanEmbedder::open(&damaged).unwrap());
    let cut = damaged.join("encoder.f32");
    std::fs::OpenOptions::new().write(true).open(&cut).unwrap().set_len(1_000).unwrap();
    check(LeanEmbedder::open(&damaged).map(drop), &cut);
    assert!(Manifest::read(&damaged).unwrap().verify(&damaged).is_err());
    std::fs::write(damaged.join("pack.json"), "{").unwrap();
    check(LeanEmbedder::open(&damaged).map(drop), &damaged.join("pack.json"));
    std::fs::write(damaged.join("pack.json"), r#"{"format": 1, "model": "of an earlier version"}"#).unwrap();
    check(LeanEmbedder::open(&damaged).map(drop), &damaged.join("pack.json"));
    assert!(BulkEmbedder::open(&damaged, &runtime).is_err());
}

/// Runs one task of [`in_a_process_of_its_own`] in a process of its own.
fn run_alone(task: &str, directory: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "embedding::in_a_process_of_its_own", "--nocapture"]).current_dir(directory);
    child.env("MEMORY_LANE_TEST_TASK", task).env("MEMORY_LANE_TEST_MODEL", model_home().home());
    child.env_remove("ORT_DISABLE_TELEMETRY");
    for place in
        ["HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR"]
    {
        child.env(place, directory);
    }
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The child's half of the tests that need a fresh process; alone it has nothing to do.
#[test]
fn in_a_process_of_its_own() {
    let Some(task) = variable("MEMORY_LANE_TEST_TASK") else { return };
    let home = model_home();
    let pack = home.models().join(DEFAULT_MODEL);
    if task == "embed" {
        let text = ["a text".to_owned()];
        let single = lean().embed(&text[0]).unwrap();
        let batched = BulkEmbedder::open(&pack, &home.runtime()).unwrap().embed_all(&text).unwrap();
        assert!(cosine(&single, &batched[0]) > 0.9999);
    } else {
        let wrong = std::env::current_dir().unwrap();
        let error = BulkEmbedder::open(&pack, &wrong).map(drop).unwrap_err();
        assert!(matches!(error, EmbedError::RuntimeUnusable { .. }), "{error}");
        assert!(error.to_string().contains(&*wrong.to_string_lossy()), "{error}");
        // A wrong library does not spoil the process for the right one.
        let mut right = BulkEmbedder::open(&pack, &home.runtime()).unwrap();
        assert_eq!(right.embed("a text").unwrap().len(), 384);
    }
}

#[test]
fn embedding_writes_no_file() {
    let home = tempfile::tempdir().unwrap();
    run_alone("embed", home.path());
    let written: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(written.is_empty(), "{written:?}");
}

#[test]
fn a_file_that_is_no_library_is_an_error() {
    for content in ["", "not a library"] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(runtime::LIBRARY), content).unwrap();
        run_alone("wrong library", directory.path());
    }
}

#[test]
fn the_library_has_no_address_to_report_to() {
    let library = std::fs::read(model_home().runtime().join(runtime::LIBRARY)).unwrap();
    let reports = regex::bytes::Regex::new(r"events\.data\.microsoft|\.onnxruntime/deviceid|OneCollector").unwrap();
    assert!(!reports.is_match(&library));
}

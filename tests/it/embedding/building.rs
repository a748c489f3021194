//! Building a pack, with a model small enough to make up: 2 layers, 16 numbers wide, 40 words.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use memory_lane::embed::pack::{self, Manifest, Source};
use memory_lane::embed::{BulkEmbedder, EmbedError, Embedder, LeanEmbedder};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use crate::support::model_home;

const WIDTH: usize = 16;
const WIDE: usize = 32;
const WORDS: [&str; 13] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "memory", "lane", "##s", "keep", "the", "tests", "green", "!"];

fn shapes() -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::from([
        ("embeddings.word_embeddings.weight".to_owned(), vec![WORDS.len(), WIDTH]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![64, WIDTH]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, WIDTH]),
    ]);
    let mut layer = |name: &str, weight: Vec<usize>, bias: usize| {
        shapes.insert(format!("{name}.weight"), weight);
        shapes.insert(format!("{name}.bias"), vec![bias]);
    };
    layer("embeddings.LayerNorm", vec![WIDTH], WIDTH);
    for number in 0..2 {
        let layers = format!("encoder.layer.{number}.");
        for square in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            layer(&format!("{layers}{square}"), vec![WIDTH, WIDTH], WIDTH);
        }
        for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
            layer(&format!("{layers}{norm}"), vec![WIDTH], WIDTH);
        }
        layer(&format!("{layers}intermediate.dense"), vec![WIDE, WIDTH], WIDE);
        layer(&format!("{layers}output.dense"), vec![WIDTH, WIDE], WIDTH);
    }
    shapes
}

fn write_weights(path: &Path) {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = shapes()
        .into_iter()
        .map(|(name, shape)| {
            // Large biases would make all texts alike, and the comparison of the graphs empty.
            let scale = if name.ends_with(".bias") { 0.1 } else { 1.0 };
            let bytes = (0..shape.iter().product()).flat_map(|_| (scale * next()).to_le_bytes()).collect();
            (name, shape, bytes)
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// What a model's authors publish, at a small size.
fn write_source(directory: &Path) {
    let write = |name: &str, value: serde_json::Value| fs::write(directory.join(name), value.to_string()).unwrap();
    write_weights(&directory.join("model.safetensors"));
    write(
        "config.json",
        json!({
            "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": WIDE, "layer_norm_eps": 1e-12, "vocab_size": WORDS.len(),
            "max_position_embeddings": 64, "type_vocab_size": 2, "pad_token_id": 0,
        }),
    );
    fs::write(directory.join("vocab.txt"), WORDS.join("\n")).unwrap();
    write("special_tokens_map.json", json!({"unk_token": "[UNK]", "pad_token": "[PAD]"}));
    write("tokenizer_config.json", json!({"model_max_length": 64, "pad_token": "[PAD]"}));
    let vocabulary: serde_json::Map<_, _> =
        (0..).zip(WORDS).map(|(id, word): (u32, _)| (word.to_owned(), id.into())).collect();
    write(
        "tokenizer.json",
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "decoder": null,
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                "lowercase": true,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
            "model": {
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary,
            },
        }),
    );
}

fn source(directory: &Path) -> Source<'_> {
    Source { directory, model: "tiny", max_tokens: 64, origin: "made up" }
}

#[test]
fn a_pack_is_whole_reproducible_and_its_two_forms_agree() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_source(from.path());
    let (one, other) = (to.path().join("one"), to.path().join("other"));
    let first = pack::build(&source(from.path()), &one).unwrap();
    let second = pack::build(&source(from.path()), &other).unwrap();
    assert_eq!(first, second);
    assert_eq!(Manifest::read(&one).unwrap(), first);
    first.verify(&one).unwrap();
    let texts = ["Keep the tests green!", "memory lanes", "", "the the the the"].map(str::to_owned);
    let batched = BulkEmbedder::open(&one, &model_home().runtime()).unwrap().embed_all(&texts).unwrap();
    let mut lean = LeanEmbedder::open(&one).unwrap();
    for (text, batched) in texts.iter().zip(&batched) {
        let single = lean.embed(text).unwrap();
        let cosine = super::cosine(&single, batched);
        assert!(cosine > 0.9999, "cosine {cosine} for {text:?}");
    }
    let apart = super::cosine(&batched[0], &batched[1]);
    assert!(apart < 0.95, "the tiny model tells texts apart: cosine {apart}");
}

#[test]
fn building_again_replaces_the_pack_and_leaves_nothing_else() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_source(from.path());
    let place = to.path().join("tiny");
    pack::build(&source(from.path()), &place).unwrap();
    fs::write(place.join("stray"), "").unwrap();
    pack::build(&source(from.path()), &place).unwrap();
    assert!(!place.join("stray").exists());
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
}

#[test]
fn a_source_that_does_not_fit_is_refused_and_leaves_nothing() {
    let check = |file: &str, content: &str, expected: &str| {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_source(from.path());
        fs::write(from.path().join(file), content).unwrap();
        let error = pack::build(&source(from.path()), &to.path().join("tiny")).unwrap_err();
        assert!(matches!(error, EmbedError::Source { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "{file}");
    };
    let other = json!({
        "model_type": "roberta", "hidden_act": "gelu", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "layer_norm_eps": 1e-5, "vocab_size": 13, "max_position_embeddings": 64, "type_vocab_size": 1,
    });
    check("config.json", &other.to_string(), "roberta");
    check("config.json", &other.to_string().replace("roberta", "bert"), "token_type_embeddings");
    check("config.json", "{}", "config.json");
    check("model.safetensors", "short", "model.safetensors");
    check("vocab.txt", "memory\nlane\n", "[UNK]");
}

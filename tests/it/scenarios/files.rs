//! Memories that name files: what is gone counts less, and says so.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use memory_lane::config::Paths;
use memory_lane::hook::stale_files;
use memory_lane::model::{Agent, MemoryId, SessionId, Timestamp};
use memory_lane::recall::{Citation, FileState};
use memory_lane::store::sqlite::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::talk::Talk;
use super::{of, said};
use crate::support::Home;

const RULE: &str = "No, never hard-code the port in src/ports.rs, read SHOP_PORT from the environment.";
const ASKED: &str = "hard-code the port of the shop in ports.rs, 9090 instead of what the environment says";

/// A checkout of the shop, with or without its table of ports.
fn checkout(with_ports: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join(".git")).unwrap();
    fs::write(dir.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(dir.path().join(".git/config"), "[remote \"origin\"]\n\turl = git@git.example:acme/shop.git\n").unwrap();
    fs::create_dir_all(dir.path().join("src")).unwrap();
    if with_ports {
        fs::write(dir.path().join("src/ports.rs"), "pub const PORT: u16 = 8080;\n").unwrap();
    }
    dir
}

/// A session in which the agent edits the table of ports and is corrected.
fn corrected(home: &Home, checkout: &Path) {
    Talk::on(2, "one")
        .at(checkout)
        .asks("let the shop listen on 9090")
        .edits("src/ports.rs", "8080", "9090")
        .says("It listens on 9090 now.")
        .asks(RULE)
        .says("Right, I took that back.")
        .written(home);
}

fn home_and_checkout() -> (Home, TempDir) {
    let (home, checkout) = (Home::new(), checkout(true));
    corrected(&home, checkout.path());
    home.run(&["ingest"]);
    home.run(&["catch"]);
    (home, checkout)
}

fn explanation(home: &Home, cwd: &Path) -> Value {
    let found = home.json(&["recall", ASKED, "--cwd", cwd.to_str().unwrap(), "--explain", "--json"]);
    of(found["memories"].as_array().unwrap(), 1)["explanation"].clone()
}

fn relevance(explanation: &Value) -> f64 {
    explanation["relevance"].as_f64().unwrap()
}

#[test]
fn a_memory_about_a_file_that_is_gone_ranks_lower_and_says_why() {
    let (home, checkout) = home_and_checkout();
    let before = explanation(&home, checkout.path());
    assert!(!before["why"].as_str().unwrap().contains("cites"), "a rule stands when its file changes: {before}");

    fs::remove_file(checkout.path().join("src/ports.rs")).unwrap();
    let after = explanation(&home, checkout.path());
    assert!(after["why"].as_str().unwrap().contains("cites src/ports.rs, which is gone"), "{after}");
    assert!((relevance(&after) / relevance(&before) - 0.8).abs() < 1e-3, "{after} after {before}");
    let prompt = json!({"session_id": "two", "cwd": checkout.path(), "hook_event_name": "UserPromptSubmit",
                        "prompt": ASKED});
    let text = said(&home, &prompt);
    assert!(text.contains("SHOP_PORT") && text.contains("cites src/ports.rs, which is gone"), "{text}");
}

#[test]
fn another_clone_that_never_had_the_file_does_not_miss_it() {
    let (home, _kept) = home_and_checkout();
    let clone = checkout(false);
    let there = explanation(&home, clone.path());
    assert!(!there["why"].as_str().unwrap().contains("cites"), "{there}");
}

fn states(home: &Home, root: &Path) -> Vec<(String, FileState)> {
    let store = SqliteStore::open(&Paths::at(home.path()).database()).unwrap();
    let citation = Citation {
        memory: MemoryId(1),
        session: SessionId::new(Agent::ClaudeCode, "one"),
        formed_at: Timestamp::parse("2026-11-02T10:00:04Z").unwrap(),
        files: vec!["src/ports.rs".to_owned(), "src/never-seen.rs".to_owned()],
    };
    stale_files(&[citation], root, &store).into_iter().map(|file| (file.path, file.state)).collect()
}

#[test]
fn only_files_that_the_session_had_here_are_missed() {
    let (home, checkout) = home_and_checkout();
    let ports = checkout.path().join("src/ports.rs");
    let changed = |date: &str| {
        let at = Duration::from_millis(Timestamp::parse(date).unwrap().millis().try_into().unwrap());
        fs::File::options().write(true).open(&ports).unwrap().set_modified(UNIX_EPOCH + at).unwrap();
    };
    changed("2026-11-01T10:00:00Z");
    assert_eq!(states(&home, checkout.path()), []);
    changed("2026-11-02T10:00:04.500Z");
    assert_eq!(states(&home, checkout.path()), [], "what the session itself changed is no news");
    changed("2026-11-05T10:00:00Z");
    assert_eq!(states(&home, checkout.path()), [("src/ports.rs".to_owned(), FileState::Changed)]);
    fs::remove_file(&ports).unwrap();
    assert_eq!(states(&home, checkout.path()), [("src/ports.rs".to_owned(), FileState::Gone)]);
    assert_eq!(states(&home, &checkout.path().join("src/no-such-root")), []);
}

#[test]
fn sessions_of_other_machines_know_nothing_of_this_disk() {
    let (home, checkout) = (Home::new(), checkout(true));
    corrected(&home, checkout.path());
    assert!(home.command(&["ingest"]).env("MEMORY_LANE_HOST", "another").status().unwrap().success());
    fs::remove_file(checkout.path().join("src/ports.rs")).unwrap();
    assert_eq!(states(&home, checkout.path()), []);
}

/// The correction names neither the file nor anything in its path: that the agent had just changed it, alone, says enough.
#[test]
fn a_correction_of_an_edit_comes_back_at_that_file_alone() {
    let (home, checkout) = (Home::new(), checkout(true));
    Talk::on(2, "one")
        .at(checkout.path())
        .asks("let customers download the invoice")
        .edits("src/pdf.rs", "", "use printpdf::PdfDocument;")
        .says("Invoices are drawn with printpdf now.")
        .asks("No, don't draw pages by hand. We always render the HTML template with WeasyPrint.")
        .says("Right, I use the template.")
        .written(&home);
    home.run(&["ingest"]);
    home.run(&["catch"]);
    let opened = |path: &str, session: &str| {
        let path = checkout.path().join(path);
        let event = json!({"session_id": session, "cwd": checkout.path(), "hook_event_name": "PostToolUse",
                           "tool_name": "Read", "tool_input": {"file_path": path},
                           "tool_response": {"type": "text", "file": {"filePath": path, "content": "fn page() {}"}}});
        said(&home, &event)
    };
    assert!(opened("src/pdf.rs", "two").contains("WeasyPrint"));
    assert_eq!(opened("src/ports.rs", "three"), "");
}

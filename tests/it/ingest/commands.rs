//! The commands over a real database.

use memory_lane::model::{SessionId, ToolStatus};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MessageQuery, SessionFilter, SessionStore};
use serde_json::json;

use super::{ID, OTHER, Place};
use crate::support::Home;

#[test]
fn what_was_not_understood_is_kept_without_its_secrets() {
    let place = Place::new();
    let home = Home::new();
    let token = format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0".repeat(2).get(..36).unwrap());
    let odd = json!({"token": token, "weather": "rain"});
    place.write(ID, &place.session(ID).user("go on").record("brand-new-thing", odd).agent("Done.").text());
    home.run(&["ingest", place.home.to_str().unwrap()]);
    let kept = home.json(&["sessions", "show", ID, "--raw", "--json"]);
    let record = &kept["raw"][0];
    assert_eq!((&record["why"], &record["line"]), (&json!("unknown type brand-new-thing"), &json!(2)), "{kept}");
    let text = record["text"].as_str().unwrap();
    assert!(text.contains("rain") && !text.contains(&token) && text.contains("REDACTED"), "{text}");
    let shown = home.run(&["sessions", "show", ID, "--raw"]);
    assert!(shown.contains("line 2: unknown type brand-new-thing") && shown.contains("rain"), "{shown}");
}

#[test]
fn what_was_ingested_is_listed_shown_and_found() {
    let place = Place::new();
    let home = Home::new();
    let first = place.session(ID).user("migrate the ledger").call("t1", "Bash", json!({"command": "make"}));
    let first = first.result("t1", "Exit code 2", true).agent("It fails.");
    place.write(ID, &first.text());
    let fork = first.text().replace(&format!("\"sessionId\":\"{ID}\""), &format!("\"sessionId\":\"{OTHER}\""));
    let fork = format!("{fork}{}\n", place.session(OTHER).user("go on with the ledger").lines()[0]);
    place.write(OTHER, &fork);
    let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    std::fs::File::options()
        .append(true)
        .open(place.path(&format!("{OTHER}.jsonl")))
        .unwrap()
        .set_modified(later)
        .unwrap();
    let root = place.home.to_str().unwrap();
    home.run(&["ingest", root]);
    assert_eq!(home.json(&["ingest", root, "--json"])["files_read"], 0);

    let store = SqliteStore::open(&home.path().join("memory-lane.db")).unwrap();
    let all = store.sessions(&SessionFilter::default()).unwrap();
    assert_eq!(all.len(), 2);
    let turns = store.turns(&SessionId(format!("claude-code/{ID}")), 0).unwrap();
    assert_eq!(turns[0].calls().next().unwrap().status, ToolStatus::Failed);
    let query = MessageQuery { text: "ledger".to_owned(), limit: 10, ..MessageQuery::default() };
    assert_eq!(store.search_messages(&query).unwrap().len(), 2, "the fork's copy is not found twice");

    for arguments in [
        &["sessions", "list"][..],
        &["sessions", "list", "--json", "--since", "2026-01-01", "--project", "app", "--branch", "main"],
        &["sessions", "show", &ID[..6]],
        &["sessions", "show", &format!("claude-code/{ID}"), "--json"],
        &["sessions", "search", "ledger", "--from", "user", "--project", "example.org/team/app"],
        &["sessions", "search", "ledger", "--json"],
    ] {
        assert!(!home.run(arguments).is_empty(), "{arguments:?}");
    }
    let wrong = |arguments: &[&str], word: &str| {
        let (_, error) = home.fails(arguments);
        assert!(error.contains(word), "{error}");
    };
    wrong(&["sessions", "show", "zzz"], "no session zzz");
    wrong(&["sessions", "list", "--project", "nothing"], "no project nothing");
    wrong(&["sessions", "list", "--since", "soon"], "is no time");
}

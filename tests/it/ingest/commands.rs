//! The commands over a real database.

use memory_lane::model::{SessionId, ToolStatus};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MessageQuery, SessionFilter, SessionStore};
use serde_json::{Value, json};

use super::{ID, OTHER, Place};
use crate::support::Home;
use crate::traces::session_file::SessionFile;

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

/// Every file of the home in which this stands.
fn files_with(home: &Home, secret: &str) -> Vec<std::path::PathBuf> {
    let files =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.filter(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(secret)).collect()
}

#[test]
fn a_forgotten_session_leaves_nothing_and_is_not_taken_in_again() {
    let place = Place::new();
    let home = Home::new();
    // The start of a term may be cut off in an index, which keeps it once for several.
    let (secret, end) = ("hunterzwolf77", "zwolf77");
    let said = |word: &str| format!("the basket service listens on port 9000, get in with {word} and start it");
    let session = place
        .session(ID)
        .user(&said(secret))
        .call("t1", "Bash", json!({"command": format!("login {secret}")}))
        .result("t1", &format!("Exit code 2: {secret}"), true)
        .record("brand-new-thing", json!({"word": secret}))
        .agent(&format!("{secret} does not work."));
    place.write(ID, &session.text());
    place.write(OTHER, &place.session(OTHER).user(&said("elsewhere")).text());
    let root = place.home.to_str().unwrap();
    home.run(&["ingest", root]);
    home.run(&["sessions", "search", secret]);
    home.run(&["remember", "The basket service listens on port 9000", "--everywhere"]);
    let prompt = json!({"session_id": ID, "transcript_path": place.path("none.jsonl"), "cwd": place.home,
        "hook_event_name": "UserPromptSubmit", "prompt": said(secret)});
    home.hook(&prompt.to_string());
    home.run(&["feedback", "1", "up"]);
    assert!(!files_with(&home, end).is_empty());

    let (status, error) = home.fails(&["sessions", "forget", ID]);
    assert!(status == 1 && error.contains("nothing was deleted: say yes, or give --yes"), "{error}");
    assert!(home.run(&["sessions", "show", ID]).contains(secret));
    let done = home.run(&["sessions", "forget", &ID[..6], "--yes"]);
    assert!(done.starts_with(&format!("forgotten {ID}: 2 messages and 1 call\n")), "{done}");
    assert_eq!(files_with(&home, end), [""; 0].map(std::path::PathBuf::from));

    let more = place.session(ID).user(&format!("{secret} once more")).lines()[0].clone();
    place.write(ID, &format!("{}{more}\n", session.text()));
    let report = home.json(&["ingest", root, "--json"]);
    assert_eq!((&report["messages"], &report["sessions_updated"]), (&json!(0), &json!(0)), "{report}");
    assert_eq!(home.json(&["ingest", root, "--json"])["files_read"], 0);
    assert_eq!(files_with(&home, end), [""; 0].map(std::path::PathBuf::from));
    assert!(home.fails(&["sessions", "show", ID]).1.contains("no session"));
    assert_eq!(home.json(&["sessions", "list", "--json"])["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(home.json(&["status", "--json"])["counts"]["sessions"], 1);
    assert_eq!(home.json(&["memories", "list", "--json"])["memories"].as_array().unwrap().len(), 1);
}

#[test]
fn memories_go_with_their_session_only_when_that_is_asked_for() {
    let place = Place::new();
    let home = Home::new();
    for id in [ID, OTHER] {
        place.write(id, &place.session(id).user("start the basket service").agent("It runs.").text());
        home.import(&[json!({"kind": "decision", "title": format!("of {id}"), "body": "b", "project": null,
            "session": format!("claude-code/{id}"), "formed_at": "2026-11-12T14:05:00Z"})]);
    }
    home.run(&["ingest", place.home.to_str().unwrap()]);
    let kept = home.run(&["sessions", "forget", ID, "--yes"]);
    assert!(
        kept.contains(
            "1 memory caught from it kept, with what was said around: #1; `memory-lane memories forget NUMBER`"
        ),
        "{kept}"
    );
    let gone = home.run(&["sessions", "forget", OTHER, "--yes", "--memories"]);
    assert!(gone.contains("1 memory caught from it forgotten as well: #2"), "{gone}");
    let left = home.json(&["memories", "list", "--json"]);
    assert_eq!(left["memories"].as_array().unwrap().len(), 1, "{left}");
    assert!(home.run(&["memories", "list", "--session", ID]).contains(ID), "its memory is still found by it");
}

#[test]
fn whose_words_they_are_and_where_they_hold() {
    let rule = "From now on, always run the formatter before a commit";
    let place = Place::new();
    let home = Home::new();
    let by_program = json!({"entrypoint": "sdk-cli"});
    let opening = place.session(ID).user_with(rule, by_program.clone()).agent("Noted.");
    place.write(ID, &opening.user_with("next", by_program.clone()).agent("Done.").text());
    let answer = place.session(OTHER).user_with("write the loader", by_program.clone()).agent("Written.");
    place.write(OTHER, &answer.user_with(rule, by_program).agent("Noted.").text());
    let root = place.home.to_str().unwrap();
    home.run(&["ingest", root]);
    home.run(&["catch"]);
    let sessions = || -> Vec<(Value, Value)> {
        let listed = home.json(&["memories", "list", "--json"])["memories"].as_array().unwrap().clone();
        listed.into_iter().map(|memory| (memory["session"].clone(), memory["project"].clone())).collect()
    };
    let caught = sessions();
    assert_eq!(caught.len(), 1, "what opens a program's session is no person's wish: {caught:?}");
    assert_eq!(caught[0].0, json!(format!("claude-code/{OTHER}")), "who answers the agent has seen what it did");

    const NOWHERE: &str = "dddddddd-2222-4333-8444-555555555555";
    let session = SessionFile::new(NOWHERE, "").user("write the menu").agent("Written.");
    let session = session.user("No, never put prices into the menu").agent("You're right.");
    place.write(NOWHERE, &session.text());
    home.run(&["ingest", root]);
    home.run(&["catch"]);
    let caught = sessions();
    let of_menu = caught.iter().find(|(session, _)| *session == json!(format!("claude-code/{NOWHERE}")));
    assert_eq!(of_menu.map(|(_, project)| project), Some(&json!("unknown project")), "{caught:?}");
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

    let mut store = SqliteStore::open(&home.path().join("memory-lane.db")).unwrap();
    store.index_steps().unwrap();
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

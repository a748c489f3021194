//! The commands over a real database.

use clap::Parser;
use memory_lane::cli::App;
use memory_lane::cli::ingest::{self, IngestArgs};
use memory_lane::cli::sessions::{self, SessionsArgs};
use memory_lane::config::{Paths, Settings};
use memory_lane::model::{Timestamp, ToolStatus};
use memory_lane::store::{MessageQuery, SessionFilter, SessionStore};
use serde_json::json;

use super::{ID, OTHER, Place};

#[derive(Parser)]
enum Line {
    Ingest(IngestArgs),
    Sessions(SessionsArgs),
}

fn run(app: &App, arguments: &[&str]) -> anyhow::Result<()> {
    match Line::try_parse_from([&["memory-lane"], arguments].concat())? {
        Line::Ingest(args) => ingest::run(&args, app),
        Line::Sessions(args) => sessions::run(&args, app),
    }
}

#[test]
fn what_was_ingested_is_listed_shown_and_found() {
    let place = Place::new();
    let home = tempfile::tempdir().unwrap();
    let app = App { paths: Paths::at(home.path()), settings: Settings::default(), now: Timestamp(1_770_100_000_000) };
    let first = place.session(ID).user("migrate the ledger").call("t1", "Bash", json!({"command": "make"}));
    let first = first.result("t1", "Exit code 2", true).agent("It fails.");
    place.write(ID, &first.text());
    let fork = first.text().replace(&format!("\"sessionId\":\"{ID}\""), &format!("\"sessionId\":\"{OTHER}\""));
    let fork = format!("{fork}{}\n", place.session(OTHER).user("go on with the ledger").lines()[0]);
    std::thread::sleep(std::time::Duration::from_millis(20));
    place.write(OTHER, &fork);
    let root = place.home.to_str().unwrap();
    run(&app, &["ingest", root]).unwrap();
    run(&app, &["ingest", root, "--json"]).unwrap();

    let store = app.open_store().unwrap();
    let all = store.sessions(&SessionFilter::default()).unwrap();
    assert_eq!(all.len(), 2);
    let turns = store.turns(&memory_lane::model::SessionId(format!("claude-code/{ID}")), 0).unwrap();
    assert_eq!(turns[0].calls().next().unwrap().status, ToolStatus::Failed);
    let query = MessageQuery { text: "ledger".to_owned(), limit: 10, ..MessageQuery::default() };
    assert_eq!(store.search_messages(&query).unwrap().len(), 2, "the fork's copy is not found twice");

    for arguments in [
        &["sessions", "list"][..],
        &["sessions", "list", "--json", "--since", "7d", "--project", "app", "--branch", "main"],
        &["sessions", "show", &ID[..6]],
        &["sessions", "show", &format!("claude-code/{ID}"), "--json"],
        &["sessions", "search", "ledger", "--from", "user", "--project", "example.org/team/app"],
        &["sessions", "search", "ledger", "--json"],
    ] {
        run(&app, arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error:#}"));
    }
    let wrong = |arguments: &[&str], word: &str| {
        let error = run(&app, arguments).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    wrong(&["sessions", "show", "zzz"], "no session zzz");
    wrong(&["sessions", "list", "--project", "nothing"], "no project nothing");
    wrong(&["sessions", "list", "--since", "soon"], "is no time");
}

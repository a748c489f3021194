//! Secrets in a session, from the transcript to everything that the program keeps: nothing of them is left.

use std::path::Path;

use memory_lane::config::Paths;
use serde_json::json;

use crate::support::Home;
use crate::support::planted::planted;
use crate::traces::session_file::SessionFile;

/// So many characters of a secret are enough to know it by.
const PIECE: usize = 12;

/// All files of a home but the agent's own transcripts.
fn kept(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("claude") {
            kept(&path, files);
        } else if path.is_file() {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn no_secret_is_in_anything_that_is_kept() {
    let home = Home::new();
    let work = home.path().join("work");
    std::fs::create_dir_all(&work).unwrap();
    let mut session = SessionFile::new("aaaaaaaa-2222-4333-8444-555555555555", work.to_str().unwrap())
        .user("Write the launcher")
        .agent("The launcher is written and reads its settings.");
    let secrets = planted();
    for (number, planted) in secrets.iter().enumerate() {
        let leaked = planted.leaked();
        let (failing, working) = (format!("c{number}f"), format!("c{number}w"));
        // In a correction, which becomes a memory; in the agent's answer; in commands and what they print.
        session = session
            .user(&format!("No, the launcher must never read service {number} without it, {leaked}"))
            .agent(&format!("You're right, {leaked}"))
            .call(&failing, "Bash", json!({"command": format!("rocket {number} --all # {leaked}")}))
            .result(&failing, &format!("Exit code 2\nunknown flag: --all\n{leaked}"), true)
            .call(&working, "Bash", json!({"command": format!("rocket {number} --every # {leaked}")}))
            .result(&working, &format!("ok {leaked}"), false);
    }
    let transcript = home.path().join("claude/projects/-work/aaaaaaaa-2222-4333-8444-555555555555.jsonl");
    std::fs::create_dir_all(transcript.parent().unwrap()).unwrap();
    std::fs::write(&transcript, session.text()).unwrap();
    home.run(&["ingest"]);
    home.run(&["catch"]);
    assert!(
        home.json(&["memories", "list", "--json"])["memories"].as_array().unwrap().len() >= 3,
        "nothing caught, nothing shown"
    );
    for (number, planted) in secrets.iter().enumerate() {
        let leaked = planted.leaked();
        home.hook(
            &json!({"session_id": format!("other-{number}"), "cwd": work, "hook_event_name": "UserPromptSubmit",
                    "prompt": format!("why does the launcher not start with service {number}, {leaked}")})
            .to_string(),
        );
    }
    let mut files = Vec::new();
    kept(home.path(), &mut files);
    assert!(files.iter().any(|(name, _)| name.ends_with(".db")));
    assert!(files.iter().any(|(name, _)| name.ends_with(".jsonl")), "hooks have left nothing to look at");
    files.push(("the text of all tables".to_owned(), told(home.path())));
    for planted in &secrets {
        // The index of words is in small letters.
        let pieces = [planted.secret.clone(), planted.secret.to_lowercase()];
        let pieces: Vec<&[u8]> = pieces.iter().flat_map(|secret| secret.as_bytes().chunks_exact(PIECE)).collect();
        assert!(!pieces.is_empty(), "{}", planted.before);
        for (name, content) in &files {
            let found = |piece: &&&[u8]| content.windows(PIECE).any(|window| window == **piece);
            assert!(!pieces.iter().any(|piece| found(&piece)), "what follows {:?} is in {name}", planted.before);
        }
    }
}

/// Every text of every table, derived ones included.
fn told(home: &Path) -> Vec<u8> {
    let database = Paths::at(home).database();
    let connection = rusqlite::Connection::open(database).unwrap();
    let names = |statement: &str| -> Vec<String> {
        let mut statement = connection.prepare(statement).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut all = Vec::new();
    for table in names("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'") {
        for column in names(&format!("SELECT name FROM pragma_table_info('{table}')")) {
            for text in names(&format!(
                "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE typeof(\"{column}\") = 'text'"
            )) {
                all.extend_from_slice(text.as_bytes());
                all.push(b'\n');
            }
        }
    }
    assert!(all.windows(8).any(|window| window == b"launcher"), "the tables tell nothing");
    all
}

//! Sessions of Claude Code, each with one thing to catch.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Home;

/// What the user says in each, with an answer between; the second prompt sets the agent right.
pub(super) const SESSIONS: [[&str; 2]; 6] = [
    [
        "Write the settings loader for the launcher",
        "No, the launcher must read settings.toml from the home directory, like `src/paths.rs` does",
    ],
    [
        "Add invoices to the billing page",
        "No, that's wrong: amounts of money must be integers of cents in `src/billing.rs`, never floats",
    ],
    [
        "Make the gateway faster",
        "No, never cache the routes in `gateway/routes.rs`, the tenants change them every minute; use the watcher instead",
    ],
    [
        "Index the documents",
        "No, that's wrong. The indexer must skip the folder `docs/drafts`, never read what is private",
    ],
    [
        "Send the welcome mail",
        "No, never send mail from the request thread in `web/signup.rs`, hand it to the outbox queue instead",
    ],
    ["Migrate the users table", "No, migrations are written by hand in plain SQL here, never by the ORM's generator"],
];

const MINUTE: i64 = 60_000;

/// All sessions, one on each of the first days of March 2026.
pub(super) fn write_all(home: &Home) {
    for (number, prompts) in SESSIONS.iter().enumerate() {
        write_session(home, prompts, number);
    }
}

/// One session of long ago, on this day of March 2026, counted from 0.
pub(super) fn write_session(home: &Home, prompts: &[&str], number: usize) -> PathBuf {
    let first_of_march = 1_772_359_200_000;
    write(home, &format!("session-{number}"), prompts, first_of_march + number as i64 * 24 * 60 * MINUTE)
}

/// A session whose latest message is of this minute.
#[expect(clippy::disallowed_methods, reason = "a session goes on only as long as the program's own clock says so")]
pub(super) fn going_on<'a>(home: &Home, prompts: impl AsRef<[&'a str]>) -> PathBuf {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    write(home, "session-0", prompts.as_ref(), i64::try_from(now).unwrap() - MINUTE)
}

fn write(home: &Home, native: &str, prompts: &[&str], start: i64) -> PathBuf {
    let mut lines = Vec::new();
    for (number, prompt) in prompts.iter().enumerate() {
        for (role, text) in [("user", *prompt), ("assistant", "I have changed the file as you said.")] {
            lines.push(record(native, lines.len(), role, text, start + number as i64 * 1_000));
        }
    }
    let directory = home.path().join("claude/projects/-home-ada-rocket");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{native}.jsonl"));
    std::fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    path
}

fn record(native: &str, number: usize, role: &str, text: &str, at: i64) -> Value {
    let content = if role == "user" { json!(text) } else { json!([{"type": "text", "text": text}]) };
    json!({
        "type": role, "uuid": format!("{native}-{number}"), "sessionId": native, "cwd": "/home/ada/rocket",
        "timestamp": memory_lane::model::Timestamp(at), "version": "2.1.329",
        "message": {"role": role, "content": content}
    })
}

//! OpenCode: exports and the database.

use memory_lane::model::{FileAction, Role, ToolStatus};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{calls, check_positions, file, read, read_text, said, turns};

fn head(id: &str, parent: Option<&str>) -> Value {
    json!({"id": id, "parentID": parent, "directory": "/home/ada/app", "title": "A title", "version": "1.18.33",
           "time": {"created": 1_770_026_400_000_i64, "updated": 1_770_026_500_000_i64}})
}

/// Messages with their parts: every kind that matters.
fn messages() -> Vec<(Value, Vec<Value>)> {
    let info = |id: &str, role: &str| json!({"id": id, "role": role, "time": {"created": 1_770_026_400_000_i64}});
    let tool = |id: &str, name: &str, state: Value| json!({"type": "tool", "tool": name, "callID": id, "state": state});
    let mut stopped = info("m4", "assistant");
    stopped["error"] = json!({"name": "MessageAbortedError"});
    let mut summary = info("m5", "assistant");
    summary["summary"] = json!(true);
    vec![
        (
            info("m1", "user"),
            vec![
                json!({"type": "text", "text": "fix it"}),
                json!({"type": "text", "text": "Called the Read tool with …", "synthetic": true}),
                json!({"type": "file", "filename": "a.rs"}),
            ],
        ),
        (
            info("m2", "assistant"),
            vec![
                json!({"type": "step-start"}),
                json!({"type": "reasoning", "text": "hm"}),
                json!({"type": "text", "text": "Looking."}),
                tool(
                    "t1",
                    "bash",
                    json!({"status": "completed", "input": {"command": "make"}, "output": "no rule", "metadata": {"exit": 2}}),
                ),
                tool(
                    "t2",
                    "edit",
                    json!({"status": "completed", "input": {"filePath": "/home/ada/app/a.rs"}, "output": "ok"}),
                ),
                tool("t3", "read", json!({"status": "error", "input": {}, "error": "File not found"})),
                tool("t4", "bash", json!({"status": "running", "input": {"command": "sleep 9"}})),
                json!({"type": "brand-new"}),
            ],
        ),
        (stopped, vec![]),
        (summary, vec![json!({"type": "text", "text": "What happened so far"})]),
        (
            info("m6", "user"),
            vec![json!({"type": "compaction", "auto": true}), json!({"type": "text", "text": "not that way"})],
        ),
        (json!({"id": "m7", "role": "oracle"}), vec![]),
    ]
}

fn check(session: &memory_lane::trace::DocumentSession) {
    check_positions(session);
    assert_eq!(said(session), [(Role::User, "fix it"), (Role::Agent, "Looking."), (Role::User, "not that way")]);
    assert_eq!(turns(session), [0, 0, 0, 0, 0, 0, 1]);
    let calls = calls(session);
    let ends: Vec<_> = calls.iter().map(|call| call.status).collect();
    assert_eq!(ends, [ToolStatus::Failed, ToolStatus::Ok, ToolStatus::Failed, ToolStatus::Cancelled]);
    assert_eq!((calls[0].command.as_deref(), calls[0].output.as_str()), (Some("make"), "no rule"));
    assert_eq!((calls[1].files[0].action, calls[2].output.as_str()), (FileAction::Edit, "File not found"));
    let facts = &session.parsed.facts;
    assert_eq!((facts.interrupts, facts.compactions), (1, 1));
    assert_eq!((facts.cwd.as_deref(), facts.client_version.as_deref()), (Some("/home/ada/app"), Some("1.18.33")));
    assert_eq!(facts.started_at.unwrap().millis(), 1_770_026_400_000);
    assert_eq!(session.parsed.steps[1].uuid.as_deref(), Some("ses_1/m2"));
    assert_eq!(session.parsed.steps[2].uuid.as_deref(), Some("ses_1/m2#1"));
    let skipped: Vec<_> = session.parsed.skipped.keys().map(String::as_str).collect();
    assert_eq!(skipped, ["unknown part brand-new", "unknown role oracle"]);
}

#[test]
fn an_export_is_one_session() {
    let messages: Vec<Value> =
        messages().into_iter().map(|(info, parts)| json!({"info": info, "parts": parts})).collect();
    let export = json!({"info": head("ses_1", None), "messages": messages});
    let found = read_text("ses_1.json", serde_json::to_string_pretty(&export).unwrap());
    assert_eq!(found.len(), 1);
    check(&found[0]);
}

pub(super) fn database(path: &std::path::Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute_batch(
        "CREATE TABLE session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT, title TEXT, version TEXT, time_created INTEGER, time_updated INTEGER);
         CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, time_created INTEGER, time_updated INTEGER, data TEXT);
         CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT, session_id TEXT, time_created INTEGER, time_updated INTEGER, data TEXT);
         CREATE TABLE account (access_token TEXT);
         INSERT INTO account VALUES ('never read')",
    )
    .unwrap();
    db
}

pub(super) fn add(db: &Connection, id: &str, parent: Option<&str>, messages: &[(Value, Vec<Value>)]) {
    db.execute(
        "INSERT INTO session VALUES (?, ?, '/home/ada/app', 'A title', '1.18.33', 1770026400000, 1770026500000)",
        params![id, parent],
    )
    .unwrap();
    for (info, parts) in messages {
        let message = format!("{id}-{}", info["id"].as_str().unwrap());
        let mut data = info.clone();
        if parent.is_some() {
            // The row has the id, its JSON need not.
            data.as_object_mut().unwrap().remove("id");
        }
        db.execute("INSERT INTO message VALUES (?, ?, 1, 1, ?)", params![message, id, data.to_string()]).unwrap();
        for (number, part) in parts.iter().enumerate() {
            let name = format!("{message}-{number}");
            db.execute("INSERT INTO part VALUES (?, ?, ?, 1, 1, ?)", params![name, message, id, part.to_string()])
                .unwrap();
        }
    }
}

#[test]
fn the_database_gives_the_same_as_an_export() {
    let (_dir, path) = file("opencode/opencode.db", "");
    let db = database(&path);
    add(&db, "ses_1", None, &messages());
    add(&db, "ses_2", Some("ses_1"), &messages()[..2]);
    let found = read(&path);
    assert_eq!(found.len(), 2);
    check(&found[0]);
    let facts = &found[1].parsed.facts;
    assert_eq!((facts.parent.as_deref(), facts.subagent), (Some("ses_1"), true));
    assert_eq!(said(&found[1])[0], (Role::Agent, "fix it"), "a sub-agent's task is not the person's");
    assert_eq!(found[1].parsed.steps[0].uuid.as_deref(), Some("ses_2/ses_2-m1"));
}

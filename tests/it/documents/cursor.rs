//! Cursor: transcripts, the editor's database, the command line's databases.

use memory_lane::model::{FileAction, Role, ToolStatus};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{calls, check_positions, file, messages, read, read_text, said, turns};

const ID: &str = "11111111-2222-4333-8444-555555555555";

fn transcript(name: &str, records: &[Value]) -> Vec<memory_lane::trace::DocumentSession> {
    let text: String = records.iter().map(|record| format!("{record}\n")).collect();
    read_text(&format!("projects/home-ada-app/agent-transcripts/{name}"), text)
}

fn text(role: &str, text: &str) -> Value {
    json!({"role": role, "message": {"content": [{"type": "text", "text": text}]}})
}

#[test]
fn a_transcript_has_prompts_answers_and_calls() {
    let records = [
        text(
            "user",
            "<timestamp>Monday, Jun 22, 2026, 11:09 AM (UTC+8)</timestamp>\n<user_query>\nfix it\n</user_query>",
        ),
        json!({"role": "assistant", "message": {"content": [
            {"type": "text", "text": "Looking.\n\n[REDACTED]"},
            {"type": "tool_use", "name": "Shell", "input": {"command": "cargo test"}},
            {"type": "tool_use", "name": "StrReplace", "input": {"path": "/home/ada/app/a.rs"}},
        ]}}),
        json!({"type": "turn_ended", "status": "success"}),
        text("user", "<system_notification>\ntask done\n</system_notification>"),
        json!({"type": "brand-new", "x": 1}),
        text("user", "<user_query>thanks</user_query>"),
    ];
    let found = transcript(&format!("{ID}/{ID}.jsonl"), &records);
    let session = &found[0];
    check_positions(session);
    assert_eq!(session.parsed.facts.native, ID);
    assert_eq!(said(session), [(Role::User, "fix it"), (Role::Agent, "Looking."), (Role::User, "thanks")]);
    assert_eq!(turns(session), [0, 0, 0, 0, 1]);
    assert_eq!(messages(session)[0].at.to_string(), "2026-06-22T03:09:00.000Z");
    let calls = calls(session);
    assert_eq!((calls[0].command.as_deref(), calls[0].status), (Some("cargo test"), ToolStatus::Pending));
    assert_eq!(calls[1].files[0].action, FileAction::Edit);
    assert_eq!(session.parsed.skipped["unknown type brand-new"].count, 1);
}

#[test]
fn a_sub_agents_transcript_belongs_to_its_session() {
    let found = transcript(
        &format!("{ID}/subagents/abc.jsonl"),
        &[text("user", "<user_query>look for it</user_query>"), text("assistant", "Found.")],
    );
    let facts = &found[0].parsed.facts;
    assert_eq!((facts.native.as_str(), facts.parent.as_deref(), facts.subagent), ("abc", Some(ID), true));
    assert_eq!(said(&found[0]), [(Role::Agent, "look for it"), (Role::Agent, "Found.")]);
}

#[test]
fn an_older_transcript_is_plain_text() {
    let text = "user:\n<user_query>\nrename it\n</user_query>\n\nassistant:\n[Thinking] hm\nmore thought\n\n\
                I will.\n[Tool call] Shell\n  command: make\n  cwd: /p\n\n[Tool result] Shell\nnoise\n\nDone.\n";
    let found = read_text(&format!("x/agent-transcripts/{ID}.txt"), text);
    assert_eq!(said(&found[0]), [(Role::User, "rename it"), (Role::Agent, "I will."), (Role::Agent, "Done.")]);
    assert_eq!(calls(&found[0])[0].command.as_deref(), Some("make"));
    assert_eq!(found[0].parsed.facts.native, ID);
}

pub(crate) fn editor_database(path: &std::path::Path, rows: &[(&str, Value)]) -> Connection {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
         CREATE TABLE IF NOT EXISTS cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
         INSERT INTO ItemTable VALUES ('cursorAuth/accessToken', 'never read')",
    )
    .unwrap();
    for (key, value) in rows {
        db.execute("INSERT INTO cursorDiskKV VALUES (?, ?)", params![key, value.to_string().into_bytes()]).unwrap();
    }
    db
}

fn rows() -> Vec<(&'static str, Value)> {
    let bubble = |id: &str, kind: u8| json!({"bubbleId": id, "type": kind});
    let tool = |name: &str, more: Value| {
        let mut tool = json!({"name": name, "toolCallId": name, "status": "completed"});
        tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": 2, "createdAt": "2026-02-02T10:00:02Z", "toolFormerData": tool})
    };
    let headers: Vec<Value> = [("u", 1), ("a", 2), ("t1", 2), ("t2", 2), ("t3", 2), ("gone", 2), ("odd", 7)]
        .map(|(id, kind)| bubble(id, kind))
        .into();
    vec![
        (
            "composerData:c1",
            json!({"composerId": "c1", "name": "A title", "createdAt": 1_770_026_400_000_i64,
                   "lastUpdatedAt": 1_770_026_500_000_i64, "fullConversationHeadersOnly": headers,
                   "workspaceIdentifier": {"uri": {"fsPath": "/home/ada/app"}}, "createdOnBranch": "main"}),
        ),
        ("composerData:empty", json!({"composerId": "empty", "fullConversationHeadersOnly": []})),
        (
            "composerData:old",
            json!({"createdAt": 1_770_026_400_000_i64, "subagentInfo": {"parentComposerId": "c1"},
                   "conversation": [{"type": 1, "text": "go", "bubbleId": "x"}, {"type": 2, "text": "gone", "bubbleId": "y"}]}),
        ),
        ("composerData:bad", json!("not an object")),
        ("bubbleId:c1:u", json!({"type": 1, "text": "fix it", "createdAt": "2026-02-02T10:00:00Z"})),
        ("bubbleId:c1:a", json!({"type": 2, "text": "Looking.", "createdAt": "2026-02-02T10:00:01Z"})),
        (
            "bubbleId:c1:t1",
            tool(
                "run_terminal_command_v2",
                json!({"rawArgs": "", "params": "{\"command\":\"make\"}", "result": "{\"output\":\"no rule\",\"exitCode\":2}"}),
            ),
        ),
        (
            "bubbleId:c1:t2",
            tool(
                "edit_file",
                json!({"rawArgs": "{\"target_file\":\"a.rs\"}", "additionalData": {"status": "rejected"}}),
            ),
        ),
        (
            "bubbleId:c1:t3",
            tool("read_file_v2", json!({"params": {"targetFile": "b.rs"}, "result": {"contents": "text"}})),
        ),
        ("bubbleId:c1:odd", json!({"type": 7})),
    ]
}

#[test]
fn the_editors_database_has_results_too() {
    let (_dir, path) = file("User/globalStorage/state.vscdb", "");
    let _open = editor_database(&path, &rows());
    let found = read(&path);
    assert_eq!(found.iter().map(|session| session.parsed.facts.native.as_str()).collect::<Vec<_>>(), ["c1", "old"]);
    let session = &found[0];
    check_positions(session);
    assert_eq!(said(session), [(Role::User, "fix it"), (Role::Agent, "Looking.")]);
    let ends: Vec<_> = calls(session).into_iter().map(|call| (call.status, call.output.as_str())).collect();
    assert_eq!(ends, [(ToolStatus::Failed, "no rule"), (ToolStatus::Cancelled, ""), (ToolStatus::Ok, "text")]);
    assert_eq!(calls(session)[0].command.as_deref(), Some("make"));
    assert_eq!(calls(session)[1].files[0].path, "a.rs");
    let facts = &session.parsed.facts;
    assert_eq!((facts.cwd.as_deref(), facts.branch.as_deref()), (Some("/home/ada/app"), Some("main")));
    assert_eq!(facts.agent_title.as_deref(), Some("A title"));
    let skipped: Vec<_> = session.parsed.skipped.keys().map(String::as_str).collect();
    assert_eq!(skipped, ["message that is missing", "unknown bubble 7"]);
    assert_eq!((found[1].parsed.facts.subagent, found[1].parsed.facts.parent.as_deref()), (true, Some("c1")));
}

/// A chat of the command line: blobs named by what they hold in a root that names them in order.
pub(super) fn chat(path: &std::path::Path, messages: &[Value]) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB); CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)",
    )
    .unwrap();
    let mut root = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let name = [u8::try_from(number).unwrap(); 32];
        let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        db.execute("INSERT INTO blobs VALUES (?, ?)", params![hex, message.to_string().into_bytes()]).unwrap();
        root.extend([0x0a, 32]);
        root.extend(name);
    }
    root.extend([0x0a, 32]);
    root.extend([0xee; 32]); // named but not there
    db.execute("INSERT INTO blobs VALUES ('root', ?)", [root]).unwrap();
    let meta = json!({"agentId": ID, "latestRootBlobId": "root", "name": "A chat", "createdAt": 1_770_026_400_000_i64});
    let hex: String = meta.to_string().bytes().map(|byte| format!("{byte:02x}")).collect();
    db.execute("INSERT INTO meta VALUES ('0', ?)", [hex]).unwrap();
}

#[test]
fn a_chat_of_the_command_line_is_read_in_the_roots_order() {
    let (_dir, path) = file("chats/abc/def/store.db", "");
    chat(
        &path,
        &[
            json!({"role": "system", "content": "you are"}),
            json!({"role": "user", "content": [{"type": "text", "text": "<user_info>\nWorkspace Path: /home/ada/app\n</user_info>"}]}),
            json!({"role": "user", "content": [{"type": "text", "text": "<user_query>list it</user_query>"}]}),
            json!({"role": "assistant", "content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Yes."},
                   {"type": "tool-call", "toolCallId": "t1", "toolName": "Shell", "args": {"command": "ls"}}]}),
            json!({"role": "tool", "content": [{"type": "tool-result", "toolCallId": "t1", "result": "a b"}]}),
        ],
    );
    let found = read(&path);
    let session = &found[0];
    check_positions(session);
    assert_eq!(said(session), [(Role::User, "list it"), (Role::Agent, "Yes.")]);
    assert_eq!((calls(session)[0].output.as_str(), calls(session)[0].command.as_deref()), ("a b", Some("ls")));
    let facts = &session.parsed.facts;
    assert_eq!((facts.native.as_str(), facts.cwd.as_deref()), (ID, Some("/home/ada/app")));
    assert_eq!(session.parsed.skipped["message that is missing"].count, 1);
}

//! Logs that are replayed and the single objects before them.

use memory_lane::model::Role::{Agent, User};
use memory_lane::model::{FileAction, ToolStatus};
use serde_json::{Value, json};

use super::{calls, lines, read, read_all, said, skipped};

pub(super) const ID: &str = "01900000-0000-4000-8000-000000000003";
pub(super) const NAME: &str = "session-2026-02-02T10-00-01900000.jsonl";

pub(super) fn header() -> Value {
    let at = "2026-02-02T10:00:00.000Z";
    json!({"sessionId": ID, "projectHash": "h", "startTime": at, "lastUpdated": at, "kind": "main"})
}

pub(super) fn message(second: u32, id: &str, kind: &str, text: &str) -> Value {
    json!({"id": id, "timestamp": format!("2026-02-02T10:00:{second:02}.000Z"), "type": kind, "content": text})
}

pub(super) fn with_call(mut message: Value, name: &str, args: Value, status: &str, output: &str) -> Value {
    let response = json!({"functionResponse": {"id": "c", "name": name, "response": {"output": output}}});
    let id = format!("call-{}", message["id"].as_str().unwrap());
    message["toolCalls"] = json!([{"id": id, "name": name, "args": args, "status": status, "result": [response]}]);
    message
}

pub(super) fn set(patch: Value) -> Value {
    json!({"$set": patch})
}

fn session() -> Vec<Value> {
    let shell = |message| {
        with_call(message, "run_shell_command", json!({"command": "make"}), "success", "Output: no rule\nExit Code: 2")
    };
    vec![
        header(),
        set(json!({"messages": [message(0, "0", "user", "<session_context>\nThis is the Gemini CLI.")]})),
        message(1, "1", "user", "build it"),
        message(2, "2", "gemini", ""),
        set(json!({"lastUpdated": "2026-02-02T10:00:02.000Z"})),
        shell(message(2, "2", "gemini", "Building.")),
        message(3, "3", "gemini", "It fails."),
    ]
}

#[test]
fn the_last_record_of_an_id_counts() {
    let parsed = read(NAME, lines(&session()).as_bytes());
    assert_eq!(said(&parsed), [(User, "build it"), (Agent, "Building."), (Agent, "It fails.")]);
    let call = calls(&parsed)[0];
    assert_eq!((call.command.as_deref(), call.status), (Some("make"), ToolStatus::Failed));
    assert_eq!((parsed.facts.native.as_str(), parsed.facts.subagent), (ID, false));
    assert!(parsed.skipped.is_empty(), "{:?}", parsed.skipped);
}

#[test]
fn what_a_compaction_replaces_was_said_nevertheless() {
    let mut records = session();
    let kept = json!([
        message(4, "s", "user", "<state_snapshot>building</state_snapshot>"),
        message(3, "9", "gemini", "It fails."),
    ]);
    records.push(set(json!({"messages": kept, "summary": "Building the app"})));
    records.push(message(5, "5", "user", "and now?"));
    let parsed = read(NAME, lines(&records).as_bytes());
    assert_eq!(said(&parsed)[2..], [(Agent, "It fails."), (User, "and now?")]);
    assert_eq!((parsed.facts.compactions, parsed.facts.agent_title.as_deref()), (1, Some("Building the app")));
}

#[test]
fn what_was_rewound_is_a_fork() {
    let mut records = session();
    records.extend([message(4, "4", "user", "use cmake"), message(5, "5", "gemini", "Yes.")]);
    records.extend([json!({"$rewindTo": "4"}), message(6, "6", "user", "use ninja"), json!({"$rewindTo": "gone"})]);
    let (main, others) = read_all(NAME, lines(&records).as_bytes());
    assert_eq!(said(&main)[3..], [(User, "use ninja")]);
    assert_eq!(said(&others[0]), [(User, "use cmake"), (Agent, "Yes.")]);
    assert_eq!(
        (others[0].facts.native.as_str(), others[0].facts.parent.as_deref()),
        (format!("{ID}~4").as_str(), Some(ID))
    );
    assert_eq!((others[0].steps[0].turn, skipped(&main)), (1, vec![("rewind to an unknown message", 1)]));
}

#[test]
fn single_objects_are_read_and_damaged_ones_as_far_as_they_go() {
    let edit =
        with_call(message(2, "2", "gemini", "Writing."), "write_file", json!({"file_path": "a.txt"}), "error", "no");
    let messages = json!([
        message(1, "1", "user", "write"),
        edit,
        message(3, "3", "info", "Request cancelled."),
        message(4, "4", "user", "stop")
    ]);
    let messages = serde_json::to_string_pretty(&messages).unwrap();
    let content =
        format!("{{\n  \"sessionId\": \"{ID}\",\n  \"projectHash\": \"h\",\n  \"messages\": {messages}\n}}\n");
    let parsed = read("session-x.json", content.as_bytes());
    assert_eq!(said(&parsed), [(User, "write"), (Agent, "Writing."), (User, "stop")]);
    let call = calls(&parsed)[0];
    assert_eq!(
        (call.status, call.files[0].path.as_str(), call.files[0].action),
        (ToolStatus::Failed, "a.txt", FileAction::Edit)
    );
    assert_eq!((parsed.facts.interrupts, parsed.facts.native.as_str()), (1, ID));
    let cut = &content.as_bytes()[..content.find("\"id\": \"4\"").unwrap()];
    let parsed = read("session-x.json", cut);
    assert_eq!((said(&parsed).len(), skipped(&parsed)), (2, vec![("not JSON", 1)]));
}

#[test]
fn the_directory_comes_from_beside_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let chats = dir.path().join("tmp/app/chats");
    std::fs::create_dir_all(&chats).unwrap();
    let path = chats.join(NAME);
    let content = lines(&session());
    let cwd = || read(path.to_str().unwrap(), content.as_bytes()).facts.cwd;
    assert_eq!(cwd(), None);
    std::fs::write(dir.path().join("projects.json"), r#"{"projects":{"/srv/app":"app","/srv/b":"b"}}"#).unwrap();
    assert_eq!(cwd().as_deref(), Some("/srv/app"));
    std::fs::write(dir.path().join("tmp/app/.project_root"), "/srv/other\n").unwrap();
    assert_eq!(cwd().as_deref(), Some("/srv/other"));
}

#[test]
fn what_is_not_understood_is_counted_by_name() {
    let mut records = session();
    records.extend([message(4, "x", "brand_new", "?"), json!({"silly": 1})]);
    let parsed = read(NAME, lines(&records).as_bytes());
    assert_eq!(skipped(&parsed), [("record of unknown form", 1), ("unknown type brand_new", 1)]);
}

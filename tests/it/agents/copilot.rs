//! Event logs.

use memory_lane::model::Role::{Agent, User};
use memory_lane::model::{FileAction, ToolStatus};
use serde_json::{Value, json};

use super::{calls, lines, messages, read, said, skipped};

pub(super) const NAME: &str = "01900000-0000-4000-8000-000000000004/events.jsonl";
pub(super) const ID: &str = "01900000-0000-4000-8000-000000000004";

pub(super) fn event(second: u32, kind: &str, data: Value) -> Value {
    let at = format!("2026-02-02T10:00:{second:02}.000Z");
    json!({"type": kind, "data": data, "id": format!("event-{second}-{kind}"), "timestamp": at, "parentId": null})
}

pub(super) fn start(cwd: &str) -> Value {
    event(
        0,
        "session.start",
        json!({"sessionId": ID, "copilotVersion": "1.0.45", "context": {"cwd": cwd, "branch": "main"}}),
    )
}

pub(super) fn call(second: u32, id: &str, name: &str, arguments: Value) -> Value {
    let request = json!({"toolCallId": id, "name": name, "arguments": arguments.to_string(), "type": "function"});
    event(second, "assistant.message", json!({"messageId": id, "content": "", "toolRequests": [request]}))
}

pub(super) fn end(second: u32, id: &str, own: Value) -> Value {
    let mut data = json!({"toolCallId": id});
    data.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    event(second, "tool.execution_complete", data)
}

#[test]
fn events_come_to_a_conversation() {
    let parsed = read(
        NAME,
        lines(&[
            start("/srv/app"),
            event(
                1,
                "user.message",
                json!({"content": "write it", "transformedContent": "<reminder>x</reminder>write it"}),
            ),
            event(1, "user.message", json!({"content": "a skill's text", "source": "skill-pdf"})),
            event(2, "assistant.message", json!({"content": "Writing.", "toolRequests": []})),
            call(3, "c1", "create", json!({"path": "/srv/app/a.py", "file_text": "x"})),
            event(
                3,
                "tool.execution_start",
                json!({"toolCallId": "c1", "toolName": "create", "arguments": {"path": "/srv/app/a.py"}}),
            ),
            end(4, "c1", json!({"success": true, "result": {"content": "Created"}})),
            call(5, "c2", "bash", json!({"command": "python a.py"})),
            end(6, "c2", json!({"success": true, "result": {"content": "no\n<exited with exit code 1>"}})),
            call(7, "c3", "bash", json!({"command": "rm a.py"})),
            end(8, "c3", json!({"success": false, "error": {"message": "The user rejected it", "code": "rejected"}})),
            event(
                9,
                "assistant.message",
                json!({"content": "from below", "parentToolCallId": "c4", "toolRequests": []}),
            ),
            event(9, "session.compaction_complete", json!({"success": true})),
            event(10, "abort", json!({"reason": "user initiated"})),
            event(11, "user.message", json!({"content": "enough"})),
            event(12, "session.shutdown", json!({})),
            event(12, "session.brand_new", json!({})),
        ])
        .as_bytes(),
    );
    assert_eq!(said(&parsed), [(User, "write it"), (Agent, "Writing."), (User, "enough")]);
    assert!(messages(&parsed)[2].after_interrupt);
    let calls = calls(&parsed);
    let statuses: Vec<ToolStatus> = calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [ToolStatus::Ok, ToolStatus::Failed, ToolStatus::Cancelled]);
    assert_eq!((calls[0].files[0].path.as_str(), calls[0].files[0].action), ("/srv/app/a.py", FileAction::Edit));
    assert_eq!(calls[1].command.as_deref(), Some("python a.py"));
    let facts = &parsed.facts;
    assert_eq!(
        (facts.native.as_str(), facts.cwd.as_deref(), facts.branch.as_deref()),
        (ID, Some("/srv/app"), Some("main"))
    );
    assert_eq!((facts.compactions, facts.interrupts, facts.client_version.as_deref()), (1, 1, Some("1.0.45")));
    assert_eq!(skipped(&parsed), [("unknown event session.brand_new", 1)]);
}

#[test]
fn the_title_stands_beside_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    std::fs::write(dir.path().join("workspace.yaml"), "id: x\nsummary: \"Writing a file\"\n").unwrap();
    let parsed = read(path.to_str().unwrap(), lines(&[start("/w")]).as_bytes());
    assert_eq!(parsed.facts.agent_title.as_deref(), Some("Writing a file"));
}

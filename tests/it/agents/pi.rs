//! Trees and lists of entries.

use memory_lane::model::Role::{Agent, User};
use memory_lane::model::ToolStatus;
use serde_json::{Value, json};

use super::{calls, lines, messages, read, read_all, said, skipped};

pub(crate) const ID: &str = "01900000-0000-7000-8000-000000000002";
pub(crate) const NAME: &str = "2026-02-02T10-00-00-000Z_01900000-0000-7000-8000-000000000002.jsonl";

pub(crate) fn header(cwd: &str) -> Value {
    json!({"type": "session", "version": 3, "id": ID, "timestamp": "2026-02-02T10:00:00.000Z", "cwd": cwd})
}

/// An entry `second` seconds after the start; `link` is `id<parent`, or `id<` for a first one.
pub(crate) fn entry(second: u32, link: &str, kind: &str, own: Value) -> Value {
    let (id, parent) = link.split_once('<').unwrap();
    let parent = (!parent.is_empty()).then_some(parent);
    let at = format!("2026-02-02T10:00:{second:02}.000Z");
    let mut entry = json!({"type": kind, "id": id, "parentId": parent, "timestamp": at});
    entry.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    entry
}

pub(crate) fn user(second: u32, link: &str, text: &str) -> Value {
    let content = json!([{"type": "text", "text": text}]);
    entry(second, link, "message", json!({"message": {"role": "user", "content": content}}))
}

pub(crate) fn answer(second: u32, link: &str, text: &str, call: Option<(&str, &str)>) -> Value {
    let mut content = vec![json!({"type": "thinking", "thinking": "hm"}), json!({"type": "text", "text": text})];
    content.extend(
        call.map(
            |(id, command)| json!({"type": "toolCall", "id": id, "name": "bash", "arguments": {"command": command}}),
        ),
    );
    entry(second, link, "message", json!({"message": {"role": "assistant", "content": content, "stopReason": "stop"}}))
}

pub(crate) fn result(second: u32, link: &str, call: &str, text: &str, is_error: bool) -> Value {
    let content = json!([{"type": "text", "text": text}]);
    let message =
        json!({"role": "toolResult", "toolCallId": call, "toolName": "bash", "content": content, "isError": is_error});
    entry(second, link, "message", json!({"message": message}))
}

#[test]
fn a_conversation_is_the_path_to_the_last_entry_and_what_was_left_a_fork() {
    let content = lines(&[
        header("/srv/app"),
        entry(1, "m<", "model_change", json!({"provider": "p", "modelId": "x"})),
        user(2, "a<m", "build it"),
        answer(3, "b<a", "Building.", Some(("c1", "make"))),
        result(4, "c<b", "c1", "Command exited with code 2", true),
        user(5, "d<c", "use cmake instead"),
        answer(6, "e<d", "As you wish.", None),
        entry(7, "s<c", "branch_summary", json!({"fromId": "e", "summary": "cmake was tried"})),
        user(8, "f<s", "use ninja instead"),
        entry(9, "n<f", "session_info", json!({"name": "The build"})),
    ]);
    let (main, others) = read_all(NAME, content.as_bytes());
    assert_eq!(said(&main), [(User, "build it"), (Agent, "Building."), (User, "use ninja instead")]);
    assert_eq!(calls(&main)[0].status, ToolStatus::Failed);
    assert_eq!((main.facts.native.as_str(), main.facts.custom_title.as_deref()), (ID, Some("The build")));
    assert_eq!(others.len(), 1);
    assert_eq!(said(&others[0]), [(User, "use cmake instead"), (Agent, "As you wish.")]);
    let facts = &others[0].facts;
    assert_eq!((facts.native.as_str(), facts.parent.as_deref()), (format!("{ID}~d").as_str(), Some(ID)));
    assert_eq!((facts.cwd.as_deref(), facts.subagent), (Some("/srv/app"), false));
    assert_eq!(facts.started_at.unwrap().to_string(), "2026-02-02T10:00:05.000Z");
    assert_eq!((others[0].steps[0].turn, messages(&others[0])[0].seq), (1, 3), "numbered as in a fork");
    assert!(main.skipped.is_empty() && others[0].skipped.is_empty());
}

#[test]
fn version_1_is_a_list() {
    let line = |second: u32, message: Value| json!({"type": "message", "timestamp": format!("2026-02-02T10:00:{second:02}.000Z"), "message": message});
    let aborted = json!({"role": "assistant", "stopReason": "aborted", "content": [{"type": "toolCall", "id": "c", "name": "bash", "arguments": {"command": "sleep 9"}}]});
    let from = "/home/x/.pi/agent/sessions/--work--/2026-02-01T00-00-00-000Z_older.jsonl";
    let content = lines(&[
        json!({"type": "session", "id": ID, "timestamp": "2026-02-02T10:00:00.000Z", "cwd": "/w", "branchedFrom": from}),
        line(1, json!({"role": "user", "content": "one"})),
        line(2, aborted),
        line(3, json!({"role": "bashExecution", "command": "ls", "output": "", "exitCode": 0})),
        line(
            4,
            json!({"role": "user", "content": [{"type": "text", "text": "<file name=\"/w/a\">fn main</file>\ntwo"}]}),
        ),
        json!({"type": "compaction", "timestamp": "2026-02-02T10:00:05.000Z", "summary": "s", "firstKeptEntryIndex": 1}),
    ]);
    let (parsed, others) = read_all(NAME, content.as_bytes());
    assert_eq!(said(&parsed), [(User, "one"), (User, "two")]);
    assert_eq!((parsed.facts.parent.as_deref(), others.len()), (Some("older"), 0));
    assert_eq!((parsed.facts.interrupts, parsed.facts.compactions), (1, 1));
    assert_eq!((calls(&parsed)[0].status, messages(&parsed)[1].after_interrupt), (ToolStatus::Cancelled, true));
}

#[test]
fn what_is_not_understood_is_counted_by_name() {
    let content = lines(&[
        header("/w"),
        user(1, "a<", "hello"),
        entry(2, "b<a", "brand_new", json!({})),
        entry(3, "c<b", "message", json!({"message": {"role": "oracle"}})),
        json!(5),
    ]);
    let parsed = read(NAME, content.as_bytes());
    assert_eq!(said(&parsed), [(User, "hello")]);
    assert_eq!(skipped(&parsed), [("message of unknown role", 1), ("not an object", 1), ("unknown type brand_new", 1)]);
}

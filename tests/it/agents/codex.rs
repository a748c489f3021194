//! Rollouts in their three dialects.

use memory_lane::model::Role::{Agent, User};
use memory_lane::model::{FileAction, ToolStatus};
use serde_json::{Value, json};

use super::{calls, lines, messages, read, said, skipped};

pub(crate) const ID: &str = "01900000-0000-7000-8000-000000000001";
pub(crate) const NAME: &str = "rollout-2026-02-02T10-00-00-01900000-0000-7000-8000-000000000001.jsonl";

/// A record `second` seconds after the start.
pub(crate) fn record(second: u32, kind: &str, payload: Value) -> Value {
    json!({"timestamp": format!("2026-02-02T10:00:{second:02}.000Z"), "type": kind, "payload": payload})
}

pub(crate) fn meta(cwd: &str) -> Value {
    let git = json!({"branch": "main", "commit_hash": "abc", "repository_url": "https://example.org/team/app.git"});
    record(0, "session_meta", json!({"id": ID, "cwd": cwd, "cli_version": "0.169.0", "source": "cli", "git": git}))
}

pub(crate) fn user(second: u32, text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    record(second, "response_item", json!({"type": "message", "role": "user", "content": content}))
}

pub(crate) fn answer(second: u32, text: &str) -> Value {
    let content = json!([{"type": "output_text", "text": text}]);
    record(second, "response_item", json!({"type": "message", "role": "assistant", "content": content}))
}

pub(crate) fn call(second: u32, id: &str, name: &str, arguments: &Value) -> Value {
    let arguments = arguments.to_string();
    record(
        second,
        "response_item",
        json!({"type": "function_call", "name": name, "arguments": arguments, "call_id": id}),
    )
}

pub(crate) fn output(second: u32, id: &str, output: &str) -> Value {
    record(second, "response_item", json!({"type": "function_call_output", "call_id": id, "output": output}))
}

pub(crate) fn event(second: u32, payload: Value) -> Value {
    record(second, "event_msg", payload)
}

#[test]
fn items_with_events_that_repeat_them_are_read_once() {
    let parsed = read(
        NAME,
        lines(&[
            meta("/srv/app"),
            user(1, "# AGENTS.md instructions for /srv/app\n\n<INSTRUCTIONS>be kind</INSTRUCTIONS>"),
            user(1, "<environment_context>\n  <cwd>/srv/app</cwd>\n</environment_context>"),
            user(2, "fix the build"),
            event(2, json!({"type": "user_message", "message": "fix the build"})),
            event(3, json!({"type": "agent_reasoning", "text": "hm"})),
            call(3, "c1", "shell", &json!({"command": ["bash", "-lc", "cargo build"]})),
            output(4, "c1", r#"{"output":"error[E0382]","metadata":{"exit_code":101,"duration_seconds":1.0}}"#),
            event(5, json!({"type": "agent_message", "message": "It fails."})),
            answer(5, "It fails."),
            event(6, json!({"type": "token_count", "info": null})),
        ])
        .as_bytes(),
    );
    assert_eq!(said(&parsed), [(User, "fix the build"), (Agent, "It fails.")]);
    let call = calls(&parsed)[0];
    assert_eq!((call.command.as_deref(), call.status), (Some("cargo build"), ToolStatus::Failed));
    assert_eq!(call.output, "error[E0382]");
    let facts = &parsed.facts;
    assert_eq!((facts.native.as_str(), facts.cwd.as_deref()), (ID, Some("/srv/app")));
    assert_eq!(facts.remote.as_deref(), Some("https://example.org/team/app.git"));
    assert_eq!((facts.branch.as_deref(), facts.client_version.as_deref()), (Some("main"), Some("0.169.0")));
    assert_eq!(facts.ended_at.unwrap().to_string(), "2026-02-02T10:00:06.000Z");
    assert!(parsed.skipped.is_empty(), "{:?}", parsed.skipped);
}

/// A message whose texts are told apart, as later versions do.
fn kinds(second: u32, role: &str, texts: &[(&str, &str)]) -> Value {
    let content: Vec<Value> = texts.iter().map(|(_, text)| json!({"type": "input_text", "text": text})).collect();
    let kinds: Vec<&str> = texts.iter().map(|(kind, _)| *kind).collect();
    let passthrough = json!({"content_item_kinds": kinds});
    let id = format!("msg_{second}");
    record(
        second,
        "response_item",
        json!({"type": "message", "id": id, "role": role, "content": content, "internal_chat_message_metadata_passthrough": passthrough}),
    )
}

#[test]
fn completed_items_say_how_calls_ended_and_nothing_else() {
    let item = |second, item: Value| event(second, json!({"type": "item_completed", "item": item}));
    let patch = "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/a.rs\n@@\n-a\n+b\n*** End Patch\nEOF";
    let mut summary = answer(6, "A summary for the next context");
    summary["metadata"] = json!({"compaction_output": true});
    let parsed = read(
        NAME,
        lines(&[
            meta("/srv/app"),
            kinds(1, "developer", &[("permissions.instructions", "you may write")]),
            kinds(1, "user", &[("host_skills.instructions", "plain looking"), ("user.text", "rename it")]),
            item(1, json!({"type": "UserMessage", "id": "u", "content": [{"type": "text", "text": "rename it"}]})),
            call(2, "c1", "exec_command", &json!({"cmd": patch})),
            item(3, json!({"type": "FileChange", "id": "c1", "status": "declined", "changes": {}})),
            output(3, "c1", "not applied"),
            call(4, "c2", "exec_command", &json!({"cmd": "make"})),
            item(5, json!({"type": "CommandExecution", "id": "c2", "status": "failed", "exit_code": 2})),
            output(5, "c2", "Chunk ID: 1\nWall time: 1 s\nProcess exited with code 2\nOutput:\nno rule"),
            summary,
            record(6, "compacted", json!({"message": "A summary", "replacement_history": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "rename it"}]}]})),
            item(7, json!({"type": "ContextCompaction", "id": "x"})),
            item(7, json!({"type": "AgentMessage", "id": "m", "content": [{"type": "Text", "text": "Done."}]})),
            kinds(7, "assistant", &[("unknown", "Done.")]),
            event(8, json!({"type": "thread_name_updated", "thread_name": "The renaming"})),
        ])
        .as_bytes(),
    );
    assert_eq!(said(&parsed), [(User, "rename it"), (Agent, "Done.")]);
    let calls = calls(&parsed);
    assert_eq!((calls[0].status, calls[1].status), (ToolStatus::Cancelled, ToolStatus::Failed));
    assert_eq!((calls[0].files[0].path.as_str(), calls[0].files[0].action), ("src/a.rs", FileAction::Edit));
    assert_eq!((parsed.facts.compactions, parsed.facts.custom_title.as_deref()), (1, Some("The renaming")));
    assert!(parsed.skipped.is_empty(), "{:?}", parsed.skipped);
}

#[test]
fn bare_items_of_the_first_versions_are_read() {
    let first = json!({"id": ID, "timestamp": "2025-05-05T05:00:00.000Z", "instructions": null});
    let message = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]});
    let shell = json!({"type": "local_shell_call", "call_id": "c", "status": "completed", "action": {"type": "exec", "command": ["ls"]}});
    let end = json!({"type": "function_call_output", "call_id": "c", "output": "a b"});
    let parsed = read(NAME, lines(&[first, json!({"record_type": "state"}), message, shell, end]).as_bytes());
    assert_eq!((parsed.facts.native.as_str(), said(&parsed)), (ID, vec![(User, "hello")]));
    assert_eq!((calls(&parsed)[0].command.as_deref(), calls(&parsed)[0].status), (Some("ls"), ToolStatus::Ok));
    assert!(parsed.skipped.is_empty(), "{:?}", parsed.skipped);
}

#[test]
fn stopping_the_agent_cancels_its_calls() {
    let parsed = read(
        NAME,
        lines(&[
            meta("/srv/app"),
            user(1, "go"),
            call(2, "c1", "shell", &json!({"command": ["sleep", "100"]})),
            event(3, json!({"type": "turn_aborted", "reason": "interrupted"})),
            user(3, "<turn_aborted>\nThe user interrupted the previous turn\n</turn_aborted>"),
            user(4, "not that way"),
            event(5, json!({"type": "turn_aborted", "reason": "replaced"})),
        ])
        .as_bytes(),
    );
    assert_eq!((parsed.facts.interrupts, calls(&parsed)[0].status), (1, ToolStatus::Cancelled));
    let marks: Vec<bool> = messages(&parsed).iter().map(|message| message.after_interrupt).collect();
    assert_eq!((said(&parsed).len(), marks), (2, vec![false, true]));
}

#[test]
fn sub_agents_and_forks_know_where_they_come_from() {
    let check = |own: Value, subagent: bool, role| {
        let mut meta = json!({"id": "child", "cwd": "/w", "cli_version": "1"});
        meta.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let copied = record(0, "session_meta", json!({"id": "parent", "cwd": "/elsewhere"}));
        let parsed = read(NAME, lines(&[record(0, "session_meta", meta), copied, user(1, "look")]).as_bytes());
        let facts = &parsed.facts;
        assert_eq!(
            (facts.native.as_str(), facts.parent.as_deref(), facts.subagent),
            ("child", Some("parent"), subagent)
        );
        assert_eq!((facts.cwd.as_deref(), said(&parsed)), (Some("/w"), vec![(role, "look")]));
    };
    let spawn = json!({"thread_spawn": {"parent_thread_id": "parent", "depth": 1, "agent_nickname": "Euler"}});
    check(json!({"source": {"subagent": spawn}}), true, Agent);
    check(json!({"thread_source": "subagent", "parent_thread_id": "parent"}), true, Agent);
    check(json!({"source": "cli", "forked_from_id": "parent"}), false, User);
}

#[test]
fn what_is_not_understood_is_counted_by_name() {
    let parsed = read(
        NAME,
        lines(&[
            meta("/w"),
            record(1, "brand_new", json!({})),
            event(1, json!({"type": "moon_phase"})),
            record(1, "response_item", json!({"type": "telepathy"})),
            json!({"silly": 1}),
            user(2, "still here"),
        ])
        .as_bytes(),
    );
    assert_eq!(said(&parsed), [(User, "still here")]);
    let expected = [
        ("record without a type", 1),
        ("unknown event moon_phase", 1),
        ("unknown item telepathy", 1),
        ("unknown type brand_new", 1),
    ];
    assert_eq!(skipped(&parsed), expected);
}

#[test]
fn a_compressed_rollout_says_the_same() {
    // Words that do not compress, so that the packed form has several blocks.
    let noise =
        |n: u64| (0..4000).map(|at| format!("{:x} ", (n + at).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect::<String>();
    let mut records = vec![meta("/w"), user(1, "hello"), call(2, "c", "shell", &json!({"command": "ls"}))];
    records.extend((0..8).map(|n| answer(3, &noise(n * 4000))));
    let plain = lines(&records);
    let packed = zstd::encode_all(plain.as_bytes(), 3).unwrap();
    let name = format!("{NAME}.zst");
    assert_eq!(read(&name, &packed), read(NAME, plain.as_bytes()));
    let damaged = read(&name, &packed[..packed.len() * 2 / 3]);
    assert!(
        damaged.steps.len() > 2 && damaged.skipped.contains_key("compressed data damaged or cut"),
        "{:?}",
        damaged.skipped
    );
}

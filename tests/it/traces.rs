//! Reading transcripts: each format feature on a small file of its own, then real ones, where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]

mod everywhere;
mod garbled;
mod samples;
pub(crate) mod session_file;

use std::path::Path;

use memory_lane::model::{FileAction, Message, Role, Step, ToolCall, ToolStatus};
use memory_lane::trace::{Parsed, recognise};
use serde_json::json;
use session_file::SessionFile;

const ID: &str = "11111111-2222-4333-8444-555555555555";

/// Reads a whole file's content as if it stood at `path`.
fn read_at(path: &Path, content: &[u8]) -> Parsed {
    recognise(content).expect("not recognised").parser(path).read(content)
}

fn read(file: &SessionFile) -> Parsed {
    read_at(Path::new(&format!("/p/{ID}.jsonl")), file.text().as_bytes())
}

fn file() -> SessionFile {
    SessionFile::new(ID, "/srv/app")
}

fn messages(parsed: &Parsed) -> Vec<&Message> {
    parsed
        .steps
        .iter()
        .filter_map(|step| match &step.step {
            Step::Said(message) => Some(message),
            Step::Called(_) => None,
        })
        .collect()
}

fn calls(parsed: &Parsed) -> Vec<&ToolCall> {
    parsed
        .steps
        .iter()
        .filter_map(|step| match &step.step {
            Step::Called(call) => Some(call),
            Step::Said(_) => None,
        })
        .collect()
}

fn said(parsed: &Parsed) -> Vec<(Role, &str)> {
    messages(parsed).into_iter().map(|message| (message.role, message.text.as_str())).collect()
}

fn check(file: &SessionFile, expected: &[(Role, &str)]) {
    let parsed = read(file);
    assert_eq!(said(&parsed), expected);
    assert!(parsed.skipped.is_empty(), "{:?}", parsed.skipped);
}

use Role::{Agent, User};

#[test]
fn a_session_has_turns_calls_and_facts() {
    let file = file()
        .user("fix the build")
        .agent("Looking.")
        .call("t1", "Bash", json!({"command": "cargo build"}))
        .result("t1", "Exit code 101\nerror[E0382]", true)
        .call("t2", "Edit", json!({"file_path": "/srv/app/src/a.rs", "old_string": "a", "new_string": "b"}))
        .result("t2", "The file was updated", false)
        .agent("Fixed.")
        .user("thanks");
    let parsed = read(&file);
    assert_eq!(said(&parsed), [(User, "fix the build"), (Agent, "Looking."), (Agent, "Fixed."), (User, "thanks")]);
    assert_eq!(parsed.steps.iter().map(|step| step.turn).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1]);
    let calls = calls(&parsed);
    assert_eq!((calls[0].status, calls[0].command.as_deref()), (ToolStatus::Failed, Some("cargo build")));
    assert_eq!(calls[0].output, "Exit code 101\nerror[E0382]");
    assert_eq!((calls[1].status, calls[1].files[0].action), (ToolStatus::Ok, FileAction::Edit));
    let facts = &parsed.facts;
    assert_eq!((facts.native.as_str(), facts.cwd.as_deref()), (ID, Some("/srv/app")));
    assert_eq!((facts.branch.as_deref(), facts.client_version.as_deref()), (Some("main"), Some("2.1.200")));
    assert_eq!(facts.started_at.unwrap().to_string(), "2026-02-02T02:40:01.000Z");
    assert_eq!(facts.ended_at.unwrap().to_string(), "2026-02-02T02:40:08.000Z");
}

#[test]
fn tokens_of_an_answer_count_once_and_results_say_what_changed() {
    let answer = |id: &str, block: serde_json::Value, written: u32| {
        let usage = json!({"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 85, "output_tokens": written});
        json!({"message": {"id": id, "model": "large", "content": [block], "usage": usage}})
    };
    let edit = |id: &str| json!({"type": "tool_use", "id": id, "name": "Edit", "input": {"file_path": "a", "old_string": "x", "new_string": "y"}});
    let hunk = json!({"oldStart": 7, "oldLines": 1, "newStart": 7, "newLines": 1, "lines": ["-x", "+y"]});
    let result = |id: &str, failed: bool| json!({"message": {"content": [{"type": "tool_result", "tool_use_id": id, "content": "ok", "is_error": failed}]}});
    let mut exact = result("t1", false);
    exact["toolUseResult"] = json!({"filePath": "a", "originalFile": "x", "structuredPatch": [hunk]});
    let parsed = read(
        &file()
            .user("rename it")
            .record("assistant", answer("m1", json!({"type": "text", "text": "Renaming."}), 1))
            .record("assistant", answer("m1", edit("t1"), 30))
            .record("user", exact)
            .record("assistant", answer("m2", edit("t2"), 20))
            .record("user", result("t2", true))
            .record("assistant", answer("m3", edit("t3"), 20))
            .record("user", result("t3", false))
            .record(
                "assistant",
                json!({"message": {"id": "m4", "model": "<synthetic>", "content": "No response requested."}}),
            ),
    );
    let usage = &parsed.facts.usage;
    assert_eq!((usage.model.as_deref(), usage.tokens_in, usage.tokens_out), (Some("large"), 300, 70));
    let patches: Vec<_> = calls(&parsed).iter().map(|call| call.patch.as_deref()).collect();
    assert_eq!(patches, [Some("@@ -7,1 +7,1 @@\n-x\n+y"), None, Some("@@\n-x\n+y")]);
}

#[test]
fn a_transcript_may_start_with_the_agent() {
    let parsed = read(&file().agent("Hello").user("hi").agent("So?"));
    assert_eq!(parsed.steps.iter().map(|step| step.turn).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn only_the_persons_words_are_the_persons() {
    let noise = file()
        .user_with("Caveat text", json!({"isMeta": true}))
        .user_with("This session is being continued …", json!({"isCompactSummary": true, "isVisibleInTranscriptOnly": true}))
        .user_with("<task-notification>\n<task-id>x</task-id>", json!({"promptSource": "system", "turnOrigin": "task_notification"}))
        .user_with("scheduled check", json!({"origin": {"kind": "task-notification"}}))
        .user_with("what the sub-agent was told", json!({"isSidechain": true}))
        .user("<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args>opus</command-args>")
        .user("<local-command-stdout>Set model</local-command-stdout>")
        .user("<bash-input>ls</bash-input>")
        .user("real <system-reminder>not mine</system-reminder>words")
        .user_with("typed", json!({"promptSource": "typed", "turnOrigin": "human", "origin": {"kind": "human"}}));
    check(&noise, &[(User, "real words"), (User, "typed")]);
}

#[test]
fn attachments_and_copies_of_requests_say_nothing() {
    let injected =
        json!({"type": "hook_additional_context", "content": ["a recalled memory"], "hookName": "UserPromptSubmit"});
    let parsed = read(
        &file()
            .user("question")
            .record("attachment", json!({"attachment": injected}))
            .record("api-request-blob", json!({"message": {"role": "user", "content": "question"}}))
            .record("progress", json!({"data": {"type": "agent_progress", "message": {"type": "user"}}}))
            .agent("answer"),
    );
    assert_eq!(said(&parsed), [(User, "question"), (Agent, "answer")]);
}

#[test]
fn what_the_program_writes_for_the_agent_is_not_the_agents() {
    let synthetic =
        json!({"message": {"model": "<synthetic>", "content": [{"type": "text", "text": "No response requested."}]}});
    let error =
        json!({"isApiErrorMessage": true, "message": {"content": [{"type": "text", "text": "API Error: 529"}]}});
    let thinking =
        json!({"message": {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": " "}]}});
    check(&file().record("assistant", synthetic).record("assistant", error).record("assistant", thinking), &[]);
}

#[test]
fn an_interrupt_is_counted_and_marks_what_comes_next() {
    let parsed = read(
        &file()
            .user("go")
            .call("t1", "Bash", json!({"command": "sleep 100"}))
            .record("user", json!({"message": {"content": [{"type": "text", "text": "[Request interrupted by user for tool use]"}]}}))
            .user("not that way")
            .agent("Sorry.")
            .user("better"),
    );
    assert_eq!(parsed.facts.interrupts, 1);
    assert_eq!(calls(&parsed)[0].status, ToolStatus::Cancelled);
    let marks: Vec<bool> = messages(&parsed).iter().map(|message| message.after_interrupt).collect();
    assert_eq!(marks, [false, true, false, false]);
}

#[test]
fn a_refusal_cancels_the_call_and_quotes_the_person() {
    let refused = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. …). \
                   To tell you how to proceed, the user said:\nuse a migration instead";
    let parsed = read(
        &file()
            .user("add a column")
            .call("t1", "Edit", json!({"file_path": "/srv/app/a.sql"}))
            .call("t2", "Bash", json!({"command": "psql"}))
            .result("t1", refused, true)
            .result("t2", "<tool_use_error>Sibling tool call errored</tool_use_error>", true),
    );
    assert_eq!(said(&parsed), [(User, "add a column"), (User, "use a migration instead")]);
    assert!(messages(&parsed)[1].after_interrupt);
    assert!(calls(&parsed).iter().all(|call| call.status == ToolStatus::Cancelled));
}

#[test]
fn prompts_sent_while_the_agent_works_are_kept_once() {
    let queue = |operation: &str, content: &str| {
        let content = (!content.is_empty()).then_some(content);
        json!({"operation": operation, "content": content, "uuid": null, "cwd": null}).to_string()
    };
    let record = |file: SessionFile, operation: &str, content: &str| {
        file.record("queue-operation", serde_json::from_str(&queue(operation, content)).unwrap())
    };
    let mut session = file().user("start").agent("Working.");
    session = record(session, "enqueue", "also the tests");
    session = record(session, "remove", "");
    session = record(session, "enqueue", "and then the docs");
    session = record(session, "dequeue", "").user("and then the docs");
    session = record(session, "enqueue", "{\"task_id\":\"x\"}");
    session = record(session, "remove", "");
    session = record(session, "enqueue", "taken back");
    session = record(session, "popAll", "");
    let queued = json!({"attachment": {"type": "queued_command", "prompt": "one more", "commandMode": "prompt"}});
    session = session.record("attachment", queued);
    check(
        &session,
        &[
            (User, "start"),
            (Agent, "Working."),
            (User, "also the tests"),
            (User, "and then the docs"),
            (User, "one more"),
        ],
    );
}

#[test]
fn compactions_are_counted_once_each() {
    let summary = json!({"isCompactSummary": true, "isVisibleInTranscriptOnly": true});
    let parsed = read(
        &file()
            .user("a")
            .record("system", json!({"subtype": "compact_boundary", "content": "Conversation compacted"}))
            .user_with("This session is being continued from a previous conversation", summary.clone())
            .user("b")
            .user_with("This session is being continued from a previous conversation", summary)
            .record("system", json!({"subtype": "microcompact_boundary"})),
    );
    assert_eq!(parsed.facts.compactions, 2);
    assert_eq!(said(&parsed), [(User, "a"), (User, "b")]);
}

#[test]
fn titles_and_pull_requests_are_facts() {
    let parsed = read(
        &file()
            .line(r#"{"type":"summary","summary":"Of another session","leafUuid":"elsewhere"}"#)
            .line(&format!(r#"{{"type":"summary","summary":"Fixing the build","leafUuid":"{ID}-1"}}"#))
            .user("fix")
            .line(&format!(
                r#"{{"type":"pr-link","sessionId":"{ID}","prNumber":7,"prUrl":"https://example.com/pull/7"}}"#
            ))
            .line(&format!(r#"{{"type":"custom-title","sessionId":"{ID}","customTitle":"My title"}}"#)),
    );
    assert_eq!(parsed.facts.agent_title.as_deref(), Some("Fixing the build"));
    assert_eq!(parsed.facts.custom_title.as_deref(), Some("My title"));
    assert_eq!(parsed.facts.pull_requests, ["https://example.com/pull/7"]);
    let named = read(&file().user("x").line(r#"{"type":"ai-title","aiTitle":"Chosen by the agent"}"#));
    assert_eq!(named.facts.agent_title.as_deref(), Some("Chosen by the agent"));
}

#[test]
fn a_sub_agents_file_belongs_to_its_session() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agent-a1b2c3.jsonl");
    std::fs::write(path.with_extension("meta.json"), r#"{"agentType":"Explore","description":"Find the parser"}"#)
        .unwrap();
    let file = file().user_with("look for the parser", json!({"isSidechain": true, "agentId": "a1b2c3"})).record(
        "assistant",
        json!({"isSidechain": true, "message": {"content": [{"type": "text", "text": "Found it."}]}}),
    );
    let parsed = read_at(&path, file.text().as_bytes());
    let facts = &parsed.facts;
    assert_eq!((facts.native.as_str(), facts.parent.as_deref(), facts.subagent), ("agent-a1b2c3", Some(ID), true));
    assert_eq!(facts.agent_title.as_deref(), Some("Find the parser"));
    assert_eq!(said(&parsed), [(Agent, "look for the parser"), (Agent, "Found it.")], "nothing of it is the person's");
}

#[test]
fn who_began_a_session_is_said_by_its_first_records() {
    let check = |entrypoints: &[&str], expected: bool| {
        let session = entrypoints
            .iter()
            .fold(file(), |file, entrypoint| file.user_with("go", json!({"entrypoint": entrypoint})).agent("Done."));
        assert_eq!(read(&session).facts.headless, expected, "{entrypoints:?}");
    };
    check(&["sdk-cli"], true);
    check(&["sdk-cli", "cli"], true);
    check(&["cli", "sdk-cli"], false);
    check(&["claude-vscode"], false);
    assert!(!read(&file().user("go")).facts.headless, "older versions do not say");
}

#[test]
fn a_sub_agent_of_a_sub_agent_belongs_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let inner = |path: &Path, depth: u32, call: &str| {
        let meta = json!({"description": "Look", "toolUseId": call, "spawnDepth": depth});
        std::fs::write(path.with_extension("meta.json"), meta.to_string()).unwrap();
    };
    let [first, second, third] = ["a1", "b2", "c3"].map(|id| dir.path().join(format!("agent-{id}.jsonl")));
    let text = file().user_with("look", json!({"isSidechain": true})).call("t2", "Agent", json!({"prompt": "deeper"}));
    std::fs::write(&first, text.result("t2", "found", false).text()).unwrap();
    let parent = |path: &Path| read_at(path, text_of_a_sub_agent().as_bytes()).facts.parent;
    inner(&first, 1, "t1");
    inner(&second, 2, "t2");
    inner(&third, 2, "t9");
    assert_eq!(parent(&second).as_deref(), Some("agent-a1"));
    assert_eq!(parent(&third).as_deref(), Some(ID), "nobody there made the call");
    assert_eq!(parent(&first).as_deref(), Some(ID));
    std::fs::write(second.with_extension("meta.json"), r#"{"toolUseId": 2, "spawnDepth": "2"}"#).unwrap();
    assert_eq!(parent(&second).as_deref(), Some(ID));
}

fn text_of_a_sub_agent() -> String {
    file().user_with("deeper", json!({"isSidechain": true})).text()
}

#[test]
fn a_record_written_twice_counts_once() {
    let file = file().user("once").agent("yes");
    let twice = format!("{0}{0}", file.text());
    let parsed = read_at(Path::new("/p/x.jsonl"), twice.as_bytes());
    assert_eq!((parsed.steps.len(), parsed.copies), (2, 2));
}

#[test]
fn steps_of_one_record_have_ids_of_their_own() {
    let blocks =
        json!([{"type": "text", "text": "Both."}, {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}]);
    let parsed = read(&file().record("assistant", json!({"message": {"content": blocks}})));
    let ids: Vec<_> = parsed.steps.iter().map(|step| step.uuid.clone().unwrap()).collect();
    assert_eq!(ids, [format!("{ID}-1"), format!("{ID}-1#1")]);
}

#[test]
fn what_is_not_understood_is_counted_by_reason() {
    let file = file()
        .line("not json")
        .line("42")
        .line(r#"{"silly":1}"#)
        .line(r#"{"type":"brand-new-thing","sessionId":"x"}"#)
        .line(r#"{"type":"brand-new-thing","sessionId":"x"}"#)
        .line(r#"{"type":"user","message":{"contenst":1},"uuid":"w"}"#)
        .line(r#"{"type":"mode","type":"mode"}"#)
        .user("still here");
    let parsed = read(&file);
    assert_eq!(said(&parsed), [(User, "still here")]);
    let skipped: Vec<_> = parsed.skipped.iter().map(|(why, at)| (why.as_str(), at.line, at.count)).collect();
    assert_eq!(
        skipped,
        [
            ("not JSON", 1, 1),
            ("not an object", 2, 1),
            ("record without a type", 3, 1),
            ("unknown type brand-new-thing", 4, 2),
            ("user record without content", 6, 1),
        ]
    );
    let raw: Vec<_> = parsed.raw.iter().map(|raw| (raw.line, raw.why.as_str(), raw.text.as_str())).collect();
    assert_eq!(raw.len(), 6);
    assert_eq!(raw[0], (1, "not JSON", "not json"));
    assert_eq!(raw[4], (5, "unknown type brand-new-thing", r#"{"type":"brand-new-thing","sessionId":"x"}"#));
}

#[test]
fn separators_inside_a_line_and_bad_bytes_do_not_break_it() {
    let mut content = file().user("one\u{2028}two").text().into_bytes();
    let at = content.windows(3).position(|w| w == b"one").unwrap();
    content[at] = 0xff;
    let parsed = read_at(Path::new("/p/x.jsonl"), &content);
    assert_eq!(said(&parsed), [(User, "\u{fffd}ne\u{2028}two")]);
}

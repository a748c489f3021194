//! What transcripts tell beside words and calls: the model, tokens, the commit, what changed in files.

use memory_lane::trace::Parsed;
use serde_json::{Value, json};

use super::{calls, codex, copilot, gemini, lines, pi, read};

fn check(parsed: &Parsed, model: &str, tokens: (u64, u64), commit: Option<&str>, patches: &[Option<&str>]) {
    let usage = &parsed.facts.usage;
    assert_eq!((usage.model.as_deref(), usage.tokens_in, usage.tokens_out), (Some(model), tokens.0, tokens.1));
    assert_eq!(parsed.facts.commit.as_deref(), commit);
    let found: Vec<Option<&str>> = calls(parsed).iter().map(|call| call.patch.as_deref()).collect();
    assert_eq!(found, patches);
}

fn tokens(total: u64, written: u64) -> Value {
    let total = json!({"input_tokens": total, "cached_input_tokens": 5, "output_tokens": written});
    codex::event(9, json!({"type": "token_count", "info": {"total_token_usage": total}}))
}

#[test]
fn codex_counts_the_whole_session_each_time() {
    let patch = "*** Begin Patch\n*** Update File: a.rs\n@@\n-x\n+y\n*** End Patch";
    let changes = json!({"/srv/app/a.rs": {"type": "update", "unified_diff": "@@ -7 +7 @@\n-x\n+y\n"}});
    let exact = json!({"type": "item_completed", "item": {"type": "FileChange", "id": "c2", "status": "completed", "changes": changes}});
    let parsed = read(
        codex::NAME,
        lines(&[
            codex::meta("/srv/app"),
            codex::record(1, "turn_context", json!({"cwd": "/srv/app", "model": "small"})),
            codex::user(1, "rename it"),
            codex::call(2, "c1", "apply_patch", &json!({"input": patch})),
            codex::output(3, "c1", "Success. Updated the following files:\nM a.rs"),
            tokens(100, 10),
            tokens(100, 10),
            codex::record(3, "turn_context", json!({"cwd": "/srv/app", "model": "large"})),
            codex::call(4, "c2", "apply_patch", &json!({"input": patch})),
            codex::event(5, exact),
            codex::output(5, "c2", "Success."),
            codex::call(6, "c3", "apply_patch", &json!({"input": patch})),
            codex::output(7, "c3", "apply_patch verification failed: no such file"),
            tokens(250, 30),
            tokens(40, 4),
        ])
        .as_bytes(),
    );
    let patches = [Some("+++ a.rs\n@@\n-x\n+y"), Some("@@ -7 +7 @@\n-x\n+y"), None];
    check(&parsed, "large", (290, 34), Some("abc"), &patches);
}

#[test]
fn pi_counts_each_answer() {
    let answer = |second, link: &str, call: Value| {
        let usage = json!({"input": 100, "output": 10, "cacheRead": 20, "cacheWrite": 3});
        let message = json!({"role": "assistant", "model": "small", "content": [call], "usage": usage});
        pi::entry(second, link, "message", json!({"message": message}))
    };
    let edit = json!({"path": "a.rs", "edits": [{"oldText": "x", "newText": "y"}]});
    let content = lines(&[
        pi::header("/srv/app"),
        pi::user(1, "a<", "rename it"),
        answer(2, "b<a", json!({"type": "toolCall", "id": "c1", "name": "edit", "arguments": edit})),
        pi::result(3, "c<b", "c1", "Edited a.rs", false),
        answer(4, "d<c", json!({"type": "text", "text": "Done."})),
    ]);
    check(&read(pi::NAME, content.as_bytes()), "small", (246, 20), None, &[Some("@@\n-x\n+y")]);
}

#[test]
fn gemini_cli_counts_the_last_record_of_an_answer() {
    let mut answer = gemini::message(2, "2", "gemini", "Writing.");
    answer["tokens"] = json!({"input": 100, "output": 10, "cached": 20, "thoughts": 5, "total": 115});
    answer["model"] = json!("small");
    let mut called = answer.clone();
    called["toolCalls"] = json!([{
        "id": "c1", "name": "replace", "status": "success",
        "args": {"file_path": "a.rs", "old_string": "x", "new_string": "y"},
        "result": [{"functionResponse": {"response": {"output": "ok"}}}],
        "resultDisplay": {"fileDiff": "Index: a.rs\n===\n--- a.rs\n+++ a.rs\n@@ -7 +7 @@\n-x\n+y\n", "fileName": "a.rs"},
    }]);
    let content = lines(&[gemini::header(), gemini::message(1, "1", "user", "rename it"), answer, called]);
    check(&read(gemini::NAME, content.as_bytes()), "small", (100, 15), None, &[Some("@@ -7 +7 @@\n-x\n+y")]);
}

#[test]
fn copilot_cli_counts_a_run_when_it_ends() {
    let mut start = copilot::start("/srv/app");
    start["data"]["context"]["headCommit"] = json!("abc");
    let metrics = json!({"small": {"usage": {"inputTokens": 100, "outputTokens": 10, "cacheReadTokens": 20}}});
    let content = lines(&[
        start,
        copilot::event(1, "session.context_changed", json!({"cwd": "/srv/app", "headCommit": "later"})),
        copilot::event(1, "session.model_change", json!({"newModel": "small"})),
        copilot::event(1, "user.message", json!({"content": "rename it"})),
        copilot::call(2, "c1", "edit", json!({"path": "/srv/app/a.rs", "old_str": "x", "new_str": "y"})),
        copilot::end(3, "c1", json!({"success": true, "result": {"content": "Edited"}})),
        copilot::event(4, "session.shutdown", json!({"modelMetrics": metrics})),
    ]);
    check(&read(copilot::NAME, content.as_bytes()), "small", (100, 10), Some("abc"), &[Some("@@\n-x\n+y")]);
}

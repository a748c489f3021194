//! Messages and their parts, which are the same in exports and in the database.

use std::path::Path;

use serde_json::Value;

use crate::model::ToolStatus;
use crate::trace::builder::Builder;
use crate::trace::document::written_at;
use crate::trace::fields::{moment, or_empty, owned};
use crate::trace::patch;

/// Kinds of parts that say nothing that was said or done.
const PLUMBING: &[&str] =
    &["reasoning", "step-start", "step-finish", "snapshot", "patch", "file", "agent", "retry", "subtask"];

/// A session with what its own row says.
pub(super) fn session(info: &Value, path: &Path) -> Builder {
    let mut builder = Builder::new(or_empty(info, "id"), written_at(path));
    let facts = &mut builder.parsed.facts;
    facts.parent = owned(info, "parentID");
    facts.subagent = facts.parent.is_some();
    facts.cwd = owned(info, "directory").filter(|directory| Path::new(directory).is_absolute());
    facts.agent_title = owned(info, "title");
    facts.client_version = owned(info, "version");
    builder.spans(moment(info.pointer("/time/created")));
    builder.spans(moment(info.pointer("/time/updated")));
    builder
}

/// One message with its parts.
pub(super) fn message<'a>(builder: &mut Builder, info: &Value, parts: impl IntoIterator<Item = &'a Value>) {
    builder.record(owned(info, "id").as_deref());
    builder.at(moment(info.pointer("/time/created")));
    let role = or_empty(info, "role");
    if !matches!(role, "user" | "assistant") {
        return builder.skip("unknown role", role, info);
    }
    if let Some(cwd) = info.pointer("/path/cwd").and_then(Value::as_str).filter(|cwd| Path::new(cwd).is_absolute()) {
        builder.parsed.facts.cwd.get_or_insert_with(|| cwd.to_owned());
    }
    if role == "assistant" {
        usage(builder, info);
    }
    // The summary that a compaction puts in the agent's mouth.
    let is_summary = info.get("summary") == Some(&Value::Bool(true));
    let mut said = Vec::new();
    for part in parts {
        match or_empty(part, "type") {
            "text" if is_injected(part) || is_summary => {}
            "text" if role == "user" => said.push(or_empty(part, "text")),
            "text" => builder.agent(or_empty(part, "text")),
            "tool" => tool(builder, part),
            "compaction" => builder.parsed.facts.compactions += 1,
            kind if PLUMBING.contains(&kind) => {}
            other => builder.skip("unknown part", other, part),
        }
    }
    builder.user(&said.join("\n"));
    if info.pointer("/error/name").and_then(Value::as_str) == Some("MessageAbortedError") {
        builder.interrupt();
    }
}

fn usage(builder: &mut Builder, info: &Value) {
    let tokens = |place: &str| info.pointer(place).and_then(Value::as_u64).unwrap_or(0);
    let sum = |places: &[&str]| places.iter().map(|place| tokens(place)).fold(0, u64::saturating_add);
    let usage = &mut builder.parsed.facts.usage;
    usage.add(
        sum(&["/tokens/input", "/tokens/cache/read", "/tokens/cache/write"]),
        sum(&["/tokens/output", "/tokens/reasoning"]),
    );
    usage.model = owned(info, "modelID").or(usage.model.take());
}

/// Text that the program added to a prompt: contents of files, reminders.
fn is_injected(part: &Value) -> bool {
    ["synthetic", "ignored"].iter().any(|name| part.get(name) == Some(&Value::Bool(true)))
}

fn tool(builder: &mut Builder, part: &Value) {
    let state = part.get("state").unwrap_or(&Value::Null);
    builder.at(moment(state.pointer("/time/start")));
    let id = or_empty(part, "callID");
    builder.call(id, or_empty(part, "tool"), state.get("input").unwrap_or(&Value::Null));
    let interrupted = state.pointer("/metadata/interrupted") == Some(&Value::Bool(true));
    let failed = state.pointer("/metadata/exit").and_then(Value::as_i64).is_some_and(|exit| exit != 0);
    let error = or_empty(state, "error");
    match or_empty(state, "status") {
        "completed" if interrupted => builder.result(id, ToolStatus::Cancelled, or_empty(state, "output")),
        "completed" if failed => builder.result(id, ToolStatus::Failed, or_empty(state, "output")),
        "completed" => {
            let diff = state.pointer("/metadata/diff").and_then(Value::as_str).and_then(patch::of_diff);
            builder.result_with(id, ToolStatus::Ok, or_empty(state, "output"), diff);
        }
        "error" if interrupted || is_refusal(error) => builder.result(id, ToolStatus::Cancelled, error),
        "error" => builder.result(id, ToolStatus::Failed, error),
        _ => {}
    }
}

/// Errors that say that the call was stopped or not allowed.
fn is_refusal(error: &str) -> bool {
    ["Tool execution aborted", "The user rejected permission", "The user has specified a rule"]
        .iter()
        .any(|start| error.starts_with(start))
}

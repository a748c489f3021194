//! Messages with content blocks, as transcripts and the command line's databases have them.

use serde_json::Value;

use super::words;
use crate::model::ToolStatus;
use crate::trace::builder::Builder;
use crate::trace::fields::{elements, or_empty};

/// What Cursor writes where it left something out of a transcript.
const LEFT_OUT: &str = "[REDACTED]";

/// Adds one message `{role, content}`; content is text or blocks.
pub(super) fn message(builder: &mut Builder, role: &str, message: &Value) {
    let whole = match message.get("content") {
        Some(Value::String(whole)) => vec![Value::String(whole.clone())],
        _ => elements(message, "content").to_vec(),
    };
    match role {
        "user" => whole.iter().for_each(|block| person(builder, words_in(block))),
        "assistant" | "tool" => whole.iter().for_each(|each| block(builder, each)),
        "system" => {}
        other => builder.skip("unknown role", other, message),
    }
}

/// The text of a text block, or of a content that is text.
fn words_in(block: &Value) -> &str {
    block.as_str().unwrap_or_else(|| if or_empty(block, "type") == "text" { or_empty(block, "text") } else { "" })
}

/// Adds what the person said in a message of theirs.
pub(super) fn person(builder: &mut Builder, said: &str) {
    let prompt = words::prompt(said);
    builder.at(prompt.at);
    if let Some(workspace) = prompt.workspace {
        builder.parsed.facts.cwd.get_or_insert(workspace);
    }
    builder.user(&prompt.words);
}

fn block(builder: &mut Builder, block: &Value) {
    let kind = if block.is_string() { "text" } else { or_empty(block, "type") };
    match kind {
        "text" => builder.agent(&words_in(block).replace(LEFT_OUT, "")),
        "tool_use" => {
            builder.call(or_empty(block, "id"), or_empty(block, "name"), block.get("input").unwrap_or(&Value::Null));
        }
        "tool-call" => {
            let input = block.get("args").or_else(|| block.get("input")).unwrap_or(&Value::Null);
            builder.call(or_empty(block, "toolCallId"), or_empty(block, "toolName"), input);
        }
        "tool-result" | "tool_result" => result(builder, block),
        "reasoning" | "redacted-reasoning" | "thinking" | "redacted_thinking" | "image" | "file" => {}
        other => builder.skip("unknown block", other, block),
    }
}

fn result(builder: &mut Builder, block: &Value) {
    let id = ["toolCallId", "tool_use_id"].iter().map(|name| or_empty(block, name)).find(|id| !id.is_empty());
    let output = ["result", "output", "content"].iter().find_map(|name| block.get(name)).unwrap_or(&Value::Null);
    let failed = ["isError", "is_error"].iter().any(|name| block.get(name) == Some(&Value::Bool(true)));
    let status = if failed { ToolStatus::Failed } else { ToolStatus::Ok };
    builder.result(id.unwrap_or_default(), status, &plain(output));
}

/// A result as text: it is text, or blocks with text, or anything else, which is shown as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(blocks) if blocks.iter().all(|block| block.get("text").is_some()) => {
            blocks.iter().map(|block| or_empty(block, "text")).collect::<Vec<_>>().join("\n")
        }
        other => {
            match ["output", "contents", "text"].iter().map(|name| or_empty(other, name)).find(|text| !text.is_empty())
            {
                Some(text) => text.to_owned(),
                None => other.to_string(),
            }
        }
    }
}

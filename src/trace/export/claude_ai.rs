//! The conversations of claude.ai: messages in order, with blocks as in the interface for programs.

use serde_json::Value;

use crate::model::{Agent, Timestamp, ToolStatus};
use crate::trace::builder::Builder;
use crate::trace::document::DocumentSession;
use crate::trace::fields::{elements, moment, or_empty, owned};

/// Blocks that are neither said nor done.
const PLUMBING: &[&str] = &["thinking", "redacted_thinking", "token_budget", "flag", "image", "document", "voice_note"];

/// The session of one conversation.
pub(super) fn session(conversation: &Value, written: Timestamp) -> Option<DocumentSession> {
    let messages = conversation.get("chat_messages")?.as_array()?;
    let native = owned(conversation, "uuid")?;
    let created = moment(conversation.get("created_at"));
    let mut builder = Builder::new(&native, created.unwrap_or(written));
    builder.parsed.facts.agent_title = owned(conversation, "name");
    builder.parsed.facts.usage.model = owned(conversation, "model");
    for said in messages {
        message(&mut builder, said);
    }
    builder.spans(created);
    let changed = moment(conversation.get("updated_at"));
    Some(DocumentSession { agent: Agent::ClaudeAi, changed, parsed: builder.parsed })
}

/// Attached files stand beside a message's blocks and are not the person's words.
fn message(builder: &mut Builder, message: &Value) {
    builder.record(owned(message, "uuid").as_deref());
    builder.at(moment(message.get("created_at")));
    let blocks = elements(message, "content");
    let whole = or_empty(message, "text");
    match or_empty(message, "sender") {
        "human" => {
            let texts =
                blocks.iter().filter(|block| or_empty(block, "type") == "text").map(|block| or_empty(block, "text"));
            let said = texts.collect::<Vec<_>>().join("\n");
            builder.user(if said.trim().is_empty() { whole } else { &said });
        }
        "assistant" if blocks.is_empty() => builder.agent(whole),
        "assistant" => blocks.iter().for_each(|each| block(builder, each)),
        other => builder.skip("unknown sender", other, message),
    }
}

fn block(builder: &mut Builder, block: &Value) {
    match or_empty(block, "type") {
        "text" => builder.agent(or_empty(block, "text")),
        "tool_use" => {
            builder.at(moment(block.get("start_timestamp")));
            builder.call(or_empty(block, "id"), or_empty(block, "name"), block.get("input").unwrap_or(&Value::Null));
        }
        "tool_result" => {
            let failed = block.get("is_error") == Some(&Value::Bool(true));
            let status = if failed { ToolStatus::Failed } else { ToolStatus::Ok };
            let texts = elements(block, "content").iter().map(|part| or_empty(part, "text"));
            let output = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
            let output = if output.is_empty() { or_empty(block, "content") } else { &output };
            builder.result(or_empty(block, "tool_use_id"), status, output);
        }
        kind if PLUMBING.contains(&kind) => {}
        other => builder.skip("unknown block", other, block),
    }
}

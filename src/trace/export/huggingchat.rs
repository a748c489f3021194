//! HuggingChat's conversations: a tree of messages, each of which names its ancestors; older ones are a plain list.

use std::collections::HashSet;

use serde_json::Value;

use crate::model::{Agent, Timestamp};
use crate::trace::builder::Builder;
use crate::trace::document::DocumentSession;
use crate::trace::fields::{elements, moment, or_empty, owned};

/// The session of one conversation.
pub(super) fn session(conversation: &Value, written: Timestamp) -> Option<DocumentSession> {
    let messages = conversation.get("messages")?.as_array()?;
    let native = owned(conversation, "_id").or_else(|| owned(conversation.get("_id")?, "$oid"))?;
    let created = moment(conversation.get("createdAt"));
    let mut builder = Builder::new(&native, created.unwrap_or(written));
    builder.parsed.facts.agent_title = owned(conversation, "title");
    builder.parsed.facts.usage.model = owned(conversation, "model");
    for message in branch(messages) {
        builder.record(owned(message, "id").as_deref());
        builder.at(moment(message.get("createdAt")));
        match or_empty(message, "from") {
            "user" => builder.user(or_empty(message, "content")),
            "assistant" => builder.agent(answer(or_empty(message, "content"))),
            "system" => {}
            other => builder.skip("unknown sender", other, message),
        }
    }
    builder.spans(created);
    let changed = moment(conversation.get("updatedAt"));
    Some(DocumentSession { agent: Agent::HuggingChat, changed, parsed: builder.parsed })
}

/// The last message and its ancestors; all messages where none names any.
fn branch(messages: &[Value]) -> Vec<&Value> {
    let Some(last) = messages.last() else { return Vec::new() };
    let ancestors: HashSet<&str> = elements(last, "ancestors").iter().filter_map(Value::as_str).collect();
    if ancestors.is_empty() {
        return messages.iter().collect();
    }
    messages
        .iter()
        .filter(|message| std::ptr::eq(*message, last) || ancestors.contains(or_empty(message, "id")))
        .collect()
}

/// An answer without the thoughts that some models write before it.
fn answer(content: &str) -> &str {
    match content.trim_start().strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, answer)| answer),
        None => content,
    }
}

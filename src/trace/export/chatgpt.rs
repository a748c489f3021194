//! ChatGPT's conversations: a tree of messages, of which the branch that was looked at last counts.

use std::collections::HashSet;

use serde_json::Value;

use crate::model::{Agent, Timestamp, ToolStatus};
use crate::trace::builder::Builder;
use crate::trace::document::DocumentSession;
use crate::trace::fields::{elements, moment, or_empty, owned};

/// Contents that are neither said nor done: thoughts, and what the service tells the model about the person.
const PLUMBING: &[&str] =
    &["thoughts", "reasoning_recap", "user_editable_context", "model_editable_context", "app_pairing_content"];

/// The session of one conversation.
pub(super) fn session(conversation: &Value, written: Timestamp) -> Option<DocumentSession> {
    let mapping = conversation.get("mapping")?;
    let native = owned(conversation, "conversation_id").or_else(|| owned(conversation, "id"))?;
    let mut builder = Builder::new(&native, moment(conversation.get("create_time")).unwrap_or(written));
    builder.parsed.facts.agent_title = owned(conversation, "title");
    for node in branch(conversation, mapping) {
        if let Some(said) = mapping.get(node).and_then(|node| node.get("message")).filter(|said| !said.is_null()) {
            builder.record(Some(said.get("id").and_then(Value::as_str).unwrap_or(node)));
            message(&mut builder, said);
        }
    }
    builder.spans(moment(conversation.get("create_time")));
    let changed = moment(conversation.get("update_time"));
    Some(DocumentSession { agent: Agent::ChatGpt, changed, parsed: builder.parsed })
}

/// The names of the nodes from the root to the current one.
fn branch<'a>(conversation: &'a Value, mapping: &'a Value) -> Vec<&'a str> {
    let current = conversation.get("current_node").and_then(Value::as_str).filter(|node| mapping.get(node).is_some());
    let mut nodes = Vec::new();
    let mut seen = HashSet::new();
    let mut next = current.or_else(|| latest_leaf(mapping));
    while let Some(node) = next.filter(|node| seen.insert(*node)) {
        nodes.push(node);
        next = mapping.get(node).and_then(|node| node.get("parent")).and_then(Value::as_str);
    }
    nodes.reverse();
    nodes
}

/// The last message that nothing answers, for conversations without a current one.
fn latest_leaf(mapping: &Value) -> Option<&str> {
    let leaves = mapping.as_object()?.iter().filter(|(_, node)| elements(node, "children").is_empty());
    leaves.max_by_key(|(_, node)| moment(node.pointer("/message/create_time"))).map(|(name, _)| name.as_str())
}

fn message(builder: &mut Builder, message: &Value) {
    let role = message.pointer("/author/role").and_then(Value::as_str).unwrap_or_default();
    let content = message.get("content").unwrap_or(&Value::Null);
    let kind = or_empty(content, "content_type");
    let hidden = message.pointer("/metadata/is_visually_hidden_from_conversation") == Some(&Value::Bool(true));
    if hidden || PLUMBING.contains(&kind) {
        return;
    }
    builder.at(moment(message.get("create_time")));
    let usage = &mut builder.parsed.facts.usage;
    usage.model = message.get("metadata").and_then(|about| owned(about, "model_slug")).or(usage.model.take());
    let said = words(content);
    let to = Some(or_empty(message, "recipient")).filter(|to| !to.is_empty()).unwrap_or("all");
    match role {
        "user" => builder.user(&said),
        "assistant" if to != "all" => {
            let input = serde_json::from_str(&said).unwrap_or_else(|_| Value::String(said.clone()));
            builder.call("", to, &input);
        }
        "assistant" => builder.agent(&said),
        "tool" => {
            let status = if kind == "system_error" { ToolStatus::Failed } else { ToolStatus::Ok };
            builder.result("", status, &said);
        }
        "system" => {}
        other => builder.skip("unknown role", other, message),
    }
}

/// The text of a content of any kind. Images and sounds have none.
fn words(content: &Value) -> String {
    let parts = elements(content, "parts").iter().map(|part| part.as_str().unwrap_or_else(|| or_empty(part, "text")));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let whole = ["text", "result", "content"].iter().map(|name| or_empty(content, name)).find(|text| !text.is_empty());
    if parts.is_empty() { whole.unwrap_or_default().to_owned() } else { parts.join("\n") }
}

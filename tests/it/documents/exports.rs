//! Exports of chat services.

use std::io::Write;

use memory_lane::model::{Agent, Role, ToolStatus};
use serde_json::{Value, json};

use super::{calls, check_positions, file, messages, read_text, said, turns};

fn node(id: &str, parent: &str, children: &[&str], message: &Value) -> (String, Value) {
    (id.to_owned(), json!({"id": id, "parent": parent, "children": children, "message": message}))
}

fn gpt_message(role: &str, content: &Value, more: &Value) -> Value {
    let mut message =
        json!({"author": {"role": role}, "content": content, "create_time": 1_770_026_400.5, "metadata": {}});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

fn words(text: &str) -> Value {
    json!({"content_type": "text", "parts": [text]})
}

/// A conversation with an abandoned branch, a hidden message, a tool and thoughts.
pub(super) fn chatgpt(id: &str) -> Value {
    let none = json!({});
    let mapping: serde_json::Map<String, Value> = [
        node("root", "", &["sys"], &Value::Null),
        node("sys", "root", &["ctx"], &gpt_message("system", &words("You are"), &none)),
        node("ctx", "sys", &["u1"], &gpt_message("user", &json!({"content_type": "user_editable_context", "user_profile": "x"}), &none)),
        node("u1", "ctx", &["a0", "a1"], &gpt_message("user", &json!({"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "what is this?"]}), &none)),
        node("a0", "u1", &[], &gpt_message("assistant", &words("abandoned"), &none)),
        node("a1", "u1", &["t1"], &gpt_message("assistant", &json!({"content_type": "code", "text": "print(1)"}), &json!({"recipient": "python"}))),
        node("t1", "a1", &["th"], &gpt_message("tool", &json!({"content_type": "execution_output", "text": "1"}), &none)),
        node("th", "t1", &["h"], &gpt_message("assistant", &json!({"content_type": "thoughts", "thoughts": []}), &none)),
        node("h", "th", &["a2"], &gpt_message("assistant", &words("hidden"), &json!({"metadata": {"is_visually_hidden_from_conversation": true}}))),
        node("a2", "h", &[], &gpt_message("assistant", &words("A cat."), &json!({"recipient": "all"}))),
    ]
    .into_iter()
    .collect();
    json!({"title": "Cats", "create_time": 1_770_026_400.0, "update_time": 1_770_026_401.0, "mapping": mapping,
           "current_node": "a2", "conversation_id": id})
}

fn check_chatgpt(session: &memory_lane::trace::DocumentSession, id: &str) {
    check_positions(session);
    assert_eq!((session.agent, session.parsed.facts.native.as_str()), (Agent::ChatGpt, id));
    assert_eq!(said(session), [(Role::User, "what is this?"), (Role::Agent, "A cat.")]);
    let call = calls(session)[0];
    assert_eq!((call.name.as_str(), call.status, call.output.as_str()), ("python", ToolStatus::Ok, "1"));
    assert_eq!(session.parsed.facts.agent_title.as_deref(), Some("Cats"));
    assert_eq!(session.changed.unwrap().millis(), 1_770_026_401_000);
    assert_eq!(messages(session)[0].at.millis(), 1_770_026_400_500);
    assert!(session.parsed.skipped.is_empty(), "{:?}", session.parsed.skipped);
}

#[test]
fn the_branch_looked_at_last_is_the_conversation() {
    let list = json!([chatgpt("one"), {"unknown": "form"}, chatgpt("two")]);
    let found = read_text("conversations.json", list.to_string());
    assert_eq!(found.len(), 2);
    check_chatgpt(&found[0], "one");
    assert_eq!(found[1].parsed.skipped["conversation of an unknown form"].line, 2);
}

#[test]
fn without_a_current_message_the_latest_leaf_counts() {
    let mut conversation = chatgpt("one");
    conversation.as_object_mut().unwrap().remove("current_node");
    conversation["mapping"]["a2"]["message"]["create_time"] = json!(1_770_026_409.0);
    let found = read_text("conversations-003.json", json!([conversation]).to_string());
    assert_eq!(said(&found[0])[1], (Role::Agent, "A cat."));
}

#[test]
fn branches_in_a_circle_end() {
    let mut conversation = chatgpt("one");
    conversation["mapping"]["root"]["parent"] = json!("a2");
    assert_eq!(read_text("conversations.json", json!([conversation]).to_string()).len(), 1);
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn an_archive_with_shards_is_read_in_order() {
    let (second, first) = (json!([chatgpt("two")]).to_string(), json!([chatgpt("one")]).to_string());
    let archive = zip(&[
        ("export/conversations-001.json", &second),
        ("export/conversations-000.json", &first),
        ("export/user.json", "{\"email\":\"never read\"}"),
    ]);
    let found = read_text("chatgpt.zip", archive);
    assert_eq!(found.len(), 2);
    check_chatgpt(&found[0], "one");
    check_chatgpt(&found[1], "two");
    let (_dir, path) = file("other.zip", zip(&[("readme.txt", "hello")]));
    let head = std::fs::read(&path).unwrap();
    assert!(memory_lane::trace::recognise_document(&path, &head).is_none());
}

#[test]
fn conversations_of_claude_ai_have_blocks() {
    let message = |sender: &str, text: &str, blocks: Value| {
        json!({"uuid": format!("m-{sender}-{text}"), "sender": sender, "text": text, "content": blocks,
               "created_at": "2026-02-02T10:00:00.000000Z",
               "attachments": [{"file_name": "a.txt", "extracted_content": "not the person's words"}]})
    };
    let conversation = json!({"uuid": "c-1", "name": "Ports", "created_at": "2026-02-02T09:59:00Z",
    "updated_at": "2026-02-02T10:05:00Z", "account": {"uuid": "x"}, "chat_messages": [
        message("human", "which port?", json!([{"type": "text", "text": "which port?"}])),
        message("assistant", "", json!([
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": null, "name": "web_search", "input": {"query": "port"}},
            {"type": "tool_result", "tool_use_id": null, "name": "web_search", "content": [{"type": "text", "text": "5432"}], "is_error": false},
            {"type": "text", "text": "5432."},
            {"type": "hologram"},
        ])),
        message("human", "thanks", json!([])),
        message("assistant", "Welcome.", json!([])),
    ]});
    let found = read_text("conversations.json", json!([conversation]).to_string());
    let session = &found[0];
    check_positions(session);
    assert_eq!((session.agent, session.parsed.facts.native.as_str()), (Agent::ClaudeAi, "c-1"));
    let expected = [
        (Role::User, "which port?"),
        (Role::Agent, "Let me look."),
        (Role::Agent, "5432."),
        (Role::User, "thanks"),
        (Role::Agent, "Welcome."),
    ];
    assert_eq!(said(session), expected);
    assert_eq!(turns(session), [0, 0, 0, 0, 1, 1]);
    assert_eq!((calls(session)[0].status, calls(session)[0].output.as_str()), (ToolStatus::Ok, "5432"));
    assert_eq!(session.parsed.skipped["unknown block hologram"].count, 1);
}

#[test]
fn conversations_of_huggingchat_follow_the_last_messages_ancestors() {
    let message = |id: &str, from: &str, text: &str, ancestors: &[&str]| json!({"id": id, "from": from, "content": text, "ancestors": ancestors, "createdAt": "2026-02-02T10:00:00Z"});
    let conversation = json!({"_id": {"$oid": "65f0"}, "title": "Tea", "model": "some/model", "updatedAt": {"$date": "2026-02-02T10:05:00Z"},
    "rootMessageId": "s", "messages": [
        message("s", "system", "be kind", &[]),
        message("u", "user", "green or black?", &["s"]),
        message("a1", "assistant", "abandoned", &["s", "u"]),
        message("a2", "assistant", "<think>hm</think>\nGreen.", &["s", "u"]),
    ]});
    let found = read_text("conversations.json", serde_json::to_string_pretty(&json!([conversation])).unwrap());
    let session = &found[0];
    assert_eq!((session.agent, session.parsed.facts.native.as_str()), (Agent::HuggingChat, "65f0"));
    assert_eq!(said(session), [(Role::User, "green or black?"), (Role::Agent, "Green.")]);
    assert_eq!(session.changed.unwrap().to_string(), "2026-02-02T10:05:00.000Z");
}

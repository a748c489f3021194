//! The form of a reply: the schema that is sent, and the same as types.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Failure;
use crate::model::{Category, Direction, EntityKind, MemoryKind, Polarity};

/// More memories than this in one window are a summary.
pub(super) const MOST_ITEMS: usize = 8;

/// How sure the words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Certainty {
    Explicit,
    Strong,
    Inferred,
}

/// How long it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Durability {
    Standing,
    Project,
    OneOff,
}

/// One memory as the model gives it; nothing in it is true yet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    #[serde(rename = "type")]
    pub(super) kind: MemoryKind,
    pub(super) category: String,
    #[serde(default)]
    pub(super) direction: Option<Direction>,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) reasoning: String,
    pub(super) certainty: Certainty,
    pub(super) durability: Durability,
    pub(super) polarity: Polarity,
    #[serde(default)]
    pub(super) entities: Vec<Named>,
    #[serde(default)]
    pub(super) files: Vec<String>,
    pub(super) evidence: Vec<Cited>,
}

/// A thing that the model says is mentioned.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    #[serde(rename = "type")]
    pub(super) kind: EntityKind,
    pub(super) mention: String,
}

/// What the model says that a line says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cited {
    #[serde(rename = "ref")]
    pub(super) handle: String,
    pub(super) quote: String,
}

/// The schema of a reply. Lengths and counts are left to [`super::accept()`]: servers differ in what they can enforce.
pub fn schema() -> Value {
    let text = json!({"type": "string"});
    let kinds: Vec<&str> = MemoryKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let categories: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let entities: Vec<&str> = EntityKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let named = object(&json!({"type": {"type": "string", "enum": entities}, "mention": text}));
    let cited = object(&json!({"ref": text, "quote": text}));
    let memory = object(&json!({
        "type": {"type": "string", "enum": kinds},
        "category": {"type": "string", "enum": categories},
        "direction": {"anyOf": [
            {"type": "string", "enum": ["user_corrects_agent", "agent_corrects_user"]}, {"type": "null"}
        ]},
        "title": text,
        "body": text,
        "reasoning": text,
        "certainty": {"type": "string", "enum": ["explicit", "strong", "inferred"]},
        "durability": {"type": "string", "enum": ["standing", "project", "one_off"]},
        "polarity": {"type": "string", "enum": ["positive", "neutral", "negative"]},
        "entities": {"type": "array", "items": named},
        "files": {"type": "array", "items": text},
        "evidence": {"type": "array", "items": cited},
    }));
    object(&json!({"memories": {"type": "array", "items": memory}}))
}

/// An object with exactly these properties.
pub(super) fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().map(|fields| fields.keys().collect()).unwrap_or_default();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

/// The memories of a reply, each as it came.
///
/// # Errors
/// [`Failure::Malformed`] when it is no list of memories, or when none of its memories has the right form.
pub fn unpack(value: &Value, raw: &str) -> Result<Vec<Value>, Failure> {
    let malformed = |why: &str| Failure::Malformed { why: why.to_owned(), raw: raw.to_owned() };
    let Some(memories) = value.get("memories").and_then(Value::as_array) else {
        return Err(malformed("the reply is no object with a list named `memories`"));
    };
    if let Some(error) = memories.iter().map(|item| Item::deserialize(item).err()).collect::<Option<Vec<_>>>()
        && let Some(first) = error.first()
    {
        return Err(malformed(&format!("no memory of the reply has the form of the schema: {first}")));
    }
    Ok(memories.clone())
}

/// An object out of a text that should be nothing else; a code fence around it is forgiven, prose is not.
pub(super) fn object_in(text: &str) -> Result<Value, Failure> {
    let trimmed = text.trim();
    let unfenced = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let bare = unfenced.map_or(trimmed, |inside| inside.strip_prefix("json").unwrap_or(inside).trim());
    match serde_json::from_str::<Value>(bare) {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(Failure::Malformed { why: "the reply is no JSON object".to_owned(), raw: text.to_owned() }),
        Err(error) => Err(Failure::Malformed { why: format!("the reply is no JSON: {error}"), raw: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_of_the_schema_is_closed_and_complete() {
        fn check(value: &Value) {
            if let Some(properties) = value.get("properties").and_then(Value::as_object) {
                assert_eq!(value["additionalProperties"], false);
                assert_eq!(value["required"].as_array().unwrap().len(), properties.len());
            }
            match value {
                Value::Object(fields) => fields.values().for_each(check),
                Value::Array(items) => items.iter().for_each(check),
                _ => {}
            }
        }
        check(&schema());
    }

    #[test]
    fn only_lists_of_memories_are_unpacked() {
        assert!(unpack(&json!({"memories": []}), "").unwrap().is_empty());
        assert!(unpack(&json!({"memories": [{"title": "x"}]}), "").is_err());
        assert!(unpack(&json!([]), "").is_err());
        assert!(unpack(&Value::Null, "").is_err());
    }

    #[test]
    fn prose_is_no_object() {
        assert!(object_in("```json\n{\"memories\": []}\n```").is_ok());
        assert!(object_in("I found nothing.").is_err());
        assert!(object_in("Here it is: {\"memories\": []}").is_err());
        assert!(object_in("{\"memories\": [").is_err());
        assert!(object_in("[]").is_err());
    }
}

//! Memories as JSON objects: one form for export, import and `--json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Category, Direction, Memory, MemoryDraft, MemoryKind, MemoryStatus, Mention, Origin, Polarity, Provenance,
    SessionId, Timestamp, Trigger,
};

/// Why a JSON value is not a memory.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExchangeError {
    /// Not an object.
    #[error("a memory is a JSON object")]
    NotAnObject,
    /// A required field is missing.
    #[error("field `{0}` is missing; kind, title, body, project and formed_at are required")]
    Missing(&'static str),
    /// A field has a value that it cannot have.
    #[error("field `{field}`: {reason}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// The memory with every field.
pub fn to_json(memory: &Memory) -> Value {
    let draft = &memory.draft;
    let mut object = json!({
        "id": memory.id,
        "kind": draft.kind,
        "title": draft.title,
        "body": draft.body,
        "reasoning": draft.reasoning,
        "trigger": draft.trigger,
        "confidence": rounded(draft.confidence),
        "category": draft.category,
        "direction": draft.direction,
        "polarity": draft.polarity,
        "origin": draft.origin,
        "status": draft.status,
        "project": draft.project,
        "formed_at": draft.formed_at,
        "saved_at": memory.saved_at,
        "session": draft.provenance.session,
        "message": draft.provenance.message,
        "seq": draft.provenance.seq,
        "entities": draft.entities,
        "files": draft.files,
        "quote": draft.quote,
        "source_chunk": draft.source_chunk,
        "times_observed": memory.draft.times_observed,
        "recall_count": memory.recall_count,
        "superseded_by": memory.superseded_by,
    });
    if let Some(object) = object.as_object_mut() {
        for (key, value) in &draft.extra {
            let known = object.entry(key.clone()).or_insert(Value::Null);
            if known.is_null() {
                *known = value.clone();
            }
        }
    }
    object
}

/// Two decimals, so that 0.65 is not written as 0.6499999761581421.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 100.0).round() / 100.0
}

/// A memory from an object with at least kind, title, body, project and formed_at; unknown fields go to `extra`.
/// `project` may be null for a memory that holds everywhere.
pub fn from_json(value: Value) -> Result<MemoryDraft, ExchangeError> {
    let Value::Object(mut object) = value else { return Err(ExchangeError::NotAnObject) };
    let kind: MemoryKind = required(&mut object, "kind")?;
    let title: String = required(&mut object, "title")?;
    let body: String = required(&mut object, "body")?;
    let formed_at: Timestamp = required(&mut object, "formed_at")?;
    if !object.contains_key("project") {
        return Err(ExchangeError::Missing("project"));
    }
    let project = optional(&mut object, "project")?;
    if title.trim().is_empty() && body.trim().is_empty() {
        return Err(ExchangeError::Invalid { field: "body", reason: "title and body are both empty".to_owned() });
    }
    let mut draft = MemoryDraft { project, ..MemoryDraft::new(kind, title, body, formed_at) };
    take_known(&mut object, &mut draft)?;
    // Numbers of another store mean nothing here; they are kept under names that say so.
    for (field, kept) in [("id", "imported_id"), ("superseded_by", "imported_superseded_by")] {
        if let Some(value) = object.remove(field).filter(|value| !value.is_null()) {
            object.entry(kept).or_insert(value);
        }
    }
    object.remove("saved_at");
    object.remove("recall_count");
    draft.extra = object;
    Ok(draft)
}

fn take_known(object: &mut Map<String, Value>, draft: &mut MemoryDraft) -> Result<(), ExchangeError> {
    draft.reasoning = optional(object, "reasoning")?.unwrap_or_default();
    draft.trigger = optional::<Trigger>(object, "trigger")?.unwrap_or(Trigger::Import);
    if let Some(confidence) = optional::<f32>(object, "confidence")? {
        if !(0.0..=1.0).contains(&confidence) {
            return Err(ExchangeError::Invalid { field: "confidence", reason: "must lie between 0 and 1".to_owned() });
        }
        draft.confidence = confidence;
    }
    // Other stores have categories of their own, which stay as they are.
    draft.category = object.get("category").and_then(Value::as_str).and_then(Category::parse);
    if draft.category.is_some() || object.get("category").is_some_and(Value::is_null) {
        object.remove("category");
    }
    draft.direction = optional::<Direction>(object, "direction")?;
    draft.polarity = optional::<Polarity>(object, "polarity")?.unwrap_or(Polarity::Neutral);
    draft.origin = optional::<Origin>(object, "origin")?.unwrap_or(Origin::Imported);
    draft.status = optional::<MemoryStatus>(object, "status")?.unwrap_or(MemoryStatus::Active);
    draft.provenance = Provenance {
        session: optional::<SessionId>(object, "session")?,
        message: optional(object, "message")?,
        seq: optional(object, "seq")?,
    };
    draft.entities = optional::<Vec<Mention>>(object, "entities")?.unwrap_or_default();
    draft.files = optional(object, "files")?.unwrap_or_default();
    draft.quote = optional(object, "quote")?.unwrap_or_default();
    draft.source_chunk = optional(object, "source_chunk")?.unwrap_or_default();
    draft.times_observed = optional::<u32>(object, "times_observed")?.unwrap_or(1).max(1);
    Ok(())
}

fn required<T: for<'de> Deserialize<'de>>(
    object: &mut Map<String, Value>,
    field: &'static str,
) -> Result<T, ExchangeError> {
    optional(object, field)?.ok_or(ExchangeError::Missing(field))
}

fn optional<T: for<'de> Deserialize<'de>>(
    object: &mut Map<String, Value>,
    field: &'static str,
) -> Result<Option<T>, ExchangeError> {
    match object.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(|error| ExchangeError::Invalid { field, reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MemoryId;

    fn object() -> Value {
        json!({"kind": "decision", "title": "t", "body": "b", "project": "p", "formed_at": "2026-01-02T03:04:05.000Z"})
    }

    #[test]
    fn every_field_survives_the_round_trip() {
        let mut value = object();
        let more = json!({"reasoning": "r", "trigger": "decision", "confidence": 0.65, "category": "process", "direction": "user_corrects_agent",
            "polarity": "negative", "origin": "user", "status": "pinned", "session": "claude-code/1", "message": "m",
            "seq": 7, "entities": [{"kind": "person", "name": "Amy"}], "files": ["a.rs"], "quote": "q",
            "source_chunk": "c", "times_observed": 3, "colour": {"any": ["thing"]}});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let draft = from_json(value.clone()).unwrap();
        let memory = Memory { id: MemoryId(5), saved_at: draft.formed_at, recall_count: 0, superseded_by: None, draft };
        let written = to_json(&memory);
        for (key, expected) in value.as_object().unwrap() {
            assert_eq!(&written[key], expected, "{key}");
        }
    }

    #[test]
    fn a_category_of_another_store_stays_what_it_is() {
        let mut value = object();
        value["category"] = json!("relationship insight");
        let draft = from_json(value).unwrap();
        assert_eq!(draft.category, None);
        let memory = Memory { id: MemoryId(5), saved_at: draft.formed_at, recall_count: 0, superseded_by: None, draft };
        assert_eq!(to_json(&memory)["category"], "relationship insight");
    }

    #[test]
    fn says_what_is_missing_or_wrong() {
        for field in ["kind", "title", "body", "project", "formed_at"] {
            let mut value = object();
            value.as_object_mut().unwrap().remove(field);
            assert!(matches!(from_json(value), Err(ExchangeError::Missing(name)) if name == field), "{field}");
        }
        let mut value = object();
        value["kind"] = json!("fact");
        assert!(from_json(value).unwrap_err().to_string().contains("kind"));
        assert_eq!(from_json(json!([])), Err(ExchangeError::NotAnObject));
        let mut value = object();
        value["project"] = Value::Null;
        assert_eq!(from_json(value).unwrap().project, None);
    }
}

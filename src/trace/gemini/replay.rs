//! Replays the log of a chat: messages come, change, are replaced and rewound.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::words;
use crate::trace::fields::{each_object, text, texts, whole_objects};
use crate::trace::parsed::{Parsed, printable_name};

/// A message and the line that first held it.
pub(super) struct Kept {
    pub(super) record: Value,
    pub(super) line: u64,
}

/// What a log comes to.
#[derive(Default)]
pub(super) struct Chat {
    pub(super) meta: Map<String, Value>,
    pub(super) messages: Vec<Kept>,
    /// What was rewound, with the number of messages that stood before it.
    pub(super) left: Vec<(usize, Vec<Kept>)>,
    pub(super) compactions: u32,
    places: HashMap<String, usize>,
}

impl Chat {
    /// Reads either form of a file; what is not understood is counted in `out`.
    pub(super) fn read(bytes: &[u8], out: &mut Parsed) -> Self {
        let mut chat = Self::default();
        if let Ok(whole) = serde_json::from_slice::<Value>(bytes) {
            chat.record(whole, 1, out);
            out.keep(bytes);
        } else if is_one_object(bytes) {
            out.skip("not JSON", 1);
            out.keep(bytes);
            let is_message = |value: &Value| text(value, "type").is_some() && text(value, "timestamp").is_some();
            for message in whole_objects(bytes, is_message) {
                chat.put(message, 1);
            }
        } else {
            each_object(bytes, &mut 0, out, |record, line, out| chat.record(record, line, out));
        }
        chat
    }

    fn record(&mut self, record: Value, line: u64, out: &mut Parsed) {
        if let Some(target) = text(&record, "$rewindTo") {
            match self.places.get(target) {
                Some(&place) => self.rewind(place),
                None => out.skip("rewind to an unknown message", line),
            }
        } else if let Some(Value::Object(patch)) = record.get("$set") {
            self.patch(patch.clone(), line);
        } else if record.get("id").is_some() && record.get("type").is_some() {
            self.put(record, line);
        } else if let Value::Object(header) = record
            && header.contains_key("sessionId")
        {
            self.patch(header, line);
        } else {
            out.skip("record of unknown form", line);
        }
    }

    fn patch(&mut self, mut patch: Map<String, Value>, line: u64) {
        if let Some(Value::Array(messages)) = patch.remove("messages") {
            self.replace(messages, line);
        }
        self.meta.extend(patch);
    }

    /// The agent goes on with these messages. Those that are not among them were said nevertheless: a compaction
    /// replaces what the model is sent, not what happened.
    fn replace(&mut self, messages: Vec<Value>, line: u64) {
        let was_empty = self.messages.is_empty();
        for message in messages {
            let is_known = text(&message, "id").is_some_and(|id| self.places.contains_key(id));
            let is_snapshot = content(&message).iter().any(|said| words::is_snapshot(said));
            self.compactions += u32::from(is_snapshot && !is_known && !was_empty);
            let is_copy = || self.messages.iter().any(|kept| is_same(&kept.record, &message));
            if is_known || was_empty || !is_copy() {
                self.put(message, line);
            }
        }
    }

    /// A new message, or the new state of a known one.
    fn put(&mut self, message: Value, line: u64) {
        let place = text(&message, "id").and_then(|id| self.places.get(id).copied());
        match place.and_then(|place| self.messages.get_mut(place)) {
            Some(kept) => kept.record = message,
            None => {
                if let Some(id) = text(&message, "id") {
                    self.places.insert(id.to_owned(), self.messages.len());
                }
                self.messages.push(Kept { record: message, line });
            }
        }
    }

    fn rewind(&mut self, place: usize) {
        let left = self.messages.split_off(place);
        self.places.retain(|_, at| *at < place);
        self.left.push((place, left));
    }
}

fn content(message: &Value) -> Vec<&str> {
    message.get("content").map(texts).unwrap_or_default()
}

/// Whether two messages say and do the same: a compaction writes what it keeps once more, under new ids.
fn is_same(one: &Value, other: &Value) -> bool {
    ["type", "content", "toolCalls"].iter().all(|member| one.get(member) == other.get(member))
}

/// Whether a file is one object over many lines, as the older versions write it.
fn is_one_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().strip_prefix(b"{").is_some_and(|rest| matches!(rest.first(), Some(b'\n' | b'\r')))
}

/// What to count a message as whose type is not known.
pub(super) fn unknown(kind: &str) -> String {
    format!("unknown type {}", printable_name(kind))
}

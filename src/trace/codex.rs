//! Codex's rollouts: `sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl` and, flat, `archived_sessions/`; old ones may be
//! compressed (`.jsonl.zst`).
//!
//! Three dialects: bare items (before 0.3), items with events that repeat them, and items with `item_completed` events
//! (0.160 on). The items are in all of them and are what is read; of events only what items do not say.

mod compressed;
mod ends;
mod parser;
mod words;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fields::any_object;
use super::walk::{directories, files, name};
use super::{Growth, TraceParser, TraceReader};
use crate::model::Agent;

/// Reads rollouts.
pub(super) struct Codex;

impl TraceReader for Codex {
    fn agent(&self) -> Agent {
        Agent::Codex
    }

    fn recognises(&self, head: &[u8]) -> bool {
        any_object(&compressed::plain(head).0, is_record)
    }

    fn discover(&self, root: &Path) -> Vec<PathBuf> {
        let mut found = files(root, |path| {
            let name = name(path);
            name.starts_with("rollout-") && (name.ends_with(".jsonl") || name.ends_with(".jsonl.zst"))
        });
        // While a file is being compressed both are there; the agent itself reads the plain one.
        found.retain(|path| path.extension().is_none_or(|last| last != "zst") || !path.with_extension("").exists());
        found
    }

    fn places(&self, root: &Path) -> Vec<PathBuf> {
        let mut places = directories(root, &["archived_sessions"]);
        let sessions = root.join("sessions");
        let is_dated = |name: std::ffi::OsString| name.len() == 4 && name.to_string_lossy().starts_with('2');
        let entries = std::fs::read_dir(&sessions).into_iter().flatten().flatten();
        if entries.map(|entry| entry.file_name()).any(is_dated) {
            places.push(sessions);
        }
        places
    }

    fn growth(&self, path: &Path) -> Growth {
        if path.extension().is_some_and(|last| last == "zst") { Growth::Rewritten } else { Growth::Appended }
    }

    fn parser(&self, path: &Path) -> Box<dyn TraceParser> {
        Box::new(parser::Parser::new(path))
    }
}

/// Whether a line can only be Codex's.
fn is_record(record: &Value) -> bool {
    let Some(kind) = record.get("type").and_then(Value::as_str) else {
        return record.get("instructions").is_some() && record.get("id").is_some() && record.get("timestamp").is_some();
    };
    record.get("payload").is_some_and(Value::is_object)
        && matches!(kind, "session_meta" | "response_item" | "event_msg" | "turn_context" | "compacted" | "world_state")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_its_files_by_content() {
        let check = |head: &str, expected: bool| assert_eq!(Codex.recognises(head.as_bytes()), expected, "{head}");
        check(r#"{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"x"}}"#, true);
        check(r#"{"id":"x","timestamp":"2025-05-01T00:00:00Z","instructions":null}"#, true);
        check("{\"type\":\"response_item\",\"payload\":{}}\n{\"cut", true);
        check(r#"{"type":"user","message":{"content":"hello"}}"#, false);
        check(r#"{"type":"session","version":3,"id":"x","cwd":"/"}"#, false);
        check("", false);
    }
}

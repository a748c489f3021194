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
use super::walk::{directories, name};
use super::{Growth, Reader, Reading, TraceParser, TraceReader};
use crate::model::Agent;

/// Reads rollouts.
pub(super) struct Codex;

impl Reader for Codex {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::Codex]
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        any_object(&compressed::plain(head).0, is_record)
    }

    fn may_hold(&self, path: &Path) -> bool {
        let name = name(path);
        // While a file is being compressed both are there; the agent itself reads the plain one.
        let is_second = || name.ends_with(".zst") && path.with_extension("").exists();
        name.starts_with("rollout-") && (name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")) && !is_second()
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

    fn reading(&self) -> Reading<'_> {
        Reading::Lines(self)
    }
}

impl TraceReader for Codex {
    fn agent(&self) -> Agent {
        Agent::Codex
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
        let check = |head: &str, expected: bool| {
            assert_eq!(Codex.recognises(Path::new(""), head.as_bytes()), expected, "{head}");
        };
        check(r#"{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"x"}}"#, true);
        check(r#"{"id":"x","timestamp":"2025-05-01T00:00:00Z","instructions":null}"#, true);
        check("{\"type\":\"response_item\",\"payload\":{}}\n{\"cut", true);
        check(r#"{"type":"user","message":{"content":"hello"}}"#, false);
        check(r#"{"type":"session","version":3,"id":"x","cwd":"/"}"#, false);
        check("", false);
    }
}

//! Gemini CLI's chats: `tmp/<project>/chats/session-<time>-<id>.jsonl`, a log to be replayed in which the last record of
//! an id counts, and the single JSON objects (`.json`) that versions before 0.30 wrote.
//!
//! What a person rewound is a session of its own, like a branch that was left in Pi: `<id>~<its first message>`.

mod parser;
mod place;
mod replay;
mod words;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fields::any_object;
use super::walk::{directories, name, stem};
use super::{Growth, Reader, Reading, TraceParser, TraceReader};
use crate::model::Agent;

/// Reads chats.
pub(super) struct GeminiCli;

impl Reader for GeminiCli {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::GeminiCli]
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        any_object(head, is_record)
            || serde_json::from_slice(head).is_ok_and(|whole| is_record(&whole))
            || is_cut_object(head)
    }

    /// A chat that another program has put elsewhere usually has the session's id for a name.
    fn may_hold(&self, path: &Path) -> bool {
        let is_chat = path.components().any(|part| part.as_os_str() == "chats");
        let is_session = name(path).starts_with("session-") || ends_with_id(stem(path));
        (is_chat || is_session) && path.extension().is_some_and(|last| last == "jsonl" || last == "json")
    }

    fn places(&self, root: &Path) -> Vec<PathBuf> {
        if root.join("projects.json").exists() || root.join("installation_id").exists() {
            directories(root, &["tmp"])
        } else {
            Vec::new()
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Lines(self)
    }
}

impl TraceReader for GeminiCli {
    fn agent(&self) -> Agent {
        Agent::GeminiCli
    }

    fn growth(&self, _path: &Path) -> Growth {
        Growth::Rewritten
    }

    fn parser(&self, path: &Path) -> Box<dyn TraceParser> {
        Box::new(parser::Parser::new(path))
    }
}

/// Whether a name ends with a UUID.
fn ends_with_id(name: &str) -> bool {
    const GROUPS: [usize; 5] = [12, 4, 4, 4, 8];
    let mut groups = name.rsplit('-');
    GROUPS.iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

/// Whether a line can only be Gemini CLI's.
fn is_record(record: &Value) -> bool {
    let has = |member: &str| record.get(member).is_some();
    let is_answer = record.get("type").and_then(Value::as_str) == Some("gemini");
    has("sessionId") && has("projectHash") || is_answer && has("id") && has("content")
}

/// The same for the start of one object that covers many lines or is longer than the head.
fn is_cut_object(head: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    start.trim_start().starts_with('{')
        && ["\"sessionId\":", "\"projectHash\":"].iter().all(|name| start.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_chats_by_place_or_name() {
        let check = |path: &str, expected: bool| assert_eq!(GeminiCli.may_hold(Path::new(path)), expected, "{path}");
        check("tmp/shop/chats/session-2026-11-20T20-38-ce982c8c.jsonl", true);
        check("tmp/shop/chats/29eb990e.json", true);
        check("kept/29eb990e-c773-4302-a4e7-317f0af0001f.json", true);
        check("kept/2026-01-09-29eb990e-c773-4302-a4e7-317f0af0001f.json", true);
        check("kept/29eb990e-c773-4302-a4e7-317f0af0001f-meta.json", false);
        check("kept/package.json", false);
    }

    #[test]
    fn recognises_its_files_by_content() {
        let check = |head: &str, expected: bool| {
            assert_eq!(GeminiCli.recognises(Path::new(""), head.as_bytes()), expected, "{head}");
        };
        check(r#"{"sessionId":"s","projectHash":"h","startTime":"2026-01-01T00:00:00Z","kind":"main"}"#, true);
        check("{\n  \"sessionId\": \"s\",\n  \"projectHash\": \"h\",\n  \"messages\": [\n", true);
        check(r#"{"id":"m","timestamp":"2026-01-01T00:00:00Z","type":"gemini","content":"hi"}"#, true);
        check(r#"{"type":"user","sessionId":"s","message":{"content":"hello"}}"#, false);
        check("", false);
    }
}

//! Claude Code's transcripts, versions 1.0 to 2.1: one JSON object a line, undocumented, changing between versions.

mod beside;
mod calls;
mod content;
mod ids;
mod parser;
mod queue;
mod record;
mod words;

use std::path::{Path, PathBuf};

use memchr::memmem;

use super::walk::directories;
use super::{Reader, Reading, TraceParser, TraceReader};
use crate::model::Agent;

pub(super) use content::spoken;
pub(super) use record::{Record, text};
pub(super) use words::{Said, sort};

/// Reads `projects/<directory>/<session>.jsonl` and the sub-agents' files beside and below it.
pub(super) struct ClaudeCode;

impl Reader for ClaudeCode {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::ClaudeCode]
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        head.split(|&byte| byte == b'\n').take(50).any(is_record)
    }

    fn may_hold(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
    }

    fn places(&self, root: &Path) -> Vec<PathBuf> {
        directories(root, &["projects"])
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Lines(self)
    }
}

impl TraceReader for ClaudeCode {
    fn agent(&self) -> Agent {
        Agent::ClaudeCode
    }

    fn parser(&self, path: &Path) -> Box<dyn TraceParser> {
        Box::new(parser::Parser::new(path))
    }
}

/// Whether a line can only be Claude Code's: a known type together with a member that only it writes.
fn is_record(line: &[u8]) -> bool {
    let Some(record) = Record::read(line) else { return is_cut_record(line) };
    let Some(kind) = text(record.kind) else { return false };
    match &*kind {
        "user" | "assistant" => record.message.is_some() && record.payload.is_none(),
        "summary" => record.leaf_uuid.is_some(),
        "file-history-snapshot" => record.message_id.is_some(),
        _ => record.session_id.is_some() && (record::is_handled(&kind) || record::is_bookkeeping(&kind)),
    }
}

/// The same for a first line longer than the head, of which the members before the message are there.
fn is_cut_record(line: &[u8]) -> bool {
    line.starts_with(b"{")
        && ["\"parentUuid\":", "\"isSidechain\":"].iter().all(|name| memmem::find(line, name.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: bool) {
        assert_eq!(ClaudeCode.recognises(Path::new(""), head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn recognises_its_files_by_content() {
        check(r#"{"type":"user","timestamp":"2024-01-01T10:00:00Z","message":{"content":"hello"}}"#, true);
        check("{\"type\":\"summary\",\"summary\":\"A title\",\"leafUuid\":\"u\"}\n", true);
        check("not json\n{\"type\":\"mode\",\"mode\":\"normal\",\"sessionId\":\"s\"}\n", true);
        check(
            r#"{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"cut he"#,
            true,
        );
        check(r#"{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"x"}}"#, false);
        check(r#"{"type":"session","version":3,"id":"x","cwd":"/"}"#, false);
        check(r#"{"role":"user","message":{"content":[]}}"#, false);
        check("", false);
    }
}

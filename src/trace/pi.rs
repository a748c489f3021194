//! Pi's sessions: `sessions/--<directory>--/<time>_<id>.jsonl`, a header and a tree of entries (versions 2 and 3) or a
//! list of them (version 1, which Pi rewrites when it opens the file).
//!
//! In Pi a person can go back to any entry and go on from there. The conversation is what Pi shows: the path from the
//! first entry to the last one written. A branch that was left is what it would be if the person had forked the session
//! there: a session of its own, named `<id>~<its first entry>`, with the session it left as its parent. So everything
//! that was said is found, and nothing that was taken back passes for what the conversation came to.

mod parser;
mod tree;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fields::any_object;
use super::walk::{directories, name};
use super::{Growth, Reader, Reading, TraceParser, TraceReader};
use crate::model::Agent;

/// Reads sessions.
pub(super) struct Pi;

impl Reader for Pi {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::Pi]
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        any_object(head, |record| {
            record.get("type").and_then(Value::as_str) == Some("session")
                && record.get("id").is_some_and(Value::is_string)
                && (record.get("cwd").is_some() || record.get("version").is_some())
        })
    }

    fn may_hold(&self, path: &Path) -> bool {
        let name = name(path);
        name.starts_with('2') && name.contains('_') && name.ends_with(".jsonl")
    }

    fn places(&self, root: &Path) -> Vec<PathBuf> {
        directories(root, &["agent/sessions"])
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Lines(self)
    }
}

impl TraceReader for Pi {
    fn agent(&self) -> Agent {
        Agent::Pi
    }

    fn growth(&self, _path: &Path) -> Growth {
        Growth::Rewritten
    }

    fn parser(&self, path: &Path) -> Box<dyn TraceParser> {
        Box::new(parser::Parser::new(path))
    }
}

//! Copilot CLI's sessions: `session-state/<id>/events.jsonl`, one event a line, and beside it `workspace.yaml`. The
//! event streams that Copilot writes inside an editor have the same form.

mod parser;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fields::any_object;
use super::walk::directories;
use super::{Reader, Reading, TraceParser, TraceReader};
use crate::model::Agent;

/// Reads event logs.
pub(super) struct CopilotCli;

impl Reader for CopilotCli {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::CopilotCli]
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        any_object(head, |record| {
            let kind = record.get("type").and_then(Value::as_str).unwrap_or_default();
            record.get("data").is_some_and(Value::is_object)
                && matches!(kind, "session.start" | "session.resume" | "user.message" | "assistant.message")
        })
    }

    fn may_hold(&self, path: &Path) -> bool {
        let above = path.parent().is_some_and(|above| above.ends_with("session-state"));
        path.ends_with("events.jsonl") || above && path.extension().is_some_and(|last| last == "jsonl")
    }

    fn places(&self, root: &Path) -> Vec<PathBuf> {
        directories(root, &["session-state"])
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Lines(self)
    }
}

impl TraceReader for CopilotCli {
    fn agent(&self) -> Agent {
        Agent::CopilotCli
    }

    fn parser(&self, path: &Path) -> Box<dyn TraceParser> {
        Box::new(parser::Parser::new(path))
    }
}

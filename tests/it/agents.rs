//! Transcripts of agents other than Claude Code: each format on small files of its own, damaged ones, and what is in
//! the store when they grow, change, move and are compressed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` at the call is easier to read without a reference")]

pub(crate) mod codex;
mod copilot;
mod garbled;
mod gemini;
mod growing;
pub(crate) mod pi;
mod sources;
mod usage;

use std::path::Path;

use memory_lane::model::{Message, Role, Step, ToolCall};
use memory_lane::trace::{Parsed, TraceParser, recognise};
use serde_json::Value;

/// Records as the lines of a file.
pub(crate) fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn parser(path: &str, content: &[u8]) -> Box<dyn TraceParser> {
    recognise(content).expect("not recognised").parser(Path::new(path))
}

/// Reads a whole file's content as if it stood at `path`.
fn read(path: &str, content: &[u8]) -> Parsed {
    parser(path, content).read(content)
}

/// The conversation and the other sessions of a file.
fn read_all(path: &str, content: &[u8]) -> (Parsed, Vec<Parsed>) {
    let mut parser = parser(path, content);
    let main = parser.read(content);
    let others = parser.others();
    (main, others)
}

fn said(parsed: &Parsed) -> Vec<(Role, &str)> {
    messages(parsed).iter().map(|message| (message.role, message.text.as_str())).collect()
}

fn messages(parsed: &Parsed) -> Vec<&Message> {
    let steps = parsed.steps.iter().map(|traced| &traced.step);
    steps.filter_map(|step| if let Step::Said(message) = step { Some(message) } else { None }).collect()
}

fn calls(parsed: &Parsed) -> Vec<&ToolCall> {
    let steps = parsed.steps.iter().map(|traced| &traced.step);
    steps.filter_map(|step| if let Step::Called(call) = step { Some(call) } else { None }).collect()
}

fn skipped(parsed: &Parsed) -> Vec<(&str, u64)> {
    parsed.skipped.iter().map(|(why, skipped)| (why.as_str(), skipped.count)).collect()
}

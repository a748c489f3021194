//! What a reader gives out, in the same shape for every agent.

use std::collections::BTreeMap;

use crate::model::{ModelUse, RawRecord, Step, Timestamp, ToolCall, ToolStatus};
use crate::text::char_at;

/// Most characters kept of a tool call's input.
pub const INPUT_CHARS: usize = 600;

/// Text that will be cut is given out longer by this much, so that a secret that lies across the cut is still whole
/// when it is looked for. Longer than any token; private keys are recognised by their start.
pub const MARGIN_BYTES: usize = 4096;

/// Most characters kept of a tool call's output. Failures are what memories are made of, so they keep more.
pub const fn output_chars(status: ToolStatus) -> usize {
    match status {
        ToolStatus::Failed => 3000,
        ToolStatus::Pending | ToolStatus::Ok | ToolStatus::Cancelled => 600,
    }
}

/// Most characters kept of what a tool call changed in files: a few hundred lines.
pub const PATCH_CHARS: usize = 16_000;

/// What a part of a transcript says of its session as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFacts {
    /// The agent's own session id.
    pub native: String,
    /// The agent's own id of the session that this one works for.
    pub parent: Option<String>,
    /// Whether it is a sub-agent's transcript.
    pub subagent: bool,
    /// First working directory named in the whole transcript so far.
    pub cwd: Option<String>,
    /// Latest branch named.
    pub branch: Option<String>,
    /// The commit that was checked out at the start.
    pub commit: Option<String>,
    /// Latest model named, and the tokens of this part.
    pub usage: ModelUse,
    /// Title that the person gave.
    pub custom_title: Option<String>,
    /// Title that the agent gave.
    pub agent_title: Option<String>,
    /// Latest version of the agent named.
    pub client_version: Option<String>,
    /// Earliest time.
    pub started_at: Option<Timestamp>,
    /// Latest time.
    pub ended_at: Option<Timestamp>,
    /// How often the user stopped the agent.
    pub interrupts: u32,
    /// How often the context was compacted.
    pub compactions: u32,
    /// Pull requests named, as URLs.
    pub pull_requests: Vec<String>,
}

/// A step with the turn it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedStep {
    /// Position of the turn in the session, from 0.
    pub turn: u32,
    /// The record's id; the second and later steps of one record get `#1`, `#2` … appended.
    pub uuid: Option<String>,
    /// The step.
    pub step: Step,
}

/// The result of a call that an earlier part made.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEnd {
    /// The id that pairs them.
    pub call_id: String,
    /// How it ended.
    pub status: ToolStatus,
    /// Start of its output.
    pub output: String,
    /// What it changed in files, where the result says so better than the call.
    pub patch: Option<String>,
}

impl CallEnd {
    /// Gives the call its result. What did not work changed nothing.
    pub fn settle(self, call: &mut ToolCall) {
        call.status = self.status;
        call.output = self.output;
        call.patch = self.patch.or(call.patch.take()).filter(|_| self.status == ToolStatus::Ok);
    }
}

/// Where and how often something was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// First line, from 1.
    pub line: u64,
    /// How often.
    pub count: u64,
}

/// One part of a transcript.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What it says of the session.
    pub facts: SessionFacts,
    /// New steps in order.
    pub steps: Vec<TracedStep>,
    /// Results of calls made in earlier parts.
    pub results: Vec<CallEnd>,
    /// What was not understood, by reason.
    pub skipped: BTreeMap<String, Skipped>,
    /// The records themselves, as many as are kept; one without a text was not at hand.
    pub raw: Vec<RawRecord>,
    /// Records that the file holds twice; the first one counts.
    pub copies: u32,
    /// Position of the step after the last one.
    pub next_seq: u32,
}

/// The text's first `chars` characters, and [`MARGIN_BYTES`] more.
pub(super) fn start_with_margin(text: &str, chars: usize) -> &str {
    char_at(text, chars).map_or(text, |end| start_of(text, end + MARGIN_BYTES))
}

/// The text's start, at most `bytes` long, cut at a character.
pub(super) fn start_of(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A type's name, short and harmless: it comes from the file and is shown to people.
pub(super) fn printable_name(kind: &str) -> String {
    let name: String =
        kind.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(40).collect();
    if name.is_empty() { "without a name".to_owned() } else { name }
}

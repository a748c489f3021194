//! What a reader gives out, in the same shape for every agent.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::model::{ModelUse, RawRecord, Step, Timestamp, ToolCall, ToolStatus};
use crate::text::char_at;

/// Most characters kept of a tool call's input.
pub const INPUT_CHARS: usize = 600;

/// Text that will be cut is given out longer by this much, so that a secret that lies across the cut is still whole
/// when it is looked for. Longer than any token; private keys are recognised by their start.
pub const MARGIN_BYTES: usize = 4096;

/// Least margin where the text goes on with white space, which no secret but a key of several lines has inside.
pub(super) const NEAR_BYTES: usize = 256;

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
    /// Whether a program began it and no person was there.
    pub headless: bool,
    /// First working directory named in the whole transcript so far.
    pub cwd: Option<String>,
    /// Address of the remote of the repository that it lies in, where the transcript names one.
    pub remote: Option<String>,
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

impl Parsed {
    /// Adds what comes after it in the same transcript, as if both had been read in one go.
    pub fn append(&mut self, later: Self) {
        self.facts.append(later.facts);
        for end in later.results {
            let call = self.steps.iter_mut().rev().find_map(|step| match &mut step.step {
                Step::Called(call) if call.call_id == end.call_id => Some(call),
                _ => None,
            });
            match call {
                Some(call) => end.settle(call),
                None => self.results.push(end),
            }
        }
        self.steps.extend(later.steps);
        for (why, Skipped { line, count }) in later.skipped {
            self.skipped.entry(why).or_insert(Skipped { line, count: 0 }).count += count;
        }
        self.raw.extend(later.raw);
        self.copies += later.copies;
        self.next_seq = later.next_seq;
    }
}

impl SessionFacts {
    fn append(&mut self, later: Self) {
        let Self { native, parent, subagent, headless, cwd, remote, usage, pull_requests, .. } = later;
        // These are of the whole transcript so far.
        (self.native, self.parent, self.subagent, self.cwd, self.remote) = (native, parent, subagent, cwd, remote);
        self.headless = headless;
        self.branch = later.branch.or(self.branch.take());
        self.commit = self.commit.take().or(later.commit);
        self.usage.add(usage.tokens_in, usage.tokens_out);
        self.usage.model = usage.model.or(self.usage.model.take());
        self.custom_title = later.custom_title.or(self.custom_title.take());
        self.agent_title = later.agent_title.or(self.agent_title.take());
        self.client_version = later.client_version.or(self.client_version.take());
        self.started_at = self.started_at.into_iter().chain(later.started_at).min();
        self.ended_at = self.ended_at.into_iter().chain(later.ended_at).max();
        self.interrupts += later.interrupts;
        self.compactions += later.compactions;
        self.pull_requests.extend(pull_requests);
    }
}

/// The text's first `chars` characters, and as much more as a secret that lies across the cut may need.
pub(super) fn start_with_margin(text: &str, chars: usize) -> &str {
    char_at(text, chars).map_or(text, |end| start_of(text, margin_end(text, end).unwrap_or(end + MARGIN_BYTES)))
}

/// Where the margin after `end` ends if it ends in this text before [`MARGIN_BYTES`]: at the first white space that is
/// [`NEAR_BYTES`] away. Only keys of several lines go on after that.
pub(super) fn margin_end(text: &str, end: usize) -> Option<usize> {
    let near = end + NEAR_BYTES;
    let blank =
        text.as_bytes().get(near..)?.iter().take(MARGIN_BYTES - NEAR_BYTES).position(u8::is_ascii_whitespace)?;
    memmem::find(&text.as_bytes()[..end], b"PRIVATE KEY").is_none().then_some(near + blank)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_ends_at_white_space_unless_a_key_goes_on() {
        let check = |text: &str, expected: usize| assert_eq!(start_with_margin(text, 10).len(), expected, "{text}");
        check("short", 5);
        check(&"x".repeat(9000), 10 + MARGIN_BYTES);
        check(&"word ".repeat(2000), 269);
        check(&format!("word {} {}", "x".repeat(1000), "word ".repeat(2000)), 1005);
        check(&format!("word {} {}", "x".repeat(5000), "word ".repeat(2000)), 10 + MARGIN_BYTES);
        let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{}", format!("{}\n", "x".repeat(64)).repeat(200));
        assert_eq!(start_with_margin(&key, 40).len(), 40 + MARGIN_BYTES);
    }
}

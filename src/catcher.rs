//! Finds the moments of a session that are worth remembering: turns in, memory drafts out, no I/O and no clock.
//!
//! Detectors (`trigger`) look for moments with deterministic rules; `distil` words a memory from each. What comes
//! out is a candidate: its confidence is capped at 0.65, because rules see words and not meaning (about one hit in two
//! is memorable; two independent hits do better).

mod command;
mod consolidate;
mod distil;
mod judge;
mod lexicon;
mod moment;
mod prose;
mod source;
mod statement;
mod taint;
mod trigger;
mod vouch;

use crate::model::{MemoryDraft, SessionId, Turn};

pub use consolidate::{Fate, Remembered, fate, is_negated, may_replace, mean_the_same};
pub use judge::{Embed, Judge};
pub use moment::{Conversation, Evidence, Hit, Moment, Recovery, Recurrence};
pub use source::MESSAGES_AROUND;
pub use trigger::{EarlierPrompt, detect};
pub use vouch::{is_machine_made, repeats_tool_output, source_chunk};

/// Raised whenever the detectors or the wording change enough that sessions should be read again.
pub const VERSION: u32 = 5;

/// What the catcher reads at once.
#[derive(Clone, Copy)]
pub struct Excerpt<'a> {
    /// The session.
    pub session: &'a SessionId,
    /// Key of its project.
    pub project: Option<&'a str>,
    /// Consecutive turns; those before `from_turn` are there for context only.
    pub turns: &'a [Turn],
    /// Number of the first turn that may give memories.
    pub from_turn: u32,
    /// How many memories the session has given already: the more, the surer the next must be.
    pub caught_before: usize,
    /// What the user asked in other sessions of the project.
    pub earlier: &'a [EarlierPrompt],
    /// What weighs the prompts.
    pub judge: &'a Judge<'a>,
    /// Messages that a memory shows above and below its moment.
    pub around: usize,
}

/// The line of a failed command's output that tells why; none when there is none, or when it speaks to its reader
/// instead of reporting.
pub fn failure_line(output: &str) -> Option<String> {
    let line = trigger::telling_line(output);
    (!line.is_empty() && !taint::is_addressed_to_reader(&line)).then_some(line)
}

/// Whether the words put something off: "let's postpone it to next week".
pub fn puts_off(words: &str) -> bool {
    let plain = words.to_lowercase();
    lexicon::LEXICON.commitment.matches(&plain) && !lexicon::LEXICON.commitment_not.matches(&plain)
}

/// The memories of an excerpt, in the order of the session; the same excerpt gives the same drafts.
pub fn catch(excerpt: &Excerpt<'_>) -> Vec<MemoryDraft> {
    let conversation = Conversation::judged(excerpt.turns, excerpt.judge, excerpt.from_turn);
    let mut moments = detect(&conversation, excerpt.earlier);
    moments.retain(|moment| moment.turn >= excerpt.from_turn);
    distil::drafts(excerpt, &conversation, &moments)
}

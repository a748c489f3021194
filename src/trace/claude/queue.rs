//! Prompts that the person sends while the agent works.
//!
//! They wait in a queue. `dequeue` is followed by an ordinary record; `remove` means that the agent was shown the prompt
//! in the middle of its turn, of which only later versions write another record (an attachment), before or after it.

use std::collections::VecDeque;

use super::words;
use crate::model::Timestamp;

/// How many prompts are remembered, to recognise them when they appear once more as a record.
const REMEMBERED: usize = 8;

/// The queue as the transcript tells it.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<(String, Option<Timestamp>)>,
    shown: VecDeque<String>,
}

impl Queue {
    pub(super) fn enqueue(&mut self, prompt: String, at: Option<Timestamp>) {
        self.waiting.push_back((prompt, at));
    }

    /// The first prompt leaves, for whatever reason.
    pub(super) fn leave(&mut self) -> Option<(String, Option<Timestamp>)> {
        self.waiting.pop_front()
    }

    /// The person took everything back.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// A prompt was shown to the agent: the person's words in it, if they are not known already.
    pub(super) fn shown(&mut self, prompt: &str) -> Option<String> {
        let said = words::queued(prompt).filter(|said| !self.was_shown(said))?;
        if self.shown.len() == REMEMBERED {
            self.shown.pop_front();
        }
        self.shown.push_back(said.clone());
        Some(said)
    }

    /// Whether these very words came out of the queue before; true once for each time.
    pub(super) fn was_shown(&mut self, said: &str) -> bool {
        let known = self.shown.iter().position(|shown| shown == said);
        known.is_some_and(|at| self.shown.remove(at).is_some())
    }

    /// A record said these words. If they still wait, the queue adds nothing when they leave.
    pub(super) fn said(&mut self, said: &str) {
        for (prompt, _) in self.waiting.iter_mut().filter(|(prompt, _)| prompt.trim() == said) {
            prompt.clear();
        }
    }
}

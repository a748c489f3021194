//! What is the same for every transcript: steps and turns are numbered, calls are paired with their results.

use std::collections::HashMap;

use super::parsed::{CallEnd, MARGIN_BYTES, Parsed, SessionFacts, TracedStep, output_chars, start_of};
use crate::model::{Message, Role, Step, Timestamp, ToolCall, ToolStatus};

/// Where a conversation stands. A pure function of the records read so far.
#[derive(Default)]
pub(super) struct Course {
    seq: u32,
    turn: u32,
    begun: bool,
    at: Timestamp,
    after_interrupt: bool,
    /// Calls without a result, and where in the current part they are.
    open: HashMap<String, Option<usize>>,
    /// What open calls changed in files, told before their results.
    patches: HashMap<String, String>,
}

impl Course {
    /// Notes when a record was written. One without a time has that of the record before.
    pub(super) fn time(&mut self, at: Option<Timestamp>, facts: &mut SessionFacts) {
        let Some(at) = at else { return };
        self.at = at;
        facts.started_at = Some(facts.started_at.map_or(at, |first| first.min(at)));
        facts.ended_at = Some(facts.ended_at.map_or(at, |last| last.max(at)));
    }

    /// Somebody says something; the person's words open a turn. Nothing but white space is nothing said.
    pub(super) fn say(&mut self, role: Role, said: &str, uuid: Option<String>, out: &mut Parsed) {
        let said = said.trim();
        if said.is_empty() {
            return;
        }
        if role == Role::User {
            self.turn += u32::from(self.begun);
        }
        let after_interrupt = std::mem::take(&mut self.after_interrupt) && role == Role::User;
        let message =
            Message { seq: self.seq, uuid: uuid.clone(), role, text: said.to_owned(), at: self.at, after_interrupt };
        self.push(Step::Said(message), uuid, out);
    }

    /// The agent calls a tool. One without an id never gets a result.
    pub(super) fn call(&mut self, mut call: ToolCall, uuid: Option<String>, out: &mut Parsed) {
        call.seq = self.seq;
        call.at = self.at;
        if !call.call_id.is_empty() {
            self.open.insert(call.call_id.clone(), Some(out.steps.len()));
        }
        self.push(Step::Called(call), uuid, out);
        self.after_interrupt = false;
    }

    fn push(&mut self, step: Step, uuid: Option<String>, out: &mut Parsed) {
        out.steps.push(TracedStep { turn: self.turn, uuid, step });
        self.seq += 1;
        self.begun = true;
    }

    /// Whether a call was made that has no result yet.
    pub(super) fn is_open(&self, call_id: &str) -> bool {
        self.open.contains_key(call_id)
    }

    /// Notes what a call changed in files, for when it gets its result.
    pub(super) fn patched(&mut self, call_id: &str, patch: Option<String>) {
        if let Some(patch) = patch.filter(|_| self.is_open(call_id)) {
            self.patches.insert(call_id.to_owned(), patch);
        }
    }

    /// Gives a call its result: at once if it was made in this part, else for the store to do.
    pub(super) fn settle(&mut self, call_id: &str, status: ToolStatus, output: &str, out: &mut Parsed) {
        let output = start_of(output, output_chars(status) * 4 + MARGIN_BYTES).to_owned();
        let place = self.open.remove(call_id).flatten();
        let patch = self.patches.remove(call_id);
        let end = CallEnd { call_id: call_id.to_owned(), status, output, patch };
        match place.and_then(|place| out.steps.get_mut(place)) {
            Some(TracedStep { step: Step::Called(call), .. }) => end.settle(call),
            _ => out.results.push(end),
        }
    }

    /// The person stopped the agent, and with it every call that runs.
    pub(super) fn interrupt(&mut self, out: &mut Parsed) {
        out.facts.interrupts += 1;
        self.after_interrupt = true;
        let mut stopped: Vec<String> = self.open.keys().cloned().collect();
        stopped.sort_unstable();
        for call_id in stopped {
            self.settle(&call_id, ToolStatus::Cancelled, "", out);
        }
    }

    /// Ends a part.
    pub(super) fn finish(&mut self, out: &mut Parsed) {
        for place in self.open.values_mut() {
            *place = None;
        }
        out.next_seq = self.seq;
    }
}

/// Ids of one record's steps: the record's own, then that with a number.
pub(super) struct StepIds {
    record: Option<String>,
    used: u32,
}

impl StepIds {
    pub(super) fn of(record: Option<String>) -> Self {
        Self { record, used: 0 }
    }

    pub(super) fn next(&mut self) -> Option<String> {
        let record = self.record.as_ref()?;
        self.used += 1;
        Some(if self.used == 1 { record.clone() } else { format!("{record}#{}", self.used - 1) })
    }
}

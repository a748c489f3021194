//! Puts a session together step by step, the same way for every kind of document.

use std::collections::HashMap;

use serde_json::Value;

use super::parsed::{MARGIN_BYTES, Parsed, TracedStep, output_chars, printable_name, start_of};
use super::tools;
use crate::model::{Message, Role, Step, Timestamp, ToolCall, ToolStatus};

/// Ids shorter than this may be numbers that start anew in every session. The shortest made to be unique are MongoDB's,
/// with 24 digits.
const SHORTEST_ID: usize = 16;

/// A session in the making.
pub(super) struct Builder {
    pub(super) parsed: Parsed,
    turn: u32,
    begun: bool,
    stopped: bool,
    now: Timestamp,
    record: Option<String>,
    used: u32,
    calls: HashMap<String, usize>,
}

impl Builder {
    /// A session without steps; what has no time of its own gets `now` until [`Builder::at`] says better.
    pub(super) fn new(native: &str, now: Timestamp) -> Self {
        let mut parsed = Parsed::default();
        native.clone_into(&mut parsed.facts.native);
        Self { parsed, turn: 0, begun: false, stopped: false, now, record: None, used: 0, calls: HashMap::new() }
    }

    /// A record with this id starts: its steps get that id, the second and later ones with a number.
    ///
    /// The same id in two sessions means a copy, so one too short to be the only one of its kind gets the session's.
    pub(super) fn record(&mut self, id: Option<&str>) {
        self.record = id.filter(|id| !id.is_empty()).map(|id| match id.len() {
            0..SHORTEST_ID => format!("{}/{id}", self.parsed.facts.native),
            _ => id.to_owned(),
        });
        self.used = 0;
    }

    /// What comes next happened then; nothing means at the same time as before.
    pub(super) fn at(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.now = at;
            self.spans(Some(at));
        }
    }

    /// The session was going on at this time.
    pub(super) fn spans(&mut self, at: Option<Timestamp>) {
        let facts = &mut self.parsed.facts;
        facts.started_at = facts.started_at.into_iter().chain(at).min();
        facts.ended_at = facts.ended_at.into_iter().chain(at).max();
    }

    /// The person's words; in a sub-agent's session they are the agent's that gave it its task.
    pub(super) fn user(&mut self, words: &str) {
        if self.parsed.facts.subagent {
            return self.agent(words);
        }
        if !words.trim().is_empty() {
            self.turn += u32::from(self.begun);
            self.say(Role::User, words);
            self.stopped = false;
        }
    }

    /// The agent's words.
    pub(super) fn agent(&mut self, words: &str) {
        if !words.trim().is_empty() {
            self.say(Role::Agent, words);
        }
    }

    fn say(&mut self, role: Role, words: &str) {
        let uuid = self.next_id();
        let message = Message {
            seq: self.parsed.next_seq,
            uuid: uuid.clone(),
            role,
            text: words.trim().to_owned(),
            at: self.now,
            after_interrupt: role == Role::User && self.stopped,
        };
        self.push(Step::Said(message), uuid);
    }

    /// A tool call, without its result. `input` is what the tool was given, as the agent wrote it.
    pub(super) fn call(&mut self, id: &str, name: &str, input: &Value) {
        let uuid = self.next_id();
        let call_id = if id.is_empty() { format!("call-{}", self.parsed.next_seq) } else { id.to_owned() };
        self.calls.insert(call_id.clone(), self.parsed.steps.len());
        let call = ToolCall { seq: self.parsed.next_seq, at: self.now, ..tools::call(&call_id, name, input) };
        self.push(Step::Called(call), uuid);
    }

    /// How a call ended; an empty id means the call made last.
    pub(super) fn result(&mut self, id: &str, status: ToolStatus, output: &str) {
        self.result_with(id, status, output, None);
    }

    /// The same with what the call changed in files, as its result says it.
    pub(super) fn result_with(&mut self, id: &str, status: ToolStatus, output: &str, patch: Option<String>) {
        let last = self.parsed.steps.iter().rposition(|step| matches!(step.step, Step::Called(_)));
        let at = if id.is_empty() { last } else { self.calls.get(id).copied() };
        let Some(Step::Called(call)) = at.and_then(|at| self.parsed.steps.get_mut(at)).map(|step| &mut step.step)
        else {
            let line = self.line();
            return self.parsed.count("result without a call", line);
        };
        call.status = status;
        call.patch = patch.or(call.patch.take()).filter(|_| status == ToolStatus::Ok);
        start_of(output.trim_end(), output_chars(status) * 4 + MARGIN_BYTES).clone_into(&mut call.output);
    }

    /// The person stopped the agent.
    pub(super) fn interrupt(&mut self) {
        self.parsed.facts.interrupts += 1;
        self.stopped = true;
        for step in self.parsed.steps.iter_mut().rev().filter(|step| step.turn == self.turn) {
            if let Step::Called(call) = &mut step.step
                && call.status == ToolStatus::Pending
            {
                call.status = ToolStatus::Cancelled;
                call.patch = None;
            }
        }
    }

    /// Counts something not understood of which there is no record.
    pub(super) fn count(&mut self, what: &str) {
        let line = self.line();
        self.parsed.count(what, line);
    }

    /// Counts a part of a document that was not understood, and keeps it.
    pub(super) fn skip(&mut self, what: &str, name: &str, part: &Value) {
        let line = self.line();
        self.parsed.skip(format!("{what} {}", printable_name(name)), line);
        self.parsed.keep_value(part);
    }

    /// The same for a part that is not even JSON.
    pub(super) fn skip_bytes(&mut self, what: &str, part: &[u8]) {
        let line = self.line();
        self.parsed.skip(what, line);
        self.parsed.keep(part.trim_ascii());
    }

    /// Where a document has no lines, the number of the next step stands for one.
    fn line(&self) -> u64 {
        u64::from(self.parsed.next_seq) + 1
    }

    /// Whether nothing has been said or done.
    pub(super) fn is_empty(&self) -> bool {
        self.parsed.steps.is_empty()
    }

    fn next_id(&mut self) -> Option<String> {
        let id = self.record.as_ref()?;
        self.used += 1;
        Some(if self.used == 1 { id.clone() } else { format!("{id}#{}", self.used - 1) })
    }

    fn push(&mut self, step: Step, uuid: Option<String>) {
        self.begun = true;
        self.parsed.steps.push(TracedStep { turn: self.turn, uuid, step });
        self.parsed.next_seq += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prompts_open_turns_and_results_find_their_calls() {
        let mut builder = Builder::new("s", Timestamp(7));
        builder.record(Some("m1"));
        builder.user("one");
        builder.call("a", "bash", &json!({"command": "ls"}));
        builder.result("a", ToolStatus::Ok, "x\n");
        builder.record(None);
        builder.user(" two ");
        builder.call("", "bash", &Value::Null);
        builder.interrupt();
        builder.user("three");
        builder.result("zzz", ToolStatus::Ok, "lost");
        let parsed = builder.parsed;
        assert_eq!(parsed.steps.iter().map(|step| step.turn).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
        assert_eq!(parsed.steps[1].uuid.as_deref(), Some("s/m1#1"));
        let Step::Called(call) = &parsed.steps[1].step else { panic!("no call") };
        assert_eq!((call.status, call.output.as_str(), call.command.as_deref()), (ToolStatus::Ok, "x", Some("ls")));
        let Step::Called(call) = &parsed.steps[3].step else { panic!("no call") };
        assert_eq!((call.status, call.input.as_str()), (ToolStatus::Cancelled, "{}"));
        let Step::Said(message) = &parsed.steps[4].step else { panic!("nothing said") };
        assert!(message.after_interrupt && message.text == "three");
        assert_eq!(parsed.skipped["result without a call"].count, 1);
    }

    #[test]
    fn a_sub_agent_has_no_person() {
        let mut builder = Builder::new("s", Timestamp(7));
        builder.parsed.facts.subagent = true;
        builder.user("find the parser");
        let Step::Said(message) = &builder.parsed.steps[0].step else { panic!("nothing said") };
        assert_eq!(message.role, Role::Agent);
    }
}

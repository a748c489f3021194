//! Follows a transcript from its first record on.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use memchr::memchr_iter;

use super::beside::{self, Beside};
use super::content::{Body, Content, agents_words, may_be_the_persons, persons_words, result_text};
use super::ids::{hash, is_uuid};
use super::queue::Queue;
use super::record::{Record, filled, is_bookkeeping, is_set, is_word, text};
use super::{calls, words};
use crate::model::{Message, Role, Step, Timestamp, ToolStatus};
use crate::trace::TraceParser;
use crate::trace::course::StepIds;
use crate::trace::members::each_member;
use crate::trace::parsed::{CallEnd, Parsed, TracedStep, printable_name};

/// Everything that later records depend on. A pure function of the bytes read so far.
pub(super) struct Parser {
    stem: String,
    native: Option<String>,
    parent: Option<String>,
    cwd: Option<String>,
    subagent: bool,
    /// Whether the first record that says what the client was started as names its programming interface.
    headless: Option<bool>,
    task: Option<String>,
    line: u64,
    seq: u32,
    turn: u32,
    begun: bool,
    last_at: Timestamp,
    after_interrupt: bool,
    summary_expected: bool,
    /// Calls without a result, and where in the current part they are.
    open: HashMap<String, Option<usize>>,
    queue: Queue,
    /// Hashes of record ids: for copies, and to know whose title a `summary` is.
    seen: HashSet<u64>,
    summaries: Vec<(u64, String)>,
    /// Tokens counted so far for each answer, by the hash of its id.
    counted: HashMap<u64, (u64, u64)>,
}

impl TraceParser for Parser {
    fn replay(&mut self, bytes: &[u8]) {
        drop(self.read(bytes));
    }

    fn read(&mut self, bytes: &[u8]) -> Parsed {
        let mut out = Parsed::default();
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes).map(|at| at + 1).chain([bytes.len()]) {
            if end > start {
                self.line += 1;
                let line = bytes[start..end].trim_ascii();
                self.read_line(line, &mut out);
                out.keep(line);
            }
            start = end;
        }
        self.finish(&mut out);
        out
    }
}

impl Parser {
    pub(super) fn new(path: &Path) -> Self {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let subagent = stem.starts_with("agent-");
        let Beside { task, starter } = if subagent { beside::of(path) } else { Beside::default() };
        Self {
            native: (subagent || is_uuid(&stem)).then(|| stem.clone()),
            task,
            stem,
            parent: starter,
            cwd: None,
            subagent,
            headless: None,
            line: 0,
            seq: 0,
            turn: 0,
            begun: false,
            last_at: Timestamp::default(),
            after_interrupt: false,
            summary_expected: false,
            open: HashMap::new(),
            queue: Queue::default(),
            seen: HashSet::new(),
            summaries: Vec::new(),
            counted: HashMap::new(),
        }
    }

    fn read_line(&mut self, line: &[u8], out: &mut Parsed) {
        if line.is_empty() {
            return;
        }
        match Record::read_unless(line, is_bookkeeping) {
            Some(record) => self.record(&record, out),
            None if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() => {
                out.skip("not an object", self.line);
            }
            None => out.skip("not JSON", self.line),
        }
    }

    fn record(&mut self, record: &Record<'_>, out: &mut Parsed) {
        let Some(kind) = text(record.kind) else {
            out.skip("record without a type", self.line);
            return;
        };
        match &*kind {
            "user" | "human" | "assistant" => self.message(&kind, record, out),
            "system" => self.system(record, out),
            "attachment" => self.attachment(record, out),
            "queue-operation" => self.queue_operation(record, out),
            "summary" => {
                if let (Some(leaf), Some(title)) = (text(record.leaf_uuid), filled(record.summary)) {
                    self.summaries.push((hash(&leaf), title));
                }
            }
            "custom-title" => out.facts.custom_title = filled(record.custom_title).or(out.facts.custom_title.take()),
            "ai-title" => out.facts.agent_title = filled(record.ai_title).or(out.facts.agent_title.take()),
            "pr-link" => out.facts.pull_requests.extend(filled(record.pr_url)),
            kind if is_bookkeeping(kind) => {}
            kind => out.skip(format!("unknown type {}", printable_name(kind)), self.line),
        }
    }

    fn message(&mut self, kind: &str, record: &Record<'_>, out: &mut Parsed) {
        if let Some(uuid) = text(record.uuid)
            && !self.seen.insert(hash(&uuid))
        {
            out.copies += 1;
            return;
        }
        self.circumstances(record, out);
        let Some((body, content)) = record.message.as_ref().and_then(|body| Some((body, body.content.as_ref()?)))
        else {
            out.skip(format!("{kind} record without content"), self.line);
            return;
        };
        if let Content::Blocks(_, odd) = content
            && *odd > 0
        {
            out.skip("content block that is not an object", self.line);
        }
        let ids = StepIds::of(filled(record.uuid));
        if kind == "assistant" {
            self.usage(body, out);
            self.agent_record(record, content, agents_words(record, content, body.model), ids, out);
        } else {
            self.user_record(record, content, ids, out);
        }
    }

    /// An answer's tokens stand in every record that it is split into, each time as they were then.
    fn usage(&mut self, body: &Body<'_>, out: &mut Parsed) {
        if let Some(model) = filled(body.model).filter(|model| model != "<synthetic>") {
            out.facts.usage.model = Some(model);
        }
        let (Some(answer), Some(now)) = (text(body.id), tokens(body)) else { return };
        let before = self.counted.entry(hash(&answer)).or_default();
        out.facts.usage.add(now.0.saturating_sub(before.0), now.1.saturating_sub(before.1));
        *before = (now.0.max(before.0), now.1.max(before.1));
    }

    fn agent_record(
        &mut self,
        record: &Record<'_>,
        content: &Content<'_>,
        said: Option<String>,
        mut ids: StepIds,
        out: &mut Parsed,
    ) {
        let at = self.last_at;
        // In one file with the session (1.0), a sub-agent's calls count, its words are not the session's.
        let is_aside = is_set(record.is_sidechain) && !self.subagent;
        if let Some(said) = said.filter(|_| !is_aside) {
            self.say(Role::Agent, said, ids.next(), at, out);
        }
        let Content::Blocks(blocks, _) = content else { return };
        for block in blocks.iter().filter(|block| is_word(block.kind, "tool_use")) {
            let Some(call) = calls::call(block, self.seq, at) else {
                out.skip("tool call without a name", self.line);
                continue;
            };
            self.open.insert(call.call_id.clone(), Some(out.steps.len()));
            self.push(Step::Called(call), ids.next(), out);
            self.after_interrupt &= is_aside;
        }
    }

    fn user_record(&mut self, record: &Record<'_>, content: &Content<'_>, mut ids: StepIds, out: &mut Parsed) {
        let is_main = !is_set(record.is_sidechain);
        if let Content::Blocks(blocks, _) = content {
            for block in blocks.iter().filter(|block| is_word(block.kind, "tool_result")) {
                let end = calls::end(block, record.tool_use_result);
                let refused = end.status == ToolStatus::Cancelled && is_main && !self.subagent;
                self.settle(end, out);
                let refusal = || words::refusal(&result_text(block.content, usize::MAX));
                if let Some(said) = refused.then(refusal).flatten() {
                    self.after_interrupt = true;
                    self.say(Role::User, said, ids.next(), self.last_at, out);
                }
            }
        }
        if is_set(record.is_compact_summary) {
            out.facts.compactions += u32::from(!std::mem::take(&mut self.summary_expected));
        }
        if self.subagent {
            self.task_prompt(record, content, ids, out);
        } else if may_be_the_persons(record) {
            let (said, interrupts) = persons_words(content);
            if interrupts > 0 {
                self.interrupt(interrupts, out);
            }
            if let Some(said) = said.filter(|said| !self.queue.was_shown(said)) {
                self.say(Role::User, said, ids.next(), self.last_at, out);
            }
        }
    }

    /// What a sub-agent is asked is said by the agent that started it, not by the person.
    fn task_prompt(&mut self, record: &Record<'_>, content: &Content<'_>, mut ids: StepIds, out: &mut Parsed) {
        if is_set(record.is_meta) || is_set(record.is_compact_summary) {
            return;
        }
        let (said, interrupts) = persons_words(content);
        out.facts.interrupts += interrupts;
        if let Some(said) = said {
            self.say(Role::Agent, said, ids.next(), self.last_at, out);
        }
    }

    fn interrupt(&mut self, times: u32, out: &mut Parsed) {
        out.facts.interrupts += times;
        self.after_interrupt = true;
        let mut stopped: Vec<String> = self.open.keys().cloned().collect();
        stopped.sort_unstable();
        for call_id in stopped {
            self.settle(CallEnd { call_id, status: ToolStatus::Cancelled, output: String::new(), patch: None }, out);
        }
    }

    fn system(&mut self, record: &Record<'_>, out: &mut Parsed) {
        if let Some(uuid) = text(record.uuid) {
            self.seen.insert(hash(&uuid));
        }
        self.circumstances(record, out);
        if is_word(record.subtype, "compact_boundary") {
            out.facts.compactions += 1;
            self.summary_expected = true;
        }
    }

    /// Of attachments only prompts count that the person sent while the agent worked.
    fn attachment(&mut self, record: &Record<'_>, out: &mut Parsed) {
        self.circumstances(record, out);
        let (mut kind, mut prompt) = (None, None);
        let Some(attachment) = record.attachment else { return };
        let whole = each_member(attachment, |name, value| match name {
            b"type" => kind = Some(value),
            b"prompt" => prompt = Some(value),
            _ => {}
        });
        let Some(kind) = whole.and_then(|()| text(kind)) else { return };
        let is_new = text(record.uuid).is_none_or(|uuid| self.seen.insert(hash(&uuid)));
        if kind == "queued_command" && is_new && may_be_the_persons(record) {
            let prompt = result_text(prompt, usize::MAX);
            self.steer(&prompt, filled(record.uuid), self.last_at, out);
        }
    }

    fn queue_operation(&mut self, record: &Record<'_>, out: &mut Parsed) {
        match text(record.operation).as_deref() {
            Some("enqueue") => {
                let at = text(record.timestamp).and_then(|at| Timestamp::parse(&at));
                self.queue.enqueue(filled(record.content).unwrap_or_default(), at);
            }
            Some("dequeue") => drop(self.queue.leave()),
            Some("remove") => {
                if let Some((prompt, at)) = self.queue.leave() {
                    let uuid = at.map(|at| format!("queued-{at}"));
                    self.steer(&prompt, uuid, at.unwrap_or(self.last_at), out);
                }
            }
            _ => self.queue.clear(),
        }
    }

    fn steer(&mut self, prompt: &str, uuid: Option<String>, at: Timestamp, out: &mut Parsed) {
        if let Some(said) = self.queue.shown(prompt) {
            self.say(Role::User, said, uuid, at, out);
        }
    }

    fn say(&mut self, role: Role, said: String, uuid: Option<String>, at: Timestamp, out: &mut Parsed) {
        if role == Role::User {
            self.turn += u32::from(self.begun);
            self.queue.said(&said);
        }
        let after_interrupt = std::mem::take(&mut self.after_interrupt) && role == Role::User;
        let message = Message { seq: self.seq, uuid: uuid.clone(), role, text: said, at, after_interrupt };
        self.push(Step::Said(message), uuid, out);
    }

    fn push(&mut self, step: Step, uuid: Option<String>, out: &mut Parsed) {
        out.steps.push(TracedStep { turn: self.turn, uuid, step });
        self.seq += 1;
        self.begun = true;
    }

    /// Gives a call its result: at once if it was made in this part, else for the store to do.
    fn settle(&mut self, end: CallEnd, out: &mut Parsed) {
        let place = self.open.remove(&end.call_id).flatten();
        match place.and_then(|place| out.steps.get_mut(place)) {
            Some(TracedStep { step: Step::Called(call), .. }) => end.settle(call),
            _ => out.results.push(end),
        }
    }

    /// Where and when a record was written.
    fn circumstances(&mut self, record: &Record<'_>, out: &mut Parsed) {
        if let Some(at) = text(record.timestamp).and_then(|at| Timestamp::parse(&at)) {
            self.last_at = at;
            out.facts.started_at = Some(out.facts.started_at.map_or(at, |first| first.min(at)));
            out.facts.ended_at = Some(out.facts.ended_at.map_or(at, |last| last.max(at)));
        }
        if self.subagent && self.parent.is_none() {
            self.parent = filled(record.session_id);
        }
        if self.native.is_none() {
            self.native = filled(record.session_id);
        }
        if self.cwd.is_none() {
            self.cwd = filled(record.cwd);
        }
        if self.headless.is_none() {
            self.headless = text(record.entrypoint).map(|entrypoint| entrypoint.starts_with("sdk"));
        }
        if let Some(branch) = text(record.git_branch).filter(|branch| !branch.is_empty() && branch != "HEAD")
            && out.facts.branch.as_deref() != Some(&*branch)
        {
            out.facts.branch = Some(branch.into_owned());
        }
        if let Some(version) = text(record.version)
            && out.facts.client_version.as_deref() != Some(&*version)
        {
            out.facts.client_version = Some(version.into_owned());
        }
    }

    fn finish(&mut self, out: &mut Parsed) {
        for place in self.open.values_mut() {
            *place = None;
        }
        // A title written for another session's last record stands in whichever file was newest then.
        let seen = &self.seen;
        let mut ours = None;
        self.summaries.retain(|(leaf, title)| {
            let is_ours = seen.contains(leaf);
            if is_ours {
                ours = Some(title.clone());
            }
            !is_ours
        });
        let title = out.facts.agent_title.take().or(ours);
        if title.is_some() {
            self.task = None;
        }
        out.facts.agent_title = title.or_else(|| self.task.clone());
        out.facts.native = self.native.clone().unwrap_or_else(|| self.stem.clone());
        out.facts.parent.clone_from(&self.parent);
        out.facts.cwd.clone_from(&self.cwd);
        out.facts.subagent = self.subagent;
        out.facts.headless = self.headless == Some(true);
        out.next_seq = self.seq;
    }
}

/// Tokens read and written for an answer.
fn tokens(body: &Body<'_>) -> Option<(u64, u64)> {
    let (mut read, mut written) = (Some(0u64), Some(0));
    each_member(body.usage?, |name, value| {
        let count = || str::from_utf8(value).ok()?.parse::<u64>().ok();
        match name {
            b"input_tokens" | b"cache_creation_input_tokens" | b"cache_read_input_tokens" => {
                read = read.zip(count()).map(|(before, more)| before.saturating_add(more));
            }
            b"output_tokens" => written = count(),
            _ => {}
        }
    })?;
    Some((read?, written?))
}

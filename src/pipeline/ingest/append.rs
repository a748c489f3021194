//! From what a reader gives out to what the store takes: secrets taken out, long texts cut, paths made relative.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::document::Taken;
use crate::model::{Agent, Message, Project, RAW_BYTES, RawRecord, SessionId, Step, ToolCall};
use crate::redact::{Counts, redact_noting, without};
use crate::store::{Append, SessionHead, SkippedRecord, StepAt, ToolResult, TranscriptState};
use crate::text::excerpt;
use crate::trace::{INPUT_CHARS, PATCH_CHARS, Parsed, SessionFacts, TracedStep, output_chars, project};

/// Most characters kept of a message: pasted logs can be megabytes.
const MESSAGE_CHARS: usize = 100_000;

/// Most characters kept of a command: longer ones write a file's content.
const COMMAND_CHARS: usize = 4000;

/// What is the same for all files of one run.
pub(super) struct Surroundings<'a> {
    excluded: &'a [String],
    /// Sessions of documents as they were before this run.
    pub(super) taken: Taken,
    projects: Mutex<HashMap<String, Project>>,
}

/// A part ready to be stored.
pub(super) struct Part {
    pub(super) append: Append,
    pub(super) redacted: Counts,
    pub(super) copies: u32,
    pub(super) bytes: u64,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(excluded: &'a [String], taken: Taken) -> Self {
        Self { excluded, taken, projects: Mutex::new(HashMap::new()) }
    }

    /// Whether a session is of a project that is left out.
    pub(super) fn excludes(&self, facts: &SessionFacts) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let (Some(cwd), Some(project)) = (&facts.cwd, self.project_of(facts)) else { return false };
        self.excluded.iter().any(|entry| *entry == project.key || Path::new(cwd).starts_with(entry))
    }

    fn project(&self, cwd: &str) -> Project {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects.entry(cwd.to_owned()).or_insert_with(|| project::identify(Path::new(cwd))).clone()
    }

    fn project_of(&self, facts: &SessionFacts) -> Option<Project> {
        let project = self.project(facts.cwd.as_deref()?);
        Some(project::named_by(project, facts.remote.as_deref()))
    }

    /// Makes what a reader gave out fit to be stored.
    pub(super) fn part(&self, agent: Agent, parsed: Parsed, state: TranscriptState, restart: bool, bytes: u64) -> Part {
        let project = self.project_of(&parsed.facts);
        let mut cleaner = Cleaner {
            root: project.as_ref().map(|project| project.root.clone()),
            cwd: parsed.facts.cwd.clone(),
            counts: Counts::new(),
            passwords: Vec::new(),
        };
        let steps = parsed.steps.into_iter().map(|step| cleaner.step(step)).collect();
        let results = parsed
            .results
            .into_iter()
            .map(|end| ToolResult {
                output: cleaner.cut(end.output, output_chars(end.status)),
                patch: end.patch.map(|patch| cleaner.cut(patch, PATCH_CHARS)),
                call_id: end.call_id,
                status: end.status,
            })
            .collect();
        let head = cleaner.head(agent, state.session.clone(), parsed.facts, project);
        let raw = parsed.raw.into_iter().filter(|raw| !raw.text.is_empty()).map(|raw| cleaner.raw(raw)).collect();
        let skipped = parsed.skipped.into_iter();
        let skipped = skipped.map(|(why, at)| SkippedRecord { why, line: at.line, count: at.count }).collect();
        let append = Append { state, restart, head, steps, results, skipped, raw };
        Part { append, redacted: cleaner.counts, copies: parsed.copies, bytes }
    }
}

/// Makes one part's texts fit to be stored.
struct Cleaner {
    root: Option<String>,
    cwd: Option<String>,
    counts: Counts,
    /// Passwords that were said in this part so far.
    passwords: Vec<String>,
}

impl Cleaner {
    fn clean(&mut self, text: String) -> String {
        let text = match redact_noting(&text, &mut self.counts, &mut self.passwords) {
            Cow::Owned(clean) => clean,
            Cow::Borrowed(_) => text,
        };
        if self.passwords.is_empty() { text } else { without(text, &self.passwords, &mut self.counts) }
    }

    /// First clean, then cut: half a secret would not be recognised.
    fn cut(&mut self, text: String, chars: usize) -> String {
        let clean = self.clean(text);
        if clean.len() <= chars { clean } else { excerpt(&clean, chars) }
    }

    fn step(&mut self, traced: TracedStep) -> StepAt {
        let TracedStep { turn, uuid, step } = traced;
        match step {
            Step::Said(message) => {
                let text = self.cut(message.text, MESSAGE_CHARS);
                StepAt::Message { turn, message: Message { text, ..message } }
            }
            Step::Called(call) => StepAt::Call { turn, uuid, call: self.call(call) },
        }
    }

    fn call(&mut self, mut call: ToolCall) -> ToolCall {
        call.command = call.command.map(|command| self.cut(command, COMMAND_CHARS));
        call.input = self.cut(call.input, INPUT_CHARS);
        call.output = self.cut(call.output, output_chars(call.status));
        call.patch = call.patch.map(|patch| self.cut(patch, PATCH_CHARS));
        for file in &mut call.files {
            let path = self.relative(&file.path);
            file.path = self.clean(path);
        }
        call
    }

    fn raw(&mut self, mut raw: RawRecord) -> RawRecord {
        raw.text = self.clean(raw.text);
        let mut end = RAW_BYTES.min(raw.text.len());
        while !raw.text.is_char_boundary(end) {
            end -= 1;
        }
        raw.text.truncate(end);
        raw
    }

    /// The path from the project's root, where it lies inside. Agents name files from the working directory, too.
    fn relative(&self, path: &str) -> String {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let place: PathBuf = Path::new(self.cwd.as_deref().unwrap_or_default()).join(path).components().collect();
        let inside = self.root.as_deref().and_then(|root| place.strip_prefix(root).ok());
        let inside = inside.and_then(Path::to_str).filter(|inside| !inside.is_empty());
        inside.unwrap_or(path).to_owned()
    }

    fn head(&mut self, agent: Agent, id: SessionId, facts: SessionFacts, project: Option<Project>) -> SessionHead {
        SessionHead {
            id,
            agent,
            parent: facts.parent.map(|parent| SessionId::new(agent, &parent)),
            subagent: facts.subagent,
            headless: facts.headless,
            project,
            cwd: facts.cwd,
            branch: facts.branch,
            commit: facts.commit,
            usage: facts.usage,
            custom_title: facts.custom_title.map(|title| self.clean(title)),
            agent_title: facts.agent_title.map(|title| self.clean(title)),
            client_version: facts.client_version,
            started_at: facts.started_at,
            ended_at: facts.ended_at,
            interrupts: facts.interrupts,
            compactions: facts.compactions,
            pull_requests: facts.pull_requests,
        }
    }
}

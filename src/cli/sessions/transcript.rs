//! Sessions as people and agents read them. All text in them is others': nothing of it reaches the terminal as it is.

use std::fmt::Write;

use super::page::Item;
use crate::cli::counted::counted;
use crate::cli::paint::Paint;
use crate::model::{Message, Role, Session, SessionId, Step, Timestamp, ToolCall, ToolStatus, Turn};
use crate::store::{Result, SessionFilter, SessionStore};
use crate::text::{one_line, printable};

/// Most characters of a command and of a failure's output on their lines.
const COMMAND_CHARS: usize = 140;
const FAILURE_CHARS: usize = 300;
/// So many levels are shown, the session among them. Claude Code lets sub-agents start others down to the fifth.
const DEEPEST: usize = 8;

/// A session with everything in it.
#[derive(Debug)]
pub(in crate::cli) struct Told {
    pub(in crate::cli) session: Session,
    pub(in crate::cli) turns: Vec<Turn>,
    /// What its sub-agents did, earliest first.
    pub(in crate::cli) agents: Vec<Self>,
}

impl Told {
    /// Reads a session with its sub-agents' sessions; none when there is no such session.
    pub(in crate::cli) fn read(id: &SessionId, store: &dyn SessionStore) -> Result<Option<Self>> {
        store.session(id)?.map(|session| Self::of(session, store, DEEPEST)).transpose()
    }

    fn of(session: Session, store: &dyn SessionStore, depth: usize) -> Result<Self> {
        let turns = store.turns(&session.id, 0)?;
        let mut agents = Vec::new();
        if depth > 1 {
            let filter =
                SessionFilter { parent: Some(session.id.clone()), subagents: true, ..SessionFilter::default() };
            for inner in store.sessions(&filter)?.into_iter().filter(|inner| inner.subagent && inner.id != session.id) {
                agents.push(Self::of(inner, store, depth - 1)?);
            }
            agents.sort_by_key(|inner| (inner.session.started_at, inner.session.id.clone()));
        }
        Ok(Self { session, turns, agents })
    }

    /// The session as text, step by step; the step at `mark` is set off.
    pub(in crate::cli) fn items(&self, paint: Paint, mark: Option<u32>) -> Vec<Item> {
        let mut items = vec![Item { seq: None, text: head(&self.session, paint) }];
        self.steps(&mut items, paint, mark);
        items
    }

    /// Position of its last step, its sub-agents' not counted.
    pub(in crate::cli) fn last_step(&self) -> Option<u32> {
        let prompts = self.turns.iter().filter_map(|turn| turn.prompt.as_ref()).map(|prompt| prompt.seq);
        prompts.chain(self.turns.iter().flat_map(|turn| &turn.steps).map(Step::seq)).max()
    }

    /// Sub-agents stand after the step during which they began.
    fn steps(&self, items: &mut Vec<Item>, paint: Paint, mark: Option<u32>) {
        let mut agents = self.agents.iter().peekable();
        for turn in &self.turns {
            let prompt = turn.prompt.iter().map(|prompt| {
                let who = format!("{}. user", turn.number);
                (prompt.seq, prompt.at, said(&paint.person(&who), prompt, paint, mark))
            });
            let steps = turn.steps.iter().map(|step| match step {
                Step::Said(message) => {
                    let who = if message.role == Role::User { paint.person("user") } else { paint.strong("agent") };
                    (message.seq, message.at, said(&who, message, paint, mark))
                }
                Step::Called(call) => (call.seq, call.at, called(call, paint, mark)),
            });
            for (number, (seq, at, text)) in prompt.chain(steps).enumerate() {
                while let Some(inner) = agents.next_if(|inner| began(inner).is_some_and(|began| began < at)) {
                    inner.inside(items, paint);
                }
                let gap = if number == 0 { "\n" } else { "" };
                items.push(Item { seq: Some(seq), text: format!("{gap}{text}") });
            }
        }
        for inner in agents {
            inner.inside(items, paint);
        }
    }

    /// Its steps as part of the session that started it.
    fn inside(&self, items: &mut Vec<Item>, paint: Paint) {
        let title = self.session.title.as_deref().or(self.session.first_prompt.as_deref()).unwrap_or_default();
        let name = format!("  sub-agent {}", one_line(self.session.id.native(), 60));
        let text = format!("{}  {}\n", paint.strong(&name), one_line(title, 100));
        items.push(Item { seq: None, text });
        let mut inner = Vec::new();
        self.steps(&mut inner, paint, None);
        items.extend(inner.into_iter().map(|item| Item { seq: None, text: indented(item.text.trim_start()) }));
    }
}

fn began(told: &Told) -> Option<Timestamp> {
    told.session.started_at
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  | {line}\n")).collect()
}

fn head(session: &Session, paint: Paint) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{} {}", paint.faint(&format!("{name:8}")), one_line(value, 200));
        }
    };
    line("session", Some(session.id.native()));
    line("agent", Some(session.agent.as_str()));
    line("title", session.title.as_deref());
    line("host", session.host.as_deref());
    line("project", session.project.as_deref());
    line("in", session.cwd.as_deref());
    line("branch", session.branch.as_deref());
    line("commit", session.commit.as_deref());
    line("model", session.usage.model.as_deref());
    line("part of", session.parent.as_ref().map(SessionId::native));
    line("from", session.started_at.map(|at| at.to_string()).as_deref());
    line("to", session.ended_at.map(|at| at.to_string()).as_deref());
    line("outcome", Some(session.outcome.as_str()));
    for url in &session.pull_requests {
        line("pull", Some(url));
    }
    let calls = format!("{} ({} failed)", counted(session.tool_calls, "call", "calls"), session.failed_calls);
    let counts = [
        counted(session.turns, "turn", "turns"),
        counted(session.user_messages, "prompt", "prompts"),
        counted(session.agent_messages, "answer", "answers"),
        calls,
        counted(session.files, "file", "files"),
        counted(session.interrupts, "interrupt", "interrupts"),
        counted(session.compactions, "compaction", "compactions"),
        counted(session.memories, "memory", "memories"),
    ];
    line("holds", Some(&counts.join(", ")));
    let (read, written) = (session.usage.tokens_in, session.usage.tokens_out);
    let tokens = format!("{read} read, {written} written");
    line("tokens", (read + written > 0).then_some(tokens.as_str()));
    out
}

/// `@` and the position, by which a step is opened again.
fn place(seq: u32, paint: Paint, mark: Option<u32>) -> String {
    if mark == Some(seq) { paint.found(&format!(">> @{seq}")) } else { paint.faint(&format!("@{seq}")) }
}

fn said(who: &str, message: &Message, paint: Paint, mark: Option<u32>) -> String {
    let stopped = if message.after_interrupt { "  (after an interrupt)" } else { "" };
    let mut out =
        format!("{who}  {}  {}{stopped}\n", paint.faint(&message.at.to_string()), place(message.seq, paint, mark));
    for line in printable(&message.text).lines() {
        let _ = writeln!(out, "  {line}");
    }
    out
}

fn called(call: &ToolCall, paint: Paint, mark: Option<u32>) -> String {
    let about = match (&call.command, call.files.first()) {
        (Some(command), _) => command.as_str(),
        (None, Some(file)) => file.path.as_str(),
        (None, None) => call.input.as_str(),
    };
    let failed = call.status == ToolStatus::Failed;
    let status = if failed { paint.bad("failed") } else { call.status.as_str().to_owned() };
    let name = one_line(&call.name, 40);
    let changed = call.patch.as_deref().map(changed_lines).unwrap_or_default();
    let place = place(call.seq, paint, mark);
    let mut out = format!("  [{status}] {name} {}{changed}  {place}\n", one_line(about, COMMAND_CHARS));
    if mark == Some(call.seq) {
        out.push_str(&in_full(call, paint));
    } else if failed {
        let _ = writeln!(out, "      {}", one_line(&call.output, FAILURE_CHARS));
    }
    out
}

/// How many lines a patch adds and takes away.
fn changed_lines(patch: &str) -> String {
    let count = |sign: char| patch.lines().filter(|line| line.starts_with(sign)).count();
    format!(" (+{} -{})", count('+'), count('-'))
}

/// All that is kept of the call that is looked for: what it was given, what it touched, what it said and changed.
fn in_full(call: &ToolCall, paint: Paint) -> String {
    let mut out = String::new();
    let mut part = |name: &str, text: &str, line_of: &dyn Fn(&str) -> String| {
        let lines = printable(text);
        if !lines.trim().is_empty() {
            let _ = writeln!(out, "      {}", paint.faint(name));
            lines.lines().for_each(|line| out.push_str(&format!("        {}\n", line_of(line))));
        }
    };
    let files: Vec<String> = call.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path)).collect();
    part("given", call.command.as_deref().unwrap_or(&call.input), &str::to_owned);
    part("files", &files.join("\n"), &str::to_owned);
    part("said", &call.output, &str::to_owned);
    part("changed", call.patch.as_deref().unwrap_or_default(), &|line| match line.as_bytes().first() {
        Some(b'+') => paint.found(line),
        Some(b'-') => paint.bad(line),
        Some(b'@') => paint.faint(line),
        _ => line.to_owned(),
    });
    out
}

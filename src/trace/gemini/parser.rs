//! From a replayed chat to conversations.

use std::path::Path;

use serde_json::Value;

use super::replay::{Chat, Kept, unknown};
use super::{place, words};
use crate::model::{Role, ToolStatus};
use crate::trace::TraceParser;
use crate::trace::course::{Course, StepIds};
use crate::trace::fields::{count, elements, owned, text, texts, time};
use crate::trace::parsed::{Parsed, SessionFacts};
use crate::trace::patch;
use crate::trace::tools;
use crate::trace::walk::stem;

/// What the program notes when the person stops the agent.
const STOPPED: &str = "Request cancelled.";

/// The line in a shell command's output that tells its exit status.
const EXIT: &str = "Exit Code: ";

/// Reads one chat as a whole.
pub(super) struct Parser {
    path: std::path::PathBuf,
    others: Vec<Parsed>,
}

impl TraceParser for Parser {
    fn replay(&mut self, bytes: &[u8]) {
        drop(self.read(bytes));
    }

    fn read(&mut self, bytes: &[u8]) -> Parsed {
        let mut out = Parsed::default();
        let mut chat = Chat::read(bytes, &mut out);
        out.facts = self.facts(&mut chat);
        let facts = out.facts.clone();
        follow(&[], &chat.messages, &mut out);
        self.others = chat.left.iter().map(|(shared, left)| branch(&chat, *shared, left, &facts)).collect();
        self.others.retain(|other| !other.steps.is_empty());
        out
    }

    fn others(&mut self) -> Vec<Parsed> {
        std::mem::take(&mut self.others)
    }
}

impl Parser {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), others: Vec::new() }
    }

    fn facts(&self, chat: &mut Chat) -> SessionFacts {
        let meta = Value::Object(std::mem::take(&mut chat.meta));
        let subagent = text(&meta, "kind") == Some("subagent");
        let above = self.path.parent();
        let native = owned(&meta, "sessionId").unwrap_or_else(|| stem(&self.path).to_owned());
        SessionFacts {
            // Sub-agents' chats lie in a directory with their session's id as its name.
            parent: above.filter(|above| subagent && !above.ends_with("chats")).map(|above| stem(above).to_owned()),
            subagent,
            cwd: place::directory(&self.path, text(&meta, "projectHash")),
            agent_title: owned(&meta, "summary"),
            started_at: time(&meta, "startTime"),
            ended_at: time(&meta, "lastUpdated"),
            compactions: chat.compactions,
            native,
            ..SessionFacts::default()
        }
    }
}

/// What was rewound, as a session of its own.
fn branch(chat: &Chat, shared: usize, left: &[Kept], main: &SessionFacts) -> Parsed {
    let name = left.first().and_then(|first| owned(&first.record, "id")).unwrap_or_default();
    let facts = SessionFacts {
        native: format!("{}~{name}", main.native),
        parent: Some(main.native.clone()),
        cwd: main.cwd.clone(),
        ..SessionFacts::default()
    };
    let mut out = Parsed { facts, ..Parsed::default() };
    follow(&chat.messages[..shared.min(chat.messages.len())], left, &mut out);
    out
}

/// Gives the steps of `own`, numbered as they come after `shared`.
fn follow(shared: &[Kept], own: &[Kept], out: &mut Parsed) {
    let mut course = Course::default();
    let mut before = Parsed::default();
    for kept in shared {
        message(kept, &mut course, &mut before);
    }
    course.finish(&mut before);
    for kept in own {
        message(kept, &mut course, out);
        out.keep_value(&kept.record);
    }
    course.finish(out);
}

fn message(kept: &Kept, course: &mut Course, out: &mut Parsed) {
    let message = &kept.record;
    course.time(time(message, "timestamp"), &mut out.facts);
    let mut ids = StepIds::of(owned(message, "id"));
    let content = message.get("content").unwrap_or(&Value::Null);
    match text(message, "type") {
        Some("user") => {
            // What a sub-agent is asked is said by the agent that started it.
            let role = if out.facts.subagent { Role::Agent } else { Role::User };
            let own: Vec<String> = texts(content).into_iter().filter_map(words::own).collect();
            course.say(role, &own.join("\n"), ids.next(), out);
        }
        Some("gemini") => {
            let tokens = message.get("tokens").unwrap_or(&Value::Null);
            let written = count(tokens, "output").saturating_add(count(tokens, "thoughts"));
            out.facts.usage.add(count(tokens, "input"), written);
            out.facts.usage.model = owned(message, "model").or(out.facts.usage.model.take());
            course.say(Role::Agent, &answer(content), ids.next(), out);
            for call in elements(message, "toolCalls") {
                tool_call(call, &mut ids, kept.line, course, out);
            }
        }
        Some("info") if texts(content).first().is_some_and(|said| said.trim() == STOPPED) => course.interrupt(out),
        Some("info" | "warning" | "error") => {}
        Some(kind) => out.skip(unknown(kind), kept.line),
        None => out.skip("message without a type", kept.line),
    }
}

/// The parts of an answer that are no thoughts.
fn answer(content: &Value) -> String {
    match content {
        Value::Array(parts) => {
            let said = parts.iter().filter(|part| part.get("thought") != Some(&Value::Bool(true)));
            said.flat_map(texts).collect::<Vec<_>>().join("\n")
        }
        other => texts(other).join("\n"),
    }
}

fn tool_call(call: &Value, ids: &mut StepIds, line: u64, course: &mut Course, out: &mut Parsed) {
    let Some(name) = text(call, "name") else {
        out.skip("tool call without a name", line);
        return;
    };
    let id = text(call, "id").map_or_else(|| format!("{name}-{line}"), str::to_owned);
    let id = id.as_str();
    course.call(tools::call(id, name, call.get("args").unwrap_or(&Value::Null)), ids.next(), out);
    let output = output(call);
    let status = match text(call, "status") {
        Some("error") => ToolStatus::Failed,
        Some("cancelled") => ToolStatus::Cancelled,
        Some("success") if failed_inside(&output) => ToolStatus::Failed,
        Some("success") => ToolStatus::Ok,
        _ => return,
    };
    let diff = call.get("resultDisplay").and_then(|shown| text(shown, "fileDiff"));
    course.patched(id, diff.and_then(patch::of_diff));
    course.settle(id, status, &output, out);
}

/// What the model was told, else what the person was shown.
fn output(call: &Value) -> String {
    let responses = elements(call, "result").iter().filter_map(|part| part.get("functionResponse")?.get("response"));
    let told: Vec<&str> = responses.filter_map(|told| text(told, "output").or_else(|| text(told, "error"))).collect();
    if told.is_empty() { owned(call, "resultDisplay").unwrap_or_default() } else { told.join("\n") }
}

/// A command that fails is a tool that succeeds.
fn failed_inside(output: &str) -> bool {
    output.lines().filter_map(|line| line.strip_prefix(EXIT)).any(|exit| !matches!(exit.trim(), "0" | "(none)" | ""))
}

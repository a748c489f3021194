//! From entries to conversations.

use std::path::Path;

use serde_json::Value;

use super::tree::{Branch, Entry, branches, entries};
use crate::model::{Role, ToolStatus};
use crate::trace::TraceParser;
use crate::trace::course::{Course, StepIds};
use crate::trace::fields::{count, each_object, elements, owned, text, texts, time, without_elements};
use crate::trace::parsed::{Parsed, SessionFacts, printable_name};
use crate::trace::tools;
use crate::trace::walk::stem;

/// Elements that the program puts into a prompt: files and skills named in it.
const EMBEDDED: &[&str] = &["file", "skill", "memory-lane", "system-reminder"];

/// How results start of calls that were stopped.
const CANCELLED: &[&str] =
    &["Operation aborted", "Command aborted", "Request was aborted", "Tool execution was aborted"];

/// Reads one session file as a whole.
pub(super) struct Parser {
    stem: String,
    others: Vec<Parsed>,
}

impl TraceParser for Parser {
    fn replay(&mut self, bytes: &[u8]) {
        drop(self.read(bytes));
    }

    fn read(&mut self, bytes: &[u8]) -> Parsed {
        let mut lines = Parsed::default();
        let (mut header, mut records) = (Value::Null, Vec::new());
        each_object(bytes, &mut 0, &mut lines, |record, line, _| match text(&record, "type") {
            Some("session") if header.is_null() => header = record,
            Some("session") => {}
            _ => records.push((record, line)),
        });
        let mut facts = self.facts(&header);
        let all = entries(records);
        for entry in &all {
            if text(&entry.record, "type") == Some("session_info") {
                facts.custom_title = owned(&entry.record, "name");
            }
        }
        let mut parsed = Vec::new();
        for branch in branches(&all) {
            let facts = branch_facts(&branch, &all, &facts, &parsed);
            parsed.push(conversation(&branch, &all, facts));
        }
        if parsed.is_empty() {
            parsed.push(Parsed { facts, ..Parsed::default() });
        }
        let mut main = parsed.remove(0);
        main.skipped.extend(lines.skipped);
        main.raw.extend(lines.raw);
        // A label or a change of model that nothing followed is no conversation.
        self.others = parsed.into_iter().filter(|other| !other.steps.is_empty()).collect();
        main
    }

    fn others(&mut self) -> Vec<Parsed> {
        std::mem::take(&mut self.others)
    }
}

impl Parser {
    pub(super) fn new(path: &Path) -> Self {
        Self { stem: stem(path).to_owned(), others: Vec::new() }
    }

    fn facts(&self, header: &Value) -> SessionFacts {
        let at = time(header, "timestamp");
        SessionFacts {
            native: owned(header, "id").unwrap_or_else(|| self.stem.clone()),
            parent: text(header, "parentSession").or_else(|| text(header, "branchedFrom")).and_then(session_of),
            cwd: owned(header, "cwd"),
            started_at: at,
            ended_at: at,
            ..SessionFacts::default()
        }
    }
}

/// The id in a session file's path: what follows the first `_` of its name.
fn session_of(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?.trim_end_matches(".jsonl");
    Some(name.split_once('_').map_or(name, |(_, id)| id).to_owned())
}

/// What is known of a branch before it is read.
fn branch_facts(branch: &Branch, all: &[Entry], main: &SessionFacts, before: &[Parsed]) -> SessionFacts {
    let Some(parent) = branch.parent else { return main.clone() };
    let first = branch.entries.get(branch.shared).map(|&place| &all[place]);
    let name = first.and_then(|first| owned(&first.record, "id").or_else(|| Some(first.line.to_string())));
    SessionFacts {
        native: format!("{}~{}", main.native, name.unwrap_or_default()),
        parent: before.get(parent).map(|parent| parent.facts.native.clone()),
        cwd: main.cwd.clone(),
        ..SessionFacts::default()
    }
}

/// Follows a path. Of a branch only what is its own is given, numbered as it stands in the path.
fn conversation(branch: &Branch, all: &[Entry], facts: SessionFacts) -> Parsed {
    let mut course = Course::default();
    let mut out = Parsed::default();
    let (shared, own) = branch.entries.split_at(branch.shared);
    for &place in shared {
        entry(&all[place], &mut course, &mut out);
    }
    course.finish(&mut out);
    let mut out = Parsed { facts, ..Parsed::default() };
    for &place in own {
        entry(&all[place], &mut course, &mut out);
        out.keep_value(&all[place].record);
    }
    course.finish(&mut out);
    out
}

fn entry(entry: &Entry, course: &mut Course, out: &mut Parsed) {
    let record = &entry.record;
    course.time(time(record, "timestamp"), &mut out.facts);
    match text(record, "type") {
        Some("message") => match record.get("message") {
            Some(said) => message(entry, said, course, out),
            None => out.skip("message without content", entry.line),
        },
        Some("compaction") => out.facts.compactions += 1,
        Some(
            "model_change"
            | "thinking_level_change"
            | "usage"
            | "context_edit"
            | "branch_summary"
            | "branchSummary"
            | "compactionSummary"
            | "custom"
            | "custom_message"
            | "label"
            | "session_info"
            | "active_tools_change",
        ) => {}
        Some(kind) => out.skip(format!("unknown type {}", printable_name(kind)), entry.line),
        None => out.skip("record without a type", entry.line),
    }
}

fn message(entry: &Entry, message: &Value, course: &mut Course, out: &mut Parsed) {
    // Version 1 has no ids; a fork copies an entry with its time.
    let mut ids = StepIds::of(owned(&entry.record, "id").or_else(|| owned(&entry.record, "timestamp")));
    let content = message.get("content").unwrap_or(&Value::Null);
    match text(message, "role") {
        Some("user") => {
            let said = without_elements(&texts(content).join("\n"), EMBEDDED);
            course.say(Role::User, &said, ids.next(), out);
        }
        Some("assistant") => {
            usage(message, out);
            course.say(Role::Agent, &texts(content).join("\n"), ids.next(), out);
            for block in elements(message, "content") {
                call(block, &mut ids, entry.line, course, out);
            }
            if text(message, "stopReason") == Some("aborted") {
                course.interrupt(out);
            }
        }
        Some("toolResult") => {
            let said = texts(content).join("\n");
            let status = status(message, &said);
            course.settle(text(message, "toolCallId").unwrap_or_default(), status, &said, out);
        }
        // What the person ran in the shell, what extensions said, summaries: nobody's words.
        Some("system" | "bashExecution" | "custom" | "hookMessage" | "branchSummary" | "compactionSummary") => {}
        _ => out.skip("message of unknown role", entry.line),
    }
}

fn usage(message: &Value, out: &mut Parsed) {
    let usage = message.get("usage").unwrap_or(&Value::Null);
    let read = ["input", "cacheRead", "cacheWrite"].iter().map(|member| count(usage, member));
    out.facts.usage.add(read.fold(0, u64::saturating_add), count(usage, "output"));
    out.facts.usage.model = owned(message, "model").or(out.facts.usage.model.take());
}

fn call(block: &Value, ids: &mut StepIds, line: u64, course: &mut Course, out: &mut Parsed) {
    if text(block, "type") != Some("toolCall") {
        return;
    }
    let Some(name) = text(block, "name") else {
        out.skip("tool call without a name", line);
        return;
    };
    let input = block.get("arguments").unwrap_or(&Value::Null);
    course.call(tools::call(text(block, "id").unwrap_or_default(), name, input), ids.next(), out);
}

fn status(message: &Value, said: &str) -> ToolStatus {
    if message.get("isError") != Some(&Value::Bool(true)) {
        ToolStatus::Ok
    } else if CANCELLED.iter().any(|phrase| said.contains(phrase)) {
        ToolStatus::Cancelled
    } else {
        ToolStatus::Failed
    }
}

//! Follows an event log from its first event on.

use std::path::Path;

use serde_json::Value;

use crate::model::{Role, ToolStatus};
use crate::trace::TraceParser;
use crate::trace::course::{Course, StepIds};
use crate::trace::fields::{count, each_object, elements, owned, text, texts, time, without_elements};
use crate::trace::parsed::{Parsed, printable_name};
use crate::trace::tools;
use crate::trace::walk::{name, stem};

/// Elements that others put into a prompt.
const EMBEDDED: &[&str] = &["memory-lane", "system-reminder", "current_datetime", "reminder"];

/// Everything that later events depend on.
pub(super) struct Parser {
    native: String,
    cwd: Option<String>,
    title: Option<String>,
    line: u64,
    course: Course,
}

impl TraceParser for Parser {
    fn replay(&mut self, bytes: &[u8]) {
        drop(self.read(bytes));
    }

    fn read(&mut self, bytes: &[u8]) -> Parsed {
        let mut out = Parsed::default();
        let mut line = self.line;
        each_object(bytes, &mut line, &mut out, |event, line, out| {
            self.line = line;
            self.event(&event, out);
        });
        self.line = line;
        self.course.finish(&mut out);
        out.facts.native.clone_from(&self.native);
        out.facts.cwd.clone_from(&self.cwd);
        out.facts.agent_title.clone_from(&self.title);
        out
    }
}

impl Parser {
    pub(super) fn new(path: &Path) -> Self {
        let is_in_directory = name(path) == "events.jsonl";
        let above = path.parent().map(name).filter(|above| is_in_directory && !above.is_empty());
        Self {
            native: above.unwrap_or_else(|| stem(path)).to_owned(),
            cwd: None,
            title: if is_in_directory { title_beside(path) } else { None },
            line: 0,
            course: Course::default(),
        }
    }

    fn event(&mut self, event: &Value, out: &mut Parsed) {
        self.course.time(time(event, "timestamp"), &mut out.facts);
        let Some(kind) = text(event, "type") else {
            out.skip("event without a type", self.line);
            return;
        };
        let data = event.get("data").unwrap_or(&Value::Null);
        // What a sub-agent says and hears stands among the rest, under the call that started it.
        let is_aside = text(data, "parentToolCallId").is_some();
        match kind {
            "session.start" | "session.resume" | "session.context_changed" => self.session(data, out),
            "session.title_changed" => self.title = owned(data, "title").or(self.title.take()),
            "session.compaction_complete" => {
                out.facts.compactions += u32::from(data.get("success") != Some(&Value::Bool(false)));
            }
            "user.message" => {
                // Skills and the program itself put messages in the person's place and name themselves as source.
                let is_own = text(data, "source").is_none_or(|source| source == "user") && !is_aside;
                let said = data.get("content").map(texts).unwrap_or_default().join("\n");
                if is_own {
                    self.course.say(Role::User, &without_elements(&said, EMBEDDED), owned(event, "id"), out);
                }
            }
            "session.model_change" => {
                out.facts.usage.model = owned(data, "newModel").or(out.facts.usage.model.take());
            }
            "session.shutdown" => totals(data, out),
            "assistant.message" => self.answer(event, data, is_aside, out),
            "tool.execution_start" | "tool.user_requested" => {
                self.call(data, "toolName", text(data, "toolCallId").map(str::to_owned), out);
            }
            "tool.execution_complete" => self.end(data, out),
            "abort" => self.course.interrupt(out),
            kind if is_bookkeeping(kind) => {}
            kind => out.skip(format!("unknown event {}", printable_name(kind)), self.line),
        }
    }

    fn session(&mut self, data: &Value, out: &mut Parsed) {
        if let Some(id) = text(data, "sessionId") {
            id.clone_into(&mut self.native);
        }
        let context = data.get("context").unwrap_or(data);
        self.cwd = self.cwd.take().or_else(|| owned(context, "cwd"));
        out.facts.usage.model = owned(data, "selectedModel").or(out.facts.usage.model.take());
        out.facts.commit = out.facts.commit.take().or_else(|| owned(context, "headCommit"));
        out.facts.branch = owned(context, "branch").or(out.facts.branch.take());
        out.facts.client_version = owned(data, "copilotVersion").or(out.facts.client_version.take());
    }

    fn answer(&mut self, event: &Value, data: &Value, is_aside: bool, out: &mut Parsed) {
        let mut ids = StepIds::of(owned(event, "id"));
        if !is_aside {
            let said = data.get("content").map(texts).unwrap_or_default().join("\n");
            self.course.say(Role::Agent, &said, ids.next(), out);
        }
        for request in elements(data, "toolRequests") {
            self.call(request, "name", text(request, "toolCallId").map(str::to_owned), out);
        }
    }

    /// A call is announced by the answer that wants it and again when it starts.
    fn call(&mut self, data: &Value, name_member: &str, call_id: Option<String>, out: &mut Parsed) {
        let (Some(name), Some(call_id)) = (text(data, name_member), call_id) else {
            out.skip("tool call without a name", self.line);
            return;
        };
        if self.course.is_open(&call_id) {
            return;
        }
        let input = match data.get("arguments") {
            Some(Value::String(json)) => serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.clone())),
            Some(input) => input.clone(),
            None => Value::Null,
        };
        self.course.call(tools::call(&call_id, name, &input), Some(call_id.clone()), out);
    }

    fn end(&mut self, data: &Value, out: &mut Parsed) {
        let Some(call_id) = text(data, "toolCallId") else {
            out.skip("tool result without a call", self.line);
            return;
        };
        let result = data.get("result").unwrap_or(&Value::Null);
        let error = data.get("error").unwrap_or(&Value::Null);
        let said = text(error, "message")
            .or_else(|| text(result, "content"))
            .or_else(|| text(result, "text_result_for_llm"))
            .or_else(|| data.get("error")?.as_str());
        let kind = text(error, "code").or_else(|| text(result, "result_type")).unwrap_or_default();
        let status = match kind {
            "rejected" | "denied" | "cancelled" | "aborted" => ToolStatus::Cancelled,
            "failure" | "error" => ToolStatus::Failed,
            _ if data.get("success") == Some(&Value::Bool(false)) || !error.is_null() => ToolStatus::Failed,
            _ if exited_badly(said.unwrap_or_default()) => ToolStatus::Failed,
            _ => ToolStatus::Ok,
        };
        self.course.settle(call_id, status, said.unwrap_or_default(), out);
    }
}

/// A command that fails is a tool that succeeds; the last line of its output has the exit status.
fn exited_badly(said: &str) -> bool {
    let last = said.lines().next_back().unwrap_or_default();
    let exit = last.split_once("exited with exit code ").map(|(_, exit)| exit.trim_end_matches(['>', '.', ' ']));
    exit.is_some_and(|exit| exit != "0")
}

/// Tokens of a run, by model, as the program counts them when it ends.
fn totals(data: &Value, out: &mut Parsed) {
    let models = data.get("modelMetrics").and_then(Value::as_object);
    for usage in models.into_iter().flatten().filter_map(|(_, metrics)| metrics.get("usage")) {
        out.facts.usage.add(count(usage, "inputTokens"), count(usage, "outputTokens"));
    }
}

/// The summary that `workspace.yaml` has for the session. One plain line of it is all that is understood.
fn title_beside(path: &Path) -> Option<String> {
    let workspace = std::fs::read_to_string(path.with_file_name("workspace.yaml")).ok()?;
    let line = |name: &str| workspace.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let title = line("name").or_else(|| line("summary"))?.trim().trim_matches(['"', '\'']);
    (!title.is_empty() && !title.starts_with(['|', '>'])).then(|| title.to_owned())
}

/// Events that report progress, costs and states.
fn is_bookkeeping(kind: &str) -> bool {
    const FAMILIES: &[&str] =
        &["subagent", "hook", "permission", "skill", "external_tool", "user_input", "elicitation"];
    const KNOWN: &[&str] = &[
        "session.mode_changed",
        "session.plan_changed",
        "session.info",
        "session.warning",
        "session.error",
        "session.idle",
        "session.handoff",
        "session.truncation",
        "session.snapshot_rewind",
        "session.usage_info",
        "session.workspace_file_changed",
        "session.compaction_start",
        "session.task_complete",
        "assistant.turn_start",
        "assistant.turn_end",
        "assistant.intent",
        "assistant.reasoning",
        "assistant.usage",
        "tool.execution_progress",
        "tool.execution_partial_result",
        "pending_messages.modified",
        "system.message",
        "system.notification",
    ];
    KNOWN.contains(&kind) || kind.split_once('.').is_some_and(|(family, _)| FAMILIES.contains(&family))
}

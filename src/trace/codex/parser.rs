//! Follows a rollout from its first record on.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::{compressed, ends, words};
use crate::model::{Role, ToolStatus};
use crate::trace::TraceParser;
use crate::trace::course::Course;
use crate::trace::fields::{count, each_object, elements, owned, text, time};
use crate::trace::parsed::{Parsed, printable_name};
use crate::trace::patch;
use crate::trace::tools;
use crate::trace::walk::name;

/// Everything that later records depend on.
pub(super) struct Parser {
    stem: String,
    native: Option<String>,
    parent: Option<String>,
    subagent: bool,
    headless: bool,
    cwd: Option<String>,
    remote: Option<String>,
    line: u64,
    course: Course,
    /// Ends of open calls that events told before their outputs stood there.
    ended: HashMap<String, ToolStatus>,
    /// Tokens as the latest count has them: the counts are of the whole session.
    counted: (u64, u64),
}

impl TraceParser for Parser {
    fn replay(&mut self, bytes: &[u8]) {
        drop(self.read(bytes));
    }

    fn read(&mut self, bytes: &[u8]) -> Parsed {
        let mut out = Parsed::default();
        let (plain, is_whole) = compressed::plain(bytes);
        let mut line = self.line;
        each_object(&plain, &mut line, &mut out, |record, line, out| {
            self.line = line;
            self.record(&record, out);
        });
        self.line = line;
        if !is_whole {
            out.count("compressed data damaged or cut", self.line);
        }
        self.course.finish(&mut out);
        out.facts.native = self.native.clone().unwrap_or_else(|| self.stem.clone());
        out.facts.parent.clone_from(&self.parent);
        out.facts.cwd.clone_from(&self.cwd);
        out.facts.remote.clone_from(&self.remote);
        out.facts.subagent = self.subagent;
        out.facts.headless = self.headless;
        out
    }
}

impl Parser {
    pub(super) fn new(path: &Path) -> Self {
        let stem = name(path).trim_end_matches(".zst").trim_end_matches(".jsonl").to_owned();
        Self {
            stem,
            native: None,
            parent: None,
            subagent: false,
            headless: false,
            cwd: None,
            remote: None,
            line: 0,
            course: Course::default(),
            ended: HashMap::new(),
            counted: (0, 0),
        }
    }

    fn record(&mut self, record: &Value, out: &mut Parsed) {
        self.course.time(time(record, "timestamp"), &mut out.facts);
        let kind = text(record, "type");
        let Some(payload) = record.get("payload") else {
            // The first dialect has no envelope.
            match kind {
                Some(_) => self.item(record, record, out),
                None if record.get("instructions").is_some() => self.session(record, out),
                None if record.get("record_type").is_some() => {}
                None => out.skip("record without a type", self.line),
            }
            return;
        };
        match kind {
            Some("session_meta") => self.session(payload, out),
            Some("turn_context") => {
                self.cwd = self.cwd.take().or_else(|| owned(payload, "cwd"));
                out.facts.usage.model = owned(payload, "model").or(out.facts.usage.model.take());
            }
            Some("response_item") => self.item(payload, record, out),
            Some("event_msg") => self.event(payload, out),
            Some("compacted") => out.facts.compactions += 1,
            Some(kind) if matches!(kind, "world_state" | "token_usage_record") || kind.starts_with("inter_agent_") => {}
            Some(kind) => out.skip(format!("unknown type {}", printable_name(kind)), self.line),
            None => out.skip("record without a type", self.line),
        }
    }

    /// What the file is about. A fork's file goes on with the records of what it was forked from, its own stand first.
    fn session(&mut self, meta: &Value, out: &mut Parsed) {
        if self.native.is_some() {
            return;
        }
        self.native = owned(meta, "id").or_else(|| owned(meta, "session_id"));
        self.cwd = owned(meta, "cwd");
        out.facts.client_version = owned(meta, "cli_version");
        let git = |member: &str| meta.get("git").and_then(|git| owned(git, member));
        out.facts.branch = git("branch").filter(|branch| branch != "HEAD");
        out.facts.commit = git("commit_hash");
        self.remote = git("repository_url");
        self.headless = text(meta, "source") == Some("exec");
        let spawned = meta.get("source").and_then(|source| source.get("subagent"));
        self.subagent = spawned.is_some() || text(meta, "thread_source") == Some("subagent");
        let spawn = spawned.and_then(|spawned| spawned.get("thread_spawn"));
        self.parent = spawn
            .and_then(|spawn| owned(spawn, "parent_thread_id"))
            .or_else(|| owned(meta, "parent_thread_id"))
            .or_else(|| owned(meta, "forked_from_id"));
        if self.subagent {
            out.facts.agent_title =
                spawn.and_then(|spawn| owned(spawn, "agent_nickname").or(owned(spawn, "agent_role")));
        }
    }

    fn item(&mut self, item: &Value, record: &Value, out: &mut Parsed) {
        let kind = text(item, "type").or_else(|| item.get("role").map(|_| "message"));
        match kind {
            Some("message") => self.message(item, record, out),
            Some("function_call") => self.call(item, "arguments", out),
            Some("custom_tool_call") => self.call(item, "input", out),
            Some("local_shell_call" | "web_search_call" | "tool_search_call" | "image_generation_call") => {
                self.hosted_call(item, out);
            }
            Some(kind) if kind.ends_with("_output") => self.output(item, out),
            Some(
                "reasoning" | "compaction" | "context_compaction" | "compaction_summary" | "ghost_snapshot" | "other",
            ) => {}
            Some(kind) => out.skip(format!("unknown item {}", printable_name(kind)), self.line),
            None => out.skip("item without a type", self.line),
        }
    }

    fn message(&mut self, item: &Value, record: &Value, out: &mut Parsed) {
        let content = elements(item, "content");
        let uuid = self.uuid(item);
        match text(item, "role") {
            Some("assistant") => {
                // The summary that a compaction makes is written for the agent, not said to the person.
                if record.get("metadata").and_then(|meta| meta.get("compaction_output")) == Some(&Value::Bool(true)) {
                    return;
                }
                let said: Vec<&str> = content.iter().filter_map(|block| block.get("text")?.as_str()).collect();
                self.course.say(Role::Agent, &said.join("\n"), uuid, out);
            }
            Some("user") => {
                let passthrough = item.get("internal_chat_message_metadata_passthrough");
                let kinds = passthrough.map_or(&[][..], |passthrough| elements(passthrough, "content_item_kinds"));
                let blocks = content.iter().enumerate();
                let own = blocks.filter_map(|(place, block)| {
                    words::own(block.get("text")?.as_str()?, kinds.get(place).and_then(Value::as_str))
                });
                let said: Vec<String> = own.collect();
                // A sub-agent is asked by the agent that started it.
                let role = if self.subagent { Role::Agent } else { Role::User };
                self.course.say(role, &said.join("\n"), uuid, out);
            }
            Some("developer" | "system") => {}
            _ => out.skip("message of unknown role", self.line),
        }
    }

    /// The item's id. Older versions give none, but lines never move: not by archiving, nor by compressing.
    fn uuid(&self, item: &Value) -> Option<String> {
        let native = self.native.as_deref().unwrap_or(&self.stem);
        owned(item, "id").or_else(|| Some(format!("{native}:{}", self.line)))
    }

    /// A call whose input is JSON in a string, or a string that is no JSON.
    fn call(&mut self, item: &Value, member: &str, out: &mut Parsed) {
        let (Some(name), Some(call_id)) = (text(item, "name"), text(item, "call_id")) else {
            out.skip("tool call without a name", self.line);
            return;
        };
        let input = match item.get(member) {
            Some(Value::String(json)) => serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.clone())),
            Some(input) => input.clone(),
            None => Value::Null,
        };
        let uuid = self.uuid(item);
        self.course.call(tools::call(call_id, name, &input), uuid, out);
    }

    /// A call that the model's service or an old version runs: `action` says what.
    fn hosted_call(&mut self, item: &Value, out: &mut Parsed) {
        let kind = text(item, "type").unwrap_or_default().trim_end_matches("_call");
        let id = text(item, "call_id").or_else(|| text(item, "id")).map(str::to_owned);
        let id = id.unwrap_or_else(|| format!("{kind}-{}", self.line));
        let action = item.get("action").or_else(|| item.get("arguments")).unwrap_or(&Value::Null);
        let uuid = self.uuid(item);
        self.course.call(tools::call(&id, kind, action), uuid, out);
        if kind != "local_shell" && text(item, "status") != Some("in_progress") {
            self.course.settle(&id, ToolStatus::Ok, "", out);
        }
    }

    fn output(&mut self, item: &Value, out: &mut Parsed) {
        let Some(call_id) = text(item, "call_id") else { return };
        let (status, said) = ends::of_output(item.get("output").unwrap_or(&Value::Null));
        let status = self.ended.remove(call_id).filter(|status| *status != ToolStatus::Ok).unwrap_or(status);
        self.course.settle(call_id, status, &said, out);
    }

    fn event(&mut self, event: &Value, out: &mut Parsed) {
        match text(event, "type") {
            Some("turn_aborted") => {
                if text(event, "reason").is_none_or(|reason| reason == "interrupted") {
                    self.course.interrupt(out);
                }
            }
            Some("thread_name_updated") => {
                let title = owned(event, "thread_name").or_else(|| owned(event, "name"));
                out.facts.custom_title = title.or(out.facts.custom_title.take());
            }
            Some("token_count") => self.tokens(event, out),
            Some("exec_command_end" | "patch_apply_end" | "mcp_tool_call_end") => self.note_end(event),
            Some("item_completed") => match event.get("item") {
                Some(item) => self.note_end(item),
                None => out.skip("completed item without content", self.line),
            },
            Some(kind) if is_known_event(kind) => {}
            Some(kind) => out.skip(format!("unknown event {}", printable_name(kind)), self.line),
            None => out.skip("event without a type", self.line),
        }
    }

    fn tokens(&mut self, event: &Value, out: &mut Parsed) {
        let Some(total) = event.pointer("/info/total_token_usage") else { return };
        let now = (count(total, "input_tokens"), count(total, "output_tokens"));
        let before = std::mem::replace(&mut self.counted, now);
        // A count below the one before is that of a new run.
        let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        out.facts.usage.add(since(now.0, before.0), since(now.1, before.1));
    }

    fn note_end(&mut self, event: &Value) {
        if let Some(call_id) = text(event, "call_id").or_else(|| text(event, "id")) {
            self.course.patched(call_id, patch::of_changes(event.get("changes")));
        }
        if let Some((call_id, status)) = ends::of_event(event)
            && self.course.is_open(call_id)
        {
            self.ended.insert(call_id.to_owned(), status);
        }
    }
}

/// Events that repeat items, report progress or count tokens.
fn is_known_event(kind: &str) -> bool {
    const ENDINGS: &[&str] =
        &["_begin", "_delta", "_started", "_complete", "_completed", "_request", "_response", "_end"];
    const KNOWN: &[&str] = &[
        "user_message",
        "agent_message",
        "agent_reasoning",
        "agent_reasoning_raw_content",
        "agent_reasoning_section_break",
        "thread_settings_applied",
        "thread_rolled_back",
        "thread_goal_updated",
        "context_compacted",
        "turn_diff",
        "plan_update",
        "session_configured",
        "entered_review_mode",
        "exited_review_mode",
        "background_event",
        "view_image_tool_call",
        "deprecation_notice",
        "model_reroute",
        "warning",
        "error",
        "stream_error",
    ];
    KNOWN.contains(&kind) || ENDINGS.iter().any(|ending| kind.ends_with(ending))
}

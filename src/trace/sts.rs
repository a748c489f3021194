//! The open form for sessions of any harness: a header line, then one message a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use super::builder::Builder;
use super::document::{DocumentReader, DocumentSession, SessionSink, written_at};
use super::json::{filled, list, text, time};
use crate::model::{Agent, ToolStatus};

/// Reads `.jsonl` files whose first line is `{"type":"session","harness":…,"id":…}`.
pub(super) struct Sts;

impl DocumentReader for Sts {
    fn may_hold(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        head.split(|&byte| byte == b'\n').next().is_some_and(|line| header(line).is_some())
    }

    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
        let mut builder = Builder::new("", written_at(path));
        let mut reader = BufReader::new(File::open(path)?);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            take(&mut builder, &line);
            line.clear();
        }
        sink.take(DocumentSession { agent: Agent::Sts, changed: None, parsed: builder.parsed });
        Ok(())
    }
}

fn header(line: &[u8]) -> Option<Value> {
    let header: Value = serde_json::from_slice(line).ok()?;
    let is_header = text(&header, "type") == "session" && !text(&header, "harness").is_empty();
    (is_header && !text(&header, "id").is_empty()).then_some(header)
}

fn take(builder: &mut Builder, line: &[u8]) {
    if line.trim_ascii().is_empty() {
        return;
    }
    let Ok(record) = serde_json::from_str::<Value>(&String::from_utf8_lossy(line)) else {
        return builder.skip_bytes("record that is not-JSON", line);
    };
    match text(&record, "type") {
        "session" => {
            let facts = &mut builder.parsed.facts;
            if facts.native.is_empty() {
                facts.native = filled(&record, "id").unwrap_or_default();
            }
            facts.agent_title = filled(&record, "name").or(facts.agent_title.take());
            facts.cwd = facts.cwd.take().or_else(|| filled(&record, "cwd"));
            facts.client_version = filled(&record, "version").or(facts.client_version.take());
            builder.at(time(record.get("timestamp")));
        }
        "message" => message(builder, record.get("message").unwrap_or(&Value::Null), filled(&record, "id")),
        other => builder.skip("unknown type", other, &record),
    }
}

fn message(builder: &mut Builder, message: &Value, id: Option<String>) {
    builder.record(id.or_else(|| filled(message, "id")).as_deref());
    builder.at(time(message.get("timestamp")));
    let said = content(message);
    match text(message, "role") {
        "user" => builder.user(&said),
        "assistant" => {
            let usage = &mut builder.parsed.facts.usage;
            usage.model = filled(message, "model").or(usage.model.take());
            builder.agent(&said);
            for call in list(message, "toolCalls") {
                let function = call.get("function").unwrap_or(call);
                builder.call(text(call, "id"), text(function, "name"), &arguments(function));
            }
        }
        "tool" => {
            let failed = message.get("isError").and_then(Value::as_bool).unwrap_or(false);
            let status = if failed { ToolStatus::Failed } else { ToolStatus::Ok };
            builder.result(text(message, "toolCallId"), status, &said);
        }
        "system" | "developer" => {}
        other => builder.skip("unknown role", other, message),
    }
}

/// What a call was given: an object, or one written as text.
fn arguments(function: &Value) -> Value {
    match function.get("arguments") {
        Some(Value::String(json)) => serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.clone())),
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

/// A message's text in either of its two forms.
fn content(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(said)) => said.clone(),
        Some(Value::Array(blocks)) => {
            let texts = blocks.iter().filter(|block| text(block, "type") == "text").map(|block| text(block, "text"));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

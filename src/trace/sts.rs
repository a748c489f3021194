//! The open form for sessions of any harness: a header line, then one message a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use super::builder::Builder;
use super::document::{DocumentReader, DocumentSession, SessionSink, written_at};
use super::fields::{elements, moment, or_empty, owned};
use super::{Reader, Reading};
use crate::model::{Agent, ToolStatus};

/// Reads `.jsonl` files whose first line is `{"type":"session","harness":…,"id":…}`.
pub(super) struct Sts;

impl Reader for Sts {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::Sts]
    }

    fn may_hold(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        head.split(|&byte| byte == b'\n').next().is_some_and(|line| header(line).is_some())
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Document(self)
    }
}

impl DocumentReader for Sts {
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
    let is_header = or_empty(&header, "type") == "session" && !or_empty(&header, "harness").is_empty();
    (is_header && !or_empty(&header, "id").is_empty()).then_some(header)
}

fn take(builder: &mut Builder, line: &[u8]) {
    if line.trim_ascii().is_empty() {
        return;
    }
    let Ok(record) = serde_json::from_str::<Value>(&String::from_utf8_lossy(line)) else {
        return builder.skip_bytes("record that is not-JSON", line);
    };
    match or_empty(&record, "type") {
        "session" => {
            let facts = &mut builder.parsed.facts;
            if facts.native.is_empty() {
                facts.native = owned(&record, "id").unwrap_or_default();
            }
            facts.agent_title = owned(&record, "name").or(facts.agent_title.take());
            facts.cwd = facts.cwd.take().or_else(|| owned(&record, "cwd"));
            facts.client_version = owned(&record, "version").or(facts.client_version.take());
            builder.at(moment(record.get("timestamp")));
        }
        "message" => message(builder, record.get("message").unwrap_or(&Value::Null), owned(&record, "id")),
        other => builder.skip("unknown type", other, &record),
    }
}

fn message(builder: &mut Builder, message: &Value, id: Option<String>) {
    builder.record(id.or_else(|| owned(message, "id")).as_deref());
    builder.at(moment(message.get("timestamp")));
    let said = content(message);
    match or_empty(message, "role") {
        "user" => builder.user(&said),
        "assistant" => {
            let usage = &mut builder.parsed.facts.usage;
            usage.model = owned(message, "model").or(usage.model.take());
            builder.agent(&said);
            for call in elements(message, "toolCalls") {
                let function = call.get("function").unwrap_or(call);
                builder.call(or_empty(call, "id"), or_empty(function, "name"), &arguments(function));
            }
        }
        "tool" => {
            let failed = message.get("isError").and_then(Value::as_bool).unwrap_or(false);
            let status = if failed { ToolStatus::Failed } else { ToolStatus::Ok };
            builder.result(or_empty(message, "toolCallId"), status, &said);
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
            let texts =
                blocks.iter().filter(|block| or_empty(block, "type") == "text").map(|block| or_empty(block, "text"));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

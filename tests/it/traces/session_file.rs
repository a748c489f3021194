//! Builds transcripts shaped like the agent's own, record by record.
#![allow(clippy::needless_pass_by_value, reason = "`json!` at the call is easier to read without a reference")]

use serde_json::{Map, Value, json};

/// Lines of one transcript, each record a second after the one before.
pub(crate) struct SessionFile {
    id: String,
    cwd: String,
    at: i64,
    records: u32,
    lines: Vec<String>,
}

impl SessionFile {
    /// An empty transcript of session `id` in directory `cwd`.
    pub(crate) fn new(id: &str, cwd: &str) -> Self {
        Self { id: id.to_owned(), cwd: cwd.to_owned(), at: 1_770_000_000, records: 0, lines: Vec::new() }
    }

    /// The next record is of the second after this one.
    pub(crate) fn starting_at(mut self, second: i64) -> Self {
        self.at = second;
        self
    }

    /// A record with the members that every message has; `own` adds and replaces.
    pub(crate) fn record(mut self, kind: &str, own: Value) -> Self {
        self.records += 1;
        self.at += 1;
        let at = jiff::Timestamp::from_second(self.at).unwrap();
        let mut record = json!({
            "parentUuid": null,
            "isSidechain": false,
            "userType": "external",
            "cwd": self.cwd,
            "sessionId": self.id,
            "version": "2.1.200",
            "gitBranch": "main",
            "type": kind,
            "uuid": format!("{}-{}", self.id, self.records),
            "timestamp": format!("{at:.3}"),
        });
        let members: &mut Map<String, Value> = record.as_object_mut().unwrap();
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            if value.is_null() {
                members.remove(&name)
            } else {
                members.insert(name, value)
            };
        }
        self.lines.push(record.to_string());
        self
    }

    /// A line as it is.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// A `user` record with plain text.
    pub(crate) fn user(self, text: &str) -> Self {
        self.user_with(text, json!({}))
    }

    /// A `user` record with plain text and further members.
    pub(crate) fn user_with(self, text: &str, own: Value) -> Self {
        let mut record = json!({"message": {"role": "user", "content": text}});
        merge(&mut record, own);
        self.record("user", record)
    }

    /// The agent says something.
    pub(crate) fn agent(self, text: &str) -> Self {
        self.record("assistant", json!({"message": {"role": "assistant", "content": [{"type": "text", "text": text}]}}))
    }

    /// The agent calls a tool.
    pub(crate) fn call(self, id: &str, name: &str, input: Value) -> Self {
        let block = json!({"type": "tool_use", "id": id, "name": name, "input": input});
        self.record("assistant", json!({"message": {"role": "assistant", "content": [block]}}))
    }

    /// A tool answers.
    pub(crate) fn result(self, id: &str, output: &str, is_error: bool) -> Self {
        let block = json!({"type": "tool_result", "tool_use_id": id, "content": output, "is_error": is_error});
        self.record("user", json!({"message": {"role": "user", "content": [block]}}))
    }

    /// The file's content.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The single lines.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

fn merge(into: &mut Value, own: Value) {
    if let (Value::Object(into), Value::Object(own)) = (into, own) {
        into.extend(own);
    }
}

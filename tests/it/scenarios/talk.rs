//! Sessions as the client writes them, with tool calls that fail or work.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::PROJECT;
use crate::support::Home;

/// One session in the making.
pub(super) struct Talk {
    id: String,
    cwd: String,
    /// Before the time of day.
    date: String,
    lines: Vec<Value>,
}

impl Talk {
    /// A session on a day of November 2026.
    pub(super) fn on(day: u32, id: &str) -> Self {
        let date = format!("2026-11-{day:02}T10:");
        Self { id: id.to_owned(), cwd: PROJECT.to_owned(), date, lines: Vec::new() }
    }

    /// A session of the hour of this time.
    pub(super) fn around(at: &str, id: &str) -> Self {
        Self { date: at.chars().take(14).collect(), ..Self::on(1, id) }
    }

    /// In another directory than the stories' own.
    pub(super) fn at(mut self, cwd: &Path) -> Self {
        self.cwd = cwd.to_string_lossy().into_owned();
        self
    }

    fn record(mut self, kind: &str, own: &Value) -> Self {
        let number = self.lines.len();
        let mut record = json!({
            "parentUuid": null, "isSidechain": false, "userType": "external", "cwd": self.cwd, "sessionId": self.id,
            "version": "2.1.329", "gitBranch": "main", "type": kind, "uuid": format!("{}-{number}", self.id),
            "timestamp": format!("{}00:{number:02}.000Z", self.date),
        });
        for (name, value) in own.as_object().unwrap() {
            record[name] = value.clone();
        }
        self.lines.push(record);
        self
    }

    pub(super) fn asks(self, text: &str) -> Self {
        self.record("user", &json!({"message": {"role": "user", "content": text}}))
    }

    pub(super) fn says(self, text: &str) -> Self {
        let content = json!([{"type": "text", "text": text}]);
        self.record("assistant", &json!({"message": {"role": "assistant", "content": content}}))
    }

    pub(super) fn runs(self, command: &str, failed: bool, output: &str) -> Self {
        let id = format!("toolu_{}_{}", self.id, self.lines.len());
        let call = json!([{"type": "tool_use", "id": id, "name": "Bash", "input": {"command": command}}]);
        let result = json!([{"type": "tool_result", "tool_use_id": id, "content": output, "is_error": failed}]);
        self.record("assistant", &json!({"message": {"role": "assistant", "content": call}}))
            .record("user", &json!({"message": {"role": "user", "content": result}}))
    }

    /// An edit of a file, relative to the working directory.
    pub(super) fn edits(self, path: &str, old: &str, new: &str) -> Self {
        let id = format!("toolu_{}_{}", self.id, self.lines.len());
        let input = json!({"file_path": format!("{}/{path}", self.cwd), "old_string": old, "new_string": new});
        let call = json!([{"type": "tool_use", "id": id, "name": "Edit", "input": input}]);
        let result = json!([{"type": "tool_result", "tool_use_id": id, "content": "The file has been updated."}]);
        self.record("assistant", &json!({"message": {"role": "assistant", "content": call}}))
            .record("user", &json!({"message": {"role": "user", "content": result}}))
    }

    /// Writes the transcript where the client keeps it.
    pub(super) fn written(&self, home: &Home) -> PathBuf {
        self.written_under(&home.path().join("claude"))
    }

    /// The same for a client with this directory of its own.
    pub(super) fn written_under(&self, config: &Path) -> PathBuf {
        let directory = config.join("projects").join(self.cwd.replace(|c: char| !c.is_alphanumeric(), "-"));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join(format!("{}.jsonl", self.id));
        let lines: Vec<String> = self.lines.iter().map(Value::to_string).collect();
        fs::write(&path, format!("{}\n", lines.join("\n"))).unwrap();
        path
    }
}

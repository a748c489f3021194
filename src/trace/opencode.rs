//! OpenCode's sessions, 1.2 and later: from `opencode export`, or from its database, of which the tables with accounts
//! and credentials are never read.

mod database;
mod parts;

use std::path::Path;

use memchr::memmem;
use serde_json::{Value, json};

use super::builder::Builder;
use super::database as sqlite;
use super::document::{DocumentReader, DocumentSession, SessionSink, file_name};
use super::fields::{elements, or_empty, whole_objects};
use super::{Reader, Reading};
use crate::model::Agent;

/// Reads `opencode.db` and exported sessions.
pub(super) struct OpenCode;

fn exported(info: &Value, messages: &[Value], path: &Path) -> Builder {
    let mut builder = parts::session(info, path);
    for message in messages {
        parts::message(&mut builder, message.get("info").unwrap_or(&Value::Null), elements(message, "parts"));
    }
    builder
}

/// What is whole in an export that is not: its messages, under the session's own id, which stands in each of them.
fn damaged(content: &[u8], path: &Path) -> Option<Builder> {
    let is_head = |value: &Value| or_empty(value, "id").starts_with("ses_");
    let is_message = |value: &Value| value.get("info").is_some() && value.get("parts").is_some_and(Value::is_array);
    let (heads, messages): (Vec<Value>, Vec<Value>) =
        whole_objects(content, |value| is_head(value) || is_message(value)).into_iter().partition(is_head);
    let named = || Some(json!({"id": messages.first()?.pointer("/info/sessionID")?}));
    let head = heads.into_iter().next().or_else(named);
    let mut builder = exported(&head?, &messages, path);
    builder.count("export that is damaged");
    Some(builder)
}

impl Reader for OpenCode {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::OpenCode]
    }

    /// `opencode.db`, or `opencode-<channel>.db`; exports have no name of their own but usually the session's id.
    fn may_hold(&self, path: &Path) -> bool {
        let name = file_name(path);
        let is_export = name.ends_with(".json") && (name.starts_with("ses_") || name.starts_with("export"));
        name.starts_with("opencode") && (name.ends_with(".db") || name.ends_with(".json")) || is_export
    }

    fn recognises(&self, path: &Path, head: &[u8]) -> bool {
        if head.starts_with(sqlite::MAGIC) {
            return file_name(path).starts_with("opencode")
                && sqlite::has_tables(path, &["session", "message", "part"]);
        }
        let has = |text: &str| memmem::find(head, text.as_bytes()).is_some();
        head.trim_ascii_start().starts_with(b"{") && has("\"ses_") && has("\"info\"")
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Document(self)
    }
}

impl DocumentReader for OpenCode {
    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
        if path.extension().is_some_and(|extension| extension == "db") {
            return database::sessions(path, sink);
        }
        let content = std::fs::read(path)?;
        let builder = match serde_json::from_slice::<Value>(&content) {
            Ok(export) => exported(export.get("info").unwrap_or(&Value::Null), elements(&export, "messages"), path),
            Err(error) => damaged(&content, path).ok_or(error)?,
        };
        sink.take(DocumentSession { agent: Agent::OpenCode, changed: None, parsed: builder.parsed });
        Ok(())
    }
}

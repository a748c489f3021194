//! OpenCode's sessions, 1.2 and later: from `opencode export`, or from its database, of which the tables with accounts
//! and credentials are never read.

mod database;
mod parts;

use std::path::Path;

use serde_json::Value;

use super::database as sqlite;
use super::document::{DocumentReader, DocumentSession, SessionSink, file_name};
use super::json::list;
use crate::model::Agent;

/// Reads `opencode.db` and exported sessions.
pub(super) struct OpenCode;

impl DocumentReader for OpenCode {
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
        let head = String::from_utf8_lossy(head);
        head.trim_start().starts_with('{') && head.contains("\"info\"") && head.contains("\"ses_")
    }

    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
        if path.extension().is_some_and(|extension| extension == "db") {
            return database::sessions(path, sink);
        }
        let export: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        let mut builder = parts::session(export.get("info").unwrap_or(&Value::Null), path);
        for message in list(&export, "messages") {
            parts::message(&mut builder, message.get("info").unwrap_or(&Value::Null), list(message, "parts"));
        }
        sink.take(DocumentSession { agent: Agent::OpenCode, changed: None, parsed: builder.parsed });
        Ok(())
    }
}

//! Cursor's sessions: transcripts of its agent, the editor's database, the command line's databases.

mod bubbles;
mod chats;
mod messages;
mod transcript;
mod words;

use std::path::Path;

use super::database as sqlite;
use super::document::{DocumentReader, SessionSink, file_name};
use super::{Reader, Reading};
use crate::model::Agent;

/// Reads `agent-transcripts/**.{jsonl,txt}`, `state.vscdb` and `chats/<workspace>/<chat>/store.db`.
pub(super) struct Cursor;

impl Reader for Cursor {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::Cursor]
    }

    fn may_hold(&self, path: &Path) -> bool {
        let name = file_name(path);
        // The editor's copies `state.vscdb.backup` hold nothing more.
        name == "state.vscdb" || name == "store.db" || transcript::is_transcript(path)
    }

    fn recognises(&self, path: &Path, head: &[u8]) -> bool {
        if head.starts_with(sqlite::MAGIC) {
            return match file_name(path) {
                "state.vscdb" => sqlite::has_tables(path, &["cursorDiskKV"]),
                _ => sqlite::has_tables(path, &["blobs", "meta"]),
            };
        }
        transcript::recognises(path, head)
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Document(self)
    }
}

impl DocumentReader for Cursor {
    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("vscdb") => bubbles::sessions(path, sink),
            Some("db") => chats::session(path, sink),
            Some("txt") => transcript::plain(path, sink),
            _ => transcript::lines(path, sink),
        }
    }
}

//! Forgetting a session: whatever was read of it goes, and what is left keeps it from being taken in again.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use crate::model::{SessionId, Timestamp};
use crate::store::ForgottenSession;

/// What belongs to a session by the number of its row. What the rows of a table below refer to stands after it.
const BY_ROW: [&str; 9] = [
    "DELETE FROM messages_fts WHERE rowid IN (SELECT id FROM messages WHERE session = ?)",
    "DELETE FROM messages WHERE session = ?",
    "DELETE FROM calls_fts WHERE rowid IN (SELECT id FROM tool_calls WHERE session = ?)",
    "DELETE FROM tool_calls WHERE session = ?",
    "DELETE FROM raw_records WHERE transcript IN (SELECT id FROM transcripts WHERE session = ?)",
    "DELETE FROM skipped WHERE transcript IN (SELECT id FROM transcripts WHERE session = ?)",
    "DELETE FROM session_links WHERE session = ?",
    "DELETE FROM catch_state WHERE session = ?",
    "DELETE FROM distil_state WHERE session = ?",
];

/// What belongs to a session by its name. A vote stays with the vector of the situation it was given in, without its words.
const BY_NAME: [&str; 10] = [
    "UPDATE memory_feedback SET query = NULL WHERE session = ?1 OR query IN (
         SELECT q.text FROM recall_queries q JOIN session_recalls r ON r.query = q.id WHERE r.session = ?1)",
    "DELETE FROM session_recalls WHERE session = ?",
    "DELETE FROM session_state WHERE session = ?",
    "DELETE FROM session_names WHERE session = ?",
    "DELETE FROM session_warnings WHERE session = ?",
    "DELETE FROM memory_uses WHERE session = ?",
    "DELETE FROM memory_observations WHERE session = ?",
    "DELETE FROM command_runs WHERE session = ?",
    "DELETE FROM worker_requests WHERE session = ?",
    "UPDATE sessions SET project = NULL, cwd = NULL, branch = NULL, git_commit = NULL, model = NULL, host = NULL,
         custom_title = NULL, agent_title = NULL, given_title = NULL, made_title = NULL, pinned_at = NULL,
         client_version = NULL, started_at = NULL, ended_at = NULL, outcome = 'ended', turns = 0, files = 0,
         user_messages = 0, agent_messages = 0, tool_calls = 0, failed_calls = 0, next_seq = 0
     WHERE name = ?",
];

/// What is left over once the sessions are gone.
const REMAINS: [&str; 4] = [
    // Queries of memories that were forgotten are nobody's any more, and may be this session's.
    "DELETE FROM recall_queries WHERE id NOT IN (SELECT query FROM session_recalls)",
    // Numbers of calls are given again: the next ones are to be looked at.
    "UPDATE facts SET value = MIN(value, (SELECT COALESCE(MAX(id), 0) FROM tool_calls)) WHERE name = 'command_runs.upto'",
    // Only merging drops what was deleted from the segments of an index.
    "INSERT INTO messages_fts (messages_fts) VALUES ('optimize')",
    "INSERT INTO calls_fts (calls_fts) VALUES ('optimize')",
];

/// Deletes a session with its sub-agents' sessions, and marks them; none when it is not there.
pub(super) fn forget(db: &Connection, id: &SessionId, now: Timestamp) -> Attempt<Option<ForgottenSession>> {
    let family = family(db, id)?;
    if family.is_empty() {
        return Ok(None);
    }
    let mut forgotten = ForgottenSession { subagents: family.len() as u64 - 1, ..ForgottenSession::default() };
    for (row, name) in &family {
        let count = |table: &str| -> Attempt<u64> {
            let statement = format!("SELECT count(*) FROM {table} WHERE session = ?");
            Ok(db.query_row(&statement, [row], |row| row.get::<_, i64>(0))?.cast_unsigned())
        };
        forgotten.messages += count("messages")?;
        forgotten.calls += count("tool_calls")?;
        for statement in BY_ROW {
            db.execute(statement, [row])?;
        }
        for statement in BY_NAME {
            db.execute(statement, [name])?;
        }
        db.execute(
            "UPDATE transcripts SET interrupts = 0, compactions = 0, tokens_in = 0, tokens_out = 0 WHERE session = ?",
            [row],
        )?;
        db.execute("UPDATE sessions SET forgotten_at = ? WHERE id = ?", params![now, row])?;
    }
    for statement in REMAINS {
        db.execute(statement, [])?;
    }
    Ok(Some(forgotten))
}

/// The session and its sub-agents' sessions: they are shown as a part of it.
fn family(db: &Connection, id: &SessionId) -> Attempt<Vec<(i64, SessionId)>> {
    let statement = "WITH RECURSIVE family (id, name) AS (
             SELECT id, name FROM sessions WHERE name = ? AND forgotten_at IS NULL
             UNION
             SELECT s.id, s.name FROM sessions s JOIN family f ON s.parent = f.name WHERE s.subagent = 1
         ) SELECT id, name FROM family";
    let family = db
        .prepare(statement)?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(family)
}

/// Marks a sub-agent's session that comes after its parent was forgotten; whether it did.
pub(super) fn follow_parent(db: &Connection, session: i64, parent: &SessionId) -> Attempt<bool> {
    let statement = "UPDATE sessions SET parent = ?1, subagent = 1, outcome = 'ended',
             forgotten_at = (SELECT forgotten_at FROM sessions WHERE name = ?1)
         WHERE id = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE name = ?1 AND forgotten_at IS NOT NULL)";
    Ok(db.prepare_cached(statement)?.execute(params![parent, session])? > 0)
}

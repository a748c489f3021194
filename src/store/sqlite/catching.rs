//! What the catcher has read, and what it found.

use rusqlite::{Connection, params};

use super::append::row_of;
use super::failure::Attempt;
use super::memories;
use crate::model::{MemoryDraft, MemoryId, Timestamp};
use crate::store::{Added, CatchWork};

/// Sessions with steps that this version of the catcher has not read, oldest first.
pub(super) fn uncaught(db: &Connection, version: u32) -> Attempt<Vec<CatchWork>> {
    let statement = "SELECT name, next_seq,
             MIN(COALESCE((SELECT MIN(turn) FROM messages WHERE session = work.id AND seq >= work.read), 0xFFFFFFFF),
                 COALESCE((SELECT MIN(turn) FROM tool_calls WHERE session = work.id AND seq >= work.read), 0xFFFFFFFF))
         FROM (SELECT s.id, s.name, s.next_seq, s.started_at, COALESCE(c.upto_seq, 0) AS read
               FROM sessions s LEFT JOIN catch_state c ON c.session = s.id AND c.version = ?
               WHERE s.subagent = 0) AS work
         WHERE next_seq > read
         ORDER BY started_at, id";
    let work = db
        .prepare_cached(statement)?
        .query_map([version], |row| {
            Ok(CatchWork { session: row.get(0)?, upto_seq: row.get(1)?, from_turn: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(work)
}

/// Stores what was found and notes how far was read; gives the numbers of the new memories.
pub(super) fn record(
    db: &Connection,
    work: &CatchWork,
    version: u32,
    drafts: &[MemoryDraft],
    now: Timestamp,
) -> Attempt<Vec<MemoryId>> {
    let mut new = Vec::new();
    for draft in drafts {
        if let Added::New(id) = memories::add(db, draft, now)? {
            new.push(id);
        }
    }
    if let Some(session) = row_of(db, &work.session)? {
        let statement = "INSERT INTO catch_state (session, version, upto_seq) VALUES (?, ?, ?)
             ON CONFLICT (session) DO UPDATE SET version = excluded.version, upto_seq = excluded.upto_seq";
        db.prepare_cached(statement)?.execute(params![session, version, work.upto_seq])?;
    }
    Ok(new)
}

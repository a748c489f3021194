//! What the catcher has read, and what it found.

use rusqlite::{Connection, params};

use super::append::row_of;
use super::failure::Attempt;
use super::{memories, memory_rows, observations};
use crate::model::Timestamp;
use crate::store::{Added, CatchWork, Found, Recorded};

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

/// Stores what was found and notes how far was read. What is replaced held until the other thing was said, not until it
/// was read.
pub(super) fn record(
    db: &Connection,
    work: &CatchWork,
    version: u32,
    found: &Found,
    now: Timestamp,
) -> Attempt<Recorded> {
    let mut recorded = Recorded::default();
    let mut numbers = Vec::with_capacity(found.new.len());
    for draft in &found.new {
        let added = memories::add(db, draft, now)?;
        numbers.push(match added {
            Added::New(id) => Some(id),
            Added::Known(_) | Added::Forgotten => None,
        });
    }
    for (at, old) in &found.replaces {
        let Some(new) = numbers.get(*at).copied().flatten() else { continue };
        let said_at = found.new.get(*at).map_or(now, |draft| draft.formed_at);
        for &id in old {
            if observations::supersede(db, id, new, said_at)? {
                recorded.superseded.push(id);
            }
        }
    }
    for (at, newer) in &found.replaced {
        let Some(old) = numbers.get(*at).copied().flatten() else { continue };
        let said_at = memory_rows::memory(db, *newer)?.map_or(now, |memory| memory.draft.formed_at);
        if observations::supersede(db, old, *newer, said_at)? {
            recorded.superseded.push(old);
        }
    }
    for (id, seen) in &found.again {
        recorded.observed += usize::from(observations::observe_again(db, *id, seen)?);
    }
    recorded.new = numbers.into_iter().flatten().collect();
    note_read(db, work, version)?;
    Ok(recorded)
}

/// Never moves backwards within a version: another process may have read further meanwhile.
fn note_read(db: &Connection, work: &CatchWork, version: u32) -> Attempt<()> {
    let Some(session) = row_of(db, &work.session)? else { return Ok(()) };
    let statement = "INSERT INTO catch_state (session, version, upto_seq) VALUES (?, ?, ?)
         ON CONFLICT (session) DO UPDATE SET version = excluded.version, upto_seq =
             CASE WHEN version = excluded.version THEN MAX(upto_seq, excluded.upto_seq) ELSE excluded.upto_seq END";
    db.prepare_cached(statement)?.execute(params![session, version, work.upto_seq])?;
    Ok(())
}

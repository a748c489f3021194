//! Memories that are said again, and memories that others take the place of.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use super::{memories, memory_rows};
use crate::model::{MemoryId, MemoryStatus, Timestamp};
use crate::store::{MemoryEdit, Observation, StoreError};

/// In so many sessions something found out is no longer a single case. What the user settled keeps its kind: a decision
/// that is repeated is still a decision, and may still be replaced.
const SEEN_FOR_A_PATTERN: u32 = 3;

/// Adds the evidence once; counts it when its session is another than those that count already.
pub(super) fn observe_again(db: &Connection, id: MemoryId, seen: &Observation) -> Attempt<bool> {
    let memory = memory_rows::memory(db, id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let counted = memory.draft.provenance.session.as_ref() == Some(&seen.session)
        || db
            .prepare_cached("SELECT 1 FROM memory_observations WHERE memory = ? AND session = ?")?
            .exists(params![id, seen.session])?;
    db.prepare_cached(
        "INSERT INTO memory_observations (memory, session, message, at, quote) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![id, seen.session, seen.message, seen.at, seen.quote])?;
    if !counted {
        db.prepare_cached("UPDATE memories SET times_observed = times_observed + 1 WHERE id = ?")?.execute([id])?;
        let statement = "UPDATE memories SET kind = 'pattern'
             WHERE id = ? AND times_observed >= ? AND kind IN ('learning', 'insight')";
        db.prepare_cached(statement)?.execute(params![id, SEEN_FOR_A_PATTERN])?;
    }
    Ok(!counted)
}

/// The evidence of a memory besides its own moment, oldest first.
pub(super) fn observations(db: &Connection, id: MemoryId) -> Attempt<Vec<Observation>> {
    let statement =
        "SELECT session, message, at, quote FROM memory_observations WHERE memory = ? ORDER BY at, session, message";
    let seen = db
        .prepare_cached(statement)?
        .query_map([id], |row| {
            Ok(Observation { session: row.get(0)?, message: row.get(1)?, at: row.get(2)?, quote: row.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(seen)
}

/// Gives `into` everything that `from` stands on, then lets it take the place of `from`.
pub(super) fn merge(db: &Connection, from: MemoryId, into: MemoryId, at: Timestamp) -> Attempt<()> {
    let merged = memory_rows::memory(db, from)?.ok_or(StoreError::NoSuchMemory(from))?.draft;
    let place = || merged.provenance.seq.map(|seq| format!("#{seq}")).unwrap_or_default();
    let own = merged.provenance.session.clone().map(|session| Observation {
        session,
        message: merged.provenance.message.clone().unwrap_or_else(place),
        at: merged.formed_at,
        quote: merged.quote.clone(),
    });
    for seen in own.into_iter().chain(observations(db, from)?) {
        observe_again(db, into, &seen)?;
    }
    replace(db, from, into, at)
}

fn replace(db: &Connection, old: MemoryId, new: MemoryId, at: Timestamp) -> Attempt<()> {
    memories::edit(db, old, &MemoryEdit { status: Some(MemoryStatus::Superseded), ..MemoryEdit::default() })?;
    db.prepare_cached("UPDATE memories SET superseded_by = ?, valid_to = ? WHERE id = ?")?
        .execute(params![new, at, old])?;
    Ok(())
}

/// Puts `new` in the place of `old`, unless a person pinned, retired or replaced that already.
pub(super) fn supersede(db: &Connection, old: MemoryId, new: MemoryId, at: Timestamp) -> Attempt<bool> {
    let replaced = memory_rows::memory(db, old)?.ok_or(StoreError::NoSuchMemory(old))?;
    memory_rows::memory(db, new)?.ok_or(StoreError::NoSuchMemory(new))?;
    if old == new || replaced.draft.status != MemoryStatus::Active {
        return Ok(false);
    }
    replace(db, old, new, at)?;
    Ok(true)
}

//! What became of memories: drafts made from them, other memories in whose place they stand.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use super::memory_rows;
use crate::model::{MemoryId, Timestamp};
use crate::store::{MemoryHistory, Promotion, StoreError};

/// Notes a draft; the same path again only gets a new time.
pub(super) fn note(db: &Connection, id: MemoryId, promotion: &Promotion) -> Attempt<()> {
    memory_rows::memory(db, id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let statement = "INSERT INTO memory_promotions (memory, path, form, at) VALUES (?, ?, ?, ?)
         ON CONFLICT (memory, path) DO UPDATE SET form = excluded.form, at = excluded.at";
    db.prepare_cached(statement)?.execute(params![id, promotion.path, promotion.form, promotion.at])?;
    Ok(())
}

/// The life of a memory.
pub(super) fn history(db: &Connection, id: MemoryId) -> Attempt<MemoryHistory> {
    memory_rows::memory(db, id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let (valid_from, valid_to): (Option<Timestamp>, Option<Timestamp>) = db
        .prepare_cached("SELECT valid_from, valid_to FROM memories WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let supersedes = db
        .prepare_cached("SELECT id FROM memories WHERE superseded_by = ? ORDER BY id")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let promotions = db
        .prepare_cached("SELECT form, path, at FROM memory_promotions WHERE memory = ? ORDER BY at, path")?
        .query_map([id], |row| Ok(Promotion { form: row.get(0)?, path: row.get(1)?, at: row.get(2)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(MemoryHistory { valid_from, valid_to, supersedes, promotions })
}

//! What the text search needs to know of every memory it meets: its project and its length, in one blob.
//!
//! A query meets thousands of memories; looking each up in its table costs a microsecond, reading it here a nanosecond.
//! The blob is made by `tidy`; memories newer than it are looked up one by one.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Attempt;
use super::memory_rows::RECALLABLE;
use super::scope::NO_PROJECT;

const NAME: &str = "marks";
/// Bytes for one memory: project and length, little-endian u32 each.
const WIDTH: usize = 8;
/// Stands for a memory that is not there or not to be recalled.
const NOBODY: u32 = u32::MAX;

/// Project and length of one memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Row of its project, [`NO_PROJECT`] for none.
    pub(super) project: i64,
    /// Words in the text index.
    pub(super) terms: u32,
}

/// The marks of all memories.
pub(super) struct Marks<'db> {
    db: &'db Connection,
    known: Vec<u8>,
    newer: HashMap<i64, Option<Mark>>,
}

impl<'db> Marks<'db> {
    /// Reads the blob; without one every memory is looked up.
    pub(super) fn read(db: &'db Connection) -> Attempt<Self> {
        let known = db
            .prepare_cached("SELECT v FROM derived WHERE name = ?")?
            .query_row([NAME], |row| row.get(0))
            .optional()?
            .unwrap_or_default();
        Ok(Self { db, known, newer: HashMap::new() })
    }

    /// The mark of a memory; none if it may not be recalled.
    pub(super) fn get(&mut self, id: i64) -> Attempt<Option<Mark>> {
        let at = usize::try_from(id).unwrap_or_default() * WIDTH;
        if let Some(bytes) =
            self.known.get(at..at + WIDTH).and_then(|bytes| bytes.as_chunks::<4>().0.first_chunk::<2>())
        {
            let [project, terms] = bytes.map(u32::from_le_bytes);
            return Ok((project != NOBODY).then_some(Mark { project: project.into(), terms }));
        }
        if let Some(mark) = self.newer.get(&id) {
            return Ok(*mark);
        }
        let mark = self
            .db
            .prepare_cached(&format!(
                "SELECT coalesce(m.project, 0), m.terms FROM memories m WHERE m.id = ? AND {RECALLABLE}"
            ))?
            .query_row([id], |row| Ok(Mark { project: row.get(0)?, terms: row.get(1)? }))
            .optional()?;
        self.newer.insert(id, mark);
        Ok(mark)
    }
}

/// Makes the blob anew.
pub(super) fn rebuild(db: &Connection) -> Attempt<()> {
    let mut blob: Vec<u8> = Vec::new();
    let mut statement = db.prepare(&format!(
        "SELECT m.id, coalesce(m.project, {NO_PROJECT}), m.terms FROM memories m WHERE {RECALLABLE}"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, project, terms): (i64, u32, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let at = usize::try_from(id).unwrap_or_default() * WIDTH;
        if blob.len() < at + WIDTH {
            blob.resize(at + WIDTH, 0xff);
        }
        blob[at..at + 4].copy_from_slice(&project.to_le_bytes());
        blob[at + 4..at + WIDTH].copy_from_slice(&terms.to_le_bytes());
    }
    db.execute("INSERT OR REPLACE INTO derived (name, v) VALUES (?, ?)", params![NAME, blob])?;
    Ok(())
}

/// Drops the blob after a change to a memory that stands in it.
pub(super) fn forget(db: &Connection) -> Attempt<()> {
    db.prepare_cached("DELETE FROM derived WHERE name = ?")?.execute([NAME])?;
    Ok(())
}

/// Whether there is a blob.
pub(super) fn exist(db: &Connection) -> Attempt<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM derived WHERE name = ?")?.exists([NAME])?)
}

//! Memories that are about the same thing: by their meaning, as the pipeline compared them, and by their words.

use rusqlite::{Connection, named_params, params};

use super::failure::Attempt;
use super::memory_rows::RECALLABLE;
use super::values::limit;
use super::vectors::Model;
use crate::model::MemoryId;

/// Recallable memories with a vector of the model that were not compared with the others yet, oldest first.
pub(super) fn uncompared(db: &Connection, model: &str, count: usize) -> Attempt<Vec<MemoryId>> {
    let Some(model) = Model::known(db, model)? else { return Ok(Vec::new()) };
    let statement = format!(
        "SELECT m.id FROM memories m JOIN vectors v ON v.memory = m.id AND v.model = ?
         WHERE {RECALLABLE} AND m.id NOT IN (SELECT memory FROM memories_compared) ORDER BY m.id LIMIT ?"
    );
    let ids = db
        .prepare_cached(&statement)?
        .query_map(params![model.row, limit(count)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Links a memory with others, both ways, and notes that it was compared.
pub(super) fn link(db: &Connection, id: MemoryId, near: &[(MemoryId, f32)]) -> Attempt<()> {
    let mut insert =
        db.prepare_cached("INSERT OR REPLACE INTO memory_links (memory, other, likeness) VALUES (?, ?, ?)")?;
    for (other, likeness) in near {
        insert.execute(params![id, other, likeness])?;
        insert.execute(params![other, id, likeness])?;
    }
    db.prepare_cached("INSERT OR IGNORE INTO memories_compared (memory) VALUES (?)")?.execute([id])?;
    Ok(())
}

/// Forgets the links of a memory whose text has changed; it is compared anew.
pub(super) fn unlink(db: &Connection, id: MemoryId) -> Attempt<()> {
    db.prepare_cached("DELETE FROM memory_links WHERE memory = ?1 OR other = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM memories_compared WHERE memory = ?")?.execute([id])?;
    Ok(())
}

/// The recallable memories that one is linked with, the most alike first.
pub(super) fn linked(db: &Connection, id: MemoryId, count: usize) -> Attempt<Vec<(MemoryId, f32)>> {
    let statement = format!(
        "SELECT m.id, MAX(l.likeness) AS likeness
         FROM (SELECT other, likeness FROM memory_links WHERE memory = :id
               UNION ALL SELECT kin, likeness FROM memory_kin WHERE memory = :id) l JOIN memories m ON m.id = l.other
         WHERE {RECALLABLE} GROUP BY m.id ORDER BY likeness DESC, m.id LIMIT :limit"
    );
    let linked = db
        .prepare_cached(&statement)?
        .query_map(named_params! { ":id": id, ":limit": limit(count) }, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(linked)
}

//! Entities that a person wrote down somewhere.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::entities::{add, add_alias, by_name, norm};
use super::failure::Attempt;
use crate::model::{EntityId, EntityKind, NamedEntity};

/// Makes what a source names known, and takes back what it named before and names no more.
pub(super) fn take_in(db: &Connection, source: &str, entities: &[NamedEntity]) -> Attempt<()> {
    let before: BTreeSet<EntityId> = db
        .prepare_cached("SELECT id FROM entities WHERE source = ?")?
        .query_map([source], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut now = BTreeSet::new();
    for named in entities {
        if !norm(named.kind, &named.name).is_empty() {
            now.insert(put(db, source, named)?);
        }
    }
    for gone in before.difference(&now) {
        db.prepare_cached("UPDATE entities SET source = NULL, note = '' WHERE id = ?")?.execute([gone])?;
        db.prepare_cached("DELETE FROM entity_files WHERE entity = ?")?.execute([gone])?;
        db.prepare_cached(
            "DELETE FROM entities WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM memory_entities WHERE entity = ?1)",
        )?
        .execute([gone])?;
    }
    Ok(())
}

fn put(db: &Connection, source: &str, named: &NamedEntity) -> Attempt<EntityId> {
    let id = match by_name(db, named.kind, &norm(named.kind, &named.name))? {
        Some(known) => known,
        None => add(db, named.kind, &named.name)?,
    };
    db.prepare_cached("UPDATE entities SET source = ?, note = ? WHERE id = ?")?.execute(params![
        source,
        named.note.trim(),
        id
    ])?;
    for alias in named.aliases.iter().map(|alias| norm(named.kind, alias)).filter(|alias| !alias.is_empty()) {
        add_alias(db, id, &alias)?;
    }
    db.prepare_cached("DELETE FROM entity_files WHERE entity = ?")?.execute([id])?;
    if let Some(file) = &named.file {
        db.prepare_cached(
            "INSERT INTO entity_files (path, entity) VALUES (?, ?)
             ON CONFLICT (path) DO UPDATE SET entity = excluded.entity",
        )?
        .execute(params![norm(EntityKind::File, file), id])?;
    }
    Ok(id)
}

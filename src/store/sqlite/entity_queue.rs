//! Looking entities up for people, and the mentions that nobody could resolve.

use rusqlite::{Connection, OptionalExtension, params};

use super::entities::{ENTITY, by_name, entity_from, norm};
use super::entity_words::{bearers, spelt_like};
use super::failure::Attempt;
use super::values::limit;
use crate::model::{Entity, EntityId, EntityKind};
use crate::store::{Bearer, EntityDetail, Unresolved};

/// One entity.
pub(super) fn entity(db: &Connection, id: EntityId) -> Attempt<Option<Entity>> {
    Ok(db.prepare_cached(&format!("{ENTITY} WHERE e.id = ?"))?.query_row([id], entity_from).optional()?)
}

/// One entity with its names, files and memories.
pub(super) fn detail(db: &Connection, id: EntityId) -> Attempt<Option<EntityDetail>> {
    let Some(entity) = entity(db, id)? else { return Ok(None) };
    let own = norm(entity.kind, &entity.name);
    let mut aliases: Vec<String> = column(db, "SELECT alias FROM entity_aliases WHERE entity = ? ORDER BY alias", id)?;
    aliases.retain(|alias| *alias != own);
    Ok(Some(EntityDetail {
        entity,
        aliases,
        files: column(db, "SELECT path FROM entity_files WHERE entity = ? ORDER BY path", id)?,
        source: db
            .prepare_cached("SELECT source FROM entities WHERE id = ?")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten(),
        mentioned_in: column(
            db,
            "SELECT memory FROM memory_entities WHERE entity = ? ORDER BY formed_at DESC, memory DESC",
            id,
        )?,
    }))
}

fn column<T: rusqlite::types::FromSql>(db: &Connection, statement: &str, id: EntityId) -> Attempt<Vec<T>> {
    Ok(db.prepare_cached(statement)?.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// By the whole name, in any kind; else by a word of it.
pub(super) fn named(db: &Connection, name: &str) -> Attempt<Vec<Entity>> {
    let mut found: Vec<Entity> = Vec::new();
    for kind in EntityKind::ALL {
        if let Some(id) = by_name(db, kind, &norm(kind, name))? {
            found.extend(entity(db, id)?);
        }
    }
    if found.is_empty() {
        for bearer in bearers(db, &[norm(EntityKind::Person, name)])? {
            found.extend(entity(db, bearer.entity.id)?);
        }
    }
    Ok(found)
}

/// People mentioned by a single name that others bear, or that is spelt nearly like another's.
pub(super) fn unresolved(db: &Connection, count: usize) -> Attempt<Vec<Unresolved>> {
    let statement = format!(
        "{ENTITY} WHERE e.kind = 'person' AND instr(e.norm, ' ') = 0 AND e.source IS NULL AND e.note = ''
         ORDER BY memories DESC, e.id"
    );
    let mentions: Vec<Entity> =
        db.prepare_cached(&statement)?.query_map([], entity_from)?.collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    for mention in mentions {
        let word = [norm(EntityKind::Person, mention.name.trim_start_matches('@'))];
        let mut bearing: Vec<Bearer> = bearers(db, &word)?;
        bearing.retain(|bearer| bearer.entity.kind == EntityKind::Person);
        if bearing.is_empty() {
            bearing = spelt_like(db, &word)?;
        }
        let mut candidates = Vec::new();
        for bearer in bearing {
            candidates.extend(entity(db, bearer.entity.id)?);
        }
        if candidates.is_empty() {
            continue;
        }
        let example = db
            .prepare_cached("SELECT memory FROM memory_entities WHERE entity = ? ORDER BY formed_at DESC LIMIT 1")?
            .query_row(params![mention.id], |row| row.get(0))
            .optional()?;
        found.push(Unresolved { mention, candidates, example });
        if found.len() as i64 == limit(count) {
            break;
        }
    }
    Ok(found)
}

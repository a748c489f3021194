//! What memories mention, and which files they are about.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use unicode_normalization::UnicodeNormalization;

use super::failure::Attempt;
use super::values::limit;
use crate::model::{Entity, EntityId, EntityKind, MemoryDraft, MemoryId, Mention, Timestamp};
use crate::store::KnownEntity;

/// So many trailing components of a path name it: `store.rs`, `src/store.rs`, `app/src/store.rs`.
const ALIAS_COMPONENTS: usize = 3;
/// A name that more things bear than this, like `mod.rs`, says nothing; the most mentioned of them are kept.
const BEARERS_PER_NAME: usize = 20;

/// The form in which names are compared: without case, compatibility characters unified, slashes forward.
fn norm(kind: EntityKind, name: &str) -> String {
    let lower: String = name.trim().nfkc().collect::<String>().to_lowercase();
    match kind {
        EntityKind::File => lower.replace('\\', "/").trim_start_matches("./").trim_end_matches('/').to_owned(),
        _ => lower.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The last `count` components of a path.
fn last_components(path: &str, count: usize) -> &str {
    match path.rmatch_indices('/').nth(count - 1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}

/// The names under which an entity is found.
fn aliases(kind: EntityKind, norm: &str) -> BTreeSet<&str> {
    let mut aliases = BTreeSet::from([norm]);
    if kind == EntityKind::File {
        aliases.extend((1..=ALIAS_COMPONENTS).map(|count| last_components(norm, count)));
    }
    aliases
}

/// Ties a new memory to its entities and files.
pub(super) fn link(db: &Connection, memory: MemoryId, draft: &MemoryDraft) -> Attempt<()> {
    for mention in &draft.entities {
        let Some(entity) = entity_row(db, mention)? else { continue };
        link_entity(db, entity, memory, draft.formed_at)?;
    }
    for path in &draft.files {
        if let Some(entity) = entity_row(db, &Mention::new(EntityKind::File, path.as_str()))? {
            link_entity(db, entity, memory, draft.formed_at)?;
        }
        db.prepare_cached(
            "INSERT INTO memory_files (path, formed_at, memory) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![path, draft.formed_at, memory])?;
    }
    Ok(())
}

fn link_entity(db: &Connection, entity: i64, memory: MemoryId, formed_at: Timestamp) -> Attempt<()> {
    let statement = "INSERT INTO memory_entities (entity, formed_at, memory) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    db.prepare_cached(statement)?.execute(params![entity, formed_at, memory])?;
    Ok(())
}

/// The row of what is mentioned, made if need be; none for an empty name.
fn entity_row(db: &Connection, mention: &Mention) -> Attempt<Option<i64>> {
    let norm = norm(mention.kind, &mention.name);
    if norm.is_empty() {
        return Ok(None);
    }
    let known = db
        .prepare_cached("SELECT id FROM entities WHERE norm = ? AND kind = ?")?
        .query_row(params![norm, mention.kind], |row| row.get(0))
        .optional()?;
    if known.is_some() {
        return Ok(known);
    }
    db.prepare_cached("INSERT INTO entities (kind, norm, name) VALUES (?, ?, ?)")?.execute(params![
        mention.kind,
        norm,
        mention.name.trim()
    ])?;
    let id = db.last_insert_rowid();
    for alias in aliases(mention.kind, &norm) {
        db.prepare_cached("INSERT INTO entity_aliases (alias, entity) VALUES (?, ?)")?.execute(params![alias, id])?;
    }
    Ok(Some(id))
}

/// Takes a memory's ties away, with the entities that nothing else mentions.
pub(super) fn unlink(db: &Connection, memory: MemoryId) -> Attempt<()> {
    db.prepare_cached(
        "DELETE FROM entities WHERE id IN (SELECT entity FROM memory_entities WHERE memory = ?1)
         AND NOT EXISTS (SELECT 1 FROM memory_entities WHERE entity = entities.id AND memory <> ?1)",
    )?
    .execute([memory])?;
    db.prepare_cached("DELETE FROM memory_entities WHERE memory = ?")?.execute([memory])?;
    db.prepare_cached("DELETE FROM memory_files WHERE memory = ?")?.execute([memory])?;
    Ok(())
}

/// The entities that bear one of these names, each once, in the order of the names; exact names before path endings.
pub(super) fn known(db: &Connection, names: &[String]) -> Attempt<Vec<KnownEntity>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for name in names {
        for entity in bearers(db, name)? {
            if seen.insert(entity.id) {
                found.push(entity);
            }
        }
    }
    Ok(found)
}

fn bearers(db: &Connection, name: &str) -> Attempt<Vec<KnownEntity>> {
    let as_name = norm(EntityKind::Identifier, name);
    let as_path = norm(EntityKind::File, name);
    let mut bearers = Vec::new();
    let statement = "SELECT e.id, e.kind, e.name FROM entity_aliases a JOIN entities e ON e.id = a.entity
         WHERE a.alias = ?1 OR (a.alias = ?2 AND e.kind = 'file')
         ORDER BY e.norm NOT IN (?1, ?2), (SELECT count(*) FROM memory_entities WHERE entity = e.id) DESC, e.id
         LIMIT ?3";
    let mut rows = db.prepare_cached(statement)?;
    let rows = rows.query_map(params![as_name, as_path, limit(BEARERS_PER_NAME)], known_entity)?;
    for entity in rows {
        bearers.push(entity?);
    }
    // A longer path than the stored one: its endings of two components and more, never a bare file name.
    let exact = "SELECT id, kind, name FROM entities WHERE norm = ? AND kind = 'file'";
    let components = as_path.split('/').count();
    for count in (2..components).rev() {
        let ending = last_components(&as_path, count);
        bearers.extend(db.prepare_cached(exact)?.query_row([ending], known_entity).optional()?);
    }
    Ok(bearers)
}

fn known_entity(row: &rusqlite::Row<'_>) -> rusqlite::Result<KnownEntity> {
    Ok(KnownEntity { id: row.get(0)?, kind: row.get(1)?, name: row.get(2)? })
}

/// Entities, most mentioned first.
pub(super) fn most_mentioned(db: &Connection, count: usize) -> Attempt<Vec<Entity>> {
    let statement = "SELECT e.id, e.kind, e.name, count(*) AS memories
         FROM entities e JOIN memory_entities l ON l.entity = e.id
         GROUP BY e.id ORDER BY memories DESC, e.id LIMIT ?";
    let entities = db
        .prepare_cached(statement)?
        .query_map([limit(count)], |row| {
            Ok(Entity { id: row.get::<_, EntityId>(0)?, kind: row.get(1)?, name: row.get(2)?, memories: row.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(entities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_norm(kind: EntityKind, name: &str, expected: &str) {
        assert_eq!(norm(kind, name), expected, "{kind:?} {name:?}");
    }

    #[test]
    fn names_are_compared_without_case_and_form() {
        check_norm(EntityKind::Person, " Adam  Smith", "adam smith");
        check_norm(EntityKind::Person, "Zoe\u{308}", "zo\u{eb}");
        check_norm(EntityKind::File, ".\\src\\Store.rs", "src/store.rs");
        check_norm(EntityKind::File, "./src/store/", "src/store");
    }

    #[test]
    fn files_are_found_by_their_endings() {
        let found: Vec<_> = aliases(EntityKind::File, "a/b/src/store.rs").into_iter().collect();
        assert_eq!(found, ["a/b/src/store.rs", "b/src/store.rs", "src/store.rs", "store.rs"]);
        assert_eq!(aliases(EntityKind::File, "store.rs").len(), 1);
        assert_eq!(aliases(EntityKind::Identifier, "a/b").len(), 1);
    }
}

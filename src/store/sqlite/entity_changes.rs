//! What people change about entities. Every change keeps the rows it touches as they were, so that it can be undone.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::entities::{add, add_alias, by_name, norm};
use super::entity_queue::entity;
use super::failure::Attempt;
use super::values::limit;
use crate::model::{Entity, EntityId, EntityKind, MemoryId, Timestamp};
use crate::store::{EntityChange, StoreError};

/// The rows of some entities at one time.
#[derive(Default, Serialize, Deserialize)]
struct Rows {
    entities: Vec<(EntityId, EntityKind, String, String, String, Option<String>)>,
    aliases: Vec<(String, EntityId)>,
    words: Vec<(String, EntityId)>,
    files: Vec<(String, EntityId)>,
    links: Vec<(EntityId, i64, MemoryId)>,
    /// Entities that the change made, and where what is tied to them goes when it is undone.
    created: Vec<(EntityId, EntityId)>,
    /// Names that the change put aside.
    ignored: Vec<(String, EntityKind)>,
}

impl Rows {
    fn of(db: &Connection, ids: &[EntityId]) -> Attempt<Self> {
        let mut rows = Self::default();
        for id in ids {
            collect(
                db,
                "SELECT id, kind, norm, name, note, source FROM entities WHERE id = ?",
                *id,
                &mut rows.entities,
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
            )?;
            let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            collect(db, "SELECT alias, entity FROM entity_aliases WHERE entity = ?", *id, &mut rows.aliases, pair)?;
            collect(db, "SELECT word, entity FROM entity_words WHERE entity = ?", *id, &mut rows.words, pair)?;
            collect(db, "SELECT path, entity FROM entity_files WHERE entity = ?", *id, &mut rows.files, pair)?;
            collect(
                db,
                "SELECT entity, formed_at, memory FROM memory_entities WHERE entity = ?",
                *id,
                &mut rows.links,
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
        }
        Ok(rows)
    }
}

fn collect<T>(
    db: &Connection,
    statement: &str,
    id: EntityId,
    into: &mut Vec<T>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Attempt<()> {
    for row in db.prepare_cached(statement)?.query_map([id], read)? {
        into.push(row?);
    }
    Ok(())
}

fn note(db: &Connection, at: Timestamp, what: &str, summary: &str, before: &Rows) -> Attempt<()> {
    db.prepare_cached("INSERT INTO entity_changes (at, what, summary, before) VALUES (?, ?, ?, ?)")?
        .execute(params![at, what, summary, serde_json::to_string(before)?])?;
    Ok(())
}

fn existing(db: &Connection, id: EntityId) -> Attempt<Entity> {
    Ok(entity(db, id)?.ok_or(StoreError::NoSuchEntity(id))?)
}

/// Both entities; they must be two, and of one kind.
fn pair(db: &Connection, from: EntityId, into: EntityId) -> Attempt<(Entity, Entity)> {
    let (from, into) = (existing(db, from)?, existing(db, into)?);
    if from.id == into.id {
        return Err(StoreError::Entity(format!("#{} is one entity already; name two", from.id.0)).into());
    }
    if from.kind != into.kind {
        let reason = format!("{} is a {}, {} a {}", from.name, from.kind.as_str(), into.name, into.kind.as_str());
        return Err(StoreError::Entity(format!("{reason}; only entities of one kind can be the same")).into());
    }
    Ok((from, into))
}

/// Ties memories of `from` to `into` instead: one, or all.
fn move_links(db: &Connection, from: EntityId, into: EntityId, memory: Option<MemoryId>) -> Attempt<usize> {
    let moved = db
        .prepare_cached(
            "INSERT INTO memory_entities (entity, formed_at, memory)
             SELECT ?2, formed_at, memory FROM memory_entities WHERE entity = ?1 AND (?3 IS NULL OR memory = ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![from, into, memory])?;
    let taken = db
        .prepare_cached("DELETE FROM memory_entities WHERE entity = ?1 AND (?2 IS NULL OR memory = ?2)")?
        .execute(params![from, memory])?;
    Ok(moved.max(taken))
}

/// Drops an entity that nothing mentions and nobody wrote down.
fn drop_if_bare(db: &Connection, id: EntityId) -> Attempt<()> {
    db.prepare_cached(
        "DELETE FROM entities WHERE id = ?1 AND source IS NULL AND note = ''
         AND NOT EXISTS (SELECT 1 FROM memory_entities WHERE entity = ?1)",
    )?
    .execute([id])?;
    Ok(())
}

/// Gives the memories of a mention to the entity that was meant.
pub(super) fn resolve(
    db: &Connection,
    mention: EntityId,
    meant: EntityId,
    memory: Option<MemoryId>,
    now: Timestamp,
) -> Attempt<()> {
    let (from, into) = pair(db, mention, meant)?;
    let before = Rows::of(db, &[from.id, into.id])?;
    let moved = move_links(db, from.id, into.id, memory)?;
    if moved == 0 {
        let what = memory.map_or_else(|| "no memory".to_owned(), |memory| format!("memory #{memory} does not"));
        return Err(StoreError::Entity(format!("{what} mention {}", from.name)).into());
    }
    drop_if_bare(db, from.id)?;
    let summary = format!("{} in {moved} memories is {}", from.name, into.name);
    note(db, now, "resolve", &summary, &before)
}

/// Makes `from` another name of `into`.
pub(super) fn merge(db: &Connection, from: EntityId, into: EntityId, now: Timestamp) -> Attempt<()> {
    let (from, into) = pair(db, from, into)?;
    let before = Rows::of(db, &[from.id, into.id])?;
    move_links(db, from.id, into.id, None)?;
    for (table, column) in [("entity_aliases", "alias"), ("entity_words", "word")] {
        db.prepare_cached(&format!(
            "INSERT INTO {table} ({column}, entity) SELECT {column}, ?2 FROM {table} WHERE entity = ?1
             ON CONFLICT DO NOTHING"
        ))?
        .execute(params![from.id, into.id])?;
    }
    db.prepare_cached("UPDATE entity_files SET entity = ?2 WHERE entity = ?1")?.execute(params![from.id, into.id])?;
    db.prepare_cached("DELETE FROM entities WHERE id = ?")?.execute([from.id])?;
    note(db, now, "merge", &format!("{} is {}", from.name, into.name), &before)
}

/// Moves memories to an entity of their own.
pub(super) fn split(
    db: &Connection,
    from: EntityId,
    name: &str,
    memories: &[MemoryId],
    now: Timestamp,
) -> Attempt<EntityId> {
    let from = existing(db, from)?;
    if norm(from.kind, name).is_empty() || memories.is_empty() {
        let reason = "a split needs a name and at least one memory";
        return Err(StoreError::Entity(format!("{reason}; `entities show {}` lists them", from.id.0)).into());
    }
    // An alias of the entity itself may be the name of the new one.
    let known = by_name(db, from.kind, &norm(from.kind, name))?.filter(|known| *known != from.id);
    let mut before = Rows::of(db, &known.into_iter().chain([from.id]).collect::<Vec<_>>())?;
    let to = match known {
        Some(known) => known,
        None if norm(from.kind, name) == norm(from.kind, &from.name) => {
            return Err(StoreError::Entity(format!("{} needs another name to be told apart", from.name)).into());
        }
        None => {
            db.prepare_cached("DELETE FROM entity_aliases WHERE entity = ? AND alias = ?")?
                .execute(params![from.id, norm(from.kind, name)])?;
            let created = add(db, from.kind, name)?;
            before.created.push((created, from.id));
            created
        }
    };
    for memory in memories {
        if move_links(db, from.id, to, Some(*memory))? == 0 {
            return Err(StoreError::Entity(format!("memory #{memory} does not mention {}", from.name)).into());
        }
    }
    drop_if_bare(db, from.id)?;
    note(db, now, "split", &format!("{} in {} memories of {}", name.trim(), memories.len(), from.name), &before)?;
    Ok(to)
}

/// A further name.
pub(super) fn alias(db: &Connection, id: EntityId, alias: &str, now: Timestamp) -> Attempt<()> {
    let known = existing(db, id)?;
    let norm = norm(known.kind, alias);
    if norm.is_empty() {
        return Err(StoreError::Entity("an empty name cannot be an alias".to_owned()).into());
    }
    if let Some(other) = by_name(db, known.kind, &norm)?.filter(|other| *other != id) {
        let other = existing(db, other)?;
        let hint = format!("`memory-lane entities merge {} {}` makes them one", other.id.0, id.0);
        return Err(StoreError::Entity(format!("#{} {} goes by that name; {hint}", other.id.0, other.name)).into());
    }
    let before = Rows::of(db, &[id])?;
    add_alias(db, id, &norm)?;
    note(db, now, "alias", &format!("{} is also {}", known.name, alias.trim()), &before)
}

/// Forgets a name for good.
pub(super) fn ignore(db: &Connection, id: EntityId, now: Timestamp) -> Attempt<()> {
    let known = existing(db, id)?;
    let mut before = Rows::of(db, &[id])?;
    let norm = norm(known.kind, &known.name);
    db.prepare_cached("INSERT INTO entities_ignored (norm, kind, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?
        .execute(params![norm, known.kind, now])?;
    before.ignored.push((norm, known.kind));
    db.prepare_cached("DELETE FROM entities WHERE id = ?")?.execute([id])?;
    note(db, now, "ignore", &format!("{} is no {}", known.name, known.kind.as_str()), &before)
}

/// What was changed, latest first.
pub(super) fn list(db: &Connection, count: usize) -> Attempt<Vec<EntityChange>> {
    let statement = "SELECT id, at, what, summary, undone_at FROM entity_changes ORDER BY id DESC LIMIT ?";
    Ok(db.prepare_cached(statement)?.query_map([limit(count)], change)?.collect::<rusqlite::Result<_>>()?)
}

fn change(row: &Row<'_>) -> rusqlite::Result<EntityChange> {
    Ok(EntityChange {
        id: row.get("id")?,
        at: row.get("at")?,
        what: row.get("what")?,
        summary: row.get("summary")?,
        undone_at: row.get("undone_at")?,
    })
}

/// Puts the rows of the latest change back. What was tied to the entities since stays tied to them.
pub(super) fn undo(db: &Connection, now: Timestamp) -> Attempt<Option<EntityChange>> {
    let statement = "SELECT id, at, what, summary, undone_at, before FROM entity_changes
         WHERE undone_at IS NULL ORDER BY id DESC LIMIT 1";
    let latest = db
        .prepare_cached(statement)?
        .query_row([], |row| Ok((change(row)?, row.get::<_, String>("before")?)))
        .optional()?;
    let Some((mut change, before)) = latest else { return Ok(None) };
    put_back(db, &serde_json::from_str(&before)?)?;
    db.prepare_cached("UPDATE entity_changes SET undone_at = ? WHERE id = ?")?.execute(params![now, change.id])?;
    change.undone_at = Some(now);
    Ok(Some(change))
}

fn put_back(db: &Connection, before: &Rows) -> Attempt<()> {
    let mut ids: BTreeMap<EntityId, EntityId> = BTreeMap::new();
    for (norm, kind) in &before.ignored {
        db.prepare_cached("DELETE FROM entities_ignored WHERE norm = ? AND kind = ?")?.execute(params![norm, kind])?;
    }
    let memories: BTreeSet<MemoryId> = before.links.iter().map(|(_, _, memory)| *memory).collect();
    for (old, kind, norm, name, note, source) in &before.entities {
        let id = row_for(db, *old, *kind, norm)?;
        db.prepare_cached(
            "INSERT INTO entities (id, kind, norm, name, note, source) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, note = excluded.note, source = excluded.source",
        )?
        .execute(params![id, kind, norm, name, note, source])?;
        ids.insert(*old, id);
        for table in ["entity_aliases", "entity_words", "entity_files"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE entity = ?"))?.execute([id])?;
        }
        for memory in &memories {
            db.prepare_cached("DELETE FROM memory_entities WHERE entity = ? AND memory = ?")?
                .execute(params![id, memory])?;
        }
    }
    for (created, home) in &before.created {
        for memory in &memories {
            db.prepare_cached("DELETE FROM memory_entities WHERE entity = ? AND memory = ?")?
                .execute(params![created, memory])?;
        }
        move_links(db, *created, ids.get(home).copied().unwrap_or(*home), None)?;
        db.prepare_cached("DELETE FROM entities WHERE id = ?")?.execute([created])?;
    }
    let at = |old: &EntityId| ids.get(old).copied().unwrap_or(*old);
    for (rows, table, column) in [
        (&before.aliases, "entity_aliases", "alias"),
        (&before.words, "entity_words", "word"),
        (&before.files, "entity_files", "path"),
    ] {
        for (value, entity) in rows {
            db.prepare_cached(&format!("INSERT OR REPLACE INTO {table} ({column}, entity) VALUES (?, ?)"))?
                .execute(params![value, at(entity)])?;
        }
    }
    for (entity, formed_at, memory) in &before.links {
        db.prepare_cached(
            "INSERT INTO memory_entities (entity, formed_at, memory)
             SELECT ?1, ?2, id FROM memories WHERE id = ?3 ON CONFLICT DO NOTHING",
        )?
        .execute(params![at(entity), formed_at, memory])?;
    }
    Ok(())
}

/// The number under which an entity comes back: its own, unless another has taken it or its name meanwhile.
fn row_for(db: &Connection, old: EntityId, kind: EntityKind, norm: &str) -> Attempt<EntityId> {
    let by_name: Option<EntityId> = db
        .prepare_cached("SELECT id FROM entities WHERE norm = ? AND kind = ?")?
        .query_row(params![norm, kind], |row| row.get(0))
        .optional()?;
    if let Some(id) = by_name {
        return Ok(id);
    }
    let taken = db.prepare_cached("SELECT 1 FROM entities WHERE id = ?")?.exists([old])?;
    if !taken {
        return Ok(old);
    }
    Ok(db.query_row("SELECT max(id) + 1 FROM entities", [], |row| row.get(0))?)
}

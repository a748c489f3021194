//! What memories mention, and which files they are about.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use unicode_normalization::UnicodeNormalization;

use super::failure::Attempt;
use super::values::limit;
use crate::model::{Entity, EntityId, EntityKind, MemoryDraft, MemoryId, Mention, Timestamp};
use crate::store::KnownEntity;
use crate::text;

/// So many trailing components of a path name it: `store.rs`, `src/store.rs`, `app/src/store.rs`.
const ALIAS_COMPONENTS: usize = 3;
/// A name that more things bear than this, like `mod.rs`, says nothing; the most mentioned of them are kept.
const BEARERS_PER_NAME: usize = 20;

/// A shorter last part of a project's path is no name for it, nor is a word in so great a share of texts.
const SHORTEST_PROJECT: usize = 4;
const COMMON: f32 = 0.01;

/// The form in which names are compared: without case, compatibility characters unified, slashes forward.
pub(super) fn norm(kind: EntityKind, name: &str) -> String {
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

/// The words by which an entity of several words is found: each of a person's names, the last part of a repository's
/// path unless it is too short or common to mean it.
fn words(kind: EntityKind, norm: &str) -> BTreeSet<&str> {
    let is_telling = |word: &&str| {
        word.chars().count() >= SHORTEST_PROJECT
            && text::terms(word).iter().all(|term| text::common_share(term) < COMMON)
    };
    match kind {
        EntityKind::Person if norm.contains(' ') => norm.split(' ').filter(|word| word.chars().count() > 1).collect(),
        EntityKind::Project => norm.rsplit_once('/').map(|(_, last)| last).filter(is_telling).into_iter().collect(),
        _ => BTreeSet::new(),
    }
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

fn link_entity(db: &Connection, entity: EntityId, memory: MemoryId, formed_at: Timestamp) -> Attempt<()> {
    let statement = "INSERT INTO memory_entities (entity, formed_at, memory) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    db.prepare_cached(statement)?.execute(params![entity, formed_at, memory])?;
    Ok(())
}

/// What is mentioned, made if need be; none for an empty name and for one that a person said is none.
///
/// First by the whole name, then a person's single name by the one person whose full name holds it. Where several do,
/// the mention stays an entity of its own, and shows up in the queue.
fn entity_row(db: &Connection, mention: &Mention) -> Attempt<Option<EntityId>> {
    let norm = norm(mention.kind, &mention.name);
    if norm.is_empty() || is_ignored(db, mention.kind, &norm)? {
        return Ok(None);
    }
    if let Some(known) = by_name(db, mention.kind, &norm)? {
        return Ok(Some(known));
    }
    if mention.kind == EntityKind::Person && !norm.contains(' ') {
        let bearers: Vec<EntityId> = db
            .prepare_cached(
                "SELECT e.id FROM entity_words w JOIN entities e ON e.id = w.entity
                 WHERE w.word = ? AND e.kind = 'person' LIMIT 2",
            )?
            .query_map([&norm], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if let [one] = bearers[..] {
            return Ok(Some(one));
        }
    }
    add(db, mention.kind, &mention.name).map(Some)
}

/// The entity of a kind that goes by this name; of files the one with this whole path.
pub(super) fn by_name(db: &Connection, kind: EntityKind, norm: &str) -> Attempt<Option<EntityId>> {
    let statement = match kind {
        EntityKind::File => "SELECT id FROM entities WHERE norm = ? AND kind = ?",
        _ => {
            "SELECT e.id FROM entity_aliases a JOIN entities e ON e.id = a.entity
             WHERE a.alias = ? AND e.kind = ? ORDER BY e.norm <> a.alias, e.id LIMIT 1"
        }
    };
    Ok(db.prepare_cached(statement)?.query_row(params![norm, kind], |row| row.get(0)).optional()?)
}

fn is_ignored(db: &Connection, kind: EntityKind, norm: &str) -> Attempt<bool> {
    let statement = "SELECT 1 FROM entities_ignored WHERE norm = ? AND kind = ?";
    Ok(db.prepare_cached(statement)?.exists(params![norm, kind])?)
}

/// A new entity, with all the names it is found by.
pub(super) fn add(db: &Connection, kind: EntityKind, name: &str) -> Attempt<EntityId> {
    let norm = norm(kind, name);
    db.prepare_cached("INSERT INTO entities (kind, norm, name) VALUES (?, ?, ?)")?.execute(params![
        kind,
        norm,
        name.trim()
    ])?;
    let id = EntityId(db.last_insert_rowid());
    for alias in aliases(kind, &norm) {
        add_alias(db, id, alias)?;
    }
    for word in words(kind, &norm) {
        db.prepare_cached("INSERT INTO entity_words (word, entity) VALUES (?, ?) ON CONFLICT DO NOTHING")?
            .execute(params![word, id])?;
    }
    Ok(id)
}

/// A further name, in the form for comparison.
pub(super) fn add_alias(db: &Connection, id: EntityId, alias: &str) -> Attempt<()> {
    db.prepare_cached("INSERT INTO entity_aliases (alias, entity) VALUES (?, ?) ON CONFLICT DO NOTHING")?
        .execute(params![alias, id])?;
    Ok(())
}

/// Takes a memory's ties away, with the entities that nothing else mentions and nobody wrote down.
pub(super) fn unlink(db: &Connection, memory: MemoryId) -> Attempt<()> {
    db.prepare_cached(
        "DELETE FROM entities WHERE id IN (SELECT entity FROM memory_entities WHERE memory = ?1)
         AND source IS NULL AND note = '' AND NOT EXISTS (SELECT 1 FROM memory_entities WHERE entity = entities.id AND memory <> ?1)",
    )?
    .execute([memory])?;
    db.prepare_cached("DELETE FROM memory_entities WHERE memory = ?")?.execute([memory])?;
    db.prepare_cached("DELETE FROM memory_files WHERE memory = ?")?.execute([memory])?;
    Ok(())
}

/// The entities that bear one of these names, each once, in the order of the names; exact names before path endings.
pub(super) fn known(db: &Connection, names: &[String]) -> Attempt<Vec<KnownEntity>> {
    let norms: Vec<[String; 2]> =
        names.iter().map(|name| [EntityKind::Identifier, EntityKind::File].map(|kind| norm(kind, name))).collect();
    let under = under_aliases(db, norms.as_flattened())?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for [as_name, as_path] in &norms {
        for entity in bearers(db, as_name, as_path, &under)? {
            if seen.insert(entity.id) {
                found.push(entity);
            }
        }
    }
    Ok(found)
}

/// An entity under one of its aliases.
struct Aliased {
    entity: KnownEntity,
    /// Whether the alias is not its name.
    other_name: bool,
    /// Memories that mention it.
    mentions: i64,
}

/// What stands under each of the aliases. One statement for all: for one alias at a time the engine plans it anew at
/// every binding.
fn under_aliases(db: &Connection, aliases: &[String]) -> Attempt<HashMap<String, Vec<Aliased>>> {
    let mut under: HashMap<String, Vec<Aliased>> = HashMap::new();
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.kind, e.name, e.norm, a.alias, (SELECT count(*) FROM memory_entities WHERE entity = e.id)
         FROM (SELECT DISTINCT value AS alias FROM json_each(?)) n
         CROSS JOIN entity_aliases a ON a.alias = n.alias CROSS JOIN entities e ON e.id = a.entity",
    )?;
    let mut rows = statement.query([serde_json::to_string(aliases)?])?;
    while let Some(row) = rows.next()? {
        let alias: String = row.get(4)?;
        let other_name = row.get_ref(3)?.as_str()? != alias;
        let aliased = Aliased { entity: known_entity(row)?, other_name, mentions: row.get(5)? };
        under.entry(alias).or_default().push(aliased);
    }
    Ok(under)
}

fn bearers(
    db: &Connection,
    as_name: &str,
    as_path: &str,
    under: &HashMap<String, Vec<Aliased>>,
) -> Attempt<Vec<KnownEntity>> {
    let mut ranked: Vec<&Aliased> = under.get(as_name).into_iter().flatten().collect();
    if as_path != as_name {
        let of_path = under.get(as_path).into_iter().flatten();
        ranked.extend(of_path.filter(|aliased| aliased.entity.kind == EntityKind::File));
    }
    ranked.sort_by_key(|aliased| (aliased.other_name, Reverse(aliased.mentions), aliased.entity.id));
    ranked.truncate(BEARERS_PER_NAME);
    let mut bearers: Vec<KnownEntity> = ranked.into_iter().map(|aliased| aliased.entity.clone()).collect();
    // A longer path than the stored one: its endings of two components and more, never a bare file name.
    let exact = "SELECT id, kind, name FROM entities WHERE norm = ? AND kind = 'file'";
    for count in (2..as_path.split('/').count()).rev() {
        let ending = last_components(as_path, count);
        bearers.extend(db.prepare_cached(exact)?.query_row([ending], known_entity).optional()?);
    }
    Ok(bearers)
}

/// From the columns id, kind, name.
pub(super) fn known_entity(row: &rusqlite::Row<'_>) -> rusqlite::Result<KnownEntity> {
    Ok(KnownEntity { id: row.get(0)?, kind: row.get(1)?, name: row.get(2)? })
}

/// One row per entity, all columns of [`Entity`], from table `e`.
pub(super) const ENTITY: &str = "SELECT e.id, e.kind, e.name, e.note,
        (SELECT count(*) FROM memory_entities WHERE entity = e.id) AS memories FROM entities e";

/// An entity from a row that has the columns of [`ENTITY`].
pub(super) fn entity_from(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entity> {
    Ok(Entity {
        id: row.get("id")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        note: row.get("note")?,
        memories: row.get("memories")?,
    })
}

/// Entities, most mentioned first.
pub(super) fn most_mentioned(db: &Connection, kind: Option<EntityKind>, count: usize) -> Attempt<Vec<Entity>> {
    let statement = format!("{ENTITY} WHERE ?1 IS NULL OR e.kind = ?1 ORDER BY memories DESC, e.id LIMIT ?2");
    let entities = db
        .prepare_cached(&statement)?
        .query_map(params![kind, limit(count)], entity_from)?
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

    #[test]
    fn people_and_repositories_are_found_by_the_words_of_their_names() {
        let check =
            |kind, norm, expected: &[&str]| assert_eq!(words(kind, norm).into_iter().collect::<Vec<_>>(), expected);
        check(EntityKind::Person, "amy j pond", &["amy", "pond"]);
        check(EntityKind::Person, "amy", &[]);
        check(EntityKind::Project, "acme/apollo", &["apollo"]);
        check(EntityKind::Project, "acme/api", &[]);
        check(EntityKind::Project, "acme/server", &[]);
        check(EntityKind::Identifier, "a b", &[]);
    }
}

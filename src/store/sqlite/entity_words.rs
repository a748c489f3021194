//! Entities by a part of their name, by a name spelt nearly right, by the file that stands for them.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};

use super::entities::{known_entity, norm};
use super::failure::Attempt;
use super::values::limit;
use crate::model::EntityKind;
use crate::store::{Bearer, KnownEntity};

/// More bearers of one word are not told apart; the most mentioned are kept.
const BEARERS_PER_WORD: usize = 8;
/// Shorter names are one letter off from too many words.
const SHORTEST_MISSPELT: usize = 5;

/// Entities whose names hold one of the words, the most mentioned first for each word.
pub(super) fn bearers(db: &Connection, words: &[String]) -> Attempt<Vec<Bearer>> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.kind, e.name, e.note FROM entity_words w JOIN entities e ON e.id = w.entity
         WHERE w.word = ?1
         ORDER BY (SELECT count(*) FROM memory_entities WHERE entity = e.id) DESC, e.id LIMIT ?2",
    )?;
    let mut found = Vec::new();
    for word in words {
        let rows = statement.query_map(params![word, limit(BEARERS_PER_WORD)], |row| bearer(word, row))?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// People whose names hold a word one letter off, with the same first letter.
pub(super) fn spelt_like(db: &Connection, words: &[String]) -> Attempt<Vec<Bearer>> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.kind, e.name, e.note, w.word FROM entity_words w JOIN entities e ON e.id = w.entity
         WHERE w.word >= ?1 AND w.word < ?2 AND e.kind = 'person' ORDER BY e.id",
    )?;
    let mut found: Vec<Bearer> = Vec::new();
    for word in words.iter().filter(|word| word.chars().count() >= SHORTEST_MISSPELT) {
        let Some(first) = word.chars().next() else { continue };
        let range = params![first.to_string(), format!("{first}\u{10ffff}")];
        let rows = statement.query_map(range, |row| Ok((row.get::<_, String>(4)?, bearer(word, row)?)))?;
        for row in rows {
            let (known, bearer) = row?;
            if is_one_letter_off(word, &known) {
                found.push(bearer);
            }
        }
    }
    Ok(found)
}

fn bearer(word: &str, row: &Row<'_>) -> rusqlite::Result<Bearer> {
    Ok(Bearer { word: word.to_owned(), entity: known_entity(row)?, note: row.get(3)? })
}

/// Whether one letter was added, left out or changed, or two neighbours swapped.
pub(super) fn is_one_letter_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same_start..], &b[same_start..]);
    match (a, b) {
        ([], []) => false,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, rest @ ..]) if rest == a => true,
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([x, y, left @ ..], [v, w, right @ ..]) => x == w && y == v && left == right,
        _ => false,
    }
}

/// The entities that files stand for, each once.
pub(super) fn of_files(db: &Connection, paths: &[String]) -> Attempt<Vec<KnownEntity>> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.kind, e.name FROM entity_files f JOIN entities e ON e.id = f.entity WHERE f.path = ?",
    )?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for path in paths {
        let rows = statement.query_map([norm(EntityKind::File, path)], known_entity)?;
        for entity in rows {
            let entity = entity?;
            if seen.insert(entity.id) {
                found.push(entity);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_off() {
        for (a, b, expected) in [
            ("micheal", "michael", true),
            ("michal", "michael", true),
            ("michaell", "michael", true),
            ("nichael", "michael", true),
            ("michael", "michael", false),
            ("mikel", "michael", false),
            ("zoë", "zoe", true),
            ("", "a", true),
        ] {
            assert_eq!(is_one_letter_off(a, b), expected, "{a} {b}");
        }
    }
}

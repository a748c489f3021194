//! The text index of memories: what stands in it, and searching it within a budget.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::failure::Attempt;
use super::scope::{LeftOut, NO_PROJECT, scope_project};
use crate::model::{MemoryId, MemoryStatus};
use crate::store::{LexicalHits, Result, Scope};
use crate::text;

/// Terms in fewer memories than this, or than one in [`COMMON_SHARE`], are not counted one by one.
const RARE_BELOW: i64 = 30;
const COMMON_SHARE: i64 = 5_000;
/// Frequencies are counted anew once the number of memories has changed by one in this many.
const RECOUNT_SHARE: i64 = 50;
/// A query is never cut below so many terms, whatever they cost.
const ALWAYS_COUNTED: usize = 3;
/// Each term costs in every row that matches, so their number is limited as well.
const MOST_COUNTED: usize = 48;

/// Puts a memory into the index.
pub(super) fn index(db: &Connection, id: MemoryId, status: MemoryStatus, project: i64, text: &str) -> Attempt<()> {
    let scope = format!("{}{project}", if status.recallable() { 'p' } else { 'x' });
    db.prepare_cached("INSERT INTO memories_fts (rowid, scope, body) VALUES (?, ?, ?)")?.execute(params![
        id,
        scope,
        text::terms(text).join(" ")
    ])?;
    Ok(())
}

/// Takes a memory out of the index.
pub(super) fn unindex(db: &Connection, id: MemoryId) -> Attempt<()> {
    db.prepare_cached("DELETE FROM memories_fts WHERE rowid = ?")?.execute([id])?;
    Ok(())
}

/// A full-text expression for texts that hold every word of `text`; none if it has no words.
pub(super) fn all_of(text: &str) -> Option<String> {
    let mut words = text::terms(text);
    words.sort();
    words.dedup();
    (!words.is_empty()).then(|| quoted(&words, " AND "))
}

/// Terms hold letters, digits and `_` only; the quotes keep `and` and `not` from being operators.
fn quoted(terms: &[String], operator: &str) -> String {
    terms.iter().map(|term| format!("\"{term}\"")).collect::<Vec<_>>().join(operator)
}

/// BM25 of every memory in scope that holds one of the terms counted.
pub(super) fn matching(db: &Connection, terms: &[String], scope: &Scope, budget: usize) -> Attempt<LexicalHits> {
    let (counted, left_out_terms) = within_budget(db, terms, budget)?;
    if counted.is_empty() {
        return Ok(LexicalHits { left_out: left_out_terms, ..LexicalHits::default() });
    }
    let projects = match scope_project(db, scope)? {
        Some(project) => format!("p{project} OR p{NO_PROJECT}"),
        None => format!("p{NO_PROJECT}"),
    };
    let expression = format!("scope : ({projects}) AND body : ({})", quoted(&counted, " OR "));
    let left_out = LeftOut::of(db, scope)?;
    let mut scores = HashMap::new();
    let mut statement =
        db.prepare_cached("SELECT rowid, bm25(memories_fts, 0.0, 1.0) FROM memories_fts WHERE memories_fts MATCH ?")?;
    let mut rows = statement.query([expression])?;
    while let Some(row) = rows.next()? {
        let id: MemoryId = row.get(0)?;
        if !left_out.contains(id.0) {
            // The engine's bm25 is lower-is-better.
            scores.insert(id, -row.get::<_, f32>(1)?);
        }
    }
    Ok(LexicalHits { scores, counted, left_out: left_out_terms })
}

/// The terms to count, rarest first, and those that would cost too much.
fn within_budget(db: &Connection, terms: &[String], budget: usize) -> Attempt<(Vec<String>, Vec<String>)> {
    let rare = fact(db, "rare_below")?.unwrap_or(RARE_BELOW);
    let mut statement = db.prepare_cached("SELECT df FROM term_df WHERE term = ?")?;
    let mut by_frequency: Vec<(i64, &String)> = Vec::new();
    for term in terms {
        if term.is_empty() || by_frequency.iter().any(|(_, seen)| *seen == term) {
            continue;
        }
        let df = statement.query_row([term], |row| row.get(0)).optional()?;
        by_frequency.push((df.unwrap_or(rare), term));
    }
    by_frequency.sort_by_key(|&(df, _)| df);
    let (mut counted, mut left_out) = (Vec::new(), Vec::new());
    let mut spent = 0;
    for (df, term) in by_frequency {
        spent += usize::try_from(df).unwrap_or_default();
        let affordable = spent <= budget && counted.len() < MOST_COUNTED;
        if counted.len() < ALWAYS_COUNTED || affordable { &mut counted } else { &mut left_out }.push(term.clone());
    }
    Ok((counted, left_out))
}

/// Counts in how many memories each frequent term stands, if enough has changed since the last time.
pub(super) fn refresh_frequencies(db: &Connection) -> Attempt<()> {
    let memories: i64 = db.query_row("SELECT count(*) FROM memories", [], |row| row.get(0))?;
    let counted = fact(db, "term_df.memories")?.unwrap_or(0);
    if (memories - counted).abs() * RECOUNT_SHARE <= counted {
        return Ok(());
    }
    let rare_below = RARE_BELOW.max(memories / COMMON_SHARE);
    db.execute("DELETE FROM term_df", [])?;
    db.execute(
        "INSERT INTO term_df (term, df)
         SELECT term, doc FROM memories_vocabulary WHERE col = 'body' AND doc >= ?",
        [rare_below],
    )?;
    set_fact(db, "term_df.memories", memories)?;
    set_fact(db, "rare_below", rare_below)
}

fn fact(db: &Connection, name: &str) -> Attempt<Option<i64>> {
    Ok(db.prepare_cached("SELECT value FROM facts WHERE name = ?")?.query_row([name], |row| row.get(0)).optional()?)
}

fn set_fact(db: &Connection, name: &str, value: i64) -> Attempt<()> {
    db.prepare_cached(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}

impl SqliteStore {
    /// Folds the write-ahead log into the file and empties it: a long log costs readers. Where readers are in the way
    /// the rest is left for the next time.
    pub(super) fn fold_log(&self) -> Result<()> {
        self.reported(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(Into::into))?;
        let emptied = self
            .connection
            .busy_timeout(std::time::Duration::from_millis(100))
            .and_then(|()| self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        let restored = self.connection.busy_timeout(self.read_wait);
        self.reported(emptied.and(restored).map_err(Into::into))
    }
}

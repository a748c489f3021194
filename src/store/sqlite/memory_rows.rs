//! Memories as rows: reading, listing, counting.

use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::de::DeserializeOwned;

use super::failure::Attempt;
use super::values::limit;
use super::words::all_of;
use crate::model::{Memory, MemoryDraft, MemoryId, MemoryStatus, Provenance};
use crate::store::{MemoryFilter, StoreCounts};

/// The condition on `m` that a memory may be recalled; the same as [`MemoryStatus::recallable`].
pub(super) const RECALLABLE: &str = "m.status IN ('active', 'pinned')";

/// One row per memory from table `m`, its columns in the order in which [`memory_from`] reads them.
pub(super) const MEMORY: &str = "SELECT m.id, m.kind, m.title, m.body, m.reasoning, m.trigger, m.confidence,
        m.direction, m.polarity, m.origin, m.status, p.key, m.formed_at, m.session, m.message, m.seq, m.source_chunk,
        m.quote, m.mentions, m.files, m.times_observed, m.category, m.extra, m.saved_at,
        (SELECT count(*) FROM session_recalls WHERE memory = m.id AND outcome = 'injected'), m.superseded_by
    FROM memories m LEFT JOIN projects p ON p.id = m.project";

/// A memory from a row of [`MEMORY`].
pub(super) fn memory_from(row: &Row<'_>) -> rusqlite::Result<Memory> {
    let mut columns = Columns { row, next: 0 };
    Ok(Memory {
        id: columns.value()?,
        draft: MemoryDraft {
            kind: columns.value()?,
            title: columns.value()?,
            body: columns.value()?,
            reasoning: columns.value()?,
            trigger: columns.value()?,
            confidence: columns.value()?,
            direction: columns.value()?,
            polarity: columns.value()?,
            origin: columns.value()?,
            status: columns.value()?,
            project: columns.value()?,
            formed_at: columns.value()?,
            provenance: Provenance { session: columns.value()?, message: columns.value()?, seq: columns.value()? },
            source_chunk: columns.value()?,
            quote: columns.value()?,
            entities: columns.json()?,
            files: columns.json()?,
            times_observed: columns.value()?,
            category: columns.value()?,
            extra: columns.json()?,
        },
        saved_at: columns.value()?,
        recall_count: columns.value()?,
        superseded_by: columns.value()?,
    })
}

/// A row read from left to right: finding each column by its name took a twentieth of a hook without a model.
struct Columns<'row, 'statement> {
    row: &'row Row<'statement>,
    next: usize,
}

impl Columns<'_, '_> {
    fn value<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    fn json<T: DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        json_at(self.row, self.next - 1)
    }
}

/// A column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    json_at(row, row.as_ref().column_index(column)?)
}

fn json_at<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(index)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// One memory.
pub(super) fn memory(db: &Connection, id: MemoryId) -> Attempt<Option<Memory>> {
    Ok(db.prepare_cached(&format!("{MEMORY} WHERE m.id = ?"))?.query_row([id], memory_from).optional()?)
}

/// Memories by filter, latest formed first.
pub(super) fn list(db: &Connection, filter: &MemoryFilter) -> Attempt<Vec<Memory>> {
    let text = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let words = match text.map(all_of) {
        Some(None) => return Ok(Vec::new()),
        Some(Some(words)) => Some(format!("body : ({words})")),
        None => None,
    };
    let matches = if words.is_some() {
        "m.id IN (SELECT rowid FROM memories_fts WHERE memories_fts MATCH :words)"
    } else {
        ":words IS NULL"
    };
    let statement = format!(
        "{MEMORY}
         WHERE {matches}
           AND (:kind IS NULL OR m.kind = :kind)
           AND (:category IS NULL OR m.category = :category)
           AND (:project IS NULL OR p.key = :project)
           AND (:least IS NULL OR m.confidence >= :least)
           AND (:session IS NULL OR m.session = :session)
           AND m.status {status}
         ORDER BY m.formed_at DESC, m.id DESC LIMIT :limit",
        status = if filter.status.is_some() { "= :status" } else { "<> :status" },
    );
    let memories = db
        .prepare_cached(&statement)?
        .query_map(
            named_params! {
                ":words": words,
                ":kind": filter.kind,
                ":category": filter.category,
                // Confidences are stored as they are computed, in single precision.
                ":least": filter.least_confidence.map(|least| f64::from(least) - 1e-6),
                ":project": filter.project,
                ":session": filter.session,
                ":status": filter.status.unwrap_or(MemoryStatus::Superseded),
                ":limit": limit(filter.limit),
            },
            memory_from,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(memories)
}

/// Recallable memories without a vector of `model` for their present text.
pub(super) fn unembedded(db: &Connection, model: &str, count: usize) -> Attempt<Vec<(MemoryId, String)>> {
    let statement = format!(
        "{MEMORY} WHERE {RECALLABLE} AND NOT EXISTS (
             SELECT 1 FROM vectors v
             WHERE v.memory = m.id AND v.model = (SELECT id FROM models WHERE name = ?) AND v.text_hash = m.text_hash)
         ORDER BY m.id LIMIT ?"
    );
    let memories = db
        .prepare_cached(&statement)?
        .query_map(params![model, limit(count)], memory_from)?
        .map(|memory| memory.map(|memory| (memory.id, memory.draft.index_text())))
        .collect::<rusqlite::Result<_>>()?;
    Ok(memories)
}

/// How much there is.
pub(super) fn counts(db: &Connection, model: &str) -> Attempt<StoreCounts> {
    let statement = format!(
        "SELECT (SELECT count(*) FROM sessions WHERE subagent = 0 AND forgotten_at IS NULL),
                (SELECT count(*) FROM messages),
                (SELECT count(*) FROM tool_calls),
                (SELECT count(*) FROM memories m WHERE {RECALLABLE}),
                (SELECT count(*) FROM memories m WHERE {RECALLABLE} AND NOT EXISTS (
                     SELECT 1 FROM vectors v
                     WHERE v.memory = m.id AND v.model = (SELECT id FROM models WHERE name = ?)
                       AND v.text_hash = m.text_hash)),
                (SELECT count(*) FROM session_recalls WHERE outcome = 'injected'),
                (SELECT count(*) FROM memory_feedback)"
    );
    let counts = db.prepare_cached(&statement)?.query_row([model], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        Ok(StoreCounts {
            sessions: count(0)?,
            messages: count(1)?,
            tool_calls: count(2)?,
            memories: count(3)?,
            unembedded: count(4)?,
            recalls: count(5)?,
            votes: count(6)?,
        })
    })?;
    Ok(counts)
}

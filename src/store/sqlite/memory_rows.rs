//! Memories as rows: reading, listing, counting.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::de::DeserializeOwned;

use super::failure::Attempt;
use super::values::limit;
use super::words::all_of;
use crate::model::{Memory, MemoryDraft, MemoryId, MemoryStatus, Provenance};
use crate::store::{MemoryFilter, StoreCounts};

/// The condition on `m` that a memory may be recalled; the same as [`MemoryStatus::recallable`].
pub(super) const RECALLABLE: &str = "m.status IN ('active', 'pinned')";

/// One row per memory, all columns of [`Memory`], from table `m`.
pub(super) const MEMORY: &str = "SELECT m.id, m.status, m.kind, p.key AS project, m.formed_at, m.saved_at, m.session,
        m.message, m.seq, m.trigger, m.origin, m.direction, m.polarity, m.confidence, m.times_observed,
        m.superseded_by, m.title, m.body, m.quote, m.reasoning, m.mentions, m.files, m.extra, m.source_chunk,
        (SELECT count(*) FROM session_recalls WHERE memory = m.id AND outcome = 'injected') AS recall_count
    FROM memories m LEFT JOIN projects p ON p.id = m.project";

/// A memory from a row that has the columns of [`MEMORY`].
pub(super) fn memory_from(row: &Row<'_>) -> rusqlite::Result<Memory> {
    Ok(Memory {
        id: row.get("id")?,
        draft: MemoryDraft {
            kind: row.get("kind")?,
            title: row.get("title")?,
            body: row.get("body")?,
            reasoning: row.get("reasoning")?,
            trigger: row.get("trigger")?,
            confidence: row.get("confidence")?,
            direction: row.get("direction")?,
            polarity: row.get("polarity")?,
            origin: row.get("origin")?,
            status: row.get("status")?,
            project: row.get("project")?,
            formed_at: row.get("formed_at")?,
            provenance: Provenance { session: row.get("session")?, message: row.get("message")?, seq: row.get("seq")? },
            source_chunk: row.get("source_chunk")?,
            quote: row.get("quote")?,
            entities: json(row, "mentions")?,
            files: json(row, "files")?,
            extra: json(row, "extra")?,
        },
        saved_at: row.get("saved_at")?,
        times_observed: row.get("times_observed")?,
        recall_count: row.get("recall_count")?,
        superseded_by: row.get("superseded_by")?,
    })
}

/// A column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
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
           AND (:project IS NULL OR p.key = :project)
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
        "SELECT (SELECT count(*) FROM sessions WHERE subagent = 0),
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

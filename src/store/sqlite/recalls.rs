//! What hooks considered and showed.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::chunk::to_blob;
use super::failure::Attempt;
use super::memory_rows::json;
use super::session_names;
use super::values::limit;
use crate::model::{MemoryId, Outcome, SessionId};
use crate::store::{RecallFilter, RecallRecord, RecallRow};
use crate::text;

/// Characters of a query that are kept: enough to tell what a vote was about.
const QUERY_CHARS: usize = 500;
/// Queries whose words and vector are kept, about 2 KB each, with the reasons of what they brought: some weeks of prompts.
const KEPT_QUERIES: i64 = 4_000;

/// How often the session has forgotten what it was shown.
fn epoch(db: &Connection, session: &SessionId) -> Attempt<i64> {
    let known = db
        .prepare_cached("SELECT epoch FROM session_state WHERE session = ?")?
        .query_row([session], |row| row.get(0))
        .optional()?;
    Ok(known.unwrap_or(0))
}

/// Starts a new epoch; questions about names that were not answered may be asked again.
pub(super) fn rearm(db: &Connection, session: &SessionId) -> Attempt<()> {
    let statement = "INSERT INTO session_state (session, epoch) VALUES (?, 1)
         ON CONFLICT (session) DO UPDATE SET epoch = epoch + 1";
    db.prepare_cached(statement)?.execute([session])?;
    session_names::forget_open(db, session)
}

/// Which of these the session was shown in its present epoch, in the order given.
pub(super) fn already_shown(db: &Connection, session: &SessionId, ids: &[MemoryId]) -> Attempt<Vec<MemoryId>> {
    let epoch = epoch(db, session)?;
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM session_recalls WHERE memory = ? AND session = ? AND epoch = ? AND outcome = 'injected'",
    )?;
    let mut shown = Vec::new();
    for id in ids {
        if statement.exists(params![id, session, epoch])? {
            shown.push(*id);
        }
    }
    Ok(shown)
}

/// Records recalls; gives those injected ones that this call was the first to claim.
pub(super) fn record(
    db: &Connection,
    records: &[RecallRecord],
    query: &str,
    model: &str,
    vector: Option<&[f32]>,
) -> Attempt<Vec<MemoryId>> {
    let Some(first) = records.first() else { return Ok(Vec::new()) };
    db.prepare_cached("INSERT INTO recall_queries (at, model, text, vector) VALUES (?, ?, ?, ?)")?.execute(params![
        first.at,
        model,
        text::excerpt(query, QUERY_CHARS),
        vector.map(to_blob)
    ])?;
    let query = db.last_insert_rowid();
    let mut claimed = Vec::new();
    for record in records {
        let stored = insert(db, record, query)?;
        if stored && record.outcome == Outcome::Injected {
            claimed.push(record.memory);
        }
    }
    Ok(claimed)
}

/// Empties the queries before the latest ones, but for those that a vote would be stored with: the one that last brought
/// each memory. Their rows stay, as recalls name them. What an earlier version kept whole is cut to an excerpt.
pub(super) fn forget_queries(db: &Connection) -> Attempt<()> {
    let latest: Option<i64> = db.query_row("SELECT max(id) FROM recall_queries", [], |row| row.get(0))?;
    let before = latest.unwrap_or(0) - KEPT_QUERIES;
    let cut = "UPDATE recall_queries SET text = substr(text, 1, ?1 - 1) || '…' WHERE id > ?2 AND length(text) > ?1";
    db.prepare_cached(cut)?.execute(params![QUERY_CHARS as i64, before])?;
    if before <= 0 {
        return Ok(());
    }
    let forget = "UPDATE recall_queries SET text = '', vector = NULL
         WHERE id <= ? AND (text <> '' OR vector IS NOT NULL) AND id NOT IN (
             SELECT COALESCE((SELECT query FROM session_recalls WHERE memory = m.id AND outcome <> 'dropped'
                              ORDER BY outcome = 'injected' DESC, at DESC, id DESC LIMIT 1), 0)
             FROM memories m)";
    db.prepare_cached(forget)?.execute([before])?;
    forget_reasons(db, before)
}

/// Of recalls at queries before the latest ones only this stays: that a memory was shown, and each memory's last recall.
fn forget_reasons(db: &Connection, before: i64) -> Attempt<()> {
    // Recalls are stored in the order of their queries, so that no index is needed to find where to end.
    let first_kept: Option<i64> = db
        .prepare_cached("SELECT id FROM session_recalls WHERE query > ? ORDER BY id LIMIT 1")?
        .query_row([before], |row| row.get(0))
        .optional()?;
    let end = first_kept.unwrap_or(i64::MAX);
    let drop = "DELETE FROM session_recalls AS old WHERE id < ? AND outcome <> 'injected'
         AND EXISTS (SELECT 1 FROM session_recalls later WHERE later.memory = old.memory AND later.id > old.id)";
    db.prepare_cached(drop)?.execute([end])?;
    let cut =
        "UPDATE session_recalls SET trigger = '', signals = '[]' WHERE id < ? AND (trigger <> '' OR signals <> '[]')";
    db.prepare_cached(cut)?.execute([end])?;
    Ok(())
}

/// Stores one recall; not one that was injected before in this epoch, nor one of a memory forgotten in the meantime.
fn insert(db: &Connection, record: &RecallRecord, query: i64) -> Attempt<bool> {
    let statement = "INSERT INTO session_recalls
             (memory, session, epoch, query, outcome, event, prompt_id, at, score, floor, trigger, why, signals)
         SELECT id, :session, :epoch, :query, :outcome, :event, :prompt_id, :at, :score, :floor, :trigger, :why, :signals
         FROM memories WHERE id = :memory
         ON CONFLICT DO NOTHING";
    let stored = db.prepare_cached(statement)?.execute(named_params! {
        ":memory": record.memory,
        ":session": record.session,
        ":epoch": epoch(db, &record.session)?,
        ":query": query,
        ":outcome": record.outcome.as_str(),
        ":event": record.event,
        ":prompt_id": record.prompt_id,
        ":at": record.at,
        ":score": record.score,
        ":floor": record.floor,
        ":trigger": record.trigger,
        ":why": record.why,
        ":signals": serde_json::to_string(&record.signals)?,
    })?;
    Ok(stored == 1)
}

/// What was recalled, latest first.
pub(super) fn list(db: &Connection, filter: &RecallFilter) -> Attempt<Vec<RecallRow>> {
    let statement = "SELECT memory, session, event, trigger, score, signals, outcome, why, at
         FROM session_recalls
         WHERE (:memory IS NULL OR memory = :memory)
           AND (:session IS NULL OR session = :session)
           AND (NOT :injected OR outcome = 'injected')
           AND (NOT :shadowed OR outcome = 'shadowed')
         ORDER BY at DESC, id DESC LIMIT :limit";
    let rows = db
        .prepare_cached(statement)?
        .query_map(
            named_params! {
                ":memory": filter.memory,
                ":session": filter.session,
                ":injected": filter.injected,
                ":shadowed": filter.shadowed,
                ":limit": limit(filter.limit),
            },
            |row| {
                Ok(RecallRow {
                    memory: row.get("memory")?,
                    session: row.get("session")?,
                    event: row.get("event")?,
                    trigger: row.get("trigger")?,
                    score: row.get("score")?,
                    signals: json(row, "signals")?,
                    outcome: row.get("outcome")?,
                    why: row.get("why")?,
                    at: row.get("at")?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

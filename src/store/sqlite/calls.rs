//! Finding what was done: the text index of tool calls.
//!
//! Ingest does not fill it: most calls are never looked for, and the index would cost it a tenth of its speed. The worker
//! does that afterwards, and a search before it looks.

use rusqlite::{Connection, OptionalExtension, params};

use super::conditions::{Over, owned};
use super::failure::Attempt;
use super::messages::{Fit, Parts, best, first_of_each_session};
use super::turns::{CALL, call_from, files_of};
use super::words::{expression, fact, set_fact};
use crate::model::{Step, ToolCall};
use crate::store::{MessageQuery, StepHit, call_text};
use crate::text;

/// The last call in the index, in `facts`.
const UPTO: &str = "calls_upto";
/// Calls that are put into the index in one transaction, about 40 ms.
const AT_ONCE: i64 = 1000;

/// How many times [`index`] must be called until the index knows all calls as they are now.
pub(super) fn rounds(db: &Connection) -> Attempt<i64> {
    let changed: bool = db.query_row("SELECT EXISTS (SELECT 1 FROM calls_to_index)", [], |row| row.get(0))?;
    let new = (last_call(db)? - fact(db, UPTO)?.unwrap_or(0)).max(0);
    Ok(((new + AT_ONCE - 1) / AT_ONCE).max(i64::from(changed)))
}

/// Brings the index up to date with what changed, and with a number of calls that are new.
pub(super) fn index(db: &Connection) -> Attempt<()> {
    // The number of a call that was removed is given again if none is higher.
    let upto = fact(db, UPTO)?.unwrap_or(0).min(last_call(db)?);
    let changed: Vec<i64> = db
        .prepare_cached("DELETE FROM calls_to_index RETURNING call")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let one = format!("SELECT {CALL} FROM tool_calls c WHERE c.id = ?");
    for id in changed {
        db.prepare_cached("DELETE FROM calls_fts WHERE rowid = ?")?.execute([id])?;
        let call = db.prepare_cached(&one)?.query_row([id], call_from).optional()?;
        if let Some(call) = call.filter(|_| id <= upto) {
            add(db, id, call)?;
        }
    }
    let new = format!("SELECT c.id, {CALL} FROM tool_calls c WHERE c.id > ? ORDER BY c.id LIMIT ?");
    let mut new = db.prepare_cached(&new)?;
    let mut rows = new.query([upto, AT_ONCE])?;
    let mut last = upto;
    while let Some(row) = rows.next()? {
        last = row.get("id")?;
        add(db, last, call_from(row)?)?;
    }
    set_fact(db, UPTO, last)
}

fn last_call(db: &Connection) -> Attempt<i64> {
    Ok(db.query_row("SELECT COALESCE(MAX(id), 0) FROM tool_calls", [], |row| row.get(0))?)
}

fn add(db: &Connection, id: i64, mut call: ToolCall) -> Attempt<()> {
    call.files = files_of(db, id)?;
    let terms = text::joined_terms(&call_text(&call));
    if !terms.is_empty() {
        db.prepare_cached("INSERT INTO calls_fts (rowid, body) VALUES (?, ?)")?.execute(params![id, terms])?;
    }
    Ok(())
}

/// Calls that fit the query: with words the best first; without, if only calls are asked for, the first of each session.
pub(super) fn search(db: &Connection, query: &MessageQuery) -> Attempt<Vec<StepHit>> {
    let words = expression(&query.text, query.any_word, &query.phrases);
    let asks_words = !query.text.trim().is_empty() || !query.phrases.is_empty();
    if query.at.is_some() || words.is_none() && (asks_words || !query.asks_only_calls()) {
        return Ok(Vec::new());
    }
    let mut parts = Parts::of(query, Over::Calls)?;
    let fits = match &words {
        Some(words) => {
            parts.first("calls_fts MATCH ?", owned(words)?);
            best(db, Over::Calls, &parts, query)?
        }
        None => first_of_each_session(db, Over::Calls, &parts, query)?,
    };
    fits.into_iter().map(|fit| hit(db, &fit)).collect()
}

fn hit(db: &Connection, fit: &Fit) -> Attempt<StepHit> {
    let statement = format!("SELECT c.turn, {CALL} FROM tool_calls c WHERE c.id = ?");
    let (turn, mut call) =
        db.prepare_cached(&statement)?.query_row([fit.id], |row| Ok((row.get("turn")?, call_from(row)?)))?;
    call.files = files_of(db, fit.id)?;
    fit.hit(db, turn, Step::Called(call))
}

//! Finding what was done.

use rusqlite::Connection;

use super::conditions::{Over, owned};
use super::failure::Attempt;
use super::messages::{Fit, Parts, best, first_of_each_session};
use super::turns::{CALL, call_from, files_of};
use super::words::expression;
use crate::model::Step;
use crate::store::{MessageQuery, StepHit};

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

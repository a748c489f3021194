//! The text indexes of messages and calls.
//!
//! Ingest does not fill them: most steps are never looked for, and the indexes would cost it a fifth of its speed. The
//! worker does that afterwards, and a search before it looks.

use rusqlite::{Connection, OptionalExtension, params};

use super::conditions::Over;
use super::failure::Attempt;
use super::turns::{CALL, call_from, files_of};
use super::words::{fact, set_fact};
use crate::store::call_text;
use crate::text::joined_terms;

/// Steps that are put into an index in one transaction, at most about 40 ms.
const AT_ONCE: i64 = 1000;

impl Over {
    /// The last step in the index, in `facts`.
    fn upto(self) -> &'static str {
        match self {
            Self::Messages => "messages_upto",
            Self::Calls => "calls_upto",
        }
    }

    /// Where the steps stand that are to be looked at once more, and the name of their column.
    fn changed(self) -> (&'static str, &'static str) {
        match self {
            Self::Messages => ("messages_to_index", "message"),
            Self::Calls => ("calls_to_index", "call"),
        }
    }
}

/// How many times [`fill`] must be called until the index knows all steps as they are now.
pub(super) fn rounds(db: &Connection, over: Over) -> Attempt<i64> {
    let changed = format!("SELECT EXISTS (SELECT 1 FROM {})", over.changed().0);
    let changed: bool = db.prepare_cached(&changed)?.query_row([], |row| row.get(0))?;
    let new = (last(db, over)? - fact(db, over.upto())?.unwrap_or(0)).max(0);
    Ok(((new + AT_ONCE - 1) / AT_ONCE).max(i64::from(changed)))
}

/// Brings the index up to date with what changed, and with a number of steps that are new.
pub(super) fn fill(db: &Connection, over: Over) -> Attempt<()> {
    // The number of a step that was removed is given again if none is higher.
    let upto = fact(db, over.upto())?.unwrap_or(0).min(last(db, over)?);
    let (table, column) = over.changed();
    let changed: Vec<i64> = db
        .prepare_cached(&format!("DELETE FROM {table} RETURNING {column}"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let delete = format!("DELETE FROM {} WHERE rowid = ?", over.index());
    for id in changed {
        db.prepare_cached(&delete)?.execute([id])?;
        if id <= upto && is_there(db, over, id)? {
            add(db, over, id)?;
        }
    }
    let new = format!("SELECT id FROM {} WHERE id > ? ORDER BY id LIMIT ?", over.table());
    let new: Vec<i64> =
        db.prepare_cached(&new)?.query_map([upto, AT_ONCE], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    new.iter().try_for_each(|&id| add(db, over, id))?;
    set_fact(db, over.upto(), new.last().copied().unwrap_or(upto))
}

fn last(db: &Connection, over: Over) -> Attempt<i64> {
    let last = format!("SELECT COALESCE(MAX(id), 0) FROM {}", over.table());
    Ok(db.prepare_cached(&last)?.query_row([], |row| row.get(0))?)
}

fn is_there(db: &Connection, over: Over, id: i64) -> Attempt<bool> {
    let there = format!("SELECT 1 FROM {} WHERE id = ?", over.table());
    Ok(db.prepare_cached(&there)?.query_row([id], |_| Ok(())).optional()?.is_some())
}

fn add(db: &Connection, over: Over, id: i64) -> Attempt<()> {
    let terms = joined_terms(&text_of(db, over, id)?);
    if !terms.is_empty() {
        let insert = format!("INSERT INTO {} (rowid, body) VALUES (?, ?)", over.index());
        db.prepare_cached(&insert)?.execute(params![id, terms])?;
    }
    Ok(())
}

/// What a step can be found by.
fn text_of(db: &Connection, over: Over, id: i64) -> Attempt<String> {
    match over {
        Over::Messages => {
            Ok(db.prepare_cached("SELECT text FROM messages WHERE id = ?")?.query_row([id], |row| row.get(0))?)
        }
        Over::Calls => {
            let one = format!("SELECT {CALL} FROM tool_calls c WHERE c.id = ?");
            let mut call = db.prepare_cached(&one)?.query_row([id], call_from)?;
            call.files = files_of(db, id)?;
            Ok(call_text(&call))
        }
    }
}

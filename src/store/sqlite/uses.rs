//! The ledger of what became of injected memories.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use super::values::limit;
use crate::model::{MemoryId, Use};
use crate::store::{UseRecord, Uses};

/// Recalls that injected a memory at a prompt or call and are not judged yet, latest first: those of sessions that were
/// never taken in stay, and must not stand before the others for good.
pub(super) fn unjudged(db: &Connection, count: usize) -> Attempt<Vec<UseRecord>> {
    let statement = "SELECT r.memory, r.session, r.at FROM session_recalls r
         WHERE r.outcome = 'injected' AND r.event != 'SessionStart' AND NOT EXISTS (
             SELECT 1 FROM memory_uses u WHERE u.memory = r.memory AND u.session = r.session AND u.at = r.at)
         ORDER BY r.id DESC LIMIT ?";
    let recalls = db
        .prepare_cached(statement)?
        .query_map([limit(count)], |row| {
            let (memory, session, at) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(UseRecord { memory, session, at, outcome: Use::Ignored, why: String::new() })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(recalls)
}

/// Keeps a judgement; a later one of the same recall takes its place.
pub(super) fn note(db: &Connection, used: &UseRecord) -> Attempt<()> {
    let statement = "INSERT INTO memory_uses (memory, session, at, outcome, why)
         SELECT id, ?2, ?3, ?4, ?5 FROM memories WHERE id = ?1
         ON CONFLICT (memory, session, at) DO UPDATE SET outcome = excluded.outcome, why = excluded.why";
    db.prepare_cached(statement)?.execute(params![used.memory, used.session, used.at, used.outcome, used.why])?;
    Ok(())
}

/// The balance of these memories; those never judged are left out.
pub(super) fn balance(db: &Connection, ids: &[MemoryId]) -> Attempt<Vec<Uses>> {
    let mut statement = db.prepare_cached("SELECT outcome FROM memory_uses WHERE memory = ?")?;
    let mut found = Vec::new();
    for &memory in ids {
        let mut uses = Uses { memory, ..Uses::default() };
        let mut rows = statement.query([memory])?;
        while let Some(row) = rows.next()? {
            match row.get(0)? {
                Use::Followed => uses.followed += 1,
                Use::Ignored => uses.ignored += 1,
                Use::Contradicted => uses.contradicted += 1,
            }
        }
        if uses != (Uses { memory, ..Uses::default() }) {
            found.push(uses);
        }
    }
    Ok(found)
}

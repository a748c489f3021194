//! One worker at a time: leases that run out by themselves.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use crate::model::Timestamp;

/// Takes or renews a lease; false when another holder has it.
pub(super) fn take(db: &Connection, name: &str, holder: &str, now: Timestamp, ttl_ms: i64) -> Attempt<bool> {
    let statement = "INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE holder = excluded.holder OR until <= ?4";
    let until = now.millis().saturating_add(ttl_ms);
    Ok(db.prepare_cached(statement)?.execute(params![name, holder, until, now])? == 1)
}

/// Gives a lease back; another holder's stays.
pub(super) fn release(db: &Connection, name: &str, holder: &str) -> Attempt<()> {
    db.prepare_cached("DELETE FROM leases WHERE name = ? AND holder = ?")?.execute([name, holder])?;
    Ok(())
}

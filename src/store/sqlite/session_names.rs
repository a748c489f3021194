//! What names mean in a session.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use super::memory_rows::json;
use crate::model::SessionId;
use crate::store::SessionName;

/// All of a session, by name.
pub(super) fn list(db: &Connection, session: &SessionId) -> Attempt<Vec<SessionName>> {
    let statement = "SELECT name, entity, choices, asked, at FROM session_names WHERE session = ? ORDER BY name";
    let names = db
        .prepare_cached(statement)?
        .query_map([session], |row| {
            Ok(SessionName {
                name: row.get("name")?,
                entity: row.get("entity")?,
                choices: json(row, "choices")?,
                asked: row.get("asked")?,
                at: row.get("at")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// The latest word on a name counts.
pub(super) fn note(db: &Connection, session: &SessionId, name: &SessionName) -> Attempt<()> {
    let statement = "INSERT INTO session_names (session, name, entity, choices, asked, at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (session, name) DO UPDATE SET
             entity = excluded.entity, choices = excluded.choices, asked = excluded.asked, at = excluded.at";
    db.prepare_cached(statement)?.execute(params![
        session,
        name.name,
        name.entity,
        serde_json::to_string(&name.choices)?,
        name.asked,
        name.at
    ])?;
    Ok(())
}

/// Takes back the questions that are open.
pub(super) fn forget_open(db: &Connection, session: &SessionId) -> Attempt<()> {
    db.prepare_cached("DELETE FROM session_names WHERE session = ? AND entity IS NULL")?.execute([session])?;
    Ok(())
}

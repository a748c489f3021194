//! Projects as rows, and what a scope leaves out.

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Attempt;
use crate::model::Project;
use crate::store::Scope;

/// Stands for "no project" where a number is needed; rows start at 1.
pub(super) const NO_PROJECT: i64 = 0;

/// The row of a project, made if need be. A root once known is kept until another is given.
pub(super) fn project_row(db: &Connection, project: &Project) -> Attempt<i64> {
    let statement = "SELECT id FROM projects WHERE key = ?1 AND ?2 IN ('', root)";
    let known = db.prepare_cached(statement)?.query_row([&project.key, &project.root], |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let statement = "INSERT INTO projects (key, name, root) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET root = CASE WHEN excluded.root = '' THEN root ELSE excluded.root END
         RETURNING id";
    let id =
        db.prepare_cached(statement)?.query_row(params![project.key, project.name, project.root], |row| row.get(0))?;
    Ok(id)
}

/// The row of the project with this key.
pub(super) fn known_project(db: &Connection, key: &str) -> Attempt<Option<i64>> {
    Ok(db.prepare_cached("SELECT id FROM projects WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()?)
}

/// The row of the scope's project; none when there is no project or nothing is known of it.
pub(super) fn scope_project(db: &Connection, scope: &Scope) -> Attempt<Option<i64>> {
    scope.project.as_deref().map_or(Ok(None), |key| known_project(db, key))
}

/// The memories that a scope leaves out by time or session: one bit for each memory number.
///
/// A hook asks as of now and leaves out only what its own session brought, so this costs two look-ups; an evaluation
/// that asks as of the past pays for every later memory.
pub(super) struct LeftOut {
    bits: Vec<u64>,
}

impl LeftOut {
    /// What `scope` leaves out.
    pub(super) fn of(db: &Connection, scope: &Scope) -> Attempt<Self> {
        let mut left_out = Self { bits: Vec::new() };
        let mut later = db.prepare_cached("SELECT id FROM memories WHERE formed_at >= ?")?;
        let mut rows = later.query([scope.before])?;
        while let Some(row) = rows.next()? {
            left_out.insert(row.get(0)?);
        }
        let mut own = db.prepare_cached("SELECT id FROM memories WHERE session = ?")?;
        let mut rows = own.query([&scope.not_session])?;
        while let Some(row) = rows.next()? {
            left_out.insert(row.get(0)?);
        }
        Ok(left_out)
    }

    fn insert(&mut self, id: i64) {
        let Ok(id) = usize::try_from(id) else { return };
        if self.bits.len() <= id / 64 {
            self.bits.resize(id / 64 + 1, 0);
        }
        self.bits[id / 64] |= 1 << (id % 64);
    }

    /// Whether the memory is left out.
    pub(super) fn contains(&self, id: i64) -> bool {
        let Ok(id) = usize::try_from(id) else { return false };
        self.bits.get(id / 64).is_some_and(|word| word >> (id % 64) & 1 == 1)
    }
}

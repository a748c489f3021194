//! How commands went, session by session.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Attempt;
use super::scope::{NO_PROJECT, scope_project};
use crate::model::{SessionId, Timestamp};
use crate::store::{CommandAnalysis, CommandRuns, Scope};

/// The runs of a command in the scope's project, latest first.
pub(super) fn runs(db: &Connection, command: &str, scope: &Scope) -> Attempt<Vec<CommandRuns>> {
    let Some(project) = scope_project(db, scope)? else { return Ok(Vec::new()) };
    let statement = "SELECT session, failed, worked, at, error FROM command_runs
         WHERE command = ?1 AND project = ?2 AND at < ?3 AND session IS NOT ?4 ORDER BY at DESC, session";
    let runs = db
        .prepare_cached(statement)?
        .query_map(params![command, project, scope.before, scope.not_session], |row| {
            Ok(CommandRuns {
                session: row.get(0)?,
                failed: row.get(1)?,
                worked: row.get(2)?,
                at: row.get(3)?,
                error: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(runs)
}

/// Notes a warning; false when the session was warned of the command before.
pub(super) fn claim(db: &Connection, session: &SessionId, command: &str, at: Timestamp) -> Attempt<bool> {
    let statement = "INSERT INTO session_warnings (session, command, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    Ok(db.prepare_cached(statement)?.execute(params![session, command, at])? == 1)
}

/// One command in one session.
#[derive(Default)]
struct Tally {
    failed: u32,
    worked: u32,
    at: i64,
    error: String,
}

/// Counts the calls of every session that has new ones. Returns how many sessions.
pub(super) fn note(db: &Connection, analyse: &CommandAnalysis<'_>) -> Attempt<usize> {
    let upto: i64 = db
        .prepare_cached("SELECT value FROM facts WHERE name = 'command_runs.upto'")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let sessions: Vec<(i64, String, Option<i64>)> = db
        .prepare_cached(
            "SELECT s.id, s.name, s.project FROM sessions s
             WHERE s.id IN (SELECT session FROM tool_calls WHERE id > ? AND command IS NOT NULL)",
        )?
        .query_map([upto], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (row, name, project) in &sessions {
        let tallies = tally(db, *row, analyse)?;
        db.prepare_cached("DELETE FROM command_runs WHERE session = ?")?.execute([name])?;
        for (command, tally) in &tallies {
            db.prepare_cached(
                "INSERT INTO command_runs (command, project, session, failed, worked, at, error)
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                command,
                project.unwrap_or(NO_PROJECT),
                name,
                tally.failed,
                tally.worked,
                tally.at,
                tally.error
            ])?;
        }
    }
    db.execute(
        "INSERT INTO facts (name, value) SELECT 'command_runs.upto', coalesce(max(id), 0) FROM tool_calls WHERE true
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [],
    )?;
    Ok(sessions.len())
}

fn tally(db: &Connection, session: i64, analyse: &CommandAnalysis<'_>) -> Attempt<BTreeMap<String, Tally>> {
    let mut statement = db.prepare_cached(
        "SELECT command, status, output, at FROM tool_calls
         WHERE session = ? AND command IS NOT NULL AND status IN ('failed', 'ok') ORDER BY seq, id",
    )?;
    let mut rows = statement.query([session])?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let failed = row.get_ref(1)?.as_str()? == "failed";
        let output = if failed { row.get_ref(2)?.as_str()? } else { "" };
        let Some((command, error)) = analyse(row.get_ref(0)?.as_str()?, output) else { continue };
        let tally = tallies.entry(command).or_default();
        tally.at = row.get(3)?;
        if failed {
            tally.failed += 1;
            tally.error = error;
        } else {
            tally.worked += 1;
        }
    }
    Ok(tallies)
}

#[cfg(test)]
mod tests {
    #[test]
    fn statuses_are_those_of_the_model() {
        use crate::model::ToolStatus;
        assert_eq!((ToolStatus::Failed.as_str(), ToolStatus::Ok.as_str()), ("failed", "ok"));
    }
}

//! The worker's requests and runs.

use rusqlite::{Connection, OptionalExtension, params};

use super::catching;
use super::failure::Attempt;
use crate::model::SessionId;
use crate::store::{Lease, Queued, Request, Waiting, WorkerRun};

/// Runs that are kept: a day of the scheduler's.
const KEPT_RUNS: i64 = 100;

/// Adds a request, in place of the same one if that still waits.
pub(super) fn enqueue(db: &Connection, request: &Request) -> Attempt<()> {
    let session = request.session.as_ref().map(|session| session.0.as_str()).unwrap_or_default();
    let transcript = request.transcript.as_deref().unwrap_or_default();
    let statement = "INSERT OR REPLACE INTO worker_requests (occasion, session, transcript, at) VALUES (?, ?, ?, ?)";
    db.prepare_cached(statement)?.execute(params![request.occasion, session, transcript, request.at])?;
    Ok(())
}

/// What waits, earliest first.
pub(super) fn queued(db: &Connection) -> Attempt<Vec<Queued>> {
    let named = |name: String| (!name.is_empty()).then_some(name);
    let queued = db
        .prepare_cached("SELECT id, occasion, session, transcript, at FROM worker_requests ORDER BY id")?
        .query_map([], |row| {
            let request = Request {
                occasion: row.get(1)?,
                session: named(row.get(2)?).map(SessionId),
                transcript: named(row.get(3)?),
                at: row.get(4)?,
            };
            Ok(Queued { id: row.get(0)?, request })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(queued)
}

/// Takes out what was served.
pub(super) fn served(db: &Connection, upto: i64) -> Attempt<()> {
    db.prepare_cached("DELETE FROM worker_requests WHERE id <= ?")?.execute([upto])?;
    Ok(())
}

/// Who has a lease.
pub(super) fn lease(db: &Connection, name: &str) -> Attempt<Option<Lease>> {
    let lease = db
        .prepare_cached("SELECT holder, until FROM leases WHERE name = ?")?
        .query_row([name], |row| Ok(Lease { holder: row.get(0)?, until: row.get(1)? }))
        .optional()?;
    Ok(lease)
}

/// Keeps a run and drops the oldest.
pub(super) fn note_run(db: &Connection, run: &WorkerRun) -> Attempt<()> {
    let statement = "INSERT INTO worker_runs
             (occasions, started_at, ended_at, looked_everywhere, files, sessions, memories, failure)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    db.prepare_cached(statement)?.execute(params![
        run.occasions,
        run.started_at,
        run.ended_at,
        run.looked_everywhere,
        run.files.cast_signed(),
        run.sessions as i64,
        run.memories as i64,
        run.failure
    ])?;
    db.prepare_cached("DELETE FROM worker_runs WHERE id <= ?")?.execute([db.last_insert_rowid() - KEPT_RUNS])?;
    Ok(())
}

/// The latest runs, latest first.
pub(super) fn runs(db: &Connection) -> Attempt<Vec<WorkerRun>> {
    let statement = "SELECT occasions, started_at, ended_at, looked_everywhere, files, sessions, memories, failure
         FROM worker_runs ORDER BY id DESC";
    let runs = db
        .prepare_cached(statement)?
        .query_map([], |row| {
            Ok(WorkerRun {
                occasions: row.get(0)?,
                started_at: row.get(1)?,
                ended_at: row.get(2)?,
                looked_everywhere: row.get(3)?,
                files: row.get::<_, i64>(4)?.cast_unsigned(),
                sessions: row.get::<_, i64>(5)? as usize,
                memories: row.get::<_, i64>(6)? as usize,
                failure: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(runs)
}

/// What the catcher has not read, with what tells whether it is time to.
pub(super) fn waiting(db: &Connection, version: u32) -> Attempt<Vec<Waiting>> {
    let mut statement = db.prepare_cached(
        "SELECT s.ended_at, (SELECT count(*) FROM messages
                             WHERE session = s.id AND role = 'user' AND seq >= COALESCE(c.upto_seq, 0))
         FROM sessions s LEFT JOIN catch_state c ON c.session = s.id AND c.version = ?1
         WHERE s.name = ?2",
    )?;
    let mut waiting = Vec::new();
    for work in catching::uncaught(db, version)? {
        let (last_at, prompts) =
            statement.query_row(params![version, work.session], |row| Ok((row.get(0)?, row.get(1)?)))?;
        waiting.push(Waiting { work, prompts, last_at });
    }
    Ok(waiting)
}

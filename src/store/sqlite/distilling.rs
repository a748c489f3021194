//! What distillers have read, and their ledger.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::append::row_of;
use super::failure::Attempt;
use super::{SqliteStore, memories, observations};
use crate::model::{MemoryDraft, MemoryId, SessionId, Timestamp};
use crate::store::{Added, DistilFilter, DistilWork, DistillerCall, DistillerStore, Pause, Quota, Result, Spent};

/// Calls older than this count for no budget, milliseconds.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

impl DistillerStore for SqliteStore {
    fn undistilled(&self, filter: &DistilFilter) -> Result<Vec<DistilWork>> {
        self.read(|db| undistilled(db, filter))
    }

    fn record_distilled(
        &mut self,
        session: &SessionId,
        upto_seq: u32,
        drafts: &[MemoryDraft],
        replaced: &[(usize, MemoryId)],
        now: Timestamp,
    ) -> Result<Vec<Option<MemoryId>>> {
        self.write(|db| record(db, session, upto_seq, drafts, replaced, now))
    }

    fn begin_call(&mut self, call: &DistillerCall) -> Result<i64> {
        self.write(|db| begin_call(db, call))
    }

    fn end_call(&mut self, call: i64, outcome: &str, cost: Option<Spent>) -> Result<()> {
        self.write(|db| end_call(db, call, outcome, cost))
    }

    fn spent(&self, since: Timestamp) -> Result<Spent> {
        self.read(|db| spent(db, since))
    }

    fn pause(&self, distiller: &str, now: Timestamp) -> Result<Option<Pause>> {
        self.read(|db| pause(db, distiller, now))
    }

    fn note_failure(&mut self, distiller: &str) -> Result<u32> {
        self.write(|db| note_failure(db, distiller))
    }

    fn set_pause(&mut self, distiller: &str, pause: Option<&Pause>) -> Result<()> {
        self.write(|db| set_pause(db, distiller, pause))
    }

    fn note_quotas(&mut self, distiller: &str, quotas: &[Quota]) -> Result<()> {
        self.write(|db| note_quotas(db, distiller, quotas))
    }

    fn quotas(&self, distiller: &str, now: Timestamp) -> Result<Vec<Quota>> {
        self.read(|db| quotas_of(db, distiller, now))
    }
}

fn undistilled(db: &Connection, filter: &DistilFilter) -> Attempt<Vec<DistilWork>> {
    let statement = "SELECT name, read, next_seq,
             MIN(COALESCE((SELECT MIN(turn) FROM messages WHERE session = work.id AND seq >= work.read), 0xFFFFFFFF),
                 COALESCE((SELECT MIN(turn) FROM tool_calls WHERE session = work.id AND seq >= work.read), 0xFFFFFFFF))
         FROM (SELECT s.id, s.name, s.next_seq, s.ended_at, COALESCE(d.upto_seq, 0) AS read
               FROM sessions s LEFT JOIN distil_state d ON d.session = s.id
               WHERE s.subagent = 0
                 AND (:since IS NULL OR s.ended_at >= :since)
                 AND (:quiet IS NULL OR s.ended_at <= :quiet OR s.name IN (SELECT value FROM json_each(:ready)))) AS work
         WHERE next_seq > read
         ORDER BY ended_at DESC, id DESC LIMIT :limit";
    let parameters = named_params! {
        ":since": filter.since,
        ":quiet": filter.quiet_since,
        ":ready": serde_json::to_string(&filter.ready)?,
        ":limit": filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
    };
    let work = db
        .prepare_cached(statement)?
        .query_map(parameters, |row| {
            Ok(DistilWork {
                session: row.get(0)?,
                from_seq: row.get(1)?,
                upto_seq: row.get(2)?,
                from_turn: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(work)
}

fn record(
    db: &Connection,
    session: &SessionId,
    upto_seq: u32,
    drafts: &[MemoryDraft],
    replaced: &[(usize, MemoryId)],
    now: Timestamp,
) -> Attempt<Vec<Option<MemoryId>>> {
    // The person may have had it forgotten while the model was at it.
    let forgotten = "SELECT 1 FROM sessions WHERE name = ? AND forgotten_at IS NOT NULL";
    if db.prepare_cached(forgotten)?.exists([session])? {
        return Ok(vec![None; drafts.len()]);
    }
    let mut ids = Vec::with_capacity(drafts.len());
    for draft in drafts {
        ids.push(match memories::add(db, draft, now)? {
            Added::New(id) => Some(id),
            Added::Known(_) | Added::Forgotten => None,
        });
    }
    for (at, old) in replaced {
        if let Some(Some(new)) = ids.get(*at) {
            observations::supersede(db, *old, *new, now)?;
        }
    }
    if let Some(session) = row_of(db, session)? {
        let statement = "INSERT INTO distil_state (session, upto_seq) VALUES (?, ?)
             ON CONFLICT (session) DO UPDATE SET upto_seq = MAX(upto_seq, excluded.upto_seq)";
        db.prepare_cached(statement)?.execute(params![session, upto_seq])?;
    }
    Ok(ids)
}

fn begin_call(db: &Connection, call: &DistillerCall) -> Attempt<i64> {
    db.prepare_cached("DELETE FROM distiller_calls WHERE at < ?")?.execute([call.at.millis() - KEPT_MS])?;
    let statement = "INSERT INTO distiller_calls
             (at, distiller, model, input_tokens, output_tokens, microdollars, outcome)
         VALUES (?, ?, ?, ?, ?, ?, 'sent')";
    let Spent { input_tokens, output_tokens, microdollars, .. } = call.cost;
    let numbers = [input_tokens, output_tokens, microdollars].map(number);
    db.prepare_cached(statement)?.execute(params![
        call.at,
        call.distiller,
        call.model,
        numbers[0],
        numbers[1],
        numbers[2]
    ])?;
    Ok(db.last_insert_rowid())
}

fn end_call(db: &Connection, call: i64, outcome: &str, cost: Option<Spent>) -> Attempt<()> {
    db.prepare_cached("UPDATE distiller_calls SET outcome = ? WHERE id = ?")?.execute(params![outcome, call])?;
    if let Some(Spent { input_tokens, output_tokens, microdollars, .. }) = cost {
        let numbers = [input_tokens, output_tokens, microdollars].map(number);
        let statement = "UPDATE distiller_calls SET input_tokens = ?, output_tokens = ?, microdollars = ? WHERE id = ?";
        db.prepare_cached(statement)?.execute(params![numbers[0], numbers[1], numbers[2], call])?;
    }
    Ok(())
}

fn spent(db: &Connection, since: Timestamp) -> Attempt<Spent> {
    let statement = "SELECT COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0),
             COALESCE(SUM(microdollars), 0)
         FROM distiller_calls WHERE at > ?";
    let numbers: [i64; 4] = db
        .prepare_cached(statement)?
        .query_row([since], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
    let [calls, input_tokens, output_tokens, microdollars] = numbers.map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Spent { calls, input_tokens, output_tokens, microdollars })
}

fn pause(db: &Connection, distiller: &str, now: Timestamp) -> Attempt<Option<Pause>> {
    let statement = "SELECT until, COALESCE(cause, ''), COALESCE(why, '') FROM distiller_state
         WHERE distiller = ? AND until > ?";
    let pause = db
        .prepare_cached(statement)?
        .query_row(params![distiller, now], |row| {
            Ok(Pause { until: row.get(0)?, cause: row.get(1)?, why: row.get(2)? })
        })
        .optional()?;
    Ok(pause)
}

fn note_failure(db: &Connection, distiller: &str) -> Attempt<u32> {
    let statement = "INSERT INTO distiller_state (distiller, failures) VALUES (?, 1)
         ON CONFLICT (distiller) DO UPDATE SET failures = failures + 1 RETURNING failures";
    Ok(db.prepare_cached(statement)?.query_row([distiller], |row| row.get(0))?)
}

fn set_pause(db: &Connection, distiller: &str, pause: Option<&Pause>) -> Attempt<()> {
    let Some(pause) = pause else {
        db.prepare_cached("DELETE FROM distiller_state WHERE distiller = ?")?.execute([distiller])?;
        return Ok(());
    };
    let statement = "INSERT INTO distiller_state (distiller, failures, until, cause, why) VALUES (?, 0, ?, ?, ?)
         ON CONFLICT (distiller) DO UPDATE SET until = excluded.until, cause = excluded.cause, why = excluded.why";
    db.prepare_cached(statement)?.execute(params![distiller, pause.until, pause.cause, pause.why])?;
    Ok(())
}

fn note_quotas(db: &Connection, distiller: &str, quotas: &[Quota]) -> Attempt<()> {
    let mut statement = db.prepare_cached(
        "INSERT INTO quotas (distiller, name, used, resets_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (distiller, name) DO UPDATE SET used = excluded.used, resets_at = excluded.resets_at",
    )?;
    for quota in quotas {
        statement.execute(params![distiller, quota.name, quota.used, quota.resets_at])?;
    }
    Ok(())
}

fn quotas_of(db: &Connection, distiller: &str, now: Timestamp) -> Attempt<Vec<Quota>> {
    let statement = "SELECT name, used, resets_at FROM quotas WHERE distiller = ? AND resets_at > ?
         ORDER BY used DESC, name";
    let quotas = db
        .prepare_cached(statement)?
        .query_map(params![distiller, now], |row| {
            Ok(Quota { name: row.get(0)?, used: row.get(1)?, resets_at: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(quotas)
}

/// SQLite's numbers are signed.
fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

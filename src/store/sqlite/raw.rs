//! Records that no reader understood.

use rusqlite::{Connection, params};

use super::failure::Attempt;
use crate::model::{RAW_SESSION_BYTES, RAW_SESSION_RECORDS, RawRecord, SessionId};

/// Keeps a transcript's records, as many as there is room for in its session.
pub(super) fn add(db: &Connection, session: i64, transcript: i64, records: &[RawRecord]) -> Attempt<()> {
    if records.is_empty() {
        return Ok(());
    }
    let statement = "SELECT COUNT(*), COALESCE(SUM(octet_length(r.text)), 0)
         FROM raw_records r JOIN transcripts t ON t.id = r.transcript WHERE t.session = ?";
    let (mut count, mut bytes): (i64, i64) =
        db.prepare_cached(statement)?.query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let statement = "INSERT INTO raw_records (transcript, line, why, bytes, text) VALUES (?, ?, ?, ?, ?)";
    let mut insert = db.prepare_cached(statement)?;
    for record in records {
        if count >= RAW_SESSION_RECORDS as i64 || bytes >= RAW_SESSION_BYTES as i64 {
            break;
        }
        let (line, length) = (record.line.cast_signed(), record.bytes.cast_signed());
        insert.execute(params![transcript, line, record.why, length, record.text])?;
        count += 1;
        bytes += record.text.len() as i64;
    }
    Ok(())
}

/// What is kept of a session, in the order of its transcript.
pub(super) fn of_session(db: &Connection, id: &SessionId) -> Attempt<Vec<RawRecord>> {
    let statement = "SELECT r.line, r.why, r.bytes, r.text
         FROM raw_records r JOIN transcripts t ON t.id = r.transcript JOIN sessions s ON s.id = t.session
         WHERE s.name = ? ORDER BY t.id, r.line, r.id";
    let records = db
        .prepare_cached(statement)?
        .query_map([id], |row| {
            Ok(RawRecord {
                line: row.get::<_, i64>(0)?.cast_unsigned(),
                why: row.get(1)?,
                bytes: row.get::<_, i64>(2)?.cast_unsigned(),
                text: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(records)
}

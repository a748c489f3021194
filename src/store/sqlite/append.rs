//! Taking in what was newly read from one transcript.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, named_params, params};
use sha2::{Digest, Sha256};

use super::failure::Attempt;
use super::forgetting;
use super::outcome::recount;
use super::raw;
use super::scope::project_row;
use crate::model::{Message, SessionId, ToolCall, ToolStatus};
use crate::store::{Append, Appended, SessionHead, SkippedRecord, StepAt, ToolResult, TranscriptState};

/// Forks of forks are followed so far up for the call that a result belongs to.
const LONGEST_ANCESTRY: usize = 16;

/// The statements that are run for every step.
struct Inserts<'db> {
    message: CachedStatement<'db>,
    call: CachedStatement<'db>,
    file: CachedStatement<'db>,
}

impl<'db> Inserts<'db> {
    fn new(db: &'db Connection) -> Attempt<Self> {
        let message = "INSERT INTO messages
                 (session, transcript, turn, seq, role, at, after_interrupt, uuid, text_hash, text)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let call = "INSERT INTO tool_calls
                 (session, transcript, turn, seq, status, at, call_id, uuid, name, command, input, output, patch)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let file = "INSERT INTO tool_call_files (call, path, action) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        Ok(Self {
            message: db.prepare_cached(message)?,
            call: db.prepare_cached(call)?,
            file: db.prepare_cached(file)?,
        })
    }
}

/// What is done once for all appends of a transaction.
#[derive(Default)]
pub(super) struct Together {
    /// Sessions whose counts changed.
    changed: BTreeSet<i64>,
}

/// Where new rows belong.
struct Target<'a> {
    session: i64,
    transcript: i64,
    together: &'a mut Together,
}

impl Together {
    /// To be called before the transaction ends.
    pub(super) fn finish(self, db: &Connection) -> Attempt<()> {
        self.changed.iter().try_for_each(|&session| recount(db, session))
    }
}

/// Stores what was read from a transcript; to be called in a transaction.
pub(super) fn append(db: &Connection, append: &Append, together: &mut Together) -> Attempt<Appended> {
    let Row { session, new_session, forgotten } = session_row(db, &append.head)?;
    let (transcript, before) = transcript_row(db, &append.state, session)?;
    if forgotten {
        // So that it is not opened again until it grows.
        note_state(db, transcript, &append.state)?;
        return Ok(Appended { forgotten, ..Appended::default() });
    }
    if append.restart {
        clear_transcript(db, transcript, [session, before])?;
    }
    update_head(db, session, &append.head)?;
    update_transcript(db, transcript, append)?;
    for url in &append.head.pull_requests {
        db.prepare_cached(
            "INSERT INTO session_links (session, transcript, url) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![session, transcript, url])?;
    }
    add_skipped(db, transcript, &append.skipped)?;
    raw::add(db, session, transcript, &append.raw)?;

    together.changed.insert(session);
    let mut inserts = Inserts::new(db)?;
    let mut target = Target { session, transcript, together };
    let mut appended = Appended { new_session, ..Appended::default() };
    for step in &append.steps {
        let (stored, count) = match step {
            StepAt::Message { turn, message } => {
                (add_message(&mut inserts.message, &target, *turn, message)?, &mut appended.messages)
            }
            StepAt::Call { turn, uuid, call } => {
                (add_call(db, &mut inserts, &mut target, *turn, uuid.as_deref(), call)?, &mut appended.calls)
            }
        };
        *(if stored { count } else { &mut appended.copies }) += 1;
    }
    for result in &append.results {
        attach_result(db, &mut target, result)?;
    }
    Ok(appended)
}

/// A session's row: whether it is new, and whether nothing may be added to it.
struct Row {
    session: i64,
    new_session: bool,
    forgotten: bool,
}

fn session_row(db: &Connection, head: &SessionHead) -> Attempt<Row> {
    let statement = "SELECT id, forgotten_at IS NOT NULL FROM sessions WHERE name = ?";
    let known = db.prepare_cached(statement)?.query_row([&head.id], |row| Ok((row.get(0)?, row.get(1)?)));
    if let Some((session, forgotten)) = known.optional()? {
        return Ok(Row { session, new_session: false, forgotten });
    }
    // A sub-agent's may have been forgotten with its parent's.
    let project =
        head.project.as_ref().filter(|_| !head.subagent).map(|project| project_row(db, project)).transpose()?;
    let statement = "INSERT INTO sessions (name, agent, native, project) VALUES (?, ?, ?, ?)";
    db.prepare_cached(statement)?.execute(params![head.id, head.agent, head.id.native(), project])?;
    let session = db.last_insert_rowid();
    let forgotten = match head.parent.as_ref().filter(|_| head.subagent) {
        Some(parent) => forgetting::follow_parent(db, session, parent)?,
        None => false,
    };
    Ok(Row { session, new_session: true, forgotten })
}

/// The transcript's row, and the session that it was of before. Three plain statements: for one that inserts or updates
/// the engine keeps the pages as they were.
fn transcript_row(db: &Connection, state: &TranscriptState, session: i64) -> Attempt<(i64, i64)> {
    let statement = "SELECT id, session FROM transcripts WHERE path = ?";
    let known = db.prepare_cached(statement)?.query_row([&state.path], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((id, known_session)): Option<(i64, i64)> = known.optional()? else {
        let statement = "INSERT INTO transcripts (path, session, offset, prefix_sha256, size, mtime_ns, next_seq)
             VALUES (?, ?, 0, x'', 0, 0, 0)";
        db.prepare_cached(statement)?.execute(params![state.path, session])?;
        return Ok((db.last_insert_rowid(), session));
    };
    if known_session != session {
        db.prepare_cached("UPDATE transcripts SET session = ? WHERE id = ?")?.execute(params![session, id])?;
    }
    Ok((id, known_session))
}

/// Removes what a transcript gave to its sessions before. Memories caught from it stay.
fn clear_transcript(db: &Connection, transcript: i64, [session, before]: [i64; 2]) -> Attempt<()> {
    for statement in [
        "DELETE FROM messages_fts WHERE rowid IN
             (SELECT id FROM messages WHERE session IN (?1, ?2) AND transcript = ?3)",
        "DELETE FROM messages WHERE session IN (?1, ?2) AND transcript = ?3",
        "DELETE FROM tool_calls WHERE session IN (?1, ?2) AND transcript = ?3",
    ] {
        db.prepare_cached(statement)?.execute([session, before, transcript])?;
    }
    for statement in [
        "DELETE FROM skipped WHERE transcript = ?",
        "DELETE FROM raw_records WHERE transcript = ?",
        "DELETE FROM session_links WHERE transcript = ?",
        "UPDATE transcripts SET interrupts = 0, compactions = 0, tokens_in = 0, tokens_out = 0 WHERE id = ?",
    ] {
        db.prepare_cached(statement)?.execute([transcript])?;
    }
    db.execute("DELETE FROM catch_state WHERE session = ?", [session])?;
    db.execute(
        "UPDATE sessions SET cwd = NULL, branch = NULL, custom_title = NULL, agent_title = NULL, client_version = NULL,
             started_at = NULL, ended_at = NULL, model = NULL, git_commit = NULL, headless = 0
         WHERE id = ? AND NOT EXISTS (SELECT 1 FROM transcripts WHERE session = sessions.id AND id <> ?)",
        [session, transcript],
    )?;
    Ok(())
}

fn update_head(db: &Connection, session: i64, head: &SessionHead) -> Attempt<()> {
    let project = head.project.as_ref().map(|project| project_row(db, project)).transpose()?;
    // Apart from the others, as a column that refers to another table makes the engine keep the pages as they were.
    let statement = "UPDATE sessions SET project = ?1 WHERE id = ?2 AND ?1 IS NOT NULL AND project IS NOT ?1";
    db.prepare_cached(statement)?.execute(params![project, session])?;
    let statement = "UPDATE sessions SET
             parent = COALESCE(:parent, parent),
             subagent = :subagent,
             headless = MAX(headless, :headless),
             cwd = COALESCE(cwd, :cwd),
             branch = COALESCE(:branch, branch),
             git_commit = COALESCE(git_commit, :commit),
             model = COALESCE(:model, model),
             custom_title = COALESCE(:custom_title, custom_title),
             agent_title = COALESCE(:agent_title, agent_title),
             client_version = COALESCE(:client_version, client_version),
             started_at = COALESCE(MIN(started_at, :started_at), started_at, :started_at),
             ended_at = COALESCE(MAX(ended_at, :ended_at), ended_at, :ended_at)
         WHERE id = :id";
    db.prepare_cached(statement)?.execute(named_params! {
        ":id": session,
        ":parent": head.parent,
        ":subagent": head.subagent,
        ":headless": head.headless,
        ":cwd": head.cwd,
        ":branch": head.branch,
        ":commit": head.commit,
        ":model": head.usage.model,
        ":custom_title": head.custom_title,
        ":agent_title": head.agent_title,
        ":client_version": head.client_version,
        ":started_at": head.started_at,
        ":ended_at": head.ended_at,
    })?;
    Ok(())
}

fn update_transcript(db: &Connection, transcript: i64, append: &Append) -> Attempt<()> {
    note_state(db, transcript, &append.state)?;
    let (head, usage) = (&append.head, &append.head.usage);
    db.prepare_cached(
        "UPDATE transcripts SET interrupts = interrupts + ?, compactions = compactions + ?,
             tokens_in = tokens_in + ?, tokens_out = tokens_out + ? WHERE id = ?",
    )?
    .execute(params![
        head.interrupts,
        head.compactions,
        usage.tokens_in.cast_signed(),
        usage.tokens_out.cast_signed(),
        transcript
    ])?;
    Ok(())
}

/// Notes how far a transcript was read.
fn note_state(db: &Connection, transcript: i64, state: &TranscriptState) -> Attempt<()> {
    let statement = "UPDATE transcripts SET offset = ?, prefix_sha256 = ?, size = ?, mtime_ns = ?, next_seq = ?
         WHERE id = ?";
    db.prepare_cached(statement)?.execute(params![
        state.offset.cast_signed(),
        state.prefix_hash,
        state.size.cast_signed(),
        state.mtime_ns,
        state.next_seq,
        transcript
    ])?;
    Ok(())
}

fn add_skipped(db: &Connection, transcript: i64, skipped: &[SkippedRecord]) -> Attempt<()> {
    let statement = "INSERT INTO skipped (transcript, why, line, count) VALUES (?, ?, ?, ?)
         ON CONFLICT (transcript, why) DO UPDATE SET count = count + excluded.count, line = MIN(line, excluded.line)";
    for record in skipped {
        let (line, count) = (record.line.cast_signed(), record.count.cast_signed());
        db.prepare_cached(statement)?.execute(params![transcript, record.why, line, count])?;
    }
    Ok(())
}

/// Stores a message unless it is a copy; says whether it was stored.
fn add_message(insert: &mut CachedStatement<'_>, target: &Target<'_>, turn: u32, message: &Message) -> Attempt<bool> {
    let stored = insert.execute(params![
        target.session,
        target.transcript,
        turn,
        message.seq,
        message.role,
        message.at,
        message.after_interrupt,
        message.uuid,
        text_hash(&message.text),
        message.text
    ])?;
    Ok(stored == 1)
}

/// Stores a tool call unless it is a copy; says whether it was stored.
fn add_call(
    db: &Connection,
    inserts: &mut Inserts<'_>,
    target: &mut Target<'_>,
    turn: u32,
    uuid: Option<&str>,
    call: &ToolCall,
) -> Attempt<bool> {
    let stored = inserts.call.execute(params![
        target.session,
        target.transcript,
        turn,
        call.seq,
        call.status,
        call.at,
        call.call_id,
        uuid,
        call.name,
        call.command,
        call.input,
        call.output,
        call.patch
    ])?;
    if stored == 0 {
        finish_copied_call(db, target, uuid, call)?;
        return Ok(false);
    }
    let id = db.last_insert_rowid();
    for file in &call.files {
        inserts.file.execute(params![id, file.path, file.action.as_str()])?;
    }
    Ok(true)
}

/// A fork made while a call was running knows its result, where the original may not.
fn finish_copied_call(db: &Connection, target: &mut Target<'_>, uuid: Option<&str>, call: &ToolCall) -> Attempt<()> {
    if call.status == ToolStatus::Pending {
        return Ok(());
    }
    let statement = "UPDATE tool_calls SET status = ?, output = ?
         WHERE uuid = ? AND call_id = ? AND status = 'pending' RETURNING session";
    let finished = db
        .prepare_cached(statement)?
        .query_row(params![call.status, call.output, uuid, call.call_id], |row| row.get::<_, i64>(0))
        .optional()?;
    target.together.changed.extend(finished);
    Ok(())
}

/// Attaches a result to its call in this session, or in the one it was forked from.
fn attach_result(db: &Connection, target: &mut Target<'_>, result: &ToolResult) -> Attempt<()> {
    let of_call = "SELECT id FROM tool_calls WHERE call_id = ? AND session = ? AND (session = ? OR status = 'pending')";
    // One row at a time: for several the engine keeps the pages as they were. What did not work changed nothing.
    let attach = "UPDATE tool_calls SET status = ?1, output = ?2,
             patch = CASE ?1 WHEN 'ok' THEN COALESCE(?3, patch) END
         WHERE id = ?4";
    let (mut of_call, mut attach) = (db.prepare_cached(of_call)?, db.prepare_cached(attach)?);
    let mut session = Some(target.session);
    for _ in 0..LONGEST_ANCESTRY {
        let Some(candidate) = session else { break };
        let calls = of_call.query_map(params![result.call_id, candidate, target.session], |row| row.get(0))?;
        let calls: Vec<i64> = calls.collect::<rusqlite::Result<_>>()?;
        for call in &calls {
            attach.execute(params![result.status, result.output, result.patch, call])?;
        }
        if !calls.is_empty() {
            target.together.changed.insert(candidate);
            break;
        }
        session = parent_of(db, candidate)?;
    }
    Ok(())
}

fn parent_of(db: &Connection, session: i64) -> Attempt<Option<i64>> {
    let statement = "SELECT parent.id FROM sessions child JOIN sessions parent ON parent.name = child.parent
         WHERE child.id = ? AND child.subagent = 0";
    Ok(db.prepare_cached(statement)?.query_row([session], |row| row.get(0)).optional()?)
}

/// Tells texts of one record apart; 64 bits of SHA-256.
fn text_hash(text: &str) -> i64 {
    let digest = Sha256::digest(text);
    i64::from_le_bytes(std::array::from_fn(|i| digest[i]))
}

/// The row of a session that was read, if it was.
pub(super) fn row_of(db: &Connection, id: &SessionId) -> Attempt<Option<i64>> {
    Ok(db.prepare_cached("SELECT id FROM sessions WHERE name = ?")?.query_row([id], |row| row.get(0)).optional()?)
}

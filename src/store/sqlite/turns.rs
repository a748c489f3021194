//! Building turns from messages and tool calls.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::append::row_of;
use super::failure::Attempt;
use crate::model::{FileAction, Message, Role, SessionId, Step, ToolCall, TouchedFile, Turn};

/// Columns that [`message_from`] reads.
pub(super) const MESSAGE: &str = "m.seq, m.uuid, m.role, m.text, m.at, m.after_interrupt";

/// A message from a row that has the columns of [`MESSAGE`].
pub(super) fn message_from(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        seq: row.get("seq")?,
        uuid: row.get("uuid")?,
        role: row.get("role")?,
        text: row.get("text")?,
        at: row.get("at")?,
        after_interrupt: row.get("after_interrupt")?,
    })
}

/// Columns that [`call_from`] reads.
pub(super) const CALL: &str = "c.seq, c.call_id, c.name, c.command, c.input, c.status, c.output, c.patch, c.at";

/// A call from a row that has the columns of [`CALL`], without its files.
pub(super) fn call_from(row: &Row<'_>) -> rusqlite::Result<ToolCall> {
    Ok(ToolCall {
        seq: row.get("seq")?,
        call_id: row.get("call_id")?,
        name: row.get("name")?,
        command: row.get("command")?,
        input: row.get("input")?,
        status: row.get("status")?,
        output: row.get("output")?,
        files: Vec::new(),
        patch: row.get("patch")?,
        at: row.get("at")?,
    })
}

/// A session's turns from number `from` on.
pub(super) fn turns(db: &Connection, id: &SessionId, from: u32) -> Attempt<Vec<Turn>> {
    let Some(session) = row_of(db, id)? else { return Ok(Vec::new()) };
    let mut turns: BTreeMap<u32, Turn> = BTreeMap::new();
    for (number, step) in steps(db, session, from)? {
        let turn = turns.entry(number).or_insert_with(|| Turn { number, ..Turn::default() });
        match step {
            Step::Said(message) if message.role == Role::User && turn.prompt.is_none() => turn.prompt = Some(message),
            step => turn.steps.push(step),
        }
    }
    Ok(turns.into_values().collect())
}

/// All steps from a turn on, each with its turn, in order.
fn steps(db: &Connection, session: i64, from: u32) -> Attempt<Vec<(u32, Step)>> {
    let mut steps: Vec<(u32, u32, Step)> = Vec::new();
    let mut said = db.prepare_cached(&format!(
        "SELECT m.turn, {MESSAGE} FROM messages m WHERE m.session = ? AND m.turn >= ? ORDER BY m.seq, m.id"
    ))?;
    for row in said.query_map(params![session, from], |row| Ok((row.get("turn")?, message_from(row)?)))? {
        let (turn, message) = row?;
        steps.push((turn, message.seq, Step::Said(message)));
    }
    for (turn, call) in calls(db, session, from)? {
        steps.push((turn, call.seq, Step::Called(call)));
    }
    steps.sort_by_key(|&(_, seq, _)| seq);
    Ok(steps.into_iter().map(|(turn, _, step)| (turn, step)).collect())
}

fn calls(db: &Connection, session: i64, from: u32) -> Attempt<Vec<(u32, ToolCall)>> {
    let mut files = touched_files(db, session, from)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT c.id, c.turn, {CALL} FROM tool_calls c WHERE c.session = ? AND c.turn >= ? ORDER BY c.seq, c.id"
    ))?;
    let calls = statement
        .query_map(params![session, from], |row| {
            let files = files.remove(&row.get("id")?).unwrap_or_default();
            Ok((row.get("turn")?, ToolCall { files, ..call_from(row)? }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(calls)
}

/// The files of one call.
pub(super) fn files_of(db: &Connection, call: i64) -> Attempt<Vec<TouchedFile>> {
    let files = db
        .prepare_cached("SELECT path, action FROM tool_call_files WHERE call = ? ORDER BY path")?
        .query_map([call], |row| Ok(TouchedFile { path: row.get(0)?, action: action(row, 1)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(files)
}

fn action(row: &Row<'_>, column: usize) -> rusqlite::Result<FileAction> {
    Ok(match row.get_ref(column)?.as_str()? {
        "edit" => FileAction::Edit,
        _ => FileAction::Read,
    })
}

/// The files of all these calls, by call.
fn touched_files(db: &Connection, session: i64, from: u32) -> Attempt<BTreeMap<i64, Vec<TouchedFile>>> {
    let mut statement = db.prepare_cached(
        "SELECT f.call, f.path, f.action FROM tool_calls c JOIN tool_call_files f ON f.call = c.id
         WHERE c.session = ? AND c.turn >= ? ORDER BY f.call, f.path",
    )?;
    let mut rows = statement.query(params![session, from])?;
    let mut files: BTreeMap<i64, Vec<TouchedFile>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        files.entry(row.get(0)?).or_default().push(TouchedFile { path: row.get(1)?, action: action(row, 2)? });
    }
    Ok(files)
}

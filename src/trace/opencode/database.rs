//! The database, as of 1.2: sessions, messages and parts, the latter two as JSON.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Value, json};

use super::parts;
use crate::model::Agent;
use crate::trace::database::{failed, open};
use crate::trace::document::{DocumentSession, SessionSink};
use crate::trace::fields::{moment, or_empty};

/// Gives every session. Only the tables `session`, `message` and `part` are named anywhere here.
pub(super) fn sessions(path: &Path, sink: &mut dyn SessionSink) -> io::Result<()> {
    let db = open(path)?;
    for info in heads(&db).map_err(failed)? {
        let changed = moment(info.pointer("/time/updated"));
        if changed.is_some_and(|changed| sink.has(Agent::OpenCode, or_empty(&info, "id"), changed)) {
            continue;
        }
        let parsed = session(&db, &info, path).map_err(failed)?;
        if !sink.take(DocumentSession { agent: Agent::OpenCode, changed, parsed }) {
            break;
        }
    }
    Ok(())
}

/// The sessions' own rows in the shape they have in an export.
fn heads(db: &Connection) -> rusqlite::Result<Vec<Value>> {
    let mut statement = db.prepare("SELECT * FROM session ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        Ok(json!({
            "id": column(row, "id"),
            "parentID": column(row, "parent_id"),
            "directory": column(row, "directory"),
            "title": column(row, "title"),
            "version": column(row, "version"),
            "time": {"created": column(row, "time_created"), "updated": column(row, "time_updated")},
        }))
    })?;
    rows.collect()
}

/// A column that this version of the program may not have.
fn column(row: &Row<'_>, name: &str) -> Value {
    match row.get_ref(name) {
        Ok(ValueRef::Text(text)) => Value::String(String::from_utf8_lossy(text).into_owned()),
        Ok(ValueRef::Integer(number)) => Value::from(number),
        _ => Value::Null,
    }
}

fn session(db: &Connection, info: &Value, path: &Path) -> rusqlite::Result<crate::trace::Parsed> {
    let snapshot = db.unchecked_transaction()?;
    let id = or_empty(info, "id");
    let mut builder = parts::session(info, path);
    let mut of_message: HashMap<String, Vec<Value>> = HashMap::new();
    let mut statement =
        snapshot.prepare_cached("SELECT message_id, data FROM part WHERE session_id = ? ORDER BY id")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let part = serde_json::from_str(&data(row)?).unwrap_or(Value::Null);
        of_message.entry(row.get(0)?).or_default().push(part);
    }
    let mut statement =
        snapshot.prepare_cached("SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let message: String = row.get(0)?;
        let mut info: Value = serde_json::from_str(&data(row)?).unwrap_or(Value::Null);
        if let Value::Object(members) = &mut info {
            members.entry("id").or_insert_with(|| Value::String(message.clone()));
        }
        parts::message(&mut builder, &info, of_message.get(&message).into_iter().flatten());
    }
    Ok(builder.parsed)
}

/// JSON that was stored as text or as bytes.
fn data(row: &Row<'_>) -> rusqlite::Result<String> {
    Ok(match row.get_ref(1)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    })
}

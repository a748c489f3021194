//! Finding what was said.

use rusqlite::{Connection, named_params, params};

use super::failure::Attempt;
use super::turns::{MESSAGE, message_from};
use super::values::limit;
use super::words::all_of;
use crate::model::{SessionId, Timestamp};
use crate::store::{MessageHit, MessageQuery};

/// Messages that hold all words of the query, best first.
pub(super) fn search(db: &Connection, query: &MessageQuery) -> Attempt<Vec<MessageHit>> {
    let Some(words) = all_of(&query.text) else { return Ok(Vec::new()) };
    let statement = format!(
        "SELECT s.name, m.turn, -bm25(messages_fts) AS score, {MESSAGE}
         FROM messages_fts JOIN messages m ON m.id = messages_fts.rowid JOIN sessions s ON s.id = m.session
         WHERE messages_fts MATCH :words
           AND (:role IS NULL OR m.role = :role)
           AND (:project IS NULL OR s.project = (SELECT id FROM projects WHERE key = :project))
         ORDER BY score DESC, m.id LIMIT :limit"
    );
    let hits = db
        .prepare_cached(&statement)?
        .query_map(
            named_params! {
                ":words": words,
                ":role": query.role,
                ":project": query.project,
                ":limit": limit(query.limit),
            },
            |row| {
                Ok(MessageHit {
                    session: row.get("name")?,
                    turn: row.get("turn")?,
                    message: message_from(row)?,
                    score: row.get("score")?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(hits)
}

/// The prompts of a project's sessions but one, earliest first.
pub(super) fn prompts(
    db: &Connection,
    project: &str,
    except: &SessionId,
    before: Timestamp,
) -> Attempt<Vec<(SessionId, Timestamp, String)>> {
    let statement = "SELECT s.name, m.at, m.text
         FROM projects p JOIN sessions s ON s.project = p.id JOIN messages m ON m.session = s.id
         WHERE p.key = ? AND s.name <> ? AND s.subagent = 0 AND m.role = 'user' AND m.at < ?
         ORDER BY m.at, m.id";
    let prompts = db
        .prepare_cached(statement)?
        .query_map(params![project, except, before], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(prompts)
}

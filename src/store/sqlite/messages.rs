//! Finding what was said.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::conditions::{self, Over, owned};
use super::failure::Attempt;
use super::turns::{MESSAGE, message_from};
use super::values::limit;
use super::words::{expression, none_of};
use crate::model::{SessionId, Step, Timestamp};
use crate::store::{MessageQuery, StepHit};

/// A message or call that fits, before its text is read.
pub(super) struct Fit {
    pub(super) id: i64,
    session: i64,
    score: f32,
    more: u32,
}

/// The parts of a WHERE clause, all of which must hold.
pub(super) struct Parts {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Parts {
    /// What the query asks besides words that must be there.
    pub(super) fn of(query: &MessageQuery, over: Over) -> Attempt<Self> {
        let mut parts = Self { sql: Vec::new(), values: Vec::new() };
        if let Some(without) = none_of(&query.without) {
            let index = over.index();
            parts.sql.push(format!("m.id NOT IN (SELECT rowid FROM {index} WHERE {index} MATCH ?)"));
            parts.values.push(owned(without)?);
        }
        for filter in &query.filters {
            let clause = conditions::filter(filter, over)?;
            parts.sql.push(clause.sql);
            parts.values.extend(clause.values);
        }
        Ok(parts)
    }

    /// Puts a part with its value before the others.
    pub(super) fn first(&mut self, sql: &str, value: Value) {
        self.sql.insert(0, sql.to_owned());
        self.values.insert(0, value);
    }

    fn clause(&self) -> String {
        if self.sql.is_empty() { "1".to_owned() } else { self.sql.join(" AND ") }
    }
}

/// Messages that fit the query: with words the best first, without words the first of each session.
pub(super) fn search(db: &Connection, query: &MessageQuery) -> Attempt<Vec<StepHit>> {
    let asks_words = !query.text.trim().is_empty() || !query.phrases.is_empty();
    let words = expression(&query.text, query.any_word, &query.phrases);
    if asks_words && words.is_none() {
        return Ok(Vec::new());
    }
    let mut parts = Parts::of(query, Over::Messages)?;
    if let Some(places) = &query.at {
        parts.sql.push(format!("m.id IN ({})", ids_at(db, places)?));
    }
    let fits = match (words, &query.at) {
        (Some(words), _) => {
            parts.first("messages_fts MATCH ?", owned(words)?);
            best(db, Over::Messages, &parts, query)?
        }
        (None, Some(_)) => placed(db, &parts, query)?,
        (None, None) => first_of_each_session(db, Over::Messages, &parts, query)?,
    };
    fits.into_iter().map(|fit| hit(db, &fit)).collect()
}

/// The best by words. Sessions are thinned out here: the text of what is left out need not be read.
pub(super) fn best(db: &Connection, over: Over, parts: &Parts, query: &MessageQuery) -> Attempt<Vec<Fit>> {
    let (table, index, condition) = (over.table(), over.index(), parts.clause());
    let statement = format!(
        "SELECT m.id, m.session, -bm25({index}) AS score
         FROM {index} JOIN {table} m ON m.id = {index}.rowid JOIN sessions s ON s.id = m.session
         WHERE {condition} ORDER BY score DESC, m.id"
    );
    let mut statement = db.prepare(&statement)?;
    let mut rows = statement.query(params_from_iter(&parts.values))?;
    let mut fits: Vec<Fit> = Vec::new();
    let mut of_session: HashMap<i64, (usize, usize)> = HashMap::new();
    while let Some(row) = rows.next()? {
        let session = row.get(1)?;
        let (count, first) = of_session.entry(session).or_insert((0, fits.len()));
        *count += 1;
        if query.per_session > 0 && *count > query.per_session {
            if let Some(fit) = fits.get_mut(*first) {
                fit.more += 1;
            }
        } else if query.limit == 0 || fits.len() < query.limit {
            fits.push(Fit { id: row.get(0)?, session, score: row.get(2)?, more: 0 });
        }
    }
    Ok(fits)
}

/// Those at given places, in no order that says anything.
fn placed(db: &Connection, parts: &Parts, query: &MessageQuery) -> Attempt<Vec<Fit>> {
    let condition = parts.clause();
    let statement = format!(
        "SELECT m.id, m.session FROM messages m JOIN sessions s ON s.id = m.session
         WHERE {condition} ORDER BY m.id LIMIT {}",
        limit(query.limit)
    );
    let fits = db
        .prepare(&statement)?
        .query_map(params_from_iter(&parts.values), |row| {
            Ok(Fit { id: row.get(0)?, session: row.get(1)?, score: 0.0, more: 0 })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(fits)
}

/// The engine takes the other columns of a group from the row of its minimum, if that is the only extreme asked for.
pub(super) fn first_of_each_session(
    db: &Connection,
    over: Over,
    parts: &Parts,
    query: &MessageQuery,
) -> Attempt<Vec<Fit>> {
    let (table, condition) = (over.table(), parts.clause());
    let statement = format!(
        "SELECT m.id, m.session, count(*), MIN(m.seq) FROM {table} m JOIN sessions s ON s.id = m.session
         WHERE {condition} GROUP BY m.session ORDER BY s.ended_at DESC, m.session DESC LIMIT {}",
        limit(query.limit)
    );
    let fits = db
        .prepare(&statement)?
        .query_map(params_from_iter(&parts.values), |row| {
            let count: u32 = row.get(2)?;
            Ok(Fit { id: row.get(0)?, session: row.get(1)?, score: 0.0, more: count.saturating_sub(1) })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(fits)
}

fn hit(db: &Connection, fit: &Fit) -> Attempt<StepHit> {
    let statement = format!("SELECT m.turn, {MESSAGE} FROM messages m WHERE m.id = ?");
    let (turn, message) =
        db.prepare_cached(&statement)?.query_row([fit.id], |row| Ok((row.get("turn")?, message_from(row)?)))?;
    fit.hit(db, turn, Step::Said(message))
}

impl Fit {
    /// The step with what tells its session apart.
    pub(super) fn hit(&self, db: &Connection, turn: u32, step: Step) -> Attempt<StepHit> {
        let statement =
            "SELECT s.name, COALESCE(NULLIF(s.given_title, ''), NULLIF(s.custom_title, ''), NULLIF(s.agent_title, ''),
                 NULLIF(s.made_title, '')) AS title, s.host,
                 (SELECT key FROM projects WHERE id = s.project) AS project
             FROM sessions s WHERE s.id = ?";
        let hit = db.prepare_cached(statement)?.query_row([self.session], |row| {
            Ok(StepHit {
                session: row.get("name")?,
                title: row.get("title")?,
                project: row.get("project")?,
                host: row.get("host")?,
                turn,
                step,
                score: self.score,
                more: self.more,
            })
        })?;
        Ok(hit)
    }
}

/// The messages at these places, or the last ones before them, as a list of row numbers.
fn ids_at(db: &Connection, places: &[(SessionId, u32)]) -> Attempt<String> {
    let statement = "SELECT id FROM messages WHERE session = (SELECT id FROM sessions WHERE name = ?) AND seq <= ?
         ORDER BY seq DESC, id DESC LIMIT 1";
    let mut ids = Vec::new();
    for (session, seq) in places {
        let id: Option<i64> =
            db.prepare_cached(statement)?.query_row(params![session, seq], |row| row.get(0)).optional()?;
        ids.extend(id.map(|id| id.to_string()));
    }
    Ok(ids.join(", "))
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

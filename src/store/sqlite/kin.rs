//! Which memories say nearly the same, as rows; and the standing lessons that follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::failure::Attempt;
use super::memory_rows::RECALLABLE;
use super::scope::scope_project;
use crate::model::{MemoryId, Timestamp};
use crate::store::kin::{Wording, kin};
use crate::store::{Scope, Standing};

/// Days after which having been said counts half.
const HALF_LIFE_DAYS: f64 = 14.0;

/// Finds the kin of memories that are new since the last time, project by project.
pub(super) fn relate(db: &Connection) -> Attempt<()> {
    let (upto, last) = (upto(db)?, last_memory(db)?);
    if upto >= last {
        return Ok(());
    }
    let projects: Vec<Option<i64>> = db
        .prepare("SELECT DISTINCT project FROM memories WHERE id > ?")?
        .query_map([upto], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut insert = db.prepare_cached("INSERT OR REPLACE INTO memory_kin (memory, kin, likeness) VALUES (?, ?, ?)")?;
    for project in projects {
        for (memory, kin, likeness) in kin(&wordings(db, project)?, MemoryId(upto)) {
            insert.execute(params![memory, kin, likeness])?;
            insert.execute(params![kin, memory, likeness])?;
        }
    }
    set_upto(db, last)
}

/// Forgets the kin of a memory whose text has changed; they are found anew at the next [`relate`].
pub(super) fn unrelate(db: &Connection, id: MemoryId) -> Attempt<()> {
    db.prepare_cached("DELETE FROM memory_kin WHERE memory = ?1 OR kin = ?1")?.execute([id])?;
    let upto = upto(db)?;
    if upto >= id.0 { set_upto(db, id.0 - 1) } else { Ok(()) }
}

fn wordings(db: &Connection, project: Option<i64>) -> Attempt<Vec<Wording>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.id, m.title, m.body, m.quote FROM memories m WHERE m.project IS ? AND {RECALLABLE} ORDER BY m.id"
    ))?;
    let rows = statement.query_map([project], |row| {
        let parts: [String; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(Wording { id: row.get(0)?, text: crate::model::index_text(&parts[0], &parts[1], &parts[2]) })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One memory of a scope on its way to a standing lesson.
#[derive(Default)]
struct Recurring {
    /// When it was last said in each session.
    said: BTreeMap<String, Timestamp>,
    kin: BTreeSet<MemoryId>,
    /// Sessions that an import counts but does not name.
    unnamed: u32,
    formed_at: Timestamp,
}

impl Recurring {
    fn say(&mut self, session: String, at: Timestamp) {
        let said = self.said.entry(session).or_insert(at);
        *said = (*said).max(at);
    }

    fn weight(&self, now: Timestamp) -> f32 {
        let kept = |at: Timestamp| (-at.days_until(now).max(0.0) / HALF_LIFE_DAYS).exp2() as f32;
        self.said.values().map(|at| kept(*at)).sum::<f32>() + self.unnamed as f32 * kept(self.formed_at)
    }
}

/// Memories of the scope that were said in more than one session, by themselves or by their kin; heaviest first.
pub(super) fn standing(db: &Connection, scope: &Scope, limit: usize) -> Attempt<Vec<Standing>> {
    let project = scope_project(db, scope)?;
    let mut recurring: HashMap<MemoryId, Recurring> = HashMap::new();
    add_kin(db, project, scope, &mut recurring)?;
    add_observed(db, project, scope, &mut recurring)?;
    let mut standing: Vec<Standing> = recurring
        .into_iter()
        .map(|(memory, found)| Standing {
            memory,
            sessions: found.said.len() as u32 + found.unnamed,
            weight: found.weight(scope.before),
            kin: found.kin.into_iter().collect(),
        })
        .filter(|standing| standing.sessions > 1)
        .collect();
    standing.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(b.memory.cmp(&a.memory)));
    standing.truncate(if limit == 0 { usize::MAX } else { limit });
    Ok(standing)
}

/// The condition that a memory `m` belongs to the scope.
const IN_SCOPE: &str = "(m.project IS NULL OR m.project = :project) AND m.formed_at < :before
     AND (:not_session IS NULL OR m.session IS NOT :not_session)";

fn add_kin(
    db: &Connection,
    project: Option<i64>,
    scope: &Scope,
    recurring: &mut HashMap<MemoryId, Recurring>,
) -> Attempt<()> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.id, m.session, m.formed_at, o.id, o.session, o.formed_at
         FROM memory_kin k JOIN memories m ON m.id = k.memory JOIN memories o ON o.id = k.kin
         WHERE {RECALLABLE} AND {IN_SCOPE} AND o.formed_at < :before
             AND (:not_session IS NULL OR o.session IS NOT :not_session)"
    ))?;
    let mut rows = statement
        .query(named_params! { ":project": project, ":before": scope.before, ":not_session": scope.not_session })?;
    while let Some(row) = rows.next()? {
        let found = recurring.entry(row.get(0)?).or_default();
        found.formed_at = row.get(2)?;
        found.say(session(row.get(1)?, found.formed_at), found.formed_at);
        let at = row.get(5)?;
        found.say(session(row.get(4)?, at), at);
        found.kin.insert(row.get(3)?);
    }
    Ok(())
}

fn add_observed(
    db: &Connection,
    project: Option<i64>,
    scope: &Scope,
    recurring: &mut HashMap<MemoryId, Recurring>,
) -> Attempt<()> {
    let mut observed = db.prepare_cached(&format!(
        "SELECT m.id, m.session, m.formed_at, m.times_observed FROM memories m
         WHERE m.times_observed > 1 AND {RECALLABLE} AND {IN_SCOPE}"
    ))?;
    let mut observations =
        db.prepare_cached("SELECT session, at FROM memory_observations WHERE memory = ? AND at < ?")?;
    let mut rows = observed
        .query(named_params! { ":project": project, ":before": scope.before, ":not_session": scope.not_session })?;
    while let Some(row) = rows.next()? {
        let id: MemoryId = row.get(0)?;
        let found = recurring.entry(id).or_default();
        found.formed_at = row.get(2)?;
        let mut named = BTreeSet::from([session(row.get(1)?, found.formed_at)]);
        found.say(session(row.get(1)?, found.formed_at), found.formed_at);
        let mut moments = observations.query(params![id, scope.before])?;
        while let Some(moment) = moments.next()? {
            let name: String = moment.get(0)?;
            named.insert(name.clone());
            found.say(name, moment.get(1)?);
        }
        let times: u32 = row.get(3)?;
        found.unnamed = times.saturating_sub(named.len() as u32);
    }
    Ok(())
}

/// What is kept by hand belongs to no session: each such moment counts by itself.
fn session(name: Option<String>, at: Timestamp) -> String {
    name.unwrap_or_else(|| format!("at {}", at.millis()))
}

fn last_memory(db: &Connection) -> Attempt<i64> {
    Ok(db.query_row("SELECT coalesce(max(id), 0) FROM memories", [], |row| row.get(0))?)
}

fn upto(db: &Connection) -> Attempt<i64> {
    Ok(db.query_row("SELECT value FROM facts WHERE name = 'kin_upto'", [], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn set_upto(db: &Connection, id: i64) -> Attempt<()> {
    db.execute(
        "INSERT INTO facts (name, value) VALUES ('kin_upto', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [id],
    )?;
    Ok(())
}

//! Memories by what they are about, and what ranking needs to know of them.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::failure::Attempt;
use super::memory_rows::{MEMORY, RECALLABLE, memory_from};
use super::scope::scope_project;
use super::values::limit;
use crate::model::{EntityId, MemoryId, SessionId, Timestamp};
use crate::store::{FoundMemory, Scope, SeenFiles};

/// The condition on `m` that a memory is recallable and in a scope given by `:project`, `:before` and `:not_session`.
fn in_scope() -> String {
    format!("{RECALLABLE} AND (m.project IS NULL OR m.project = :project) AND {}", in_time())
}

fn in_time() -> &'static str {
    "m.formed_at < :before AND (:not_session IS NULL OR m.session IS NOT :not_session)"
}

/// Memories in scope that mention one of the entities, latest first, at most `count` for each.
pub(super) fn mentioning(
    db: &Connection,
    entities: &[EntityId],
    scope: &Scope,
    count: usize,
) -> Attempt<Vec<MemoryId>> {
    let project = scope_project(db, scope)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.formed_at, m.id FROM memory_entities l JOIN memories m ON m.id = l.memory
         WHERE l.entity = :entity AND l.formed_at < :before AND {}
         ORDER BY l.formed_at DESC, l.memory LIMIT :limit",
        in_scope()
    ))?;
    let mut found = Vec::new();
    for entity in entities {
        let rows = statement.query_map(
            named_params! {
                ":entity": entity,
                ":project": project,
                ":before": scope.before,
                ":not_session": scope.not_session,
                ":limit": limit(count),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(latest_first(found))
}

/// Memories in scope about one of these files, latest first. A relative path means the scope's own project.
pub(super) fn about_files(db: &Connection, paths: &[String], scope: &Scope, count: usize) -> Attempt<Vec<MemoryId>> {
    let project = scope_project(db, scope)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.formed_at, m.id FROM memory_files f JOIN memories m ON m.id = f.memory
         WHERE f.path = :path AND f.formed_at < :before AND (:absolute OR m.project IS :project) AND {}
         ORDER BY f.formed_at DESC, f.memory LIMIT :limit",
        in_scope()
    ))?;
    let mut found = Vec::new();
    for path in paths {
        let rows = statement.query_map(
            named_params! {
                ":path": path,
                ":absolute": is_absolute(path),
                ":project": project,
                ":before": scope.before,
                ":not_session": scope.not_session,
                ":limit": limit(count),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for row in rows {
            found.push(row?);
        }
    }
    let mut latest = latest_first(found);
    latest.truncate(if count == 0 { usize::MAX } else { count });
    Ok(latest)
}

/// Memories in scope, of these sessions, about a failure that another way solved; latest first.
pub(super) fn recoveries(db: &Connection, sessions: &[SessionId], scope: &Scope) -> Attempt<Vec<MemoryId>> {
    let project = scope_project(db, scope)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.formed_at, m.id FROM memories m WHERE m.session = :session AND m.trigger = 'recovery' AND {}",
        in_scope()
    ))?;
    let mut found = Vec::new();
    for session in sessions {
        let rows = statement.query_map(
            named_params! {
                ":session": session,
                ":project": project,
                ":before": scope.before,
                ":not_session": scope.not_session,
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(latest_first(found))
}

/// Which of these files a session's calls had to do with, and where it worked. Looks through the session's calls by their
/// index: a file that many sessions use would cost more from its own.
pub(super) fn seen_files(db: &Connection, session: &SessionId, paths: &[String]) -> Attempt<SeenFiles> {
    let facts = db
        .prepare_cached("SELECT id, host, cwd, ended_at FROM sessions WHERE name = ?")?
        .query_row([session], |row| {
            let seen = SeenFiles { host: row.get(1)?, cwd: row.get(2)?, ended_at: row.get(3)?, paths: Vec::new() };
            Ok((row.get::<_, i64>(0)?, seen))
        })
        .optional()?;
    let Some((row, mut seen)) = facts else { return Ok(SeenFiles::default()) };
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM tool_calls c CROSS JOIN tool_call_files f ON f.call = c.id
         WHERE c.session = ? AND c.status = 'ok' AND f.path = ?)",
    )?;
    for path in paths {
        if statement.query_row(params![row, path], |row| row.get(0))? {
            seen.paths.push(path.clone());
        }
    }
    Ok(seen)
}

/// Absolute on any system: a transcript may come from another one.
fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with(['/', '\\']) || (bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':')
}

fn latest_first(mut found: Vec<(Timestamp, MemoryId)>) -> Vec<MemoryId> {
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.dedup();
    found.into_iter().map(|(_, id)| id).collect()
}

/// The memories with these numbers that may be recalled, in the order given.
pub(super) fn fetch(db: &Connection, ids: &[MemoryId], scope: &Scope) -> Attempt<Vec<FoundMemory>> {
    let mut statement = db.prepare_cached(&format!("{MEMORY} WHERE m.id = :id AND {RECALLABLE} AND {}", in_time()))?;
    let mut found = Vec::new();
    for id in ids {
        let memory = statement
            .query_row(
                named_params! { ":id": id, ":before": scope.before, ":not_session": scope.not_session },
                memory_from,
            )
            .optional()?;
        found.extend(memory.map(|memory| {
            let in_scope = memory.draft.project.is_none() || memory.draft.project == scope.project;
            FoundMemory { memory, in_scope }
        }));
    }
    Ok(found)
}

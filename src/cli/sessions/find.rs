//! From what a person or an agent calls a session or project to the one that is meant.

use std::path::Path;

use anyhow::bail;

use crate::model::{Agent, SessionId};
use crate::store::{Condition, MemoryFilter, MemoryStore, MessageQuery, SessionStore};
use crate::trace;

/// Most names given as a hint.
const NAMED: usize = 8;

/// The session with this id, or the only one whose native id starts with it. An agent's name before the id keeps to its
/// sessions.
pub(in crate::cli) fn session_id(id: &str, store: &dyn SessionStore) -> anyhow::Result<SessionId> {
    let whole = SessionId(id.to_owned());
    if store.session(&whole)?.is_some() {
        return Ok(whole);
    }
    let (agent, native) = parts(id);
    if native.trim().is_empty() {
        bail!("the session's id is empty; `memory-lane sessions list` shows the ids that there are");
    }
    let mut found = Vec::new();
    for session in store.sessions_starting(native)? {
        // Those that were forgotten are known by their id alone.
        if of_agent(&session, agent) && store.session(&session)?.is_some() {
            found.push(session);
        }
    }
    match one_of(native, found)? {
        Some(session) => Ok(session),
        None => bail!("no session {id}; `memory-lane sessions list` shows what there is"),
    }
}

/// The same for the session that memories were caught from, which the store need not have: memories are also imported.
pub(in crate::cli) fn memory_session<S: MemoryStore + SessionStore>(id: &str, store: &S) -> anyhow::Result<SessionId> {
    let not_there = match session_id(id, store) {
        Err(error) => error,
        found => return found,
    };
    let (agent, native) = parts(id);
    let memories = store.memories(&MemoryFilter::default())?;
    let mut named: Vec<SessionId> = memories.into_iter().filter_map(|memory| memory.draft.provenance.session).collect();
    named.retain(|session| session.0 == id || of_agent(session, agent) && session.native().starts_with(native));
    named.sort_unstable();
    named.dedup();
    match one_of(native, if native.trim().is_empty() { Vec::new() } else { named })? {
        Some(session) => Ok(session),
        None => Err(not_there),
    }
}

/// The agent that is named before an id, if one is, and the rest.
fn parts(id: &str) -> (Option<Agent>, &str) {
    let named = id.split_once('/').and_then(|(name, native)| Some((Some(Agent::parse(name)?), native)));
    named.unwrap_or((None, id))
}

fn of_agent(session: &SessionId, agent: Option<Agent>) -> bool {
    agent.is_none_or(|agent| *session == SessionId::new(agent, session.native()))
}

/// The one with exactly this id, or the only one; several are an error.
fn one_of(native: &str, mut found: Vec<SessionId>) -> anyhow::Result<Option<SessionId>> {
    let exact = found.iter().filter(|session| session.native() == native);
    if let [exact] = exact.collect::<Vec<_>>().as_slice() {
        return Ok(Some((*exact).clone()));
    }
    if found.len() > 1 {
        let ids: Vec<&str> = found.iter().map(|session| session.0.as_str()).collect();
        bail!("{native} may be several sessions: {}", ids.join(", "));
    }
    Ok(found.pop())
}

/// The key of a project given by key, name or directory.
pub(in crate::cli) fn project_key(name: &str, store: &dyn SessionStore) -> anyhow::Result<String> {
    if let Some(key) = of_directory(name)? {
        return Ok(key);
    }
    let mut alike = alike(name, store)?;
    match (alike.pop(), alike.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => bail!("no project {name}; give its key, its name or a directory in it"),
        (Some(last), false) => bail!("{name} may be {last} or {}; give the whole key", alike.join(" or ")),
    }
}

/// Makes the projects of a search those that are known: directories become keys, and an unknown name is an error rather
/// than an empty answer.
pub(in crate::cli) fn resolve(query: &mut MessageQuery, store: &dyn SessionStore) -> anyhow::Result<()> {
    for condition in query.filters.iter_mut().flat_map(|filter| &mut filter.any) {
        let Condition::Project(name) = condition else { continue };
        if let Some(key) = of_directory(name)? {
            *name = key;
            continue;
        }
        match alike(name, store)?.as_slice() {
            [] => {
                let known: Vec<String> = store.projects()?.into_iter().take(NAMED).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                bail!("no project {name}; known are {known}");
            }
            [only] => only.clone_into(name),
            _ => {}
        }
    }
    Ok(())
}

fn of_directory(name: &str) -> anyhow::Result<Option<String>> {
    let directory = Path::new(name);
    if !directory.is_dir() {
        return Ok(None);
    }
    Ok(Some(trace::project::identify(&std::path::absolute(directory)?).key))
}

/// The project with this key, or those whose keys end with this name.
fn alike(name: &str, store: &dyn SessionStore) -> anyhow::Result<Vec<String>> {
    let mut keys = store.projects()?;
    if keys.iter().any(|key| key == name) {
        return Ok(vec![name.to_owned()]);
    }
    keys.retain(|key| key.ends_with(&format!("/{name}")));
    Ok(keys)
}

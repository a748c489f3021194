//! From what a person or an agent calls a session or project to the one that is meant.

use std::path::Path;

use anyhow::bail;

use crate::model::SessionId;
use crate::store::{Condition, MessageQuery, SessionStore};
use crate::trace;

/// Most names given as a hint.
const NAMED: usize = 8;

/// The session with this id, or the only one whose native id starts with it.
pub(in crate::cli) fn session_id(id: &str, store: &dyn SessionStore) -> anyhow::Result<SessionId> {
    let whole = SessionId(id.to_owned());
    if store.session(&whole)?.is_some() {
        return Ok(whole);
    }
    let native = whole.native();
    let mut found = store.sessions_starting(native)?;
    if let Some(exact) = found.iter().find(|session| session.native() == native) {
        return Ok(exact.clone());
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => bail!("no session {native}; `memory-lane sessions list` shows what there is"),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<&str> = found.iter().map(SessionId::native).collect();
            bail!("{native} is the start of several sessions: {}", ids.join(", "))
        }
    }
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

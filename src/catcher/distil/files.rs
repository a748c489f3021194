//! Which files a memory is about.

use super::Scene;
use crate::entity::mentions;
use crate::model::{EntityKind, FileAction, Message, Step, Turn};

/// When more files than this were changed, the moment is about the change as a whole and not about each of them.
const MOST_TOUCHED: usize = 5;
/// Most files of one memory.
const MOST_FILES: usize = 8;

/// Files named in the message, then files changed in the turn before it and in its own.
pub(super) fn about(scene: &Scene<'_>, message: &Message) -> Vec<String> {
    let mut files = named(scene, &message.text);
    let before = scene.index.checked_sub(1).map(|before| &scene.excerpt.turns[before]);
    let mut touched: Vec<String> = Vec::new();
    for path in before.into_iter().chain([scene.turn]).flat_map(edited) {
        if !touched.contains(&path) {
            touched.push(path);
        }
    }
    if touched.len() <= MOST_TOUCHED {
        files.extend(touched);
    }
    files.retain(|path| !is_elsewhere(path));
    let mut seen = std::collections::HashSet::new();
    files.retain(|path| seen.insert(path.clone()));
    files.truncate(MOST_FILES);
    files
}

/// Paths in the text; a bare name counts when the session touched a file of that name.
fn named(scene: &Scene<'_>, text: &str) -> Vec<String> {
    let known: Vec<&str> = scene.excerpt.turns.iter().flat_map(touched).collect();
    let mentioned = mentions(text).into_iter().filter(|mention| mention.kind == EntityKind::File);
    mentioned
        .filter_map(|mention| {
            let name = mention.name.trim_start_matches("./").trim_start_matches('@').to_owned();
            let found = known.iter().find(|path| is_suffix(path, &name));
            found.map(|path| (*path).to_owned()).or_else(|| name.contains('/').then_some(name))
        })
        .collect()
}

fn is_suffix(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        || name.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'))
}

/// Scratch files and the agents' own state: gone or meaningless in the next session.
fn is_elsewhere(path: &str) -> bool {
    let scratch = ["/tmp/", "/private/", "/var/folders/", "/dev/"].iter().any(|start| path.starts_with(start));
    let state = [".claude", ".gemini", ".codex", ".cursor"].iter().any(|dir| path.contains(&format!("/{dir}/")));
    scratch || state && path.starts_with(['/', '~'])
}

fn touched(turn: &Turn) -> impl Iterator<Item = &str> {
    turn.calls().flat_map(|call| call.files.iter().map(|file| file.path.as_str()))
}

fn edited(turn: &Turn) -> Vec<String> {
    let calls = turn.steps.iter().filter_map(|step| match step {
        Step::Called(call) => Some(call),
        Step::Said(_) => None,
    });
    let files = calls.flat_map(|call| &call.files).filter(|file| file.action == FileAction::Edit);
    files.map(|file| file.path.clone()).collect()
}

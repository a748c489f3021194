//! What stands beside a sub-agent's transcript: what it was started for, and which call started it.

use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;
use serde_json::Value;

use crate::trace::fields::{count, owned};

/// What is known of a sub-agent before its first record.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Beside {
    /// The description in the call that started it.
    pub(super) task: Option<String>,
    /// The sub-agent that made that call. None where the session itself did: then the records name the session.
    pub(super) starter: Option<String>,
}

/// Reads the file that Claude Code writes beside a sub-agent's transcript.
pub(super) fn of(path: &Path) -> Beside {
    let meta = fs::read(path.with_extension("meta.json")).unwrap_or_default();
    let meta: Value = serde_json::from_slice(&meta).unwrap_or_default();
    let call = owned(&meta, "toolUseId").filter(|_| count(&meta, "spawnDepth") > 1);
    Beside { task: owned(&meta, "description"), starter: call.and_then(|call| maker(&call, path)) }
}

/// The sub-agent among those beside this one that made a call. The records name only the session that they all work for.
fn maker(call: &str, path: &Path) -> Option<String> {
    let id = format!("\"id\":{}", Value::from(call));
    let is_transcript = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    let mut others: Vec<PathBuf> = fs::read_dir(path.parent()?).ok()?.flatten().map(|entry| entry.path()).collect();
    others.retain(|other| other != path && is_transcript(other));
    others.sort_unstable();
    let made_it =
        |other: &PathBuf| fs::read(other).is_ok_and(|content| memmem::find(&content, id.as_bytes()).is_some());
    let stem = others.into_iter().find(made_it)?.file_stem()?.to_string_lossy().into_owned();
    stem.starts_with("agent-").then_some(stem)
}

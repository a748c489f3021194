//! What became of the files that memories cite: a look at the disk for the few memories that are about to be shown.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::config::host_name;
use crate::model::Timestamp;
use crate::recall::{Citation, FileState, StaleFile};
use crate::store::{RecallStore, SeenFiles};

/// The cited files under `root` that are gone or were changed after the memory's session.
///
/// Only files count that this very session had in its hands under `root` on this machine: another clone may never have had
/// them. The disk is asked first, the store only of files that are not as they were; what neither knows is left out.
pub fn stale_files(citations: &[Citation], root: &Path, store: &dyn RecallStore) -> Vec<StaleFile> {
    if !root.is_dir() {
        return Vec::new();
    }
    citations.iter().flat_map(|citation| of_memory(citation, root, store)).collect()
}

fn of_memory(citation: &Citation, root: &Path, store: &dyn RecallStore) -> Vec<StaleFile> {
    let suspects: Vec<(&String, Option<Timestamp>)> =
        citation.files.iter().filter_map(|path| suspect(root, path, citation.formed_at)).collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let paths: Vec<String> = suspects.iter().map(|(path, _)| (*path).clone()).collect();
    let Ok(seen) = store.seen_files(&citation.session, &paths) else { return Vec::new() };
    if !was_here(&seen, root) {
        return Vec::new();
    }
    let ended_at = seen.ended_at.unwrap_or(citation.formed_at).max(citation.formed_at);
    suspects
        .into_iter()
        .filter(|(path, _)| seen.paths.contains(path))
        .filter_map(|(path, changed_at)| {
            let state = match changed_at {
                None => FileState::Gone,
                Some(at) if at > ended_at => FileState::Changed,
                Some(_) => return None,
            };
            Some(StaleFile { memory: citation.memory, path: path.clone(), state })
        })
        .collect()
}

/// A file that is not there, or when it was changed if that was after `formed_at`.
fn suspect<'a>(root: &Path, path: &'a String, formed_at: Timestamp) -> Option<(&'a String, Option<Timestamp>)> {
    match std::fs::metadata(root.join(path)) {
        Ok(found) => changed_at(&found).filter(|at| *at > formed_at).map(|at| (path, Some(at))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Some((path, None)),
        Err(_) => None,
    }
}

fn changed_at(found: &Metadata) -> Option<Timestamp> {
    let since = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

/// Whether the session worked in this checkout on this machine.
fn was_here(seen: &SeenFiles, root: &Path) -> bool {
    let here = seen.cwd.as_deref().is_some_and(|cwd| Path::new(cwd).starts_with(root));
    here && seen.host.as_deref().is_none_or(|host| host.eq_ignore_ascii_case(&host_name()))
}

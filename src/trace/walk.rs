//! Finding files by place and name.

use std::path::{Path, PathBuf};

/// Directories that hold no transcripts but perhaps very many files.
const PASSED_OVER: &[&str] = &["tool-results", "node_modules", "target", ".git"];

/// Every file below a directory that `wanted` accepts. Links to directories are not followed: they could lead in a
/// circle.
pub(super) fn files(directory: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut waiting = vec![directory.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && PASSED_OVER.iter().all(|name| entry.file_name() != *name) => {
                    waiting.push(path);
                }
                Ok(kind) if !kind.is_dir() && wanted(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// Those of `names` that are directories below `root`.
pub(super) fn directories(root: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| root.join(name)).filter(|place| place.is_dir()).collect()
}

/// A file's name, empty if it has none that is text.
pub(super) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// A file's name without its last extension.
pub(super) fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|name| name.to_str()).unwrap_or_default()
}

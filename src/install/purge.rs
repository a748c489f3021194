//! Deleting everything the program owns, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use super::InstallError;

/// What stands in the program's home under a name that the program gives; everything else there is left alone, so that
/// a home set to a directory with other things in it loses none of them.
const OWNED: &[&str] = &[
    "memory-lane.db",
    "memory-lane.db-wal",
    "memory-lane.db-shm",
    "config.json",
    "models",
    "runtime",
    ".fetching",
    "cache",
    "memory-lane.log",
    "memory-lane.log.old",
    "timings.jsonl",
    "timings.jsonl.old",
    "recalls.spool",
    "recalls.spool.taken",
    "worker.lock",
    "distiller",
    "distiller-prompt.md",
    "dead-letters.jsonl",
    "drafts",
    "plugin",
    "bin",
    "setup.json",
];

/// What would be deleted, and what would stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purge {
    home: PathBuf,
    /// The program's own files and directories.
    pub owned: Vec<PathBuf>,
    /// What the program does not know.
    pub foreign: Vec<PathBuf>,
}

/// Looks through the program's home.
pub fn plan_purge(home: &Path) -> Result<Purge, InstallError> {
    let mut purge = Purge { home: home.to_owned(), ..Purge::default() };
    let entries = match fs::read_dir(home) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(purge),
        Err(error) => return Err(InstallError::unreadable(home, error)),
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_owned = path.file_name().is_some_and(|name| OWNED.iter().any(|owned| name == *owned));
        if is_owned { &mut purge.owned } else { &mut purge.foreign }.push(path);
    }
    purge.owned.sort();
    purge.foreign.sort();
    Ok(purge)
}

impl Purge {
    /// Deletes the owned, and the home itself when nothing else is in it.
    pub fn run(&self) -> Result<(), InstallError> {
        for path in &self.owned {
            let is_directory = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
            match if is_directory { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(InstallError::unwritable(path, error));
                }
                _ => {}
            }
        }
        if self.foreign.is_empty() {
            let _kept_when_not_empty = fs::remove_dir(&self.home);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Paths;

    #[test]
    fn only_what_the_program_owns_goes() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join("models/x")).unwrap();
        fs::write(home.join("memory-lane.db"), "").unwrap();
        fs::write(home.join("thesis.txt"), "").unwrap();
        let purge = plan_purge(&home).unwrap();
        assert_eq!(purge.foreign, [home.join("thesis.txt")]);
        purge.run().unwrap();
        assert!(home.join("thesis.txt").exists() && !home.join("models").exists());
        fs::remove_file(home.join("thesis.txt")).unwrap();
        plan_purge(&home).unwrap().run().unwrap();
        assert!(!home.exists());
        plan_purge(&home).unwrap().run().unwrap();
    }

    #[test]
    fn everything_that_the_program_keeps_goes() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let paths = Paths::at(&home);
        let kept = [
            paths.database(),
            paths.settings(),
            paths.models(),
            paths.runtime(),
            paths.log(),
            paths.log().with_extension("log.old"),
            paths.timings(),
            paths.timings().with_extension("jsonl.old"),
            paths.plugin(),
            paths.program_link(),
            paths.setup_record(),
            paths.worker_lock(),
            paths.drafts(),
            paths.distiller_scratch(),
            paths.distiller_prompt(),
            paths.dead_letters(),
            paths.spool(),
            paths.spool().with_extension("spool.taken"),
        ];
        for path in kept {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let purge = plan_purge(&home).unwrap();
        assert!(purge.foreign.is_empty(), "{:?}", purge.foreign);
        purge.run().unwrap();
        assert!(!home.exists());
    }
}

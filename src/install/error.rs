//! What can keep the plugin from being registered.

use std::path::{Path, PathBuf};

/// A step of setup or uninstall that did not happen; nothing was changed by it.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The file is not JSON.
    #[error("{path} is not valid JSON ({reason}); it was left as it is: repair it, then run the command again")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where the reader stopped.
        reason: String,
    },
    /// Something that must be an object is something else.
    #[error("{path}: `{member}` is not an object; it was left as it is: repair it, then run the command again")]
    NotAnObject {
        /// The file.
        path: PathBuf,
        /// Dotted path of the member, or `the document`.
        member: String,
    },
    /// The file or directory is there but cannot be read.
    #[error("cannot read {path}: {source}; check its owner and permissions")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file or directory cannot be written, made or removed.
    #[error("cannot write {path}: {source}; check the owner and permissions of the file and its directory")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing on this system runs programs at intervals for a person.
    #[error(
        "neither a systemd of yours, launchd nor crontab is there; let whatever you have run `memory-lane worker` every 15 minutes"
    )]
    NoScheduler,
    /// A path or value that no scheduler's file can hold.
    #[error("a path with a line end in it cannot be scheduled: {0:?}")]
    Unschedulable(String),
    /// A command of the client's or of the system's reported an error.
    #[error("`{command}` failed: {reason}")]
    Client {
        /// The command as it was run.
        command: String,
        /// What it said.
        reason: String,
    },
}

impl InstallError {
    pub(super) fn unreadable(path: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }

    pub(super) fn unwritable(path: &Path, source: std::io::Error) -> Self {
        Self::Unwritable { path: path.to_owned(), source }
    }
}

//! What a session or a memory belongs to.

/// A project's row in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub i64);

/// One body of work: all clones and worktrees of a repository are one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Identity: the normalised git remote (`github.com/owner/name`), else the git common directory, else the path.
    pub key: String,
    /// What people call it: the last part of the key.
    pub name: String,
    /// The directory that file paths are relative to, as seen from the session's working directory.
    pub root: String,
}

impl Project {
    /// A project known only by its key, as an import names it.
    pub fn named(key: &str) -> Self {
        let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or(key);
        Self { key: key.to_owned(), name: name.to_owned(), root: String::new() }
    }
}

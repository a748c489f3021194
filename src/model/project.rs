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
    /// Key of what belongs to some project of which nobody said which.
    pub const UNKNOWN: &str = "unknown project";

    /// A project known only by its key, as an import names it.
    pub fn named(key: &str) -> Self {
        let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or(key);
        Self { key: key.to_owned(), name: name.to_owned(), root: String::new() }
    }

    /// A path relative to the root where it lies inside, else as it is.
    pub fn relative(&self, path: &str) -> String {
        let inside = path.strip_prefix(self.root.trim_end_matches(['/', '\\'])).filter(|_| !self.root.is_empty());
        match inside.and_then(|rest| rest.strip_prefix(['/', '\\'])) {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_are_relative() {
        let project = Project { root: "/home/ada/shop".to_owned(), ..Project::named("github.com/ada/shop") };
        assert_eq!(project.name, "shop");
        for (path, expected) in [
            ("/home/ada/shop/src/a.rs", "src/a.rs"),
            ("/home/ada/shopping/a.rs", "/home/ada/shopping/a.rs"),
            ("/home/ada/shop", "/home/ada/shop"),
            ("src/a.rs", "src/a.rs"),
        ] {
            assert_eq!(project.relative(path), expected);
        }
        assert_eq!(Project::named("key").relative("/a"), "/a");
    }
}

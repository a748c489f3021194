//! Which project a directory belongs to, from a few small files and without running git.

use std::path::{Component, Path, PathBuf};

use crate::model::Project;

/// The project of a working directory: its repository's `origin`, else the repository, else the directory itself.
///
/// Worktrees and clones of one remote are one project; so are worktrees of one repository without a remote. A
/// directory that is gone is known by its path alone: what lies above it is no sign of what it was.
pub fn identify(cwd: &Path) -> Project {
    match cwd.is_dir().then(|| cwd.ancestors().find_map(repository)).flatten() {
        Some((root, common)) => {
            let key = origin(&common.join("config")).unwrap_or_else(|| repository_key(&common));
            Project { root: root.to_string_lossy().into_owned(), ..Project::named(&key) }
        }
        None => {
            let path = cwd.to_string_lossy();
            let path = if path.len() > 1 { path.trim_end_matches('/') } else { &path };
            Project { root: path.to_owned(), ..Project::named(path) }
        }
    }
}

/// The branch that is checked out at a working directory; none outside of a repository or between branches.
pub fn branch(cwd: &Path) -> Option<String> {
    let top = cwd.ancestors().find(|directory| directory.join(".git").exists())?;
    let dot_git = top.join(".git");
    let git = match std::fs::read_to_string(&dot_git) {
        Ok(pointer) => resolve(top, pointer.strip_prefix("gitdir:")?.trim()),
        Err(_) => dot_git,
    };
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    Some(head.trim().strip_prefix("ref: refs/heads/")?.to_owned())
}

/// The same project under the name of its remote, as a transcript has it, where this machine knows only its path: the
/// session is another machine's, or the directory is gone.
pub fn named_by(project: Project, remote: Option<&str>) -> Project {
    match remote.and_then(normalise) {
        Some(key) if is_by_path(&project) => Project { root: project.root, ..Project::named(&key) },
        _ => project,
    }
}

/// Whether a project is known by a path only, so that another session may know better.
pub fn is_by_path(project: &Project) -> bool {
    project.key == project.root
}

/// The directory itself and its common git directory, if it is the top of a work tree.
fn repository(directory: &Path) -> Option<(&Path, PathBuf)> {
    let dot_git = directory.join(".git");
    if dot_git.is_dir() {
        return dot_git.join("HEAD").exists().then_some((directory, dot_git));
    }
    let pointer = std::fs::read_to_string(&dot_git).ok()?;
    let git = resolve(directory, pointer.strip_prefix("gitdir:")?.trim());
    let common = match std::fs::read_to_string(git.join("commondir")) {
        Ok(common) => resolve(&git, common.trim()),
        Err(_) => git,
    };
    common.is_dir().then_some((directory, common))
}

/// `path` seen from `base`, without `.` and `..`.
fn resolve(base: &Path, path: &str) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in base.join(path).components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// A repository without a remote is known by its directory, not by the `.git` in it.
fn repository_key(common: &Path) -> String {
    let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
    let place = if common.ends_with(".git") { common.parent().unwrap_or(&common) } else { &common };
    place.to_string_lossy().into_owned()
}

/// `host/owner/name` of the remote called `origin` in a git configuration.
fn origin(config: &Path) -> Option<String> {
    let config = std::fs::read_to_string(config).ok()?;
    let mut in_origin = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line.replace([' ', '\t'], "").eq_ignore_ascii_case("[remote\"origin\"]");
        } else if in_origin
            && let Some((name, url)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case("url")
        {
            return normalise(url.trim().trim_matches('"'));
        }
    }
    None
}

/// A remote's URL without scheme, user, port and `.git`; none for one that is a path on this machine.
fn normalise(url: &str) -> Option<String> {
    let (host, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            (host.split_once(':').map_or(host, |(host, _)| host), path)
        }
        // `host:path`; a slash before the colon makes it a path, one letter a drive.
        None => {
            let (authority, path) = url.split_once(':')?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            if host.len() < 2 || host.contains(['/', '\\']) {
                return None;
            }
            (host, path)
        }
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(normalise(url).as_deref(), expected, "{url}");
    }

    #[test]
    fn remotes_are_normalised() {
        check("git@github.com:owner/name.git", Some("github.com/owner/name"));
        check("https://GitHub.com/owner/name", Some("github.com/owner/name"));
        check("https://user:token@github.com/owner/name.git/", Some("github.com/owner/name"));
        check("ssh://git@host.example:2222/group/sub/name.git", Some("host.example/group/sub/name"));
        check("work:owner/name", Some("work/owner/name"));
        check("../other", None);
        check("/srv/git/name.git", None);
        check("C:\\git\\name", None);
        check("file:///srv/name", None);
    }

    fn repository_at(place: &Path, remote: Option<&str>) {
        fs::create_dir_all(place.join(".git")).unwrap();
        fs::write(place.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let origin = remote.map(|url| format!("[remote \"origin\"]\n\turl = {url}\n")).unwrap_or_default();
        let upstream = "[remote \"upstream\"]\n\turl = git@example.org:other/name.git\n";
        fs::write(place.join(".git/config"), format!("[core]\n\tbare = false\n{upstream}{origin}")).unwrap();
    }

    fn worktree_at(place: &Path, of: &Path) {
        let git = of.join(".git/worktrees/tree");
        fs::create_dir_all(&git).unwrap();
        fs::write(git.join("commondir"), "../..\n").unwrap();
        fs::create_dir_all(place).unwrap();
        fs::write(place.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
    }

    #[test]
    fn the_branch_is_that_of_the_work_tree() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("main");
        repository_at(&main, None);
        fs::create_dir_all(main.join("src")).unwrap();
        let tree = dir.path().join("tree");
        worktree_at(&tree, &main);
        fs::write(main.join(".git/worktrees/tree/HEAD"), "ref: refs/heads/fix/late-recall\n").unwrap();
        assert_eq!(branch(&main.join("src")).as_deref(), Some("main"));
        assert_eq!(branch(&tree).as_deref(), Some("fix/late-recall"));
        fs::write(main.join(".git/HEAD"), "1f3c5d7e9a\n").unwrap();
        assert_eq!(branch(&main), None, "between branches");
        assert_eq!(branch(dir.path()), None);
    }

    #[test]
    fn worktrees_and_sub_directories_are_their_repository() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("main");
        repository_at(&main, Some("git@github.com:owner/name.git"));
        fs::create_dir_all(main.join("src/deep")).unwrap();
        let tree = dir.path().join("tree");
        worktree_at(&tree, &main);
        let deep = identify(&main.join("src/deep"));
        assert_eq!((deep.key.as_str(), deep.name.as_str()), ("github.com/owner/name", "name"));
        assert_eq!(Path::new(&deep.root), main);
        assert_eq!(identify(&tree).key, "github.com/owner/name");
        assert_eq!(Path::new(&identify(&tree).root), tree);
    }

    #[test]
    fn without_a_remote_the_repository_counts() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        repository_at(&base.join("main"), None);
        worktree_at(&base.join("tree"), &base.join("main"));
        let expected = base.join("main").to_string_lossy().into_owned();
        assert_eq!(identify(&base.join("main")).key, expected);
        assert_eq!(identify(&base.join("tree")).key, expected);
        assert_eq!(identify(&base.join("tree")).name, "main");
    }

    #[test]
    fn a_remote_in_the_transcript_names_what_this_machine_does_not_know() {
        let check = |cwd: &Path, remote: Option<&str>, expected: &str| {
            assert_eq!(named_by(identify(cwd), remote).key, expected, "{}", cwd.display());
        };
        let elsewhere = Path::new("/no/such/place");
        check(elsewhere, Some("git@example.org:team/app.git"), "example.org/team/app");
        check(elsewhere, Some("https://ada:token@example.org/team/app"), "example.org/team/app");
        check(elsewhere, Some("/srv/git/app.git"), "/no/such/place");
        check(elsewhere, None, "/no/such/place");
        let dir = tempfile::tempdir().unwrap();
        repository_at(dir.path(), Some("git@example.org:team/moved.git"));
        check(dir.path(), Some("git@example.org:team/app.git"), "example.org/team/moved");
        assert_eq!(named_by(identify(elsewhere), Some("work:team/app")).root, "/no/such/place");
    }

    #[test]
    fn other_directories_are_themselves() {
        let dir = tempfile::tempdir().unwrap();
        let project = identify(dir.path());
        assert!(is_by_path(&project));
        let gone = identify(Path::new("/no/such/place/"));
        assert_eq!((gone.key.as_str(), gone.name.as_str()), ("/no/such/place", "place"));
        assert_eq!(identify(Path::new("/")).key, "/");
    }
}

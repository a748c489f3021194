//! Which directory a chat is about: the file itself holds only a hash of it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The working directory of the chat at `path`: from `.project_root` beside the chats, else from the list of projects.
pub(super) fn directory(path: &Path, hash: Option<&str>) -> Option<String> {
    let project = path.ancestors().find(|place| place.ends_with("chats"))?.parent()?;
    let root = std::fs::read_to_string(project.join(".project_root")).ok();
    let root = root.map(|root| root.trim().to_owned()).filter(|root| !root.is_empty());
    root.or_else(|| listed(project, hash))
}

/// The directory that `projects.json` gives this project's name to, or whose hash it is.
fn listed(project: &Path, hash: Option<&str>) -> Option<String> {
    let name = project.file_name()?.to_str()?;
    let list: PathBuf = project.parent()?.parent()?.join("projects.json");
    let list: Value = serde_json::from_slice(&std::fs::read(list).ok()?).ok()?;
    let projects = list.get("projects")?.as_object()?;
    let is_it = |directory: &str, given: &Value| {
        let hashed: String = Sha256::digest(directory).iter().map(|byte| format!("{byte:02x}")).collect();
        given.as_str() == Some(name) || name == hashed || hash == Some(&hashed)
    };
    projects.iter().find(|(directory, given)| is_it(directory, given)).map(|(directory, _)| directory.clone())
}

//! trace
use std::path::Path;

use crate::model::{Project, Role};

/// stub
pub struct TailMessage {
    /// r
    pub role: Role,
    /// t
    pub text: String,
}
/// stub
pub fn tail(_path: &Path, _limit: usize) -> Vec<TailMessage> {
    Vec::new()
}
/// stub
pub fn identify_project(cwd: &Path) -> Project {
    Project::named(&cwd.to_string_lossy())
}
/// stub
pub fn relative_path(path: &str, _project: &Project, _cwd: &Path) -> String {
    path.to_owned()
}

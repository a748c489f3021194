//! The link by which the plugin's launcher finds the program, whatever the `PATH` of the agent is.

use std::fs;
use std::path::Path;

use super::InstallError;
use super::replace::{remove_if_there, temporary_name};

/// Makes `link` point to `program`; whether anything changed. The change is one rename, safe under running hooks.
pub fn link_program(link: &Path, program: &Path) -> Result<bool, InstallError> {
    if fs::read_link(link).is_ok_and(|current| current == program) {
        return Ok(false);
    }
    if let Some(directory) = link.parent() {
        fs::create_dir_all(directory).map_err(|error| InstallError::unwritable(directory, error))?;
    }
    let temporary = temporary_name(link);
    remove_if_there(&temporary)?;
    symlink(program, &temporary)
        .and_then(|()| fs::rename(&temporary, link))
        .map_err(|error| InstallError::unwritable(link, error))?;
    Ok(true)
}

/// Takes the link away, and its directory if nothing else is in it; whether there was one.
pub fn unlink_program(link: &Path) -> Result<bool, InstallError> {
    let there = fs::symlink_metadata(link).is_ok();
    remove_if_there(link)?;
    if let Some(directory) = link.parent() {
        let _kept_when_not_empty = fs::remove_dir(directory);
    }
    Ok(there)
}

#[cfg(unix)]
fn symlink(program: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, link)
}

#[cfg(windows)]
fn symlink(program: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(program, link)
}

//! Writing a file so that readers see the old bytes or the new ones, never a part.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::InstallError;

/// The file's bytes as text; `None` when there is no file.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, InstallError> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| InstallError::NotJson { path: path.to_owned(), reason: "it is not UTF-8".to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(InstallError::unreadable(path, error)),
    }
}

/// Writes beside the file and renames over it. A link is followed: settings are often linked into a repository of
/// dotfiles. An existing file keeps its permissions, a new one gets `mode`.
pub(super) fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), InstallError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|error| InstallError::unwritable(directory, error))?;
    let temporary = temporary_name(&target);
    write_new(&temporary, bytes, &target, mode).and_then(|()| fs::rename(&temporary, &target)).map_err(|error| {
        let _gone = fs::remove_file(&temporary);
        InstallError::unwritable(&target, error)
    })
}

pub(super) fn temporary_name(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_new(temporary: &Path, bytes: &[u8], target: &Path, mode: u32) -> std::io::Result<()> {
    let mut file = fs::File::create(temporary)?;
    match fs::metadata(target) {
        Ok(existing) => file.set_permissions(existing.permissions())?,
        Err(_) => set_mode(&file, mode)?,
    }
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn set_mode(file: &fs::File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &fs::File, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

/// Removes a file; one that is not there is no error.
pub(super) fn remove_if_there(path: &Path) -> Result<(), InstallError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(InstallError::unwritable(path, error)),
        _ => Ok(()),
    }
}

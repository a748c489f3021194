//! The plugin as this program carries it, so that setting up needs no network and plugin and program always agree.

use std::fs;
use std::path::{Path, PathBuf};

use super::InstallError;
use super::replace::{read_text, replace_file};

/// One file of the plugin.
#[derive(Clone, Copy, Debug)]
pub struct PluginFile {
    /// Where it stands, relative to the plugin's root.
    pub path: &'static str,
    /// What is in it.
    pub text: &'static str,
    /// Whether it is run.
    pub executable: bool,
}

macro_rules! plugin_file {
    ($path:literal, $executable:literal) => {
        PluginFile {
            path: $path,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)),
            executable: $executable,
        }
    };
}

/// Every file of the plugin; the same bytes as in the repository.
pub const PLUGIN_FILES: &[PluginFile] = &[
    plugin_file!(".claude-plugin/plugin.json", false),
    plugin_file!(".claude-plugin/marketplace.json", false),
    plugin_file!("hooks/hooks.json", false),
    plugin_file!("bin/memory-lane-hook", true),
    plugin_file!("skills/memory-lane/SKILL.md", false),
    plugin_file!("skills/consolidate/SKILL.md", false),
];

/// Brings `root` up to date: writes what differs, removes what earlier versions left. Returns how many files changed.
pub fn write_plugin_files(root: &Path) -> Result<usize, InstallError> {
    let mut changed = 0;
    for file in PLUGIN_FILES {
        let path = root.join(file.path);
        if read_text(&path).ok().flatten().as_deref() != Some(file.text) {
            replace_file(&path, file.text.as_bytes(), if file.executable { 0o755 } else { 0o644 })?;
            changed += 1;
        }
    }
    for path in files_under(root)? {
        if !PLUGIN_FILES.iter().any(|file| path == root.join(file.path)) {
            fs::remove_file(&path).map_err(|error| InstallError::unwritable(&path, error))?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Removes the plugin's directory; whether there was one.
pub fn remove_plugin_files(root: &Path) -> Result<bool, InstallError> {
    match fs::remove_dir_all(root) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(InstallError::unwritable(root, error)),
    }
}

fn files_under(root: &Path) -> Result<Vec<PathBuf>, InstallError> {
    let (mut directories, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).map_err(|error| InstallError::unreadable(&directory, error))?;
        for entry in entries.flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory { &mut directories } else { &mut files }.push(entry.path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_made_equal_and_then_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("plugin");
        assert_eq!(write_plugin_files(&root).unwrap(), PLUGIN_FILES.len());
        assert_eq!(write_plugin_files(&root).unwrap(), 0);
        fs::write(root.join("hooks/hooks.json"), "{}").unwrap();
        fs::write(root.join("hooks/of-an-earlier-version.json"), "{}").unwrap();
        assert_eq!(write_plugin_files(&root).unwrap(), 2);
        assert!(!root.join("hooks/of-an-earlier-version.json").exists());
        assert!(remove_plugin_files(&root).unwrap());
        assert!(!remove_plugin_files(&root).unwrap());
    }
}

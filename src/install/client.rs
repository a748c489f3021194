//! The `claude` command, for the one thing that cannot be done by settings alone: fetching a plugin's repository.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::InstallError;

/// A `claude` command that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    program: PathBuf,
}

impl Client {
    /// The first `claude` on the search path, else where its own installer puts it under the person's home.
    pub fn find(search_path: Option<&OsStr>, home: Option<&Path>) -> Option<Self> {
        let on_path = search_path.into_iter().flat_map(std::env::split_paths).map(|dir| dir.join("claude"));
        let under_home =
            home.into_iter().flat_map(|home| [".local/bin/claude", ".claude/local/claude"].map(|name| home.join(name)));
        on_path.chain(under_home).find(|program| program.is_file()).map(|program| Self { program })
    }

    /// Adds the repository as a marketplace and installs the plugin from it; Claude Code copies it into its own cache.
    pub fn install(&self, source: &str, plugin: &str) -> Result<(), InstallError> {
        self.run(&["plugin", "marketplace", "add", source])?;
        self.run(&["plugin", "install", plugin])
    }

    /// Takes an installation back.
    pub fn uninstall(&self, plugin: &str, marketplace: &str) -> Result<(), InstallError> {
        self.run(&["plugin", "uninstall", plugin])?;
        self.run(&["plugin", "marketplace", "remove", marketplace])
    }

    fn run(&self, args: &[&str]) -> Result<(), InstallError> {
        let failed = |reason: String| InstallError::Client { command: format!("claude {}", args.join(" ")), reason };
        let output = Command::new(&self.program)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
        Err(failed(crate::text::one_line(&String::from_utf8_lossy(said), 300)))
    }
}

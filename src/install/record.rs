//! What setup changed in the person's settings, kept so that uninstall can take back exactly that.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::InstallError;
use super::replace::{read_text, remove_if_there, replace_file};

/// One member of the settings that setup put there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Keys from the document's root.
    pub path: Vec<String>,
    /// What stood there before; `None` when nothing did.
    pub before: Option<Value>,
    /// The object around it was made for it, and goes when it is empty again.
    pub made_parent: bool,
}

/// `setup.json` in the program's home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetupRecord {
    /// The settings that were changed.
    pub settings: PathBuf,
    /// The bytes before the first change; `None` when there was no file.
    pub backup: Option<PathBuf>,
    /// Where the plugin was registered from, as it stands in the settings.
    pub marketplace: Value,
    /// The settings were changed by the `claude` command, which also keeps a copy of the plugin.
    pub by_client: bool,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl SetupRecord {
    /// The record, if setup has run.
    pub fn load(path: &Path) -> Result<Option<Self>, InstallError> {
        let Some(text) = read_text(path)? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| InstallError::NotJson { path: path.to_owned(), reason: error.to_string() })
    }

    /// Keeps the record.
    pub fn save(&self, path: &Path) -> Result<(), InstallError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| InstallError::NotJson { path: path.to_owned(), reason: error.to_string() })?;
        replace_file(path, text.as_bytes(), 0o600)
    }

    /// Forgets the record.
    pub fn remove(path: &Path) -> Result<(), InstallError> {
        remove_if_there(path)
    }

    /// This record as a later one of the same settings continues it: what stood there first is what counts.
    #[must_use]
    pub fn continued_by(mut self, later: Self) -> Self {
        if self.settings != later.settings {
            return later;
        }
        for change in later.changes {
            if !self.changes.iter().any(|known| known.path == change.path) {
                self.changes.push(change);
            }
        }
        Self { marketplace: later.marketplace, by_client: self.by_client || later.by_client, ..self }
    }
}

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
    /// Every record: one for each settings file that setup has changed.
    pub fn load_all(path: &Path) -> Result<Vec<Self>, InstallError> {
        let Some(text) = read_text(path)? else { return Ok(Vec::new()) };
        serde_json::from_str(&text)
            .map_err(|error| InstallError::NotJson { path: path.to_owned(), reason: error.to_string() })
    }

    /// The record of one settings file.
    pub fn load(path: &Path, settings: &Path) -> Result<Option<Self>, InstallError> {
        Ok(Self::load_all(path)?.into_iter().find(|record| record.settings == settings))
    }

    /// Keeps the record in place of an earlier one of the same settings.
    pub fn save(&self, path: &Path) -> Result<(), InstallError> {
        let mut records = Self::load_all(path)?;
        records.retain(|record| record.settings != self.settings);
        records.push(self.clone());
        write_all(path, &records)
    }

    /// Forgets the record; the file goes with the last one.
    pub fn remove(&self, path: &Path) -> Result<(), InstallError> {
        let mut records = Self::load_all(path)?;
        records.retain(|record| record.settings != self.settings);
        if records.is_empty() { remove_if_there(path) } else { write_all(path, &records) }
    }

    /// This record as a later one of the same settings continues it: what stood there first is what counts.
    #[must_use]
    pub fn continued_by(mut self, later: Self) -> Self {
        for change in later.changes {
            if !self.changes.iter().any(|known| known.path == change.path) {
                self.changes.push(change);
            }
        }
        Self { marketplace: later.marketplace, by_client: self.by_client || later.by_client, ..self }
    }
}

fn write_all(path: &Path, records: &[SetupRecord]) -> Result<(), InstallError> {
    let text = serde_json::to_string_pretty(records)
        .map_err(|error| InstallError::NotJson { path: path.to_owned(), reason: error.to_string() })?;
    replace_file(path, text.as_bytes(), 0o600)
}

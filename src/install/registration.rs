//! The two members of Claude Code's settings that make it load the plugin.
//!
//! Measured with Claude Code 2.1.329: with a directory as marketplace these two members are all it takes, the plugin
//! runs in place from the next session on, the first one included. `claude plugin install` writes the same members,
//! but rewrites the whole file in its own order and copies the whole directory into its cache. A repository as
//! marketplace is different: a session that ends before the clone is done leaves no plugin, so there the `claude`
//! command is asked.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::json_edit::{EditError, remove_member, set_member};
use super::record::{Change, SetupRecord};
use super::replace::{read_text, remove_if_there, replace_file};
use super::{InstallError, line_diff};

/// The marketplace's name: a repository, or the program's own directory, with one plugin in it.
const MARKETPLACE: &str = "memory-lane";

/// The plugin's name as Claude Code writes it.
pub const PLUGIN_ID: &str = "memory-lane@memory-lane";

/// Where Claude Code finds the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// A directory that is read in place.
    Directory(PathBuf),
    /// `OWNER/REPO` on GitHub.
    Repository(String),
}

impl PluginSource {
    /// Reads what a person wrote: an existing directory, else `OWNER/REPO`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(directory) = std::fs::canonicalize(text) {
            let manifest = directory.join(".claude-plugin/marketplace.json");
            return if manifest.is_file() {
                Ok(Self::Directory(directory))
            } else {
                Err(format!("{text} holds no plugin: there is no .claude-plugin/marketplace.json in it"))
            };
        }
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match text.split_once('/') {
            Some((owner, repository)) if is_name(owner) && is_name(repository) => Ok(Self::Repository(text.to_owned())),
            _ => Err(format!("{text} is neither a directory nor OWNER/REPO")),
        }
    }

    /// As it stands under `extraKnownMarketplaces`.
    pub fn to_settings(&self) -> Value {
        match self {
            Self::Directory(path) => json!({"source": {"source": "directory", "path": path}}),
            Self::Repository(name) => json!({"source": {"source": "github", "repo": name}}),
        }
    }
}

/// A change of the settings, planned but not made.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The file.
    pub settings: PathBuf,
    /// Its text now; `None` when there is no file.
    pub before: Option<String>,
    /// Its text afterwards; `None` when it goes.
    pub after: Option<String>,
    changes: Vec<Change>,
}

impl Registration {
    /// Whether there is anything to do.
    pub fn is_needed(&self) -> bool {
        self.before != self.after
    }

    /// The change for a person to approve.
    pub fn diff(&self) -> Vec<String> {
        line_diff(self.before.as_deref().unwrap_or_default(), self.after.as_deref().unwrap_or_default())
    }

    /// Backs the file up, writes the record, changes the file; in that order, so that whatever happens can be undone.
    pub fn register(&self, source: &PluginSource, record_path: &Path) -> Result<(), InstallError> {
        let earlier = SetupRecord::load(record_path, &self.settings)?;
        let backup = match &earlier {
            Some(record) => record.backup.clone(),
            None => self.back_up()?,
        };
        let record = self.record(source, backup, false, earlier.clone());
        record.save(record_path).and_then(|()| self.write()).inspect_err(|_| {
            let _undone = match &earlier {
                Some(earlier) => earlier.save(record_path),
                None => record.remove(record_path).and(record.backup.as_deref().map_or(Ok(()), remove_if_there)),
            };
        })
    }

    /// Keeps the bytes of the settings as they are now; `None` when there is no file.
    pub fn back_up(&self) -> Result<Option<PathBuf>, InstallError> {
        let Some(text) = &self.before else { return Ok(None) };
        let path = backup_path(&self.settings);
        replace_file(&path, text.as_bytes(), 0o600)?;
        Ok(Some(path))
    }

    /// What `uninstall` must know.
    pub fn record(
        &self,
        source: &PluginSource,
        backup: Option<PathBuf>,
        by_client: bool,
        earlier: Option<SetupRecord>,
    ) -> SetupRecord {
        let changes = self.changes.clone();
        let settings = self.settings.clone();
        let record = SetupRecord { settings, backup, marketplace: source.to_settings(), by_client, changes };
        match earlier {
            Some(earlier) => earlier.continued_by(record),
            None => record,
        }
    }

    /// Makes the change to the settings, nothing else.
    pub fn write(&self) -> Result<(), InstallError> {
        match &self.after {
            _ if !self.is_needed() => Ok(()),
            Some(text) => replace_file(&self.settings, text.as_bytes(), 0o600),
            None => remove_if_there(&self.settings),
        }
    }
}

/// A free name beside the settings: an earlier backup is never overwritten.
fn backup_path(settings: &Path) -> PathBuf {
    let named = |number: u32| {
        let suffix = if number == 0 { String::new() } else { format!(".{number}") };
        settings.with_file_name(format!("settings.json.before-memory-lane{suffix}"))
    };
    (0..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(0))
}

/// Plans the two members. Settings that hold them already need no change.
pub fn plan_registration(settings: &Path, source: &PluginSource) -> Result<Registration, InstallError> {
    let before = read_text(settings)?;
    let mut text = document(before.as_deref());
    let mut changes = Vec::new();
    for (path, value) in members(source) {
        let old = parse(settings, &text)?;
        let (parent, current) = (old.get(path[0]), old.pointer(&pointer(&path)));
        if current == Some(&value) {
            continue;
        }
        changes.push(Change {
            path: path.map(str::to_owned).to_vec(),
            before: current.cloned(),
            made_parent: parent.is_none(),
        });
        text = set_member(&text, &path, &value).map_err(|error| refused(settings, error))?;
    }
    let after = if changes.is_empty() { before.clone() } else { Some(text) };
    Ok(Registration { settings: settings.to_owned(), before, after, changes })
}

/// What the `claude` command changed of the two members since the settings read `before`.
pub fn observed_registration(settings: &Path, before: Option<String>) -> Result<Registration, InstallError> {
    let after = read_text(settings)?;
    let old = parse(settings, &document(before.as_deref()))?;
    let new = parse(settings, &document(after.as_deref()))?;
    let mut changes = Vec::new();
    for path in [["extraKnownMarketplaces", MARKETPLACE], ["enabledPlugins", PLUGIN_ID]] {
        if old.pointer(&pointer(&path)) != new.pointer(&pointer(&path)) {
            changes.push(Change {
                path: path.map(str::to_owned).to_vec(),
                before: old.pointer(&pointer(&path)).cloned(),
                made_parent: old.get(path[0]).is_none(),
            });
        }
    }
    Ok(Registration { settings: settings.to_owned(), before, after, changes })
}

/// Plans to take back what the record says. The backup's bytes come back if they mean what the settings would mean
/// without the plugin; otherwise only the plugin's members go.
pub fn plan_removal(record: &SetupRecord) -> Result<Registration, InstallError> {
    let settings = record.settings.clone();
    let before = read_text(&settings)?;
    let mut after = before.clone();
    if before.is_some() {
        let mut text = document(before.as_deref());
        for change in record.changes.iter().rev() {
            text = undo(&text, change).map_err(|error| refused(&settings, error))?;
        }
        let meaning = parse(&settings, &text)?;
        let backup = record.backup.as_deref().map(read_text).transpose()?.flatten();
        after = match backup {
            Some(bytes) if parse(&settings, &document(Some(&bytes))).is_ok_and(|old| old == meaning) => Some(bytes),
            None if record.backup.is_none() && meaning == json!({}) => None,
            _ => Some(text),
        };
    }
    Ok(Registration { settings, before, after, changes: Vec::new() })
}

fn undo(text: &str, change: &Change) -> Result<String, EditError> {
    let path: Vec<&str> = change.path.iter().map(String::as_str).collect();
    if let Some(value) = &change.before {
        return set_member(text, &path, value);
    }
    let text = remove_member(text, &path)?.unwrap_or_else(|| text.to_owned());
    let parent = &path[..path.len() - 1];
    let empty = change.made_parent && member_is_empty(&text, parent);
    let without_parent = if empty { remove_member(&text, parent)? } else { None };
    Ok(without_parent.unwrap_or(text))
}

fn member_is_empty(text: &str, path: &[&str]) -> bool {
    let document: Option<Value> = serde_json::from_str(text).ok();
    document.and_then(|document| document.pointer(&pointer(path)).cloned()) == Some(json!({}))
}

/// The name under which the plugin is already enabled, when that was not this program's doing.
pub fn registered_elsewhere(registration: &Registration, source: &PluginSource) -> Option<String> {
    let settings: Value = serde_json::from_str(registration.before.as_deref()?).ok()?;
    let enabled = settings.get("enabledPlugins")?.as_object()?;
    let ours = settings.pointer(&pointer(&["extraKnownMarketplaces", MARKETPLACE])) == Some(&source.to_settings());
    enabled
        .iter()
        .filter(|(_, on)| **on == Value::Bool(true))
        .map(|(id, _)| id)
        .find(|id| id.split('@').next() == Some("memory-lane") && !(ours && *id == PLUGIN_ID))
        .cloned()
}

/// The id under which the settings at `path` have the plugin switched on, whoever registered it.
pub fn enabled_plugin(path: &Path) -> Result<Option<String>, InstallError> {
    let settings = parse(path, &document(read_text(path)?.as_deref()))?;
    let enabled = settings.get("enabledPlugins").and_then(Value::as_object);
    Ok(enabled.into_iter().flatten().find_map(|(id, on)| {
        (id.split('@').next() == Some("memory-lane") && *on == Value::Bool(true)).then(|| id.clone())
    }))
}

fn members(source: &PluginSource) -> [([&'static str; 2], Value); 2] {
    [
        (["extraKnownMarketplaces", MARKETPLACE], source.to_settings()),
        (["enabledPlugins", PLUGIN_ID], Value::Bool(true)),
    ]
}

fn pointer(path: &[&str]) -> String {
    path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// No file, or one without content, means no settings.
pub(super) fn document(text: Option<&str>) -> String {
    text.filter(|text| !text.trim().is_empty()).unwrap_or("{}\n").to_owned()
}

fn parse(settings: &Path, text: &str) -> Result<Value, InstallError> {
    serde_json::from_str(text)
        .map_err(|error| InstallError::NotJson { path: settings.to_owned(), reason: error.to_string() })
}

pub(super) fn refused(settings: &Path, error: EditError) -> InstallError {
    let path = settings.to_owned();
    match error {
        EditError::NotJson(reason) => InstallError::NotJson { path, reason },
        EditError::NotAnObject(member) => InstallError::NotAnObject { path, member },
    }
}

#[cfg(test)]
mod tests;

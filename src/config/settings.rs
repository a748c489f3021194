//! What the person has set, with a default for everything.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{DistillerSettings, expanded};

/// Why the settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file exists but cannot be read.
    #[error("cannot read settings {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("settings {path}: {reason}; fix that line or remove the file to get the defaults")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Whether recall speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecallMode {
    /// Inject what passes.
    #[default]
    On,
    /// Do everything, record it, inject nothing.
    Shadow,
    /// Do nothing.
    Off,
}

/// `config.json`; unknown keys are an error, so that a typing mistake does not pass for a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether recall speaks.
    pub recall: RecallMode,
    /// Show the person a line that says what was recalled.
    pub announce: bool,
    /// Most characters injected at a prompt.
    pub prompt_budget_chars: usize,
    /// Most characters injected at the start of a session.
    pub session_budget_chars: usize,
    /// Most memories injected at once.
    pub most_memories: usize,
    /// Memories of a lower confidence than this, 0 to 1, are not recalled.
    pub least_confidence: f32,
    /// How long the hook may take, in milliseconds, before it answers with what it has.
    pub deadline_ms: u64,
    /// Which model embeds.
    pub model: String,
    /// Recall after file reads and edits.
    pub recall_on_files: bool,
    /// Most characters that one file event may inject.
    pub file_budget_chars: usize,
    /// Say before a command of the agent runs that it failed in earlier sessions.
    pub warn_before_commands: bool,
    /// Messages that a memory shows above and below its moment; it shows no more than 2,000 characters all the same.
    pub context_messages: usize,
    /// Names of people and things: files of one name a line, and directories with one page for each person.
    pub entity_sources: Vec<PathBuf>,
    /// Let the distiller, where there is one, name sessions that have no title of their own.
    pub auto_title: bool,
    /// Projects (keys, or directories with what is below them, `~/` being the person's home) where nothing is recalled,
    /// ingested or caught.
    pub excluded: Vec<String>,
    /// Whether a language model words memories, and within which limits.
    pub distiller: DistillerSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            recall: RecallMode::On,
            announce: true,
            prompt_budget_chars: 2_000,
            session_budget_chars: 1_200,
            most_memories: 4,
            least_confidence: 0.0,
            deadline_ms: 300,
            model: "all-MiniLM-L6-v2".to_owned(),
            recall_on_files: true,
            file_budget_chars: 1_200,
            warn_before_commands: false,
            context_messages: 3,
            entity_sources: Vec::new(),
            auto_title: false,
            excluded: Vec::new(),
            distiller: DistillerSettings::default(),
        }
    }
}

impl Settings {
    /// The file's settings, or the defaults when there is no file.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Self::with_places)
                .map_err(|error| SettingsError::Invalid { path: path.to_owned(), reason: reason(&error) }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// Whether nothing is to be done in this project (its key) or directory.
    pub fn excludes(&self, project: &str, directory: &Path) -> bool {
        self.excluded.iter().any(|entry| entry == project || directory.starts_with(entry))
    }

    /// Places as they are compared: with the person's home spelt out, and without the empty one, which every path is below.
    fn with_places(mut self) -> Self {
        self.excluded.retain(|entry| !entry.trim().is_empty());
        for entry in &mut self.excluded {
            *entry = expanded(Path::new(entry.trim())).to_string_lossy().into_owned();
        }
        for source in &mut self.entity_sources {
            *source = expanded(source);
        }
        self
    }
}

/// What is wrong, the place first: what follows it may name every setting there is, and be cut.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    match said.strip_suffix(&format!(" at {place}")) {
        Some(what) => format!("{place}: {what}"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_means_defaults_and_a_typing_mistake_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        std::fs::write(&path, r#"{"recall":"shadow","announce":false}"#).unwrap();
        let settings = Settings::load(&path).unwrap();
        assert_eq!(settings.recall, RecallMode::Shadow);
        assert!(!settings.announce);
        std::fs::write(&path, r#"{"anounce":false}"#).unwrap();
        let error = Settings::load(&path).unwrap_err().to_string();
        assert!(error.contains("config.json: line 1 column 10: unknown field `anounce`"), "{error}");
    }

    #[test]
    fn places_are_spelt_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        let settings = r#"{"excluded":["~/private/","", "github.com/acme/api"],"entity_sources":["~/people.txt"]}"#;
        std::fs::write(&path, settings).unwrap();
        let home = PathBuf::from(crate::config::variable("HOME").unwrap());
        let settings = Settings::load(&path).unwrap();
        assert_eq!(settings.excluded, [home.join("private").to_str().unwrap(), "github.com/acme/api"]);
        assert!(settings.excludes("x", &home.join("private/notes")) && settings.excludes("github.com/acme/api", &home));
        assert!(!settings.excludes("github.com/acme/web", &home.join("privateer")));
        assert_eq!(settings.entity_sources, [home.join("people.txt")]);
    }
}

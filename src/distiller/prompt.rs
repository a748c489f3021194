//! What the model is told: one file, with a version, which the person may replace.

use std::path::Path;

use sha2::{Digest, Sha256};

const BUILT_IN: &str = include_str!("prompt.md");

/// The instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Without the line that names the version.
    pub text: String,
    /// `1`, or `own-` and a hash for the person's own file.
    pub version: String,
}

impl Prompt {
    /// The person's file, else the built-in one.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(own: &Path) -> std::io::Result<Self> {
        match std::fs::read_to_string(own) {
            Ok(text) if !text.trim().is_empty() => Ok(Self::own(&text)),
            Ok(_) => Ok(Self::built_in()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::built_in()),
            Err(error) => Err(error),
        }
    }

    /// The one that comes with the program.
    pub fn built_in() -> Self {
        let (first, rest) = BUILT_IN.split_once('\n').unwrap_or_default();
        let version = first.trim_start_matches("<!-- version:").trim_end_matches("-->").trim();
        Self { text: rest.trim().to_owned(), version: version.to_owned() }
    }

    fn own(text: &str) -> Self {
        let hash: String = Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { text: text.trim().to_owned(), version: format!("own-{hash}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MemoryKind;

    #[test]
    fn the_built_in_prompt_has_a_version_and_names_every_kind() {
        let prompt = Prompt::built_in();
        assert_eq!(prompt.version, "1");
        assert!(prompt.text.starts_with("You read"));
        assert!(prompt.text.contains("consequential decision"));
        for kind in MemoryKind::ALL {
            assert!(prompt.text.contains(&format!("`{kind}`:")), "{kind}");
        }
    }

    #[test]
    fn the_persons_own_file_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("distiller-prompt.md");
        assert_eq!(Prompt::load(&path).unwrap(), Prompt::built_in());
        std::fs::write(&path, "Pick only decisions.\n").unwrap();
        let own = Prompt::load(&path).unwrap();
        assert_eq!(own.text, "Pick only decisions.");
        assert!(own.version.starts_with("own-"), "{}", own.version);
    }
}

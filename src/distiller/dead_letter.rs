//! Replies that could not be used, kept for a week so that a person can see why.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{SessionId, Timestamp};
use crate::redact::redact;
use crate::text::excerpt;

const KEPT_DAYS: f64 = 7.0;
/// More than this at once is a model that does not fit, and the same letter again and again.
const MOST_LETTERS: usize = 100;
const RAW_CHARS: usize = 20_000;

/// One reply, and what it answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When.
    pub at: Timestamp,
    /// Name of the distiller.
    pub distiller: String,
    /// The model it asked.
    pub model: String,
    /// The session.
    pub session: String,
    /// Position of the first step that the window read anew.
    pub from_seq: u32,
    /// Position after its last step.
    pub upto_seq: u32,
    /// What was wrong.
    pub why: String,
    /// The reply as it came, without secrets, cut.
    pub raw: String,
}

/// The file of dead letters; only the person may read it.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    path: PathBuf,
}

impl DeadLetters {
    /// The letters in this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The letters, oldest first; lines that are none are left out.
    pub fn letters(&self) -> Vec<DeadLetter> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Adds a letter and drops those of more than a week ago.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, letter: DeadLetter) -> std::io::Result<()> {
        let now = letter.at;
        let mut letters = self.letters();
        letters.retain(|kept| kept.at.days_until(now) <= KEPT_DAYS);
        letters.push(DeadLetter {
            raw: excerpt(&redact(&letter.raw), RAW_CHARS),
            why: redact(&letter.why).into_owned(),
            ..letter
        });
        let surplus = letters.len().saturating_sub(MOST_LETTERS);
        self.write(&letters[surplus..])
    }

    /// Drops the letters about a session; says how many there were.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, session: &SessionId) -> std::io::Result<usize> {
        let letters = self.letters();
        let kept: Vec<DeadLetter> = letters.iter().filter(|letter| letter.session != session.0).cloned().collect();
        if kept.len() < letters.len() {
            self.write(&kept)?;
        }
        Ok(letters.len() - kept.len())
    }

    fn write(&self, letters: &[DeadLetter]) -> std::io::Result<()> {
        let lines = letters.iter().filter_map(|letter| serde_json::to_string(letter).ok());
        replace(&self.path, &lines.map(|line| format!("{line}\n")).collect::<String>())
    }
}

/// Puts the text in the file's place in one step.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let next = path.with_extension("next");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&next)?.write_all(text.as_bytes())?;
    std::fs::rename(next, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(at: i64, raw: &str) -> DeadLetter {
        DeadLetter {
            at: Timestamp(at),
            distiller: "anthropic".to_owned(),
            model: "m".to_owned(),
            session: "claude-code/1".to_owned(),
            from_seq: 0,
            upto_seq: 4,
            why: "prose".to_owned(),
            raw: raw.to_owned(),
        }
    }

    #[test]
    fn letters_are_kept_for_a_week_and_hold_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let letters = DeadLetters::at(dir.path().join("dead-letters.jsonl"));
        assert_eq!(letters.letters(), []);
        letters.add(letter(0, "old")).unwrap();
        let key = format!("gh{}_{}", "p", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        letters.add(letter(6 * 86_400_000, &format!("here: {key}"))).unwrap();
        assert_eq!(letters.letters().len(), 2);
        letters.add(letter(9 * 86_400_000, "new")).unwrap();
        let raw: Vec<String> = letters.letters().into_iter().map(|letter| letter.raw).collect();
        assert_eq!(raw, ["here: [REDACTED:github-token]", "new"]);
    }

    #[test]
    fn those_of_a_session_can_be_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let letters = DeadLetters::at(dir.path().join("dead-letters.jsonl"));
        let (gone, other) = (SessionId("claude-code/1".to_owned()), "claude-code/2".to_owned());
        assert_eq!(letters.forget(&gone).unwrap(), 0, "there is no file yet");
        letters.add(letter(0, "zebra")).unwrap();
        letters.add(DeadLetter { session: other.clone(), ..letter(1, "kept") }).unwrap();
        assert_eq!(letters.forget(&gone).unwrap(), 1);
        assert!(!std::fs::read_to_string(dir.path().join("dead-letters.jsonl")).unwrap().contains("zebra"));
        assert_eq!(letters.letters().into_iter().map(|letter| letter.session).collect::<Vec<_>>(), [other]);
    }
}

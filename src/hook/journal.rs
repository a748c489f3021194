//! What hooks and workers leave behind for `doctor` and `timings`: two small files that never grow beyond a bound.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::Paths;
use crate::model::Timestamp;
use crate::text;

/// Size at which a file is put aside as `<name>.old`, taking the place of the one before.
const TURN_OVER: u64 = 512 * 1024;
/// Most characters of a line in the log.
const LONGEST_LINE: usize = 2_000;

/// How long one hook took, by stage, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageTiming {
    /// When, RFC 3339.
    pub at: String,
    /// The event.
    pub event: String,
    /// From the start of the process to the flushed answer.
    pub total_us: u64,
    /// Reading and understanding the event, settings, transcript tail, project.
    pub read_us: u64,
    /// Opening the database.
    pub open_us: u64,
    /// Text, entities and files.
    pub lexical_us: u64,
    /// Waiting for the vector beyond the text search.
    pub vector_wait_us: u64,
    /// Vector search and fetching.
    pub search_us: u64,
    /// Ranking and selection.
    pub rank_us: u64,
    /// Recording what is shown.
    pub record_us: u64,
    /// How many memories were injected.
    pub injected: usize,
    /// Why less than everything was used, if so.
    pub degraded: Option<String>,
}

/// Writes to the program's log and timings. A disk that takes nothing is no reason to fail.
#[derive(Clone, Debug)]
pub struct Journal {
    paths: Paths,
}

impl Journal {
    /// Of the program's home.
    pub fn new(paths: &Paths) -> Self {
        Self { paths: paths.clone() }
    }

    /// One line in the log.
    pub fn log(&self, at: Timestamp, what: &str) {
        let line = format!("{at} [{}] {}\n", std::process::id(), text::one_line(what, LONGEST_LINE));
        append(&self.paths.log(), &line);
    }

    /// One hook's timing.
    pub fn timing(&self, timing: &StageTiming) {
        if let Ok(json) = serde_json::to_string(timing) {
            append(&self.paths.timings(), &format!("{json}\n"));
        }
    }
}

/// The timings on record, oldest first; damaged lines are left out.
pub fn read_timings(paths: &Paths) -> Vec<StageTiming> {
    let old = std::fs::read_to_string(paths.timings().with_extension("jsonl.old")).unwrap_or_default();
    let new = std::fs::read_to_string(paths.timings()).unwrap_or_default();
    old.lines().chain(new.lines()).filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Appends in one write, so that lines of parallel hooks never mix.
fn append(path: &Path, line: &str) {
    let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) else { return };
    let _full_disk = file.write_all(line.as_bytes());
    if file.metadata().is_ok_and(|metadata| metadata.len() > TURN_OVER) {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let _lost_race = std::fs::rename(path, path.with_extension(format!("{extension}.old")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_are_read_back_and_files_stay_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        let journal = Journal::new(&paths);
        let timing = StageTiming { event: "UserPromptSubmit".into(), total_us: 41_000, ..StageTiming::default() };
        for _ in 0..10_000 {
            journal.timing(&timing);
        }
        let read = read_timings(&paths);
        assert!(read.len() > 1_000 && read.iter().all(|t| *t == timing));
        let size: u64 = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
        assert!(size < 3 * TURN_OVER, "{size}");
    }
}

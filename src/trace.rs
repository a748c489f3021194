//! Reads what coding agents write on disk, whoever the agent, into one shape.
//!
//! A reader never fails on a record: what it does not understand is counted with a reason and kept. Text leaves this
//! module as it was written, secrets included; `pipeline::ingest` redacts it before anything is stored.
//!
//! To add an agent: implement [`Reader`] and list it in [`READERS`].

mod aider;
mod builder;
mod claude;
mod codex;
mod copilot;
mod course;
mod cursor;
mod database;
mod document;
mod export;
mod fields;
mod gemini;
mod members;
mod opencode;
mod parsed;
mod patch;
mod pi;
pub mod project;
mod raw;
mod specstory;
mod sts;
mod tail;
mod tools;
mod walk;

use std::path::{Path, PathBuf};

pub use document::{DocumentReader, DocumentSession, SessionSink, measure};
pub use parsed::{
    CallEnd, INPUT_CHARS, MARGIN_BYTES, PATCH_CHARS, Parsed, SessionFacts, Skipped, TracedStep, output_chars,
};
pub use tail::{TailMessage, tail};

use crate::config::{AgentHome, agent_homes};
use crate::model::Agent;

/// How much of a file's start is enough to recognise its format, in bytes.
pub const HEAD_BYTES: usize = 64 * 1024;

/// How a file changes from one time that it is read to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Lines are added at its end: only these are read, and only whole ones.
    Appended,
    /// What was written can change: the whole file is read again as one part, and replaces what it gave before.
    Rewritten,
}

/// Knows one program's sessions: a row of [`READERS`].
pub trait Reader: Sync {
    /// Whose sessions. Several where each file says whose it is.
    fn agents(&self) -> &'static [Agent];

    /// The homes of these agents, whether or not they are on this machine. None where sessions lie beside the code, or
    /// come as an export: then the person names the file.
    fn roots(&self) -> Vec<AgentHome> {
        agent_homes().into_iter().filter(|home| self.agents().contains(&home.agent)).collect()
    }

    /// Where in a project's directory its sessions lie, there or not, for programs that write beside the code.
    fn beside_code(&self, _project: &Path) -> Option<PathBuf> {
        None
    }

    /// Whether the file at `path` may hold sessions: by place and name only, nothing is opened.
    fn may_hold(&self, path: &Path) -> bool;

    /// The files under `root` that may hold sessions.
    fn discover(&self, root: &Path) -> Vec<PathBuf> {
        walk::files(root, |path| self.may_hold(path))
    }

    /// Where below `root` the sessions lie, if `root` is the agent's home. Then no other list of lines below it is
    /// looked at.
    fn places(&self, _root: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Whether a file that starts with `head` (at most [`HEAD_BYTES`], the last line perhaps cut) is this program's. A
    /// database or an archive is looked into.
    fn recognises(&self, path: &Path, head: &[u8]) -> bool;

    /// How its files are read.
    fn reading(&self) -> Reading<'_>;
}

/// The two ways in which a file is read.
#[derive(Clone, Copy)]
pub enum Reading<'a> {
    /// Line by line, from where reading stopped: one session.
    Lines(&'a dyn TraceReader),
    /// As a whole: any number of sessions.
    Document(&'a dyn DocumentReader),
}

/// Reads files that are lists of lines.
pub trait TraceReader: Reader {
    /// Whose they are.
    fn agent(&self) -> Agent;

    /// How the file at `path` changes.
    fn growth(&self, _path: &Path) -> Growth {
        Growth::Appended
    }

    /// A parser for the transcript at `path`, before its first byte.
    fn parser(&self, path: &Path) -> Box<dyn TraceParser>;
}

/// Reads one transcript from its start, in parts that end just after a line's end.
///
/// What a part gives depends on the bytes before it alone and not on where they were cut, so a file read in one go,
/// in parts or over many days gives the same steps.
pub trait TraceParser {
    /// Takes in bytes that an earlier run has given out already.
    fn replay(&mut self, bytes: &[u8]);

    /// Reads the next bytes.
    fn read(&mut self, bytes: &[u8]) -> Parsed;

    /// Whether an unfinished last line (no line end yet) is nevertheless a whole record.
    fn is_whole(&self, line: &[u8]) -> bool {
        is_object(line)
    }

    /// The other sessions of a [`Growth::Rewritten`] file, after it was read: branches of the conversation that were
    /// left, each with this session or another of them as its parent. Every reading gives all of them.
    fn others(&mut self) -> Vec<Parsed> {
        Vec::new()
    }
}

/// Whether a line is one whole JSON object.
pub(crate) fn is_object(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.ends_with(b"}") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Every program whose sessions are understood. Of several that recognise a file the first one reads it.
pub static READERS: &[&dyn Reader] = &[
    &cursor::Cursor,
    &opencode::OpenCode,
    &aider::Aider,
    &specstory::SpecStory,
    &sts::Sts,
    &export::Exports,
    &claude::ClaudeCode,
    &codex::Codex,
    &pi::Pi,
    &gemini::GeminiCli,
    &copilot::CopilotCli,
];

/// Those that read lines.
pub fn line_readers() -> impl Iterator<Item = &'static dyn TraceReader> {
    READERS.iter().filter_map(|reader| match reader.reading() {
        Reading::Lines(lines) => Some(lines),
        Reading::Document(_) => None,
    })
}

/// Those that read documents.
pub fn document_readers() -> impl Iterator<Item = &'static dyn DocumentReader> {
    READERS.iter().filter_map(|reader| match reader.reading() {
        Reading::Document(document) => Some(document),
        Reading::Lines(_) => None,
    })
}

/// The reader for a list of lines that starts with `head`.
pub fn recognise(head: &[u8]) -> Option<&'static dyn TraceReader> {
    line_readers().find(|reader| reader.recognises(Path::new(""), head))
}

/// The reader for a document that starts with `head`.
pub fn recognise_document(path: &Path, head: &[u8]) -> Option<&'static dyn DocumentReader> {
    document_readers().find(|reader| reader.recognises(path, head))
}

/// Every home of every agent, as the table has them.
pub fn homes() -> Vec<AgentHome> {
    let mut homes: Vec<AgentHome> = READERS.iter().flat_map(|reader| reader.roots()).collect();
    homes.sort_by_key(|home| Agent::ALL.iter().position(|agent| *agent == home.agent));
    homes
}

/// What is there of sessions beside the code in these projects' directories.
pub fn homes_beside(projects: &[String]) -> Vec<AgentHome> {
    let of_project = |project: &String| {
        let places =
            READERS.iter().filter_map(|reader| Some((reader.agents().first()?, reader.beside_code(project.as_ref())?)));
        places.filter(|(_, path)| path.exists()).map(|(&agent, path)| AgentHome { agent, path }).collect::<Vec<_>>()
    };
    projects.iter().filter(|project| Path::new(project).is_absolute()).flat_map(of_project).collect()
}

/// Every file in one agent's home that may hold sessions, sorted; a file is its own home.
pub fn discover_of(agent: Agent, home: &Path) -> Vec<PathBuf> {
    if home.is_file() {
        return vec![home.to_owned()];
    }
    let readers = READERS.iter().filter(|reader| reader.agents().contains(&agent));
    let in_home = |reader: &&dyn Reader| match reader.places(home) {
        places if places.is_empty() => reader.discover(home),
        places => places.iter().flat_map(|place| reader.discover(place)).collect(),
    };
    sorted(readers.flat_map(in_home).collect())
}

/// Every file under `root` that some reader may understand, sorted; a file named directly is taken as it is.
pub fn discover(root: &Path) -> Vec<PathBuf> {
    if !root.is_dir() {
        return vec![root.to_owned()];
    }
    let in_places = |reader: &&dyn Reader| -> Vec<PathBuf> {
        reader.places(root).iter().flat_map(|place| reader.discover(place)).collect()
    };
    if READERS.iter().all(|reader| reader.places(root).is_empty()) {
        return sorted(walk::files(root, |path| READERS.iter().any(|reader| reader.may_hold(path))));
    }
    let mut found: Vec<PathBuf> = READERS.iter().flat_map(in_places).collect();
    // Lines beside an agent's sessions are its own bookkeeping, not somebody's export.
    let is_document = |path: &Path| {
        path.extension().is_none_or(|last| last != "jsonl") && document_readers().any(|reader| reader.may_hold(path))
    };
    found.extend(walk::files(root, is_document));
    sorted(found)
}

fn sorted(mut found: Vec<PathBuf>) -> Vec<PathBuf> {
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_has_one_row() {
        for agent in Agent::ALL {
            let rows: Vec<_> = READERS.iter().filter(|reader| reader.agents().contains(agent)).collect();
            assert_eq!(rows.len(), 1, "{}", agent.as_str());
            if let Reading::Lines(lines) = rows[0].reading() {
                assert_eq!(lines.agent(), *agent);
            }
        }
        assert_eq!(homes(), agent_homes(), "every home belongs to a row, in the same order");
    }

    #[test]
    fn sessions_beside_the_code_are_found_where_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let projects: Vec<String> =
            ["a", "b", "c"].iter().map(|name| dir.path().join(name).to_string_lossy().into_owned()).collect();
        std::fs::create_dir_all(dir.path().join("a/.specstory/history")).unwrap();
        std::fs::create_dir_all(dir.path().join("b")).unwrap();
        std::fs::write(dir.path().join("b/.aider.chat.history.md"), "").unwrap();
        let found: Vec<_> = homes_beside(&projects).into_iter().map(|home| (home.agent, home.path)).collect();
        let expected = [
            (Agent::SpecStory, dir.path().join("a/.specstory/history")),
            (Agent::Aider, dir.path().join("b/.aider.chat.history.md")),
        ];
        assert_eq!(found, expected);
        assert_eq!(discover_of(found[1].0, &found[1].1), [expected[1].1.clone()]);
        assert!(homes_beside(&["relative".to_owned()]).is_empty());
    }
}

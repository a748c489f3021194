//! Reads what coding agents write on disk, whoever the agent, into one shape.
//!
//! A reader never fails on a record: what it does not understand is counted with a reason and kept. Text leaves this
//! module as it was written, secrets included; `pipeline::ingest` redacts it before anything is stored.
//!
//! To add an agent: implement [`TraceReader`] and list it in [`READERS`], or, where its files are no lists of lines,
//! [`DocumentReader`] and [`DOCUMENTS`].

mod aider;
mod builder;
mod calls;
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
mod json;
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

pub use document::{DOCUMENTS, DocumentReader, DocumentSession, SessionSink, measure, recognise_document};
pub use parsed::{
    CallEnd, INPUT_CHARS, MARGIN_BYTES, PATCH_CHARS, Parsed, SessionFacts, Skipped, TracedStep, output_chars,
};
pub use tail::{TailMessage, tail};

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

/// Knows one agent's files.
pub trait TraceReader: Sync {
    /// Whose files.
    fn agent(&self) -> Agent;

    /// Whether a file that starts with `head` (at most [`HEAD_BYTES`], the last line perhaps cut) is this agent's.
    fn recognises(&self, head: &[u8]) -> bool;

    /// The files under `root` that may be transcripts: by place and name only, nothing is opened.
    fn discover(&self, root: &Path) -> Vec<PathBuf>;

    /// Where below `root` the sessions lie, if `root` is this agent's home. Then nothing else below it is looked at.
    fn places(&self, _root: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

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

/// Every agent that is understood.
pub static READERS: &[&dyn TraceReader] =
    &[&claude::ClaudeCode, &codex::Codex, &pi::Pi, &gemini::GeminiCli, &copilot::CopilotCli];

/// The reader for a file that starts with `head`.
pub fn recognise(head: &[u8]) -> Option<&'static dyn TraceReader> {
    READERS.iter().copied().find(|reader| reader.recognises(head))
}

/// Every file in one agent's home that may be a transcript, sorted.
pub fn discover_of(agent: Agent, home: &Path) -> Vec<PathBuf> {
    let readers = READERS.iter().filter(|reader| reader.agent() == agent);
    let in_home = |reader: &&dyn TraceReader| match reader.places(home) {
        places if places.is_empty() => reader.discover(home),
        places => places.iter().flat_map(|place| reader.discover(place)).collect(),
    };
    let mut found: Vec<PathBuf> = readers.flat_map(in_home).collect();
    document::discover_of(agent, home, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

/// Every file under `root` that some reader may understand, sorted; a file named directly is taken as it is.
pub fn discover(root: &Path) -> Vec<PathBuf> {
    if !root.is_dir() {
        return vec![root.to_owned()];
    }
    let mut homes: Vec<(&dyn TraceReader, PathBuf)> = Vec::new();
    for &reader in READERS {
        homes.extend(reader.places(root).into_iter().map(|place| (reader, place)));
    }
    let mut found: Vec<PathBuf> = if homes.is_empty() {
        READERS.iter().flat_map(|reader| reader.discover(root)).collect()
    } else {
        homes.iter().flat_map(|(reader, place)| reader.discover(place)).collect()
    };
    let mut documents = Vec::new();
    document::discover(root, &mut documents);
    // Lines beside an agent's sessions are its own bookkeeping, not somebody's export.
    documents.retain(|path| homes.is_empty() || path.extension().is_none_or(|extension| extension != "jsonl"));
    found.append(&mut documents);
    found.sort_unstable();
    found.dedup();
    found
}

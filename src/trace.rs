//! Reads what coding agents write on disk, whoever the agent, into one shape.
//!
//! A reader never fails on a record: what it does not understand is counted with a reason. Text leaves this module as
//! it was written, secrets included; `pipeline::ingest` redacts it before anything is stored.
//!
//! To add an agent: implement [`TraceReader`] and list it in [`READERS`], or, where its files are no lists of lines,
//! [`DocumentReader`] and [`DOCUMENTS`].

mod aider;
mod builder;
mod calls;
mod claude;
mod cursor;
mod database;
mod document;
mod export;
mod json;
mod opencode;
mod parsed;
pub mod project;
mod specstory;
mod sts;
mod tail;

use std::path::{Path, PathBuf};

pub use document::{DOCUMENTS, DocumentReader, DocumentSession, SessionSink, measure, recognise_document};
pub use parsed::{CallEnd, INPUT_CHARS, MARGIN_BYTES, Parsed, SessionFacts, Skipped, TracedStep, output_chars};
pub use tail::{TailMessage, tail};

use crate::model::Agent;

/// How much of a file's start is enough to recognise its format, in bytes.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Knows one agent's files.
pub trait TraceReader: Sync {
    /// Whose files.
    fn agent(&self) -> Agent;

    /// Whether a file that starts with `head` (at most [`HEAD_BYTES`], the last line perhaps cut) is this agent's.
    fn recognises(&self, head: &[u8]) -> bool;

    /// The files under `root` that may be transcripts: by place and name only, nothing is opened.
    fn discover(&self, root: &Path) -> Vec<PathBuf>;

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
    fn is_whole(&self, line: &[u8]) -> bool;
}

/// Every agent that is understood.
pub static READERS: &[&dyn TraceReader] = &[&claude::ClaudeCode];

/// The reader for a file that starts with `head`.
pub fn recognise(head: &[u8]) -> Option<&'static dyn TraceReader> {
    READERS.iter().copied().find(|reader| reader.recognises(head))
}

/// Every file under `root` that some reader may understand, sorted; a file named directly is taken as it is.
pub fn discover(root: &Path) -> Vec<PathBuf> {
    if !root.is_dir() {
        return vec![root.to_owned()];
    }
    let mut found: Vec<PathBuf> = READERS.iter().flat_map(|reader| reader.discover(root)).collect();
    document::discover(root, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

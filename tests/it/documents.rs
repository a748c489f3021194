//! Reading files that are no lists of lines: each kind from a small one of its own, then real ones where at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]

pub(crate) mod cursor;
mod exports;
mod garbled;
mod ingest;
mod opencode;
mod others;
mod samples;

use std::path::{Path, PathBuf};

use memory_lane::model::{Message, Role, Step, ToolCall};
use memory_lane::trace::{DocumentSession, HEAD_BYTES, document_readers, recognise_document};

/// Reads a file with the reader that recognises it.
fn read(path: &Path) -> Vec<DocumentSession> {
    let content = std::fs::read(path).unwrap();
    let head = &content[..content.len().min(HEAD_BYTES)];
    let reader = recognise_document(path, head).expect("not recognised");
    assert!(document_readers().any(|reader| reader.may_hold(path)), "{} would not be found", path.display());
    let mut found = Vec::new();
    reader.sessions(path, &mut found).unwrap();
    found
}

/// A directory with one file in it.
fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

fn read_text(name: &str, content: impl AsRef<[u8]>) -> Vec<DocumentSession> {
    let (_dir, path) = file(name, content);
    read(&path)
}

fn messages(session: &DocumentSession) -> Vec<&Message> {
    let steps = session.parsed.steps.iter();
    steps
        .filter_map(|step| match &step.step {
            Step::Said(message) => Some(message),
            Step::Called(_) => None,
        })
        .collect()
}

fn calls(session: &DocumentSession) -> Vec<&ToolCall> {
    let steps = session.parsed.steps.iter();
    steps
        .filter_map(|step| match &step.step {
            Step::Called(call) => Some(call),
            Step::Said(_) => None,
        })
        .collect()
}

fn said(session: &DocumentSession) -> Vec<(Role, &str)> {
    messages(session).into_iter().map(|message| (message.role, message.text.as_str())).collect()
}

/// The steps' turns.
fn turns(session: &DocumentSession) -> Vec<u32> {
    session.parsed.steps.iter().map(|step| step.turn).collect()
}

/// Positions grow by one and every step is counted.
fn check_positions(session: &DocumentSession) {
    for (at, step) in session.parsed.steps.iter().enumerate() {
        let seq = match &step.step {
            Step::Said(message) => message.seq,
            Step::Called(call) => call.seq,
        };
        assert_eq!(seq as usize, at);
    }
    assert_eq!(session.parsed.next_seq as usize, session.parsed.steps.len());
}

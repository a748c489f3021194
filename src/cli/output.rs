//! The only printer of commands. The hook has its own: `hook::answer`.
//!
//! A command goes on where its output cannot be written: what it does to the store must not depend on that. The first
//! failure is kept, and [`finish`] ends the command with it.

use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::Serialize;

/// The first write that failed.
static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints one line for a person. A closed pipe ends the printing, not the program.
pub fn print_line(text: impl std::fmt::Display) {
    note(writeln!(io::stdout(), "{text}"));
}

/// Prints text as it is, without adding a line end.
pub fn print_text(text: &str) {
    note(io::stdout().write_all(text.as_bytes()));
}

/// Prints a value as JSON, indented.
pub fn print_json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print_line(text);
    Ok(())
}

/// Keeps the first failure; who closes a pipe has read enough, which is none.
pub(super) fn note(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        FAILURE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Writes out what still waits.
///
/// # Errors
/// When something of what was printed could not be written.
pub(super) fn finish() -> anyhow::Result<()> {
    note(io::stdout().flush());
    match FAILURE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error).context("write to standard output; what it shows is not complete"),
        None => Ok(()),
    }
}

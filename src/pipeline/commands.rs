//! How commands went → the record that the warning before a command is looked up in.

use anyhow::Context;

use crate::catcher;
use crate::store::EntityStore;
use crate::text;

/// Brings the record up to date with what was ingested. Returns how many sessions had something new.
pub fn note_commands<S: EntityStore + ?Sized>(store: &mut S) -> anyhow::Result<usize> {
    let analyse = |command: &str, output: &str| {
        let command = text::comparable_command(command)?;
        Some((command, catcher::failure_line(output).unwrap_or_default()))
    };
    store.note_commands(&analyse).context("note how commands went")
}

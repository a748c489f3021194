//! The only printer of commands. The hook has its own: `hook::answer`.

use std::io::Write;

use serde::Serialize;

/// Prints one line for a person. A closed pipe ends the printing, not the program.
pub fn print_line(text: impl std::fmt::Display) {
    let _ended = writeln!(std::io::stdout(), "{text}");
}

/// Prints text as it is, without adding a line end.
pub fn print_text(text: &str) {
    let _ended = std::io::stdout().write_all(text.as_bytes());
}

/// Prints a value as JSON, indented.
pub fn print_json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print_line(text);
    Ok(())
}

//! The work that must not be waited for: a detached process ingests and catches.

use std::path::Path;
use std::process::{Command, Stdio};

/// The hidden command that the detached process runs.
pub const WORKER_COMMAND: &str = "worker";

/// Starts the program again, in a session of its own and with closed descriptors, to ingest what is new.
///
/// A child that kept standard output open would make the client wait for it.
pub fn detach(program: &Path, transcript: Option<&Path>) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.arg(WORKER_COMMAND);
    if let Some(transcript) = transcript {
        command.arg(transcript);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir(program.parent().unwrap_or(Path::new("/")));
    let _never_waited_for = command.spawn()?;
    Ok(())
}

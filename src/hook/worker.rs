//! The work that must not be waited for: a detached process ingests and catches.

use std::path::Path;
use std::process::{Command, Stdio};

use super::event::Place;
use crate::model::Occasion;

/// The hidden command that the detached process runs.
pub const WORKER_COMMAND: &str = "worker";

/// Starts the program again, in a session of its own and with closed descriptors, to do what there is to do. That
/// process and not the hook writes the request down: the hook never waits for the database's lock.
///
/// A child that kept standard output open would make the client wait for it.
pub fn detach(program: &Path, occasion: Occasion, place: Option<&Place>) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.args([WORKER_COMMAND, "--occasion", occasion.as_str()]);
    if let Some(place) = place {
        command.arg("--session").arg(&place.session.0);
        command.args(&place.transcript);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir(program.parent().unwrap_or(Path::new("/")));
    let _never_waited_for = command.spawn()?;
    Ok(())
}

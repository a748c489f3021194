//! The agent's hook events: read one from standard input, answer with one JSON object or nothing.
//!
//! A hook never spoils a turn. Whatever happens, the process ends with status 0, prints nothing that is not the answer,
//! and leaves a line in the log. Exit status 2, `decision` and `continue` do not occur in this program: with any of them
//! the client would throw the user's prompt away.

mod answer;
mod cited;
mod command;
mod deadline;
mod event;
mod journal;
mod respond;
mod start;
mod vector;
mod wire;
mod worker;

pub use answer::Answer;
pub use cited::stale_files;
pub use event::{HookEvent, ParseError, Place, Source};
pub use journal::{Journal, StageTiming, read_timings};
pub use respond::{Surroundings, respond};
pub use start::refuse;
pub use worker::{WORKER_COMMAND, detach};

/// Longest event that is read, in bytes. Reading and skipping 20 MB takes some 30 ms; more is not worth a prompt's time.
pub const LONGEST_EVENT: u64 = 32 * 1024 * 1024;

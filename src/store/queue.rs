//! What is asked of the worker, who is at it, and how its runs went.

use serde::Serialize;

use super::{CatchWork, Result};
use crate::model::{Occasion, SessionId, Timestamp};

/// Something for the worker to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What happened.
    pub occasion: Occasion,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// The transcript that has something new, if it is known.
    pub transcript: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number; later requests have higher ones.
    pub id: i64,
    /// The request.
    pub request: Request,
}

/// Who has a lease, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// The holder, as it named itself.
    pub holder: String,
    /// When it runs out.
    pub until: Timestamp,
}

/// One run of the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRun {
    /// Names of the occasions it served, joined by spaces.
    pub occasions: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was done.
    pub ended_at: Timestamp,
    /// Whether it looked through all agents' homes.
    pub looked_everywhere: bool,
    /// Files with something new in them.
    pub files: u64,
    /// Sessions caught from.
    pub sessions: usize,
    /// New memories.
    pub memories: usize,
    /// What went wrong, if something did.
    pub failure: Option<String>,
}

/// A session that waits to be caught from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What is unread of it.
    pub work: CatchWork,
    /// How many prompts of the user are unread.
    pub prompts: u32,
    /// Its latest record.
    pub last_at: Option<Timestamp>,
}

/// Keeps the worker's queue.
pub trait QueueStore {
    /// Asks for something. The same request, asked again before it was served, waits once.
    fn enqueue(&mut self, request: &Request) -> Result<()>;

    /// What waits, earliest first.
    fn queued(&self) -> Result<Vec<Queued>>;

    /// Takes out the requests up to this number: they were served.
    fn served(&mut self, upto: i64) -> Result<()>;

    /// Who has a lease; it may have run out.
    fn lease(&self, name: &str) -> Result<Option<Lease>>;

    /// Keeps the record of a run, and only the latest of these.
    fn note_run(&mut self, run: &WorkerRun) -> Result<()>;

    /// The latest runs, latest first.
    fn runs(&self) -> Result<Vec<WorkerRun>>;

    /// Sessions with steps unread by this version of the catcher, oldest first; sub-agents' are left out.
    fn waiting(&self, catcher_version: u32) -> Result<Vec<Waiting>>;
}

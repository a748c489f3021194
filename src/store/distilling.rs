//! What distillers have read, what they cost, and whether they may be called.

use super::Result;
use crate::model::{MemoryDraft, MemoryId, SessionId, Timestamp};

/// Which sessions to read. Unset fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistilFilter {
    /// Sessions with a record at or after this.
    pub since: Option<Timestamp>,
    /// Sessions without a record after this, so that nobody is in the middle of them.
    pub quiet_since: Option<Timestamp>,
    /// Sessions that need not be quiet: they ended, are about to be compacted, or hold much that is new.
    pub ready: Vec<SessionId>,
    /// At most so many, latest first.
    pub limit: Option<usize>,
}

/// A session with steps that no distiller has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistilWork {
    /// The session.
    pub session: SessionId,
    /// Position of the first step that was not read.
    pub from_seq: u32,
    /// Turn of that step.
    pub from_turn: u32,
    /// Position after the last step.
    pub upto_seq: u32,
}

/// A call about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistillerCall {
    /// When.
    pub at: Timestamp,
    /// Name of the distiller.
    pub distiller: String,
    /// The model it asks.
    pub model: String,
    /// What it will probably use.
    pub cost: Spent,
}

/// Calls and what they used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spent {
    /// Calls made, whatever came of them.
    pub calls: u64,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
    /// Millionths of a dollar at list price; 0 where no price is known.
    pub microdollars: u64,
}

impl Spent {
    /// Tokens in both directions.
    pub fn tokens(self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

/// Why a distiller must not be called for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Until when.
    pub until: Timestamp,
    /// `credentials`, `settings`, `quota` or `failures`.
    pub cause: String,
    /// In words.
    pub why: String,
}

/// How much of a quota is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// `five_hour`, `tokens` and the like.
    pub name: String,
    /// Share that is used, 0 to 1.
    pub used: f32,
    /// From when on that is of no account any more.
    pub resets_at: Timestamp,
}

/// Keeps what distillers have read and spent.
pub trait DistillerStore {
    /// Sessions with steps unread by any distiller, latest first; sub-agents' are left out.
    fn undistilled(&self, filter: &DistilFilter) -> Result<Vec<DistilWork>>;

    /// Stores what was distilled from a session up to `upto_seq` and notes that it was read, in one transaction. Each
    /// pair in `replaced` is a draft's index and an active memory whose place it takes. Gives the numbers of the new
    /// memories, `None` for drafts that were known, and for those of a
    /// message of which a memory was forgotten.
    fn record_distilled(
        &mut self,
        session: &SessionId,
        upto_seq: u32,
        drafts: &[MemoryDraft],
        replaced: &[(usize, MemoryId)],
        now: Timestamp,
    ) -> Result<Vec<Option<MemoryId>>>;

    /// Notes a call before it is made; gives its number.
    fn begin_call(&mut self, call: &DistillerCall) -> Result<i64>;

    /// Notes how a call ended and, where that is known, what it really used.
    fn end_call(&mut self, call: i64, outcome: &str, cost: Option<Spent>) -> Result<()>;

    /// What all distillers together have spent since then.
    fn spent(&self, since: Timestamp) -> Result<Spent>;

    /// Why this distiller must not be called at `now`, if so.
    fn pause(&self, distiller: &str, now: Timestamp) -> Result<Option<Pause>>;

    /// Counts one more failure in a row; gives how many there are now.
    fn note_failure(&mut self, distiller: &str) -> Result<u32>;

    /// Leaves a distiller alone, or lets it work again with `None`. The failures in a row are forgotten with `None` only.
    fn set_pause(&mut self, distiller: &str, pause: Option<&Pause>) -> Result<()>;

    /// Keeps what was last said of the quotas that a distiller draws on.
    fn note_quotas(&mut self, distiller: &str, quotas: &[Quota]) -> Result<()>;

    /// What was last said of them, without those that are reset by `now`; the most used first.
    fn quotas(&self, distiller: &str, now: Timestamp) -> Result<Vec<Quota>>;
}

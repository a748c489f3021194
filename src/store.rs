//! Where sessions, memories and votes are kept.
//!
//! Six traits, one per use: [`SessionStore`] for what agents wrote, [`MemoryStore`] for what was caught from it,
//! [`EntityStore`] for what memories are about, [`RecallStore`] for finding memories and remembering what was shown,
//! [`QueueStore`] for the worker, [`DistillerStore`] for what language models have read and cost. A backend implements all
//! of them and is then a [`Store`]; `tests/it/store_contract.rs` holds the suite that every backend must pass.
//!
//! Scores that leave the store are higher-is-better: distances and `bm25()` are turned round inside it.

mod call_text;
mod distilling;
mod entities;
mod error;
pub mod kin;
mod memories;
mod queue;
mod recall;
mod search;
mod sessions;
pub mod spool;
pub mod sqlite;

pub use call_text::call_text;
pub use distilling::{DistilFilter, DistilWork, DistillerCall, DistillerStore, Pause, Quota, Spent};
pub use entities::{
    Choice, CommandAnalysis, CommandRuns, EntityChange, EntityDetail, EntityStore, SessionName, Unresolved,
};
pub use error::StoreError;
pub use memories::{Added, MemoryEdit, MemoryFilter, MemoryHistory, MemoryStore, Observation, Promotion, StoreCounts};
pub use queue::{Lease, QueueStore, Queued, Request, Waiting, WorkerRun};
pub use recall::{
    Bearer, FoundMemory, KnownEntity, LexicalHits, RecallFilter, RecallRecord, RecallRow, RecallStore, SPAN_TERMS,
    Scope, SearchTerm, SeenFiles, Standing, TermWorth, UseRecord, Uses, VectorHit, VectorHits, Vote, VoteRecord,
};
pub use search::{Condition, Filter, MessageQuery, StepHit, Work};
pub use sessions::{
    Append, Appended, CatchWork, ForgottenSession, Found, Recorded, SessionEdit, SessionFilter, SessionHead,
    SessionStore, SkippedRecord, StepAt, ToolResult, TranscriptState,
};

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A whole backend.
pub trait Store: SessionStore + MemoryStore + EntityStore + RecallStore + QueueStore + DistillerStore {}

impl<T: SessionStore + MemoryStore + EntityStore + RecallStore + QueueStore + DistillerStore> Store for T {}

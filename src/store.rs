//! Where sessions, memories and votes are kept.
//!
//! Four traits, one per use: [`SessionStore`] for what agents wrote, [`MemoryStore`] for what was caught from it,
//! [`RecallStore`] for finding memories and remembering what was shown, [`DistillerStore`] for what language models have
//! read and cost. A backend implements all four and is then a [`Store`]; `tests/it/store_contract.rs` holds the suite that every backend must pass.
//!
//! Scores that leave the store are higher-is-better: distances and `bm25()` are turned round inside it.

mod distilling;
mod error;
mod memories;
mod recall;
mod sessions;
pub mod spool;
pub mod sqlite;

pub use distilling::{DistilFilter, DistilWork, DistillerCall, DistillerStore, Pause, Spent};
pub use error::StoreError;
pub use memories::{Added, MemoryEdit, MemoryFilter, MemoryStore, Observation, StoreCounts};
pub use recall::{
    FoundMemory, KnownEntity, LexicalHits, RecallFilter, RecallRecord, RecallRow, RecallStore, Scope, VectorHit,
    VectorHits, Vote, VoteRecord,
};
pub use sessions::{
    Append, Appended, CatchWork, MessageHit, MessageQuery, SessionFilter, SessionHead, SessionStore, SkippedRecord,
    StepAt, ToolResult, TranscriptState,
};

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A whole backend.
pub trait Store: SessionStore + MemoryStore + RecallStore + DistillerStore {}

impl<T: SessionStore + MemoryStore + RecallStore + DistillerStore> Store for T {}

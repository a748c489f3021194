//! Plain data that every part of the program speaks about: sessions, memories, entities, scores.
//!
//! Nothing here does I/O, reads a clock or knows of a store.

mod entity;
pub mod exchange;
mod memory;
mod occasion;
mod project;
mod raw;
mod score;
mod session;
mod time;
mod turn;

pub use entity::{Entity, EntityId, EntityKind, Mention, NamedEntity};
pub use memory::{
    Category, Direction, Memory, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Origin, Polarity, Provenance,
    Trigger, Use, index_text,
};
pub use occasion::Occasion;
pub use project::{Project, ProjectId};
pub use raw::{RAW_BYTES, RAW_SESSION_BYTES, RAW_SESSION_RECORDS, RawRecord};
pub use score::{Explanation, Outcome, Signal, percent};
pub use session::{Agent, ModelUse, Session, SessionId, SessionOutcome};
pub use time::Timestamp;
pub use turn::{FileAction, Message, Role, Step, ToolCall, ToolStatus, TouchedFile, Turn};

//! Memories and their vectors.

use super::Result;
use crate::model::{Category, Memory, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, SessionId, Timestamp};

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is a new memory.
    New(MemoryId),
    /// The same moment was stored before, under this number.
    Known(MemoryId),
    /// The user once told the program to forget it, so it stays forgotten.
    Forgotten,
}

/// Which memories to list. Unset fields do not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryFilter {
    /// Kind.
    pub kind: Option<MemoryKind>,
    /// What it is about.
    pub category: Option<Category>,
    /// Key of the project.
    pub project: Option<String>,
    /// Least confidence, 0 to 1.
    pub least_confidence: Option<f32>,
    /// Session it was caught from.
    pub session: Option<SessionId>,
    /// Status; when unset, all but superseded ones.
    pub status: Option<MemoryStatus>,
    /// Words that title, body or quote must hold.
    pub text: Option<String>,
    /// At most so many, latest formed first; 0 means all.
    pub limit: usize,
}

impl MemoryFilter {
    /// Whether some memories may be left out for what they are, not for their number.
    pub fn narrows(&self) -> bool {
        Self { limit: 0, ..self.clone() } != Self::default()
    }
}

/// A change a person makes to a memory. Unset fields stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryEdit {
    /// New title.
    pub title: Option<String>,
    /// New body.
    pub body: Option<String>,
    /// New kind.
    pub kind: Option<MemoryKind>,
    /// New status.
    pub status: Option<MemoryStatus>,
}

/// A further moment in which a memory was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its session.
    pub session: SessionId,
    /// The message's uuid in the transcript, or its position in the session when it has none.
    pub message: String,
    /// When it was said.
    pub at: Timestamp,
    /// In which words.
    pub quote: String,
}

/// A draft that was made from a memory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Promotion {
    /// `idea` or `skill`.
    pub form: String,
    /// Where it was written.
    pub path: String,
    /// When.
    pub at: Timestamp,
}

/// What a memory's life was besides its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MemoryHistory {
    /// From when on it holds, where that is not when it was formed.
    pub valid_from: Option<Timestamp>,
    /// Until when it held.
    pub valid_to: Option<Timestamp>,
    /// The memories in whose place it stands.
    pub supersedes: Vec<MemoryId>,
    /// Drafts made from it.
    pub promotions: Vec<Promotion>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct StoreCounts {
    /// Sessions, sub-agents' not counted.
    pub sessions: u64,
    /// Messages of both sides.
    pub messages: u64,
    /// Tool calls.
    pub tool_calls: u64,
    /// Memories that recall may return.
    pub memories: u64,
    /// Memories without a vector of the current model.
    pub unembedded: u64,
    /// Recalls recorded.
    pub recalls: u64,
    /// Votes.
    pub votes: u64,
}

/// Keeps memories.
pub trait MemoryStore {
    /// Stores a memory. The same moment (session, message, trigger and title; without a session: kind, project, title
    /// and body) is stored once.
    fn add_memory(&mut self, draft: &MemoryDraft, now: Timestamp) -> Result<Added>;

    /// Stores many in one transaction; same order as given.
    fn add_memories(&mut self, drafts: &[MemoryDraft], now: Timestamp) -> Result<Vec<Added>>;

    /// One memory.
    fn memory(&self, id: MemoryId) -> Result<Option<Memory>>;

    /// Memories, latest formed first.
    fn memories(&self, filter: &MemoryFilter) -> Result<Vec<Memory>>;

    /// Changes a memory; its vectors are dropped when the text changes.
    fn edit_memory(&mut self, id: MemoryId, edit: &MemoryEdit) -> Result<()>;

    /// Deletes a memory for good and keeps it from being caught again: from none of the messages that it stood on, in
    /// whatever words.
    fn forget_memory(&mut self, id: MemoryId, now: Timestamp) -> Result<()>;

    /// Notes that the memory was said again. The same message is noted once, and a session raises `times_observed` by
    /// one at most, the memory's own not at all; returns whether it was raised. Something found out (a learning, an
    /// insight) becomes a pattern at the third session.
    fn observe_again(&mut self, id: MemoryId, seen: &Observation) -> Result<bool>;

    /// The further moments of a memory, oldest first.
    fn observations(&self, id: MemoryId) -> Result<Vec<Observation>>;

    /// Lets `new` take the place of `old`, which is kept and no longer recalled. Only an active memory is replaced:
    /// what a person pinned or put away stays as it is. Returns whether it was replaced.
    fn supersede(&mut self, old: MemoryId, new: MemoryId, at: Timestamp) -> Result<bool>;

    /// Makes one memory of two that say the same: `into` gets the evidence of `from` and takes its place, also where a
    /// person had pinned or retired `from`.
    fn merge_memories(&mut self, from: MemoryId, into: MemoryId, at: Timestamp) -> Result<()>;

    /// How a memory came to be and to end.
    fn history(&self, id: MemoryId) -> Result<MemoryHistory>;

    /// Notes that a draft was made from the memory.
    fn note_promotion(&mut self, id: MemoryId, promotion: &Promotion) -> Result<()>;

    /// Recallable memories that lack a vector of `model`, with the text to embed.
    fn unembedded(&self, model: &str, limit: usize) -> Result<Vec<(MemoryId, String)>>;

    /// Stores vectors of unit length.
    fn put_vectors(&mut self, model: &str, vectors: &[(MemoryId, Vec<f32>)]) -> Result<()>;

    /// The memories nearest to one memory by their stored vectors, with cosine, nearest first.
    fn neighbours(&self, id: MemoryId, model: &str, limit: usize) -> Result<Vec<(MemoryId, f32)>>;

    /// Recallable memories with a vector of `model` that were not compared with the others yet, oldest first, at most
    /// `limit`.
    fn uncompared(&self, model: &str, limit: usize) -> Result<Vec<MemoryId>>;

    /// Links a memory with others that are about the same thing, both ways, and notes that it was compared.
    fn link(&mut self, id: MemoryId, near: &[(MemoryId, f32)]) -> Result<()>;

    /// The recallable memories that one is linked with, by meaning or by words, with their likeness, most alike first.
    fn linked(&self, id: MemoryId, limit: usize) -> Result<Vec<(MemoryId, f32)>>;

    /// How much there is; `model` says whose vectors count.
    fn counts(&self, model: &str) -> Result<StoreCounts>;

    /// Brings derived tables (term statistics) up to date, forgets what was asked long ago, and folds the write-ahead log; cheap when nothing changed.
    fn tidy(&mut self) -> Result<()>;
}

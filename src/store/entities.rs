//! What memories are about: the entities, the names they go by, what people change about them.

use super::Result;
use crate::model::{Entity, EntityId, EntityKind, MemoryId, NamedEntity, SessionId, Timestamp};

/// An entity with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EntityDetail {
    /// The entity.
    #[serde(flatten)]
    pub entity: Entity,
    /// Further names.
    pub aliases: Vec<String>,
    /// Files that stand for it.
    pub files: Vec<String>,
    /// The file that names it; none when memories do.
    pub source: Option<String>,
    /// The memories that mention it, latest first.
    pub mentioned_in: Vec<MemoryId>,
}

/// A mention that may be another entity: a first name that several people bear, a name spelt nearly like another.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unresolved {
    /// What was mentioned.
    pub mention: Entity,
    /// What it may be, most mentioned first.
    pub candidates: Vec<Entity>,
    /// A memory that mentions it.
    pub example: Option<MemoryId>,
}

/// Something that a person changed about entities.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EntityChange {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Which command.
    pub what: String,
    /// What was done, in words.
    pub summary: String,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// One of several entities that a name fits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    /// Which.
    pub entity: EntityId,
    /// Its full name.
    pub name: String,
    /// What tells it from the others.
    pub facts: String,
}

/// What a name means in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionName {
    /// The name as it is compared: `adam`.
    pub name: String,
    /// What it means; none while the question is open.
    pub entity: Option<EntityId>,
    /// What could be meant, in the order shown.
    pub choices: Vec<Choice>,
    /// The prompt that gave rise to the question.
    pub asked: String,
    /// When it was asked or answered.
    pub at: Timestamp,
}

/// How a command went in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRuns {
    /// In which session.
    pub session: SessionId,
    /// How often it failed.
    pub failed: u32,
    /// How often it worked.
    pub worked: u32,
    /// When it ran last.
    pub at: Timestamp,
    /// What its last failure said, on one line.
    pub error: String,
}

/// Keeps entities. All that people change is noted and can be undone, latest first.
pub trait EntityStore {
    /// Entities of a kind, or of all; most mentioned first, at most `limit`, 0 for all.
    fn entities_of(&self, kind: Option<EntityKind>, limit: usize) -> Result<Vec<Entity>>;

    /// Everything about one entity.
    fn entity(&self, id: EntityId) -> Result<Option<EntityDetail>>;

    /// The entities that go by this name, else those with this word in their name.
    fn entities_named(&self, name: &str) -> Result<Vec<Entity>>;

    /// Mentions that may be other entities, most mentioned first.
    fn unresolved(&self, limit: usize) -> Result<Vec<Unresolved>>;

    /// Says that a mention means `entity`, in one memory or in all: the memories change hands, the name stays open.
    fn resolve_mention(
        &mut self,
        mention: EntityId,
        entity: EntityId,
        memory: Option<MemoryId>,
        now: Timestamp,
    ) -> Result<()>;

    /// Makes `from` another name of `into`, now and in later memories.
    fn merge_entities(&mut self, from: EntityId, into: EntityId, now: Timestamp) -> Result<()>;

    /// Moves these memories of `from` to a new entity called `name`, or to the one of that kind and name.
    fn split_entity(&mut self, from: EntityId, name: &str, memories: &[MemoryId], now: Timestamp) -> Result<EntityId>;

    /// Gives the entity a further name.
    fn alias_entity(&mut self, id: EntityId, alias: &str, now: Timestamp) -> Result<()>;

    /// Says that a name is none: it is forgotten, and never made an entity again.
    fn ignore_entity(&mut self, id: EntityId, now: Timestamp) -> Result<()>;

    /// What was changed, latest first.
    fn entity_changes(&self, limit: usize) -> Result<Vec<EntityChange>>;

    /// Undoes the latest change that is not undone; none when there is none.
    fn undo_entity_change(&mut self, now: Timestamp) -> Result<Option<EntityChange>>;

    /// Makes what a source names known, in place of what it named before. Entities that it names no more stay as long as
    /// memories mention them.
    fn take_in_names(&mut self, source: &str, entities: &[NamedEntity]) -> Result<()>;

    /// Brings the record of how commands went up to date with the tool calls read since; `analyse` gives a command's form
    /// for comparison (none for commands not worth keeping) and what a failure said.
    fn note_commands(&mut self, analyse: &CommandAnalysis<'_>) -> Result<usize>;
}

/// The form of a command in which it is compared, and the line of its output that tells why it failed.
pub type CommandAnalysis<'a> = dyn Fn(&str, &str) -> Option<(String, String)> + 'a;

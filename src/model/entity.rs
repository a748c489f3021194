//! Things that memories and prompts are about.

use serde::{Deserialize, Serialize};

/// An entity's row in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityId(pub i64);

/// What kind of thing an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A file or directory.
    File,
    /// A name from code: function, type, flag, error code.
    Identifier,
    /// A person.
    Person,
    /// A project, product or repository.
    Project,
    /// A document: page, ticket, pull request, design.
    Document,
    /// Something that happens at a time: release, meeting.
    Event,
    /// Something to be done at a time.
    Reminder,
}

impl EntityKind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::File, Self::Identifier, Self::Person, Self::Project, Self::Document, Self::Event, Self::Reminder];

    /// The name in the store and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Identifier => "identifier",
            Self::Person => "person",
            Self::Project => "project",
            Self::Document => "document",
            Self::Event => "event",
            Self::Reminder => "reminder",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A name as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mention {
    /// What kind of thing it seems to be.
    pub kind: EntityKind,
    /// The name as written: `src/main.rs`, `Adam`.
    pub name: String,
}

impl Mention {
    /// A mention of `name`.
    pub fn new(kind: EntityKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

/// A thing that the store knows, with every memory that mentions it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// Its row.
    pub id: EntityId,
    /// What kind of thing.
    pub kind: EntityKind,
    /// The name shown to people.
    pub name: String,
    /// What tells it from others of its name; empty when nobody said.
    pub note: String,
    /// In how many memories it is mentioned.
    pub memories: u32,
}

/// An entity that a person wrote down: a line of a names file, a page about somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEntity {
    /// What kind of thing.
    pub kind: EntityKind,
    /// Its full name.
    pub name: String,
    /// Further names.
    pub aliases: Vec<String>,
    /// What tells it from others of its name.
    pub note: String,
    /// The file that stands for it, absolute.
    pub file: Option<String>,
}

//! What can go wrong in a store, by what the caller can do about it.

use std::path::PathBuf;

use crate::model::{EntityId, MemoryId};

/// A store operation that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a later version of the program.
    #[error("database {path} has schema {found}, this program knows up to {known}; update memory-lane to read it")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file was written by an earlier version of the program, and whoever opened it must not change its schema.
    #[error(
        "database {path} has schema {found}, older than this program's {known}; `memory-lane ingest` brings it up to date"
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The version that this program writes.
        known: u32,
    },
    /// No database there yet.
    #[error("no database at {path}; `memory-lane ingest` makes one")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not a database, or damaged.
    #[error("database {path} cannot be read ({reason}); move it away and run `memory-lane ingest` to build it anew")]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// Another process holds the lock for longer than we wait.
    #[error("database {path} is locked by another process; try again when its work is done")]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// It can be read, but not written.
    #[error("database {path} can only be read; make it and its directory writable for you, or set MEMORY_LANE_HOME")]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// There is no such memory.
    #[error("no memory {0}; `memory-lane memories list` shows what there is")]
    NoSuchMemory(MemoryId),
    /// There is no such entity.
    #[error("no entity {}; `memory-lane entities list` shows what there is", .0.0)]
    NoSuchEntity(EntityId),
    /// A change of entities that makes no sense.
    #[error("{0}")]
    Entity(String),
    /// A vector of the wrong length for its model.
    #[error("a vector of {found} numbers for model {model}, which has {expected}")]
    WrongDimension {
        /// The model.
        model: String,
        /// Its dimension.
        expected: usize,
        /// The vector's.
        found: usize,
    },
    /// The directory or file could not be made or written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Anything else the engine reports.
    #[error("database {path}: {reason}")]
    Engine {
        /// The database.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
}

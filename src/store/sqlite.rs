//! The store in one SQLite file, in write-ahead-log mode: readers never wait for the writer, except while a new file is
//! filled for the first time.
//!
//! Each file below holds one subject as functions over a connection; the five `*_store` files tie them to the traits.

mod append;
mod calls;
mod candidates;
mod catching;
mod chunk;
mod command_runs;
mod conditions;
mod distilling;
mod dot;
mod entities;
mod entity_changes;
mod entity_queue;
mod entity_sources;
mod entity_store;
mod entity_words;
mod failure;
mod feedback;
mod forgetting;
mod kin;
mod leases;
mod links;
mod marks;
mod memories;
mod memory_rows;
mod memory_store;
mod messages;
mod migrate;
mod nearest;
mod observations;
mod open;
mod outcome;
mod promotions;
mod queue;
mod queue_store;
mod raw;
mod recall_store;
mod recalls;
mod scope;
mod session_names;
mod session_store;
mod sessions;
mod spans;
mod step_index;
mod turns;
mod uses;
mod values;
mod vectors;
mod words;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use self::append::Together;
use self::failure::{Attempt, Failure};
use super::{Result, StoreError};

/// How long a writer waits for another one.
const WRITER_WAIT: Duration = Duration::from_secs(5);
/// How long the writer that filled a new file waits for its readers before it leaves turning the log on to the next.
const LOG_WAIT: Duration = Duration::from_millis(100);
/// How long the hook waits to read; in this mode only a recovery after a crash makes it wait at all.
const HOOK_READ_WAIT: Duration = Duration::from_millis(50);
/// How long the hook waits to note what it is about to show. The note waits in the spool when somebody writes for longer:
/// ingest holds the lock for whole transactions, and with 100 ms here 16 of 64 hooks beside it came after their deadline.
const HOOK_WRITE_WAIT: Duration = Duration::from_millis(20);

/// One open database.
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
    read_wait: Duration,
    write_wait: Duration,
    has_distance_functions: Cell<bool>,
    /// What the transaction that was begun does at its end.
    together: Option<Together>,
    /// Whether the file was empty when it was opened, and the log is not turned on yet.
    is_new: bool,
}

impl SqliteStore {
    /// Opens the database for reading and writing, making and migrating it if need be.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a later program, [`StoreError::Corrupt`] for a file that is no database,
    /// [`StoreError::Io`] when its directory cannot be made.
    pub fn open(path: &Path) -> Result<Self> {
        open::directory_for(path)?;
        Self::writer(path).map_err(|failure| failure.at(path))
    }

    /// Opens the database for a command that only reads: as [`SqliteStore::open`] does where it can be written, and as it
    /// is where it belongs to somebody else or lies on a disk that takes nothing. Writing then fails with
    /// [`StoreError::ReadOnly`].
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`], and [`StoreError::Older`] where only writing could bring the schema up to date.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Self::open(path);
        }
        match Self::writer(path) {
            Err(failure) if failure.is_refused_write() => Self::open_for_hook(path),
            opened => opened.map_err(|failure| failure.at(path)),
        }
    }

    fn writer(path: &Path) -> Attempt<Self> {
        let connection = open::connect(path)?;
        let is_new = open::prepare_writer(&connection, WRITER_WAIT)?;
        migrate::migrate(&connection, path)?;
        let mut store = Self::over(connection, path, WRITER_WAIT, WRITER_WAIT);
        store.is_new = is_new;
        Ok(store)
    }

    /// Makes the directory of a database, for its owner only; one that is there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be made.
    pub fn make_directory(path: &Path) -> Result<()> {
        open::directory_for(path)
    }

    /// Opens an existing database for a hook: short waits, no migration, no checkpoint. Works read-only where the file
    /// or its directory cannot be written; writing then fails.
    ///
    /// End the process without dropping the store (see [`SqliteStore::leak`]).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no database yet, [`StoreError::Newer`] for a file of a later program.
    pub fn open_for_hook(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let connection = open::connect_for_hook(path, HOOK_READ_WAIT).map_err(|failure| failure.at(path))?;
        let store = Self::over(connection, path, HOOK_READ_WAIT, HOOK_WRITE_WAIT);
        store.reported(migrate::check_current(&store.connection, path))?;
        Ok(store)
    }

    /// A database that lives as long as the value, for tests.
    pub fn open_in_memory() -> Result<Self> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|error| Failure::from(error).at(path))?;
        let store = Self::over(connection, path, WRITER_WAIT, WRITER_WAIT);
        store.reported(migrate::migrate(&store.connection, &store.path))?;
        Ok(store)
    }

    fn over(connection: Connection, path: &Path, read_wait: Duration, write_wait: Duration) -> Self {
        let (path, has_distance_functions) = (path.to_owned(), Cell::new(false));
        Self { connection, path, read_wait, write_wait, has_distance_functions, together: None, is_new: false }
    }

    /// Gives the connection up without closing it, for processes about to end: closing the last connection folds the
    /// write-ahead log into the file and syncs it, which takes 12 to 17 ms. The next ingest does that instead.
    pub fn leak(self) {
        std::mem::forget(self);
    }

    /// Reads from one snapshot.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> Attempt<T>) -> Result<T> {
        if self.together.is_some() {
            return self.reported(query(&self.connection));
        }
        let snapshot = || {
            let transaction = self.connection.unchecked_transaction()?;
            query(&transaction)
        };
        self.reported(snapshot())
    }

    /// Writes all or nothing.
    fn write<T>(&mut self, change: impl FnOnce(&Connection) -> Attempt<T>) -> Result<T> {
        if self.together.is_none() {
            self.turn_log_on();
        }
        self.write_as_it_is(change)
    }

    /// The same without turning the log on. The lock is taken at the start: a transaction that reads first could not wait
    /// for it.
    fn write_as_it_is<T>(&mut self, change: impl FnOnce(&Connection) -> Attempt<T>) -> Result<T> {
        if self.together.is_some() {
            return self.join(|db, _| change(db));
        }
        let outcome = self.waiting(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = change(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        });
        self.reported(outcome)
    }

    /// Ends the time in which a new file is filled, see [`open::prepare_writer`].
    fn turn_log_on(&mut self) {
        if std::mem::take(&mut self.is_new) {
            let _left_to_the_next_writer = open::use_write_ahead_log(&self.connection, LOG_WAIT);
        }
    }

    /// Does something that may have to wait for another writer.
    fn waiting<T>(&mut self, act: impl FnOnce(&mut Connection) -> Attempt<T>) -> Attempt<T> {
        let waits = self.connection.busy_timeout(self.write_wait).map_err(Failure::from);
        let outcome = waits.and_then(|()| act(&mut self.connection));
        let restored = self.connection.busy_timeout(self.read_wait).map_err(Failure::from);
        outcome.and_then(|answer| restored.map(|()| answer))
    }

    /// Writes in the transaction that was begun.
    fn join<T>(&mut self, change: impl FnOnce(&Connection, &mut Together) -> Attempt<T>) -> Result<T> {
        let outcome = change(&self.connection, self.together.get_or_insert_default());
        self.or_taken_back(outcome)
    }

    /// Takes back the transaction that was begun if something in it failed.
    fn or_taken_back<T>(&mut self, outcome: Attempt<T>) -> Result<T> {
        if outcome.is_err() {
            self.together = None;
            // Some failures have done that already.
            if !self.connection.is_autocommit() {
                self.reported(self.connection.execute_batch("ROLLBACK").map_err(Failure::from))?;
            }
        }
        self.reported(outcome)
    }

    fn reported<T>(&self, outcome: Attempt<T>) -> Result<T> {
        outcome.map_err(|failure| failure.at(&self.path))
    }
}

impl Drop for SqliteStore {
    /// Leaves a new file as others expect it: turning the log on locks readers out for a moment.
    fn drop(&mut self) {
        self.turn_log_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SessionStore;

    #[test]
    fn a_failure_takes_back_what_was_written_together() {
        let mut store = SqliteStore::open_in_memory().unwrap();
        let add = |store: &mut SqliteStore, key: &str| {
            store.write(|db| Ok(db.execute("INSERT INTO projects (key, name) VALUES (?1, ?1)", [key])?))
        };
        store.begin().unwrap();
        store.begin().unwrap();
        add(&mut store, "a").unwrap();
        assert!(add(&mut store, "a").is_err(), "there is one already");
        store.commit().unwrap();
        assert!(store.projects().unwrap().is_empty());
        store.begin().unwrap();
        add(&mut store, "b").unwrap();
        store.commit().unwrap();
        add(&mut store, "c").unwrap();
        assert_eq!(store.projects().unwrap(), ["b", "c"]);
    }
}

//! The SQLite store as [`QueueStore`].

use super::{SqliteStore, queue};
use crate::store::{Lease, QueueStore, Queued, Request, Result, Waiting, WorkerRun};

impl QueueStore for SqliteStore {
    fn enqueue(&mut self, request: &Request) -> Result<()> {
        self.write(|db| queue::enqueue(db, request))
    }

    fn queued(&self) -> Result<Vec<Queued>> {
        self.read(queue::queued)
    }

    fn served(&mut self, upto: i64) -> Result<()> {
        self.write(|db| queue::served(db, upto))
    }

    fn lease(&self, name: &str) -> Result<Option<Lease>> {
        self.read(|db| queue::lease(db, name))
    }

    fn note_run(&mut self, run: &WorkerRun) -> Result<()> {
        self.write(|db| queue::note_run(db, run))
    }

    fn runs(&self) -> Result<Vec<WorkerRun>> {
        self.read(queue::runs)
    }

    fn waiting(&self, catcher_version: u32) -> Result<Vec<Waiting>> {
        self.read(|db| queue::waiting(db, catcher_version))
    }
}

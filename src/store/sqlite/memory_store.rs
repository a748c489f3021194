//! The SQLite store as [`MemoryStore`].

use super::{SqliteStore, kin, links, memories, memory_rows, observations, promotions, recalls, vectors, words};
use crate::model::{Memory, MemoryDraft, MemoryId, Timestamp};
use crate::store::{
    Added, MemoryEdit, MemoryFilter, MemoryHistory, MemoryStore, Observation, Promotion, Result, StoreCounts,
};

impl MemoryStore for SqliteStore {
    fn add_memory(&mut self, draft: &MemoryDraft, now: Timestamp) -> Result<Added> {
        self.write(|db| memories::add(db, draft, now))
    }

    fn add_memories(&mut self, drafts: &[MemoryDraft], now: Timestamp) -> Result<Vec<Added>> {
        self.write(|db| drafts.iter().map(|draft| memories::add(db, draft, now)).collect())
    }

    fn memory(&self, id: MemoryId) -> Result<Option<Memory>> {
        self.read(|db| memory_rows::memory(db, id))
    }

    fn memories(&self, filter: &MemoryFilter) -> Result<Vec<Memory>> {
        self.read(|db| memory_rows::list(db, filter))
    }

    fn edit_memory(&mut self, id: MemoryId, edit: &MemoryEdit) -> Result<()> {
        self.write(|db| memories::edit(db, id, edit))
    }

    fn forget_memory(&mut self, id: MemoryId, now: Timestamp) -> Result<()> {
        self.write(|db| memories::forget(db, id, now))
    }

    fn observe_again(&mut self, id: MemoryId, seen: &Observation) -> Result<bool> {
        self.write(|db| observations::observe_again(db, id, seen))
    }

    fn observations(&self, id: MemoryId) -> Result<Vec<Observation>> {
        self.read(|db| observations::observations(db, id))
    }

    fn supersede(&mut self, old: MemoryId, new: MemoryId, at: Timestamp) -> Result<bool> {
        self.write(|db| observations::supersede(db, old, new, at))
    }

    fn merge_memories(&mut self, from: MemoryId, into: MemoryId, at: Timestamp) -> Result<()> {
        self.write(|db| observations::merge(db, from, into, at))
    }

    fn history(&self, id: MemoryId) -> Result<MemoryHistory> {
        self.read(|db| promotions::history(db, id))
    }

    fn note_promotion(&mut self, id: MemoryId, promotion: &Promotion) -> Result<()> {
        self.write(|db| promotions::note(db, id, promotion))
    }

    fn unembedded(&self, model: &str, limit: usize) -> Result<Vec<(MemoryId, String)>> {
        self.read(|db| memory_rows::unembedded(db, model, limit))
    }

    fn put_vectors(&mut self, model: &str, vectors: &[(MemoryId, Vec<f32>)]) -> Result<()> {
        self.write(|db| vectors::put(db, model, vectors))
    }

    fn neighbours(&self, id: MemoryId, model: &str, limit: usize) -> Result<Vec<(MemoryId, f32)>> {
        self.reported(self.with_distance_functions())?;
        self.read(|db| vectors::neighbours(db, id, model, limit))
    }

    fn uncompared(&self, model: &str, limit: usize) -> Result<Vec<MemoryId>> {
        self.read(|db| links::uncompared(db, model, limit))
    }

    fn link(&mut self, id: MemoryId, near: &[(MemoryId, f32)]) -> Result<()> {
        self.write(|db| links::link(db, id, near))
    }

    fn linked(&self, id: MemoryId, limit: usize) -> Result<Vec<(MemoryId, f32)>> {
        self.read(|db| links::linked(db, id, limit))
    }

    fn counts(&self, model: &str) -> Result<StoreCounts> {
        self.read(|db| memory_rows::counts(db, model))
    }

    fn tidy(&mut self) -> Result<()> {
        self.write(words::refresh_frequencies)?;
        self.write(kin::relate)?;
        self.write(recalls::forget_queries)?;
        self.fold_log()
    }
}

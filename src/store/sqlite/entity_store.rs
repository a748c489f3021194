//! The SQLite store as [`EntityStore`].

use super::{SqliteStore, command_runs, entities, entity_changes, entity_queue, entity_sources};
use crate::model::{Entity, EntityId, EntityKind, MemoryId, NamedEntity, Timestamp};
use crate::store::{CommandAnalysis, EntityChange, EntityDetail, EntityStore, Result, Unresolved};

impl EntityStore for SqliteStore {
    fn entities_of(&self, kind: Option<EntityKind>, limit: usize) -> Result<Vec<Entity>> {
        self.read(|db| entities::most_mentioned(db, kind, limit))
    }

    fn entity(&self, id: EntityId) -> Result<Option<EntityDetail>> {
        self.read(|db| entity_queue::detail(db, id))
    }

    fn entities_named(&self, name: &str) -> Result<Vec<Entity>> {
        self.read(|db| entity_queue::named(db, name))
    }

    fn unresolved(&self, limit: usize) -> Result<Vec<Unresolved>> {
        self.read(|db| entity_queue::unresolved(db, limit))
    }

    fn resolve_mention(
        &mut self,
        mention: EntityId,
        entity: EntityId,
        memory: Option<MemoryId>,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| entity_changes::resolve(db, mention, entity, memory, now))
    }

    fn merge_entities(&mut self, from: EntityId, into: EntityId, now: Timestamp) -> Result<()> {
        self.write(|db| entity_changes::merge(db, from, into, now))
    }

    fn split_entity(&mut self, from: EntityId, name: &str, memories: &[MemoryId], now: Timestamp) -> Result<EntityId> {
        self.write(|db| entity_changes::split(db, from, name, memories, now))
    }

    fn alias_entity(&mut self, id: EntityId, alias: &str, now: Timestamp) -> Result<()> {
        self.write(|db| entity_changes::alias(db, id, alias, now))
    }

    fn ignore_entity(&mut self, id: EntityId, now: Timestamp) -> Result<()> {
        self.write(|db| entity_changes::ignore(db, id, now))
    }

    fn entity_changes(&self, limit: usize) -> Result<Vec<EntityChange>> {
        self.read(|db| entity_changes::list(db, limit))
    }

    fn undo_entity_change(&mut self, now: Timestamp) -> Result<Option<EntityChange>> {
        self.write(|db| entity_changes::undo(db, now))
    }

    fn take_in_names(&mut self, source: &str, entities: &[NamedEntity]) -> Result<()> {
        self.write(|db| entity_sources::take_in(db, source, entities))
    }

    fn note_commands(&mut self, analyse: &CommandAnalysis<'_>) -> Result<usize> {
        self.write(|db| command_runs::note(db, analyse))
    }
}

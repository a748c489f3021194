//! The SQLite store as [`RecallStore`].

use super::{
    SqliteStore, candidates, command_runs, entities, entity_words, feedback, kin, leases, nearest, recalls,
    session_names, uses, vectors, words,
};
use crate::model::{EntityId, MemoryId, SessionId, Timestamp};
use crate::store::{
    Bearer, CommandRuns, FoundMemory, KnownEntity, LexicalHits, RecallFilter, RecallRecord, RecallRow, RecallStore,
    Result, Scope, SearchTerm, SeenFiles, SessionName, Standing, TermWorth, UseRecord, Uses, VectorHit, VectorHits,
    Vote, VoteRecord, spool,
};

impl RecallStore for SqliteStore {
    fn nearest(&self, model: &str, vector: &[f32], scope: &Scope, limit: usize) -> Result<VectorHits> {
        self.read(|db| nearest::nearest(db, model, vector, scope, limit))
    }

    fn cosines(&self, model: &str, vector: &[f32], ids: &[MemoryId]) -> Result<Vec<VectorHit>> {
        self.read(|db| vectors::cosines(db, model, vector, ids))
    }

    fn matching(&self, terms: &[SearchTerm], scope: &Scope, budget: usize) -> Result<LexicalHits> {
        self.read(|db| words::matching(db, terms, scope, budget))
    }

    fn worth(&self, terms: &[String], scope: &Scope, budget: usize) -> Result<TermWorth> {
        self.read(|db| words::worth(db, terms, scope, budget))
    }

    fn known_entities(&self, names: &[String]) -> Result<Vec<KnownEntity>> {
        self.read(|db| entities::known(db, names))
    }

    fn bearers(&self, words: &[String]) -> Result<Vec<Bearer>> {
        self.read(|db| entity_words::bearers(db, words))
    }

    fn bearers_spelt_like(&self, words: &[String]) -> Result<Vec<Bearer>> {
        self.read(|db| entity_words::spelt_like(db, words))
    }

    fn entities_of_files(&self, paths: &[String]) -> Result<Vec<KnownEntity>> {
        self.read(|db| entity_words::of_files(db, paths))
    }

    fn session_names(&self, session: &SessionId) -> Result<Vec<SessionName>> {
        self.read(|db| session_names::list(db, session))
    }

    fn note_name(&mut self, session: &SessionId, name: &SessionName) -> Result<()> {
        self.write(|db| session_names::note(db, session, name))
    }

    fn command_runs(&self, command: &str, scope: &Scope) -> Result<Vec<CommandRuns>> {
        self.read(|db| command_runs::runs(db, command, scope))
    }

    fn claim_warning(&mut self, session: &SessionId, command: &str, at: Timestamp) -> Result<bool> {
        self.write(|db| command_runs::claim(db, session, command, at))
    }

    fn recoveries(&self, sessions: &[SessionId], scope: &Scope) -> Result<Vec<MemoryId>> {
        self.read(|db| candidates::recoveries(db, sessions, scope))
    }

    fn mentioning(&self, entities: &[EntityId], scope: &Scope, limit: usize) -> Result<Vec<MemoryId>> {
        self.read(|db| candidates::mentioning(db, entities, scope, limit))
    }

    fn about_files(&self, paths: &[String], scope: &Scope, limit: usize) -> Result<Vec<MemoryId>> {
        self.read(|db| candidates::about_files(db, paths, scope, limit))
    }

    fn fetch(&self, ids: &[MemoryId], scope: &Scope) -> Result<Vec<FoundMemory>> {
        self.read(|db| candidates::fetch(db, ids, scope))
    }

    fn standing(&self, scope: &Scope, limit: usize) -> Result<Vec<Standing>> {
        self.read(|db| kin::standing(db, scope, limit))
    }

    fn votes(&self, ids: &[MemoryId]) -> Result<Vec<Vote>> {
        self.read(|db| feedback::votes(db, ids))
    }

    fn already_shown(&self, session: &SessionId, ids: &[MemoryId]) -> Result<Vec<MemoryId>> {
        self.read(|db| recalls::already_shown(db, session, ids))
    }

    fn record_recalls(
        &mut self,
        records: &[RecallRecord],
        query: &str,
        model: &str,
        vector: Option<&[f32]>,
    ) -> Result<Vec<MemoryId>> {
        self.write(|db| recalls::record(db, records, query, model, vector))
    }

    fn record_spooled(&mut self, lines: &[spool::Line]) -> Result<()> {
        self.write(|db| {
            for line in lines {
                recalls::record(db, &line.records, &line.query, &line.model, line.vector.as_deref())?;
            }
            Ok(())
        })
    }

    fn rearm(&mut self, session: &SessionId) -> Result<()> {
        self.write(|db| recalls::rearm(db, session))
    }

    fn vote(&mut self, vote: &VoteRecord) -> Result<()> {
        self.write(|db| feedback::vote(db, vote))
    }

    fn unjudged(&self, limit: usize) -> Result<Vec<UseRecord>> {
        self.read(|db| uses::unjudged(db, limit))
    }

    fn note_use(&mut self, used: &UseRecord) -> Result<()> {
        self.write(|db| uses::note(db, used))
    }

    fn uses(&self, ids: &[MemoryId]) -> Result<Vec<Uses>> {
        self.read(|db| uses::balance(db, ids))
    }

    fn seen_files(&self, session: &SessionId, paths: &[String]) -> Result<SeenFiles> {
        self.read(|db| candidates::seen_files(db, session, paths))
    }

    fn recalls(&self, filter: &RecallFilter) -> Result<Vec<RecallRow>> {
        self.read(|db| recalls::list(db, filter))
    }

    fn take_lease(&mut self, name: &str, holder: &str, now: Timestamp, ttl_ms: i64) -> Result<bool> {
        // Who fills a new file takes this first and releases it last.
        self.write_as_it_is(|db| leases::take(db, name, holder, now, ttl_ms))
    }

    fn release_lease(&mut self, name: &str, holder: &str) -> Result<()> {
        self.write_as_it_is(|db| leases::release(db, name, holder))
    }
}

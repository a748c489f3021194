//! The SQLite store as [`SessionStore`].

use super::append::Together;
use super::conditions::Over;
use super::{SqliteStore, append, calls, catching, forgetting, messages, raw, sessions, step_index, turns};
use crate::model::{RawRecord, Session, SessionId, Timestamp, Turn};
use crate::store::{
    Append, Appended, CatchWork, DistilFilter, ForgottenSession, Found, MessageQuery, Recorded, Result, SessionEdit,
    SessionFilter, SessionStore, SkippedRecord, StepHit, TranscriptState,
};

impl SessionStore for SqliteStore {
    fn transcripts(&self) -> Result<Vec<TranscriptState>> {
        self.read(sessions::transcripts)
    }

    fn touch_transcript(&mut self, path: &str, size: u64, mtime_ns: i64) -> Result<()> {
        self.write(|db| sessions::touch_transcript(db, path, size, mtime_ns))
    }

    fn append(&mut self, append: &Append) -> Result<Appended> {
        if self.together.is_some() {
            return self.join(|db, together| append::append(db, append, together));
        }
        self.write(|db| {
            let mut together = Together::default();
            let appended = append::append(db, append, &mut together)?;
            together.finish(db)?;
            Ok(appended)
        })
    }

    fn begin(&mut self) -> Result<()> {
        if self.together.is_none() {
            let begun = self.waiting(|connection| Ok(connection.execute_batch("BEGIN IMMEDIATE")?));
            self.reported(begun)?;
            self.together = Some(Together::default());
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let Some(together) = self.together.take() else { return Ok(()) };
        let done = together.finish(&self.connection).and_then(|()| Ok(self.connection.execute_batch("COMMIT")?));
        self.or_taken_back(done)
    }

    fn session(&self, id: &SessionId) -> Result<Option<Session>> {
        self.read(|db| sessions::session(db, id))
    }

    fn sessions_starting(&self, prefix: &str) -> Result<Vec<SessionId>> {
        self.read(|db| sessions::starting(db, prefix))
    }

    fn edit_session(&mut self, id: &SessionId, edit: &SessionEdit) -> Result<bool> {
        self.write(|db| sessions::edit(db, id, edit))
    }

    fn forget_session(&mut self, id: &SessionId, now: Timestamp) -> Result<Option<ForgottenSession>> {
        let forgotten = self.write(|db| forgetting::forget(db, id, now))?;
        // What was deleted still stands in the log and in the pages that it has not reached.
        self.fold_log()?;
        Ok(forgotten)
    }

    fn claim_sessions(&mut self, host: &str) -> Result<()> {
        // Most of the time there is nothing to write, and then no lock is taken.
        if self.read(sessions::has_unclaimed)? { self.write(|db| sessions::claim(db, host)) } else { Ok(()) }
    }

    fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>> {
        self.read(|db| sessions::list(db, filter))
    }

    fn untitled(&self, filter: &DistilFilter) -> Result<Vec<SessionId>> {
        self.read(|db| sessions::untitled(db, filter))
    }

    fn own_title(&self, id: &SessionId) -> Result<Option<String>> {
        self.read(|db| sessions::own_title(db, id))
    }

    fn put_made_title(&mut self, id: &SessionId, title: &str) -> Result<()> {
        self.write(|db| sessions::put_made_title(db, id, title))
    }

    fn projects(&self) -> Result<Vec<String>> {
        self.read(sessions::projects)
    }

    fn project_roots(&self) -> Result<Vec<String>> {
        self.read(sessions::project_roots)
    }

    fn turns(&self, id: &SessionId, from: u32) -> Result<Vec<Turn>> {
        self.read(|db| turns::turns(db, id, from))
    }

    fn search_messages(&self, query: &MessageQuery) -> Result<Vec<StepHit>> {
        self.read(|db| messages::search(db, query))
    }

    fn search_calls(&self, query: &MessageQuery) -> Result<Vec<StepHit>> {
        self.read(|db| calls::search(db, query))
    }

    fn index_steps(&mut self) -> Result<()> {
        for over in [Over::Messages, Over::Calls] {
            // As many as there are now: an ingest that goes on beside this is not waited for.
            for _ in 0..self.read(|db| step_index::rounds(db, over))? {
                self.write(|db| step_index::fill(db, over))?;
            }
        }
        Ok(())
    }

    fn raw_records(&self, id: &SessionId) -> Result<Vec<RawRecord>> {
        self.read(|db| raw::of_session(db, id))
    }

    fn skipped(&self) -> Result<Vec<SkippedRecord>> {
        self.read(sessions::skipped)
    }

    fn uncaught(&self, catcher_version: u32) -> Result<Vec<CatchWork>> {
        self.read(|db| catching::uncaught(db, catcher_version))
    }

    fn prompts(
        &self,
        project: &str,
        except: &SessionId,
        before: Timestamp,
    ) -> Result<Vec<(SessionId, Timestamp, String)>> {
        self.read(|db| messages::prompts(db, project, except, before))
    }

    fn record_caught(
        &mut self,
        work: &CatchWork,
        catcher_version: u32,
        found: &Found,
        now: Timestamp,
    ) -> Result<Recorded> {
        self.write(|db| catching::record(db, work, catcher_version, found, now))
    }
}

//! A store in memory that keeps what it is given, as far as ingesting needs one.

use std::collections::{BTreeMap, HashSet};

use memory_lane::model::{Agent, ModelUse, RawRecord, Session, SessionId, SessionOutcome, Timestamp, Turn};
use memory_lane::store::{
    Append, Appended, CatchWork, DistilFilter, ForgottenSession, Found, MessageQuery, Recorded, Result, SessionEdit,
    SessionFilter, SessionStore, SkippedRecord, StepAt, StepHit, StoreError, TranscriptState,
};

/// Everything given, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Kept {
    pub(super) appends: Vec<Append>,
    pub(super) touched: u32,
    /// The append with this number fails.
    pub(super) fails_at: Option<usize>,
    pub(super) states: BTreeMap<String, TranscriptState>,
}

impl Kept {
    /// A session's steps as they stand now, each with its results.
    pub(super) fn steps(&self, native: &str) -> Vec<StepAt> {
        let mut steps: Vec<StepAt> = Vec::new();
        for append in self.appends.iter().filter(|append| append.head.id.native() == native) {
            if append.restart {
                steps.clear();
            }
            steps.extend(append.steps.iter().cloned());
            for result in &append.results {
                for step in &mut steps {
                    if let StepAt::Call { call, .. } = step
                        && call.call_id == result.call_id
                    {
                        call.status = result.status;
                        call.output.clone_from(&result.output);
                    }
                }
            }
        }
        steps
    }
}

impl SessionStore for Kept {
    fn transcripts(&self) -> Result<Vec<TranscriptState>> {
        Ok(self.states.values().cloned().collect())
    }

    fn touch_transcript(&mut self, path: &str, size: u64, mtime_ns: i64) -> Result<()> {
        self.touched += 1;
        if let Some(state) = self.states.get_mut(path) {
            (state.size, state.mtime_ns) = (size, mtime_ns);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    fn append(&mut self, append: &Append) -> Result<Appended> {
        if self.fails_at == Some(self.appends.len()) {
            return Err(StoreError::Locked { path: "kept".into() });
        }
        let known: HashSet<&SessionId> = self.appends.iter().map(|append| &append.head.id).collect();
        let new_session = !known.contains(&append.head.id);
        self.states.insert(append.state.path.clone(), append.state.clone());
        self.appends.push(append.clone());
        let messages = append.steps.iter().filter(|step| matches!(step, StepAt::Message { .. })).count();
        Ok(Appended {
            new_session,
            messages: u32::try_from(messages).unwrap(),
            calls: u32::try_from(append.steps.len() - messages).unwrap(),
            copies: 0,
            forgotten: false,
        })
    }

    fn session(&self, _: &SessionId) -> Result<Option<Session>> {
        Ok(None)
    }

    fn sessions_starting(&self, _: &str) -> Result<Vec<SessionId>> {
        Ok(Vec::new())
    }

    fn edit_session(&mut self, _: &SessionId, _: &SessionEdit) -> Result<bool> {
        Ok(false)
    }

    fn forget_session(&mut self, _: &SessionId, _: Timestamp) -> Result<Option<ForgottenSession>> {
        Ok(None)
    }

    fn claim_sessions(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn sessions(&self, _: &SessionFilter) -> Result<Vec<Session>> {
        Ok(self.appends.iter().map(session).collect())
    }

    fn untitled(&self, _: &DistilFilter) -> Result<Vec<SessionId>> {
        Ok(Vec::new())
    }

    fn own_title(&self, _: &SessionId) -> Result<Option<String>> {
        Ok(None)
    }

    fn put_made_title(&mut self, _: &SessionId, _: &str) -> Result<()> {
        Ok(())
    }

    fn projects(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn project_roots(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn turns(&self, _: &SessionId, _: u32) -> Result<Vec<Turn>> {
        Ok(Vec::new())
    }

    fn search_messages(&self, _: &MessageQuery) -> Result<Vec<StepHit>> {
        Ok(Vec::new())
    }

    fn search_calls(&self, _: &MessageQuery) -> Result<Vec<StepHit>> {
        Ok(Vec::new())
    }

    fn index_steps(&mut self) -> Result<()> {
        Ok(())
    }

    fn raw_records(&self, _: &SessionId) -> Result<Vec<RawRecord>> {
        Ok(Vec::new())
    }

    fn skipped(&self) -> Result<Vec<SkippedRecord>> {
        Ok(Vec::new())
    }

    fn uncaught(&self, _: u32) -> Result<Vec<CatchWork>> {
        Ok(Vec::new())
    }

    fn prompts(&self, _: &str, _: &SessionId, _: Timestamp) -> Result<Vec<(SessionId, Timestamp, String)>> {
        Ok(Vec::new())
    }

    fn record_caught(&mut self, _: &CatchWork, _: u32, _: &Found, _: Timestamp) -> Result<Recorded> {
        Ok(Recorded::default())
    }
}

fn session(append: &Append) -> Session {
    Session {
        id: append.head.id.clone(),
        agent: Agent::ClaudeCode,
        parent: None,
        subagent: false,
        headless: false,
        host: None,
        project: append.head.project.as_ref().map(|project| project.key.clone()),
        cwd: append.head.cwd.clone(),
        branch: None,
        commit: None,
        usage: ModelUse::default(),
        title: None,
        pinned_at: None,
        client_version: None,
        first_prompt: None,
        first_prompt_at: None,
        last_message: None,
        last_message_at: None,
        started_at: None,
        ended_at: None,
        outcome: SessionOutcome::Ended,
        turns: 0,
        files: 0,
        user_messages: 0,
        agent_messages: 0,
        tool_calls: 0,
        failed_calls: 0,
        interrupts: 0,
        compactions: 0,
        pull_requests: Vec::new(),
        memories: 0,
    }
}

//! What agents wrote: transcripts read so far, sessions, messages, tool calls.

use super::{DistilFilter, MessageQuery, Observation, Result, StepHit};
use crate::model::{
    Agent, MemoryDraft, MemoryId, Message, ModelUse, Project, RawRecord, Session, SessionId, SessionOutcome, Timestamp,
    ToolCall, ToolStatus, Turn,
};

/// How far a transcript file has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptState {
    /// Absolute path of the file; for a session of a file that is read as a whole, `session:` and the session's id.
    pub path: String,
    /// The session in it.
    pub session: SessionId,
    /// Bytes read, always just after a line's end; for a session of a file that is read as a whole, how much it holds.
    pub offset: u64,
    /// Hash of these bytes: a file that does not start with them any more is read from the start. Which hash is the
    /// business of who reads the files.
    pub prefix_hash: [u8; 32],
    /// Size when last looked at; with `mtime_ns` it tells an unchanged file without opening it.
    pub size: u64,
    /// Modification time when last looked at, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Position that the next step of this session gets.
    pub next_seq: u32,
}

/// Records that were not understood, counted by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRecord {
    /// Why, in a few words without data: `not JSON`, `unknown type worktree-state`.
    pub why: String,
    /// First line it happened on, from 1.
    pub line: u64,
    /// How often.
    pub count: u64,
}

/// What the newly read part of a transcript says of its session as a whole. Unset fields change nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionHead {
    /// Identity.
    pub id: SessionId,
    /// Who wrote it.
    pub agent: Agent,
    /// The session it is a sub-agent or fork of.
    pub parent: Option<SessionId>,
    /// Whether it is a sub-agent's transcript.
    pub subagent: bool,
    /// Whether a program began it and no person was there.
    pub headless: bool,
    /// Its project.
    pub project: Option<Project>,
    /// Working directory; the first one known is kept.
    pub cwd: Option<String>,
    /// Git branch; the latest one known is kept.
    pub branch: Option<String>,
    /// Git commit at the start; the first one known is kept.
    pub commit: Option<String>,
    /// The model, of which the latest is kept, and the tokens of the new part.
    pub usage: ModelUse,
    /// A title that the person gave.
    pub custom_title: Option<String>,
    /// A title that the agent gave; a person's own wins.
    pub agent_title: Option<String>,
    /// Version of the agent.
    pub client_version: Option<String>,
    /// Earliest record in the new part.
    pub started_at: Option<Timestamp>,
    /// Latest record in the new part.
    pub ended_at: Option<Timestamp>,
    /// Interrupts in the new part.
    pub interrupts: u32,
    /// Compactions in the new part.
    pub compactions: u32,
    /// Pull requests named in the new part, as URLs.
    pub pull_requests: Vec<String>,
}

/// A step with the turn it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum StepAt {
    /// A message of either side; one of the user opens its turn.
    Message {
        /// The turn.
        turn: u32,
        /// The message.
        message: Message,
    },
    /// A tool call.
    Call {
        /// The turn.
        turn: u32,
        /// The record's uuid, to recognise copies in forks.
        uuid: Option<String>,
        /// The call.
        call: ToolCall,
    },
}

/// The result of a call that an earlier part of the transcript made.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// The id that pairs them.
    pub call_id: String,
    /// How it ended.
    pub status: ToolStatus,
    /// Start of its output.
    pub output: String,
    /// What it changed in files, if the result says so better than the call.
    pub patch: Option<String>,
}

/// Everything newly read from one transcript: goes in as a whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// Where reading stands afterwards.
    pub state: TranscriptState,
    /// The file was replaced, so what it gave before is removed first.
    pub restart: bool,
    /// The session.
    pub head: SessionHead,
    /// New steps in order. Steps whose uuid the store already has, from whichever session, are left out.
    pub steps: Vec<StepAt>,
    /// Results of calls made in earlier parts.
    pub results: Vec<ToolResult>,
    /// What was not understood.
    pub skipped: Vec<SkippedRecord>,
    /// The records themselves; those for which the session has no more room are left out.
    pub raw: Vec<RawRecord>,
}

/// What an [`Append`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Whether the session is new.
    pub new_session: bool,
    /// Messages stored.
    pub messages: u32,
    /// Tool calls stored.
    pub calls: u32,
    /// Steps left out because another session or an earlier part has them.
    pub copies: u32,
    /// The session was forgotten, so nothing was stored.
    pub forgotten: bool,
}

/// What went with a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForgottenSession {
    /// Messages of both sides, its sub-agents' among them.
    pub messages: u64,
    /// Tool calls, its sub-agents' among them.
    pub calls: u64,
    /// Sub-agents' sessions that went with it.
    pub subagents: u64,
}

/// Which sessions to list. Unset fields do not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFilter {
    /// Key of the project.
    pub project: Option<String>,
    /// Who wrote them.
    pub agent: Option<Agent>,
    /// Git branch.
    pub branch: Option<String>,
    /// The machine they were read on, whatever the case.
    pub host: Option<String>,
    /// How they ended.
    pub outcome: Option<SessionOutcome>,
    /// A pull request that they name: its number or its URL.
    pub pull_request: Option<String>,
    /// The session they are sub-agents or forks of.
    pub parent: Option<SessionId>,
    /// Sessions with a record at or after this.
    pub since: Option<Timestamp>,
    /// Sessions that began before this.
    pub before: Option<Timestamp>,
    /// Only those that a program began.
    pub headless: bool,
    /// Only pinned ones.
    pub pinned: bool,
    /// Leave out sessions in which nothing was said or done.
    pub with_steps: bool,
    /// Also sub-agents' sessions.
    pub subagents: bool,
    /// At most so many, latest first; 0 means all.
    pub limit: usize,
}

impl SessionFilter {
    /// Whether some sessions may be left out for what they are, not for their number.
    pub fn narrows(&self) -> bool {
        let unbounded = Self { limit: 0, with_steps: false, subagents: false, ..self.clone() };
        unbounded != Self::default()
    }
}

/// What a person says about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEdit {
    /// Pinned at this time, or not any more.
    Pin(Option<Timestamp>),
    /// A title, or none: then the agent's counts again.
    Title(Option<String>),
}

/// A session with steps that the catcher has not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatchWork {
    /// The session.
    pub session: SessionId,
    /// First turn with unread steps.
    pub from_turn: u32,
    /// Position after its last step.
    pub upto_seq: u32,
}

/// What the catcher made of the unread part of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What becomes a memory.
    pub new: Vec<MemoryDraft>,
    /// Which memories these take the place of, by index in `new`.
    pub replaces: Vec<(usize, Vec<MemoryId>)>,
    /// Memories that stand already in the place of these, by index in `new`: sessions are not always read in order.
    pub replaced: Vec<(usize, MemoryId)>,
    /// Memories that were said again.
    pub again: Vec<(MemoryId, Observation)>,
}

impl From<Vec<MemoryDraft>> for Found {
    fn from(new: Vec<MemoryDraft>) -> Self {
        Self { new, ..Self::default() }
    }
}

/// What of a [`Found`] changed the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The numbers of the new memories.
    pub new: Vec<MemoryId>,
    /// Memories that new ones took the place of.
    pub superseded: Vec<MemoryId>,
    /// How many memories were seen in a further session.
    pub observed: usize,
}

/// Keeps what agents wrote.
pub trait SessionStore {
    /// How far every transcript has been read.
    fn transcripts(&self) -> Result<Vec<TranscriptState>>;

    /// Notes that a file's size or time changed though its content did not.
    fn touch_transcript(&mut self, path: &str, size: u64, mtime_ns: i64) -> Result<()>;

    /// Takes in newly read records, in one transaction.
    fn append(&mut self, append: &Append) -> Result<Appended>;

    /// Opens a transaction for all that is written until [`SessionStore::commit`], if there is none. A write that fails
    /// takes all of it back. What was appended is counted and found only afterwards.
    fn begin(&mut self) -> Result<()>;

    /// Ends the transaction, if there is one.
    fn commit(&mut self) -> Result<()>;

    /// One session.
    fn session(&self, id: &SessionId) -> Result<Option<Session>>;

    /// The sessions whose native id starts with `prefix`, forgotten ones among them, at most ten.
    fn sessions_starting(&self, prefix: &str) -> Result<Vec<SessionId>>;

    /// Pins a session or names it; whether there is such a session.
    fn edit_session(&mut self, id: &SessionId, edit: &SessionEdit) -> Result<bool>;

    /// Deletes what was read of a session and of its sub-agents, what was recalled in them, and what memories cite of
    /// them as further evidence; memories caught from them stay. Later appends to these sessions store nothing. None when
    /// there is no such session.
    fn forget_session(&mut self, id: &SessionId, now: Timestamp) -> Result<Option<ForgottenSession>>;

    /// Notes that the sessions of which no machine is known were read on `host`.
    fn claim_sessions(&mut self, host: &str) -> Result<()>;

    /// Sessions, latest first.
    fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>>;

    /// Sessions that neither the person nor the agent gave a title and for which making one was not tried yet, latest
    /// first; sub-agents' and those without a prompt are left out.
    fn untitled(&self, filter: &DistilFilter) -> Result<Vec<SessionId>>;

    /// The title that the person or the agent gave a session.
    fn own_title(&self, id: &SessionId) -> Result<Option<String>>;

    /// Keeps a title that was made for a session, or with an empty one that none could be made; the person's and the
    /// agent's go before it.
    fn put_made_title(&mut self, id: &SessionId, title: &str) -> Result<()>;

    /// Keys of all projects, in their order.
    fn projects(&self) -> Result<Vec<String>>;

    /// The directories of all projects that have one, in the order of their keys.
    fn project_roots(&self) -> Result<Vec<String>>;

    /// A session's turns from number `from` on.
    fn turns(&self, id: &SessionId, from: u32) -> Result<Vec<Turn>>;

    /// Messages that fit the query; see [`MessageQuery`] for their order.
    fn search_messages(&self, query: &MessageQuery) -> Result<Vec<StepHit>>;

    /// Tool calls that fit the query, as far as they are indexed: by words, or, where the query asks for calls and nothing
    /// else, without.
    fn search_calls(&self, query: &MessageQuery) -> Result<Vec<StepHit>>;

    /// Makes the messages and calls that are new or changed since the last time findable.
    fn index_steps(&mut self) -> Result<()>;

    /// The records of a session that were not understood, as far as they are kept, in the order of its transcript.
    fn raw_records(&self, id: &SessionId) -> Result<Vec<RawRecord>>;

    /// What was skipped, summed over all transcripts, most frequent first.
    fn skipped(&self) -> Result<Vec<SkippedRecord>>;

    /// Sessions with steps unread by this version of the catcher, oldest first; sub-agents' are left out.
    fn uncaught(&self, catcher_version: u32) -> Result<Vec<CatchWork>>;

    /// The user's prompts of the project in sessions other than `except`, with their session and time, before `before`.
    fn prompts(
        &self,
        project: &str,
        except: &SessionId,
        before: Timestamp,
    ) -> Result<Vec<(SessionId, Timestamp, String)>>;

    /// Stores what the catcher found in `work` and notes that it was read, in one transaction: whatever breaks off, what
    /// was read and what came of it never differ. A draft that is already there (see
    /// [`super::MemoryStore::add_memory`]) is not stored twice.
    fn record_caught(
        &mut self,
        work: &CatchWork,
        catcher_version: u32,
        found: &Found,
        now: Timestamp,
    ) -> Result<Recorded>;
}

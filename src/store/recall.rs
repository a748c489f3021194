//! Finding memories, and remembering what was shown and how it was judged.

use super::Result;
use super::entities::{CommandRuns, SessionName};
use super::spool;
use crate::model::{EntityId, EntityKind, Memory, MemoryId, Outcome, SessionId, Signal, Timestamp, Use};

/// What a query may be answered from.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Key of the project asked in; memories without a project belong to every scope.
    pub project: Option<String>,
    /// Only memories formed before this.
    pub before: Timestamp,
    /// A session whose own memories are in the context anyway.
    pub not_session: Option<SessionId>,
}

/// A memory found by its vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorHit {
    /// Which.
    pub id: MemoryId,
    /// Cosine to the query, -1 to 1.
    pub cosine: f32,
}

/// The nearest memories, and how near everything is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VectorHits {
    /// Nearest first, of the scope's project or of none.
    pub in_scope: Vec<VectorHit>,
    /// Nearest first, of other projects.
    pub elsewhere: Vec<VectorHit>,
    /// How many vectors of the scope were compared.
    pub compared: usize,
    /// Mean cosine over these.
    pub mean: f32,
    /// Standard deviation of the cosine over these.
    pub deviation: f32,
}

/// Length of the stretch that [`LexicalHits::spans`] looks at, in words: about a sentence. Of 8, 15, 20, 30 and 60 the
/// middle ones were best on judged sets.
pub const SPAN_TERMS: usize = 20;

/// What terms that stand for a failure are worth in each memory that holds one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermWorth {
    /// Sum of the inverse frequencies of the terms held.
    pub held: std::collections::HashMap<MemoryId, f32>,
    /// The same for all terms asked for.
    pub total: f32,
}

/// Text scores of every memory of the scope that holds a counted term.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LexicalHits {
    /// BM25, higher is better, always positive.
    pub scores: std::collections::HashMap<MemoryId, f32>,
    /// Of the best by that score: the most that the counted terms within a stretch of [`SPAN_TERMS`] words are worth, each
    /// counted once. Words that stand together say more than the same words scattered over a long text.
    pub spans: std::collections::HashMap<MemoryId, f32>,
    /// Sum of the inverse frequencies of the counted terms: about the score of a text that holds each of them once.
    pub total: f32,
    /// How many memories the scope holds, as of the last count.
    pub memories: usize,
    /// Query terms that were counted: rare ones first, until the budget of postings was spent.
    pub counted: Vec<String>,
    /// Query terms left out as too common.
    pub left_out: Vec<String>,
}

/// An entity of the store that a text names.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownEntity {
    /// Which.
    pub id: EntityId,
    /// What kind.
    pub kind: EntityKind,
    /// Its name.
    pub name: String,
}

/// A memory that was said in more than one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Which.
    pub memory: MemoryId,
    /// In how many sessions.
    pub sessions: u32,
    /// The same, each session counting less the longer it is ago: half after two weeks.
    pub weight: f32,
    /// Memories that say nearly the same.
    pub kin: Vec<MemoryId>,
}

/// An entity whose name holds a word: Adam Smith for `adam`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bearer {
    /// The word, lower-cased.
    pub word: String,
    /// The entity.
    pub entity: KnownEntity,
    /// What tells it from others; often empty.
    pub note: String,
}

/// A candidate with what ranking needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMemory {
    /// The memory.
    pub memory: Memory,
    /// Whether it belongs to the scope's project or to none.
    pub in_scope: bool,
}

/// A vote with the situation it was given in.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// On which memory.
    pub memory: MemoryId,
    /// +1 or -1.
    pub value: i8,
    /// Vector of the query that had surfaced the memory, if it was embedded.
    pub vector: Option<Vec<f32>>,
}

/// A vote to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteRecord {
    /// On which memory.
    pub memory: MemoryId,
    /// Up or down.
    pub up: bool,
    /// The session it was given in, if known.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

/// What became of a memory that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRecord {
    /// Which memory.
    pub memory: MemoryId,
    /// In which session.
    pub session: SessionId,
    /// When it was shown.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Use,
    /// By what that is seen.
    pub why: String,
}

/// How often a memory was followed and not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Uses {
    /// Which memory.
    pub memory: MemoryId,
    /// How often the agent followed it.
    pub followed: u32,
    /// How often it did not.
    pub ignored: u32,
    /// How often the user did not agree.
    pub contradicted: u32,
}

/// Where a session worked, and which files its calls found there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenFiles {
    /// The machine; none for sessions read before machines were kept, which are this one's.
    pub host: Option<String>,
    /// Its working directory.
    pub cwd: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Of the files asked for, those that a call read or wrote without an error.
    pub paths: Vec<String>,
}

/// One memory that a hook considered.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RecallRecord {
    /// Which.
    pub memory: MemoryId,
    /// In which session.
    pub session: SessionId,
    /// By which hook event: `UserPromptSubmit`.
    pub event: String,
    /// Start of the message or path that caused it.
    pub trigger: String,
    /// Id of the prompt, where the agent names one.
    pub prompt_id: Option<String>,
    /// How likely it was to be useful, 0 to 1, as the agent was told.
    pub score: f32,
    /// The relevance it had to reach.
    pub floor: f32,
    /// Every part of the score.
    pub signals: Vec<Signal>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl RecallRecord {
    /// Of a memory that was given without a query: at the start of a session, before a command.
    pub fn given(
        memory: MemoryId,
        session: &SessionId,
        event: &str,
        trigger: String,
        why: String,
        at: Timestamp,
    ) -> Self {
        Self {
            memory,
            session: session.clone(),
            event: event.to_owned(),
            trigger,
            prompt_id: None,
            score: 1.0,
            floor: 0.0,
            signals: Vec::new(),
            outcome: Outcome::Injected,
            why,
            at,
        }
    }
}

/// Which recalls to list. Unset fields do not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecallFilter {
    /// Of one memory.
    pub memory: Option<MemoryId>,
    /// In one session.
    pub session: Option<SessionId>,
    /// Only what was injected.
    pub injected: bool,
    /// Only what would have been injected in shadow mode.
    pub shadowed: bool,
    /// At most so many, latest first; 0 means all.
    pub limit: usize,
}

/// A recall as the store holds it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct RecallRow {
    /// Which memory.
    pub memory: MemoryId,
    /// In which session.
    pub session: SessionId,
    /// By which hook event.
    pub event: String,
    /// Start of the message or path that caused it.
    pub trigger: String,
    /// How likely it was to be useful, 0 to 1, as the agent was told.
    pub score: f32,
    /// Every part of the score, as JSON.
    pub signals: serde_json::Value,
    /// What became of it.
    pub outcome: String,
    /// Why, in words.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// A word to search for.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchTerm {
    /// As [`crate::text::terms`] gives it.
    pub term: String,
    /// How much it counts beside others of the same rarity; 1 as a rule ([`crate::text::emphasis`]).
    pub weight: f32,
}

/// Finds memories and remembers what was shown.
pub trait RecallStore {
    /// Nearest memories by vector: at most `limit` in scope and a quarter as many elsewhere.
    fn nearest(&self, model: &str, vector: &[f32], scope: &Scope, limit: usize) -> Result<VectorHits>;

    /// Cosines of these memories to the query; memories without a vector of `model` are missing.
    fn cosines(&self, model: &str, vector: &[f32], ids: &[MemoryId]) -> Result<Vec<VectorHit>>;

    /// Text scores in scope for `terms` (in order of importance where equally rare), reading at most about `budget`
    /// postings.
    fn matching(&self, terms: &[SearchTerm], scope: &Scope, budget: usize) -> Result<LexicalHits>;

    /// What those of `terms` are worth that each memory in scope holds ([`crate::text::failure_terms`]).
    fn worth(&self, terms: &[String], scope: &Scope, budget: usize) -> Result<TermWorth>;

    /// The entities that bear one of these names (compared without case); file names match by path suffix.
    fn known_entities(&self, names: &[String]) -> Result<Vec<KnownEntity>>;

    /// People and projects whose names of several words hold one of these (lower-cased) words, at most 8 for each.
    fn bearers(&self, words: &[String]) -> Result<Vec<Bearer>>;

    /// The same for words that are one letter off: `micheal` gives Michael Ford. `word` is the word asked for.
    fn bearers_spelt_like(&self, words: &[String]) -> Result<Vec<Bearer>>;

    /// The entities that these files stand for.
    fn entities_of_files(&self, paths: &[String]) -> Result<Vec<KnownEntity>>;

    /// What names mean in a session, and what is open.
    fn session_names(&self, session: &SessionId) -> Result<Vec<SessionName>>;

    /// Notes what a name means in a session, or that it was asked.
    fn note_name(&mut self, session: &SessionId, name: &SessionName) -> Result<()>;

    /// How a command (in the form for comparison) went in the scope's project, session by session, latest first.
    fn command_runs(&self, command: &str, scope: &Scope) -> Result<Vec<CommandRuns>>;

    /// Notes that the session is warned of a command; false when it was before.
    fn claim_warning(&mut self, session: &SessionId, command: &str, at: Timestamp) -> Result<bool>;

    /// Memories in scope, of these sessions, about a failure that another way solved.
    fn recoveries(&self, sessions: &[SessionId], scope: &Scope) -> Result<Vec<MemoryId>>;

    /// Memories in scope that mention one of the entities, latest first, at most `limit` for each.
    fn mentioning(&self, entities: &[EntityId], scope: &Scope, limit: usize) -> Result<Vec<MemoryId>>;

    /// Memories in scope about one of these files (relative to the project's root or absolute), latest first.
    fn about_files(&self, paths: &[String], scope: &Scope, limit: usize) -> Result<Vec<MemoryId>>;

    /// The memories with these numbers that recall may return and that were formed in time; others are left out.
    fn fetch(&self, ids: &[MemoryId], scope: &Scope) -> Result<Vec<FoundMemory>>;

    /// What was said in more than one session of the scope, by the same memory again or by its kin: heaviest first.
    fn standing(&self, scope: &Scope, limit: usize) -> Result<Vec<Standing>>;

    /// Votes on these memories.
    fn votes(&self, ids: &[MemoryId]) -> Result<Vec<Vote>>;

    /// Which of these the session has been shown since it was last re-armed.
    fn already_shown(&self, session: &SessionId, ids: &[MemoryId]) -> Result<Vec<MemoryId>>;

    /// Records recalls with the query that caused them, of whose words an excerpt is kept. Of those with outcome `Injected`, returns the memories that no
    /// other process showed in this session before: one atomic insert each, as tool hooks run in parallel.
    fn record_recalls(
        &mut self,
        records: &[RecallRecord],
        query: &str,
        model: &str,
        vector: Option<&[f32]>,
    ) -> Result<Vec<MemoryId>>;

    /// Records what several hooks could not record at once, all or nothing: what failed halfway is tried again whole.
    fn record_spooled(&mut self, lines: &[spool::Line]) -> Result<()>;

    /// Forgets what the session was shown, as its context was compacted or cleared.
    fn rearm(&mut self, session: &SessionId) -> Result<()>;

    /// Stores a vote together with the query that last surfaced the memory (in that session, if given).
    fn vote(&mut self, vote: &VoteRecord) -> Result<()>;

    /// Recalls injected at a prompt or call that are not judged yet, latest first; their outcome is still to be found.
    /// What the start of a session brings stands before every turn and is judged by none.
    fn unjudged(&self, limit: usize) -> Result<Vec<UseRecord>>;

    /// Keeps what became of a recall; a later judgement of the same takes its place.
    fn note_use(&mut self, used: &UseRecord) -> Result<()>;

    /// What became of these memories so far; those never judged are left out.
    fn uses(&self, ids: &[MemoryId]) -> Result<Vec<Uses>>;

    /// Which of these files (relative to the project's root) a session's calls had to do with.
    fn seen_files(&self, session: &SessionId, paths: &[String]) -> Result<SeenFiles>;

    /// What was recalled, latest first.
    fn recalls(&self, filter: &RecallFilter) -> Result<Vec<RecallRow>>;

    /// Takes or renews a lease; false when another holder has it and it has not run out.
    fn take_lease(&mut self, name: &str, holder: &str, now: Timestamp, ttl_ms: i64) -> Result<bool>;

    /// Gives a lease back.
    fn release_lease(&mut self, name: &str, holder: &str) -> Result<()>;
}

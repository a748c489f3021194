//! Finding what was said and done.

use crate::model::{Agent, MemoryKind, Role, SessionId, SessionOutcome, Step, Timestamp};

/// A search over what was said, or over what was done; everything given must hold.
///
/// With words or phrases, the best messages or calls come first. Without any, one message stands for each session: the
/// first that fits, of the latest session first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageQuery {
    /// Words that a message must hold, in any order.
    pub text: String,
    /// Whether one of these words is enough.
    pub any_word: bool,
    /// Texts whose words a message must hold in this order, without others between them.
    pub phrases: Vec<String>,
    /// Words and phrases that a message must not hold.
    pub without: Vec<String>,
    /// What else must hold.
    pub filters: Vec<Filter>,
    /// Only the messages at these positions of these sessions, or the last ones before them; none means all.
    pub at: Option<Vec<(SessionId, u32)>>,
    /// At most so many of one session; 0 means all.
    pub per_session: usize,
    /// At most so many; 0 means all.
    pub limit: usize,
}

impl MessageQuery {
    /// Whether it asks for calls and leaves no room for messages.
    pub fn asks_only_calls(&self) -> bool {
        self.filters.iter().any(|filter| !filter.negated && filter.any == [Condition::FromTool])
    }
}

/// One of these must hold, or none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The conditions.
    pub any: Vec<Condition>,
    /// Whether none of them may hold.
    pub negated: bool,
}

impl Filter {
    /// A condition that must hold.
    pub fn only(condition: Condition) -> Self {
        Self { any: vec![condition], negated: false }
    }
}

/// What can be asked of a message besides its words. What is asked of its turn's calls is asked of a call itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Who said it; no call is said.
    From(Role),
    /// It is a call.
    FromTool,
    /// The agent that wrote its session.
    Agent(Agent),
    /// Key or name of its project.
    Project(String),
    /// Git branch of its session; `*` stands for anything.
    Branch(String),
    /// The machine its session was read on, whatever the case.
    Host(String),
    /// A file was touched in its turn: start of a path component, more components after it, an ending like `.sql`, or a
    /// pattern with `*`.
    File(String),
    /// A memory of this kind was caught in its turn.
    Caught(MemoryKind),
    /// Work of this kind was done in its turn.
    Work(Work),
    /// A tool of this name was called in its turn, whatever the case.
    Tool(String),
    /// Its session names this pull request: number or URL.
    PullRequest(String),
    /// How its session ended.
    Outcome(SessionOutcome),
    /// Its session: whole id, or start of the agent's own id.
    Session(String),
    /// Said at or after this.
    Since(Timestamp),
    /// Said before this.
    Before(Timestamp),
}

/// What the agent did in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It changed a file.
    Edit,
    /// It looked at a file.
    Read,
    /// It ran a command.
    Run,
    /// A call failed.
    Failure,
}

/// A message or a call that fits, with what tells its session apart.
#[derive(Clone, Debug, PartialEq)]
pub struct StepHit {
    /// Its session.
    pub session: SessionId,
    /// Title of the session.
    pub title: Option<String>,
    /// Key of its project.
    pub project: Option<String>,
    /// The machine it was read on.
    pub host: Option<String>,
    /// Its turn.
    pub turn: u32,
    /// The message or call.
    pub step: Step,
    /// Higher is better; comparable only within one answer. 0 where there are no words.
    pub score: f32,
    /// How many further messages or calls of this session fit and were left out.
    pub more: u32,
}

//! What an agent's transcript holds, turn by turn, in the same shape for every agent.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The coding agent.
    Agent,
}

impl Role {
    /// The name in the store and in search filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
        }
    }
}

/// Something said, by either side, after redaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Position among all steps of the session, from 0, growing with the transcript.
    pub seq: u32,
    /// The record's id in the transcript; the same record copied into a fork has the same one.
    pub uuid: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The user stopped the agent just before this message.
    pub after_interrupt: bool,
}

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    /// No result seen yet.
    Pending,
    /// It worked.
    Ok,
    /// It reported an error of its own.
    Failed,
    /// It never ran to its end: the user stopped or refused it, or a sibling's failure cancelled it.
    Cancelled,
}

impl ToolStatus {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this name; unknown names count as pending.
    pub fn parse(name: &str) -> Self {
        [Self::Ok, Self::Failed, Self::Cancelled].into_iter().find(|s| s.as_str() == name).unwrap_or(Self::Pending)
    }
}

/// What a tool call did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileAction {
    /// Looked at it.
    Read,
    /// Changed or created it.
    Edit,
}

impl FileAction {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Edit => "edit",
        }
    }
}

/// A file that a tool call touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TouchedFile {
    /// Path relative to the project's root where it lies inside, else absolute.
    pub path: String,
    /// What was done.
    pub action: FileAction,
}

/// One tool call with its result, after redaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolCall {
    /// Position among all steps of the session.
    pub seq: u32,
    /// The id that pairs call and result.
    pub call_id: String,
    /// Tool name as the agent writes it: `Bash`, `Edit`.
    pub name: String,
    /// The shell command, for tools that run one.
    pub command: Option<String>,
    /// The input as compact JSON, cut to a few hundred characters.
    pub input: String,
    /// How it ended.
    pub status: ToolStatus,
    /// Start of the output, cut; longer for failures.
    pub output: String,
    /// Files it touched.
    pub files: Vec<TouchedFile>,
    /// What it changed in them, as hunks of a unified diff, cut. None where the agent does not say, and of a call that
    /// did not work.
    pub patch: Option<String>,
    /// When it was called.
    pub at: Timestamp,
}

/// One step of a turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The agent said something.
    Said(Message),
    /// The agent called a tool.
    Called(ToolCall),
}

impl Step {
    /// Position among all steps of the session.
    pub fn seq(&self) -> u32 {
        match self {
            Self::Said(message) => message.seq,
            Self::Called(call) => call.seq,
        }
    }

    /// When it was said or called.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Said(message) => message.at,
            Self::Called(call) => call.at,
        }
    }
}

/// From a prompt to the finished answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turn {
    /// Position in the session, from 0; turn 0 may lack a prompt when the transcript starts with the agent.
    pub number: u32,
    /// What the user asked.
    pub prompt: Option<Message>,
    /// What the agent did about it, in order.
    pub steps: Vec<Step>,
}

impl Turn {
    /// The agent's last words in this turn.
    pub fn answer(&self) -> Option<&Message> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Said(message) => Some(message),
            Step::Called(_) => None,
        })
    }

    /// The tool calls of this turn, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.steps.iter().filter_map(|step| match step {
            Step::Called(call) => Some(call),
            Step::Said(_) => None,
        })
    }
}

//! A session as a whole: which program's it is, how it is named and what there is to say of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Project, Timestamp};

/// Which program wrote a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agent {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex.
    Codex,
    /// Pi, the coding agent of pi-mono.
    Pi,
    /// Google's Gemini CLI.
    GeminiCli,
    /// GitHub's Copilot CLI.
    CopilotCli,
    /// The editor Cursor and its command line.
    Cursor,
    /// OpenCode.
    #[serde(rename = "opencode")]
    OpenCode,
    /// Aider.
    Aider,
    /// SpecStory, which writes down other agents' sessions.
    #[serde(rename = "specstory")]
    SpecStory,
    /// OpenAI's ChatGPT, from an export.
    #[serde(rename = "chatgpt")]
    ChatGpt,
    /// Anthropic's claude.ai, from an export.
    ClaudeAi,
    /// Hugging Face's HuggingChat, from an export.
    #[serde(rename = "huggingchat")]
    HuggingChat,
    /// Any harness that writes the simple open form for sessions.
    Sts,
}

impl Agent {
    /// Whether one talks with it apart from any project, so that what was learnt there holds in all of them.
    pub fn is_chat(self) -> bool {
        matches!(self, Self::ChatGpt | Self::ClaudeAi | Self::HuggingChat)
    }

    /// Every agent.
    pub const ALL: &[Self] = &[
        Self::ClaudeCode,
        Self::Codex,
        Self::Pi,
        Self::GeminiCli,
        Self::CopilotCli,
        Self::Cursor,
        Self::OpenCode,
        Self::Aider,
        Self::SpecStory,
        Self::ChatGpt,
        Self::ClaudeAi,
        Self::HuggingChat,
        Self::Sts,
    ];

    /// The name used in session ids, on the command line and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Pi => "pi",
            Self::GeminiCli => "gemini-cli",
            Self::CopilotCli => "copilot-cli",
            Self::Cursor => "cursor",
            Self::OpenCode => "opencode",
            Self::Aider => "aider",
            Self::SpecStory => "specstory",
            Self::ChatGpt => "chatgpt",
            Self::ClaudeAi => "claude-ai",
            Self::HuggingChat => "huggingchat",
            Self::Sts => "sts",
        }
    }

    /// The agent with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|agent| agent.as_str() == name)
    }
}

/// Identity of a session across machines and stores: `<agent>/<the agent's own session id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl SessionId {
    /// The id of the session that `agent` calls `native`.
    pub fn new(agent: Agent, native: &str) -> Self {
        Self(format!("{}/{native}", agent.as_str()))
    }

    /// The agent's own id, without the agent's name.
    pub fn native(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(_, native)| native)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a session ended, as of its last record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionOutcome {
    /// The agent had the last word.
    #[default]
    Ended,
    /// It ended on a failed call, on two failed calls in a row, or without an answer.
    Failed,
    /// The user stopped the agent, or a call never came to its end.
    Interrupted,
}

impl SessionOutcome {
    /// Every outcome.
    pub const ALL: &[Self] = &[Self::Ended, Self::Failed, Self::Interrupted];

    /// The name in the store, in filters and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// The outcome with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.as_str() == name)
    }
}

/// Which model a session used, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ModelUse {
    /// The model of the latest answer that names one, as the agent calls it.
    pub model: Option<String>,
    /// Tokens that models were sent, those they had cached among them. 0 where the agent does not say.
    pub tokens_in: u64,
    /// Tokens that models wrote, thoughts among them. 0 where the agent does not say.
    pub tokens_out: u64,
}

impl ModelUse {
    /// Adds what one answer took.
    pub fn add(&mut self, tokens_in: u64, tokens_out: u64) {
        self.tokens_in = self.tokens_in.saturating_add(tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(tokens_out);
    }
}

/// What is known of a session as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Who wrote it.
    pub agent: Agent,
    /// The session this one is a sub-agent of, or was forked from.
    pub parent: Option<SessionId>,
    /// Whether this is a sub-agent's transcript (then `parent` is its session).
    pub subagent: bool,
    /// Short name of the machine it was read on; none until an ingest has named it.
    pub host: Option<String>,
    /// Key of the project it belongs to.
    pub project: Option<String>,
    /// Working directory of its first record.
    pub cwd: Option<String>,
    /// Git branch of its latest record that names one.
    pub branch: Option<String>,
    /// Git commit that was checked out when it began, where the agent says so.
    pub commit: Option<String>,
    /// Its model and tokens. A fork's are those of the whole conversation, what it copied included.
    #[serde(flatten)]
    pub usage: ModelUse,
    /// Title given in this program, else in the agent, else by the agent, else made for it, else what its first prompt
    /// says; none for a session without words.
    pub title: Option<String>,
    /// Whether a program began it and no person was there (`claude -p`, `codex exec`); false where the agent does not say.
    pub headless: bool,
    /// When the person pinned it.
    pub pinned_at: Option<Timestamp>,
    /// Version of the agent at the latest record.
    pub client_version: Option<String>,
    /// First thing the user asked.
    pub first_prompt: Option<String>,
    /// When that was.
    pub first_prompt_at: Option<Timestamp>,
    /// Latest message of either side.
    pub last_message: Option<String>,
    /// When that was.
    pub last_message_at: Option<Timestamp>,
    /// Earliest record.
    pub started_at: Option<Timestamp>,
    /// Latest record.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: SessionOutcome,
    /// How many turns it has.
    pub turns: u32,
    /// How many files its tool calls touched.
    pub files: u32,
    /// How many messages are the user's own words.
    pub user_messages: u32,
    /// How many messages are the agent's.
    pub agent_messages: u32,
    /// How many tools were called.
    pub tool_calls: u32,
    /// How many of these failed.
    pub failed_calls: u32,
    /// How often the user stopped the agent.
    pub interrupts: u32,
    /// How often the context was compacted.
    pub compactions: u32,
    /// Pull requests the transcript names, as URLs.
    pub pull_requests: Vec<String>,
    /// How many memories were caught from it.
    pub memories: u32,
}

impl Session {
    /// Key of the project that what was learnt in it holds in; none where it holds in every one. What was said somewhere
    /// unknown is nobody else's.
    pub fn holds_in(&self) -> Option<String> {
        let unknown = || (!self.agent.is_chat()).then(|| Project::UNKNOWN.to_owned());
        self.project.clone().or_else(unknown)
    }
}

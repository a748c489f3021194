//! What each tool may be given: the schemas that agents see are made of these.

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use crate::model::MemoryKind;

/// Fewest and most tokens that `session_read` may be asked for. Claude Code refuses results above 25,000.
pub(super) const TOKENS: std::ops::RangeInclusive<usize> = 500..=20_000;
/// Most messages that `session_search` gives.
pub(super) const MOST_MESSAGES: usize = 50;

/// What to recall for.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Recall {
    /// What you want to know or are about to do, in a sentence or a few words
    pub(super) text: String,
    /// Files it is about, as paths in the working directory or absolute
    #[serde(default)]
    pub(super) files: Vec<String>,
}

/// One memory.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryGet {
    /// The memory's number, as in #12
    pub(super) id: i64,
}

/// A search over what was said.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct SessionSearch {
    /// Words, "phrases" and operators: see the tool's description
    pub(super) query: String,
    /// At most so many messages, 1 to 50; 10 if not given
    #[serde(default)]
    pub(super) limit: Option<usize>,
}

/// A part of a session.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRead {
    /// The session's id or the start of it
    pub(super) session: String,
    /// Which page, from 1; the first if neither this nor `at` is given
    #[serde(default)]
    pub(super) page: Option<usize>,
    /// The page with the message or call at this position, as `session_search` gives it after the @; a call is then given
    /// with its input, output and changed lines
    #[serde(default)]
    pub(super) at: Option<u32>,
    /// About how many tokens the answer may have, 500 to 20000; 4000 if not given. Pages depend on it: keep it the same
    #[serde(default)]
    pub(super) max_tokens: Option<usize>,
}

/// A memory to be kept.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Remember {
    /// One fact or rule, understandable without this conversation
    pub(super) text: String,
    /// What kind of memory it is; insight if not given
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("enum" = ["decision", "insight", "pattern", "commitment", "learning", "correction", "workflow", "gap", null]))]
    pub(super) kind: Option<MemoryKind>,
    /// Files it is about
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// Whether it holds in every project, not in this one alone
    #[serde(default)]
    pub(super) everywhere: bool,
}

/// A vote on a memory.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    /// The memory's number, as in #12
    pub(super) id: i64,
    /// Whether it helped
    pub(super) helped: bool,
}

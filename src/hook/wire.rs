//! The client's JSON, tolerantly: every field may be missing or null, unknown ones are skipped without being kept.

use std::borrow::Cow;

use serde::Deserialize;

/// What any event may carry. Big fields (`tool_response` with whole files in it) are not even named here.
#[derive(Debug, Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default)]
    pub(super) hook_event_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) session_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) transcript_path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) cwd: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) agent_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) prompt: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) prompt_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) source: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) tool_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) tool_input: Option<ToolInput<'a>>,
    #[serde(borrow, default)]
    pub(super) error: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) is_interrupt: Option<bool>,
}

/// What the tools of interest are given.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ToolInput<'a> {
    #[serde(borrow, default)]
    pub(super) file_path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) notebook_path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) command: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) new_string: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) content: Option<Cow<'a, str>>,
}

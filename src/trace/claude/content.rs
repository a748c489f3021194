//! The content of a `user` or `assistant` message, and what of it was said.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::{Raw, Record, is_set, text};
use super::words::{self, Said};
use crate::model::Role;

/// A message as the agent's interface has it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) content: Raw<'a>,
    #[serde(borrow)]
    pub(super) model: Raw<'a>,
    #[serde(borrow)]
    pub(super) id: Raw<'a>,
    #[serde(borrow)]
    pub(super) usage: Raw<'a>,
}

/// One block of a message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Raw<'a>,
    #[serde(borrow)]
    pub(super) text: Raw<'a>,
    #[serde(borrow)]
    pub(super) id: Raw<'a>,
    #[serde(borrow)]
    pub(super) name: Raw<'a>,
    #[serde(borrow)]
    pub(super) input: Raw<'a>,
    #[serde(borrow)]
    pub(super) tool_use_id: Raw<'a>,
    #[serde(borrow)]
    pub(super) content: Raw<'a>,
    #[serde(borrow)]
    pub(super) is_error: Raw<'a>,
}

/// A message's content in either of its two forms.
pub(super) enum Content<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Blocks; those that are no objects are counted only.
    Blocks(Vec<Block<'a>>, u32),
}

impl<'a> Content<'a> {
    /// The content of a record's message and what else stands there. A message that is a bare string is its own content.
    pub(super) fn of(message: Raw<'a>) -> Option<(Self, Body<'a>)> {
        if let Some(text) = text(message) {
            return Some((Self::Text(text), Body::default()));
        }
        let body: Body<'a> = serde_json::from_str(message?.get()).ok()?;
        Some((Self::read(body.content?)?, body))
    }

    fn read(content: &'a RawValue) -> Option<Self> {
        if let Some(text) = text(Some(content)) {
            return Some(Self::Text(text));
        }
        let raw: Vec<&'a RawValue> = serde_json::from_str(content.get()).ok()?;
        let blocks: Vec<Block<'a>> = raw.iter().filter_map(|block| serde_json::from_str(block.get()).ok()).collect();
        let odd = u32::try_from(raw.len() - blocks.len()).unwrap_or(u32::MAX);
        Some(Self::Blocks(blocks, odd))
    }

    /// The text blocks.
    pub(super) fn texts(&self) -> Vec<Cow<'a, str>> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Blocks(blocks, _) => blocks
                .iter()
                .filter(|block| text(block.kind).as_deref() == Some("text"))
                .filter_map(|block| text(block.text))
                .collect(),
        }
    }
}

/// The text of a tool's result, in either of its two forms.
pub(super) fn result_text<'a>(content: Raw<'a>) -> Cow<'a, str> {
    if let Some(text) = text(content) {
        return text;
    }
    let Some(content) = content.and_then(Content::read) else { return Cow::Borrowed("") };
    Cow::Owned(content.texts().join("\n"))
}

/// Whether a `user` record may hold the person's words at all.
pub(super) fn may_be_the_persons(record: &Record<'_>) -> bool {
    let marked = [record.is_sidechain, record.is_meta, record.is_compact_summary, record.is_visible_in_transcript_only];
    !marked.into_iter().any(is_set)
        && text(record.turn_origin).is_none_or(|origin| !origin.contains("notification"))
        && text(record.prompt_source).is_none_or(|source| source != "system")
        && origin_kind(record).is_none_or(|kind| matches!(kind.as_str(), "human" | "sdk"))
}

fn origin_kind(record: &Record<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Origin {
        kind: String,
    }
    serde_json::from_str::<Origin>(record.origin?.get()).ok().map(|origin| origin.kind)
}

/// The person's words in a `user` record and how many interrupts it reports.
pub(super) fn persons_words(content: &Content<'_>) -> (Option<String>, u32) {
    let mut said = Vec::new();
    let mut interrupts = 0;
    for block in content.texts() {
        match words::sort(&block) {
            Said::Words(words) => said.push(words),
            Said::Interrupt => interrupts += 1,
            Said::Nothing => {}
        }
    }
    ((!said.is_empty()).then(|| said.join("\n")), interrupts)
}

/// The agent's words in an `assistant` record: not the errors and placeholders that its program writes for it.
pub(super) fn agents_words(record: &Record<'_>, content: &Content<'_>, model: Raw<'_>) -> Option<String> {
    if is_set(record.is_api_error_message) || text(model).as_deref() == Some("<synthetic>") {
        return None;
    }
    let said = content.texts().join("\n");
    (!said.trim().is_empty()).then(|| said.trim().to_owned())
}

/// What a record says, by which side: the same rules for the whole transcript and for its tail.
pub(in crate::trace) fn spoken(record: &Record<'_>) -> Option<(Role, String)> {
    match text(record.kind).as_deref() {
        Some("assistant") if !is_set(record.is_sidechain) => {
            let (content, body) = Content::of(record.message)?;
            Some((Role::Agent, agents_words(record, &content, body.model)?))
        }
        Some("user" | "human") => {
            let (content, _) = Content::of(record.message)?;
            let refused = !is_set(record.is_sidechain) && matches!(content, Content::Blocks(..));
            let refusal = if refused { refusals(&content) } else { None };
            let words = may_be_the_persons(record).then(|| persons_words(&content).0).flatten();
            Some((Role::User, refusal.into_iter().chain(words).reduce(|a, b| format!("{a}\n{b}"))?))
        }
        _ => None,
    }
}

/// What the person said on refusing the calls whose results these are.
fn refusals(content: &Content<'_>) -> Option<String> {
    let Content::Blocks(blocks, _) = content else { return None };
    blocks
        .iter()
        .filter(|block| is_set(block.is_error) && text(block.kind).as_deref() == Some("tool_result"))
        .filter_map(|block| words::refusal(&result_text(block.content)))
        .reduce(|a, b| format!("{a}\n{b}"))
}

//! The content of a `user` or `assistant` message, and what of it was said.

use std::borrow::Cow;

use super::record::{Record, is_set, is_word, text};
use super::words::{self, Said};
use crate::model::Role;
use crate::trace::members::{Cursor, Raw, each_member, string, string_start};

/// A message as the agent's interface has it; one that is a bare string is its own content.
#[derive(Default)]
pub(in crate::trace) struct Body<'a> {
    pub(super) content: Option<Content<'a>>,
    pub(super) model: Raw<'a>,
    pub(super) id: Raw<'a>,
    pub(super) usage: Raw<'a>,
}

impl<'a> Body<'a> {
    /// Passes a message; `Some(None)` for what is none.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Option<Self>> {
        let mut body = Self::default();
        if cursor.peek() != Some(b'{') {
            body.content = string(cursor.value()?).map(Content::Text);
            return Some(body.content.is_some().then_some(body));
        }
        cursor.members(|name, cursor| {
            match name {
                b"content" => body.content = Content::read(cursor)?,
                b"model" => body.model = cursor.raw()?,
                b"id" => body.id = cursor.raw()?,
                b"usage" => body.usage = cursor.raw()?,
                _ => drop(cursor.value()?),
            }
            Some(())
        })?;
        Some(Some(body))
    }
}

/// One block of a message.
#[derive(Default)]
pub(super) struct Block<'a> {
    pub(super) kind: Raw<'a>,
    pub(super) text: Raw<'a>,
    pub(super) id: Raw<'a>,
    pub(super) name: Raw<'a>,
    pub(super) input: Raw<'a>,
    pub(super) tool_use_id: Raw<'a>,
    pub(super) content: Raw<'a>,
    pub(super) is_error: Raw<'a>,
}

impl<'a> Block<'a> {
    /// Passes a block.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let mut block = Self::default();
        cursor.members(|name, cursor| {
            let place = match name {
                b"type" => &mut block.kind,
                b"text" => &mut block.text,
                b"id" => &mut block.id,
                b"name" => &mut block.name,
                b"input" => &mut block.input,
                b"tool_use_id" => &mut block.tool_use_id,
                b"content" => &mut block.content,
                b"is_error" => &mut block.is_error,
                _ => return cursor.value().map(drop),
            };
            *place = cursor.raw()?;
            Some(())
        })?;
        Some(block)
    }
}

/// A message's content in either of its two forms.
pub(in crate::trace) enum Content<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Blocks; those that are no objects are counted only.
    Blocks(Vec<Block<'a>>, u32),
}

impl<'a> Content<'a> {
    /// Passes a content; `Some(None)` for what is none.
    fn read(cursor: &mut Cursor<'a>) -> Option<Option<Self>> {
        if cursor.peek() != Some(b'[') {
            return Some(string(cursor.value()?).map(Self::Text));
        }
        let (mut blocks, mut odd) = (Vec::new(), 0);
        cursor.elements(|cursor| {
            if cursor.peek() == Some(b'{') {
                blocks.push(Block::read(cursor)?);
            } else {
                cursor.value()?;
                odd += 1;
            }
            Some(())
        })?;
        Some(Some(Self::Blocks(blocks, odd)))
    }

    /// The text blocks.
    pub(super) fn texts(&self) -> Vec<Cow<'a, str>> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Blocks(blocks, _) => {
                blocks.iter().filter(|block| is_word(block.kind, "text")).filter_map(|block| text(block.text)).collect()
            }
        }
    }
}

/// The text of a tool's result, in either of its two forms; of a longer one at least the first `bytes` bytes.
pub(super) fn result_text<'a>(content: Raw<'a>, bytes: usize) -> Cow<'a, str> {
    if let Some(text) = content.and_then(|content| string_start(content, bytes)) {
        return text;
    }
    let content = content.and_then(|content| Content::read(&mut Cursor::new(content)).flatten());
    let Some(content) = content else { return Cow::Borrowed("") };
    Cow::Owned(content.texts().join("\n"))
}

/// Whether a `user` record may hold the person's words at all.
pub(super) fn may_be_the_persons(record: &Record<'_>) -> bool {
    let marked = [record.is_sidechain, record.is_meta, record.is_compact_summary, record.is_visible_in_transcript_only];
    !marked.into_iter().any(is_set)
        && text(record.turn_origin).is_none_or(|origin| !origin.contains("notification"))
        && text(record.prompt_source).is_none_or(|source| source != "system")
        && origin_kind(record).is_none_or(|kind| matches!(&*kind, "human" | "sdk"))
}

fn origin_kind<'a>(record: &Record<'a>) -> Option<Cow<'a, str>> {
    let mut kind = None;
    each_member(record.origin?, |name, value| {
        if name == b"kind" {
            kind = Some(value);
        }
    })?;
    text(kind)
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
    if is_set(record.is_api_error_message) || is_word(model, "<synthetic>") {
        return None;
    }
    let said = content.texts().join("\n");
    (!said.trim().is_empty()).then(|| said.trim().to_owned())
}

/// What a record says, by which side: the same rules for the whole transcript and for its tail.
pub(in crate::trace) fn spoken(record: &Record<'_>) -> Option<(Role, String)> {
    match text(record.kind).as_deref() {
        Some("assistant") if !is_set(record.is_sidechain) => {
            let body = record.message.as_ref()?;
            Some((Role::Agent, agents_words(record, body.content.as_ref()?, body.model)?))
        }
        Some("user" | "human") => {
            let content = record.message.as_ref()?.content.as_ref()?;
            let refused = !is_set(record.is_sidechain) && matches!(content, Content::Blocks(..));
            let refusal = if refused { refusals(content) } else { None };
            let words = may_be_the_persons(record).then(|| persons_words(content).0).flatten();
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
        .filter(|block| is_set(block.is_error) && is_word(block.kind, "tool_result"))
        .filter_map(|block| words::refusal(&result_text(block.content, usize::MAX)))
        .reduce(|a, b| format!("{a}\n{b}"))
}

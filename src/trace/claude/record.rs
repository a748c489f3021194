//! One line of a transcript, taken apart only as far as needed.

use std::borrow::Cow;

use super::content::Body;
use super::ids::is_uuid;
use crate::trace::members::{self, Cursor, Raw};

/// The members that are read, of all record types together. Raw, so that a member of an unexpected type spoils nothing
/// but itself, and so that the large ones cost little unless asked for.
#[derive(Default)]
pub(in crate::trace) struct Record<'a> {
    pub(in crate::trace) kind: Raw<'a>,
    pub(in crate::trace) subtype: Raw<'a>,
    pub(in crate::trace) uuid: Raw<'a>,
    pub(in crate::trace) session_id: Raw<'a>,
    pub(in crate::trace) timestamp: Raw<'a>,
    pub(in crate::trace) cwd: Raw<'a>,
    pub(in crate::trace) git_branch: Raw<'a>,
    pub(super) entrypoint: Raw<'a>,
    pub(in crate::trace) version: Raw<'a>,
    pub(super) message: Option<Body<'a>>,
    pub(in crate::trace) tool_use_result: Raw<'a>,
    pub(in crate::trace) attachment: Raw<'a>,
    pub(in crate::trace) origin: Raw<'a>,
    pub(in crate::trace) turn_origin: Raw<'a>,
    pub(in crate::trace) prompt_source: Raw<'a>,
    pub(in crate::trace) is_sidechain: Raw<'a>,
    pub(in crate::trace) is_meta: Raw<'a>,
    pub(in crate::trace) is_compact_summary: Raw<'a>,
    pub(in crate::trace) is_visible_in_transcript_only: Raw<'a>,
    pub(in crate::trace) is_api_error_message: Raw<'a>,
    pub(in crate::trace) operation: Raw<'a>,
    pub(in crate::trace) content: Raw<'a>,
    pub(in crate::trace) summary: Raw<'a>,
    pub(in crate::trace) leaf_uuid: Raw<'a>,
    pub(in crate::trace) custom_title: Raw<'a>,
    pub(in crate::trace) ai_title: Raw<'a>,
    pub(in crate::trace) pr_url: Raw<'a>,
    pub(in crate::trace) message_id: Raw<'a>,
    pub(in crate::trace) payload: Raw<'a>,
}

impl<'a> Record<'a> {
    /// The record in a line; none in one that is no object. Of a member that stands there twice the last one counts.
    pub(in crate::trace) fn read(line: &'a [u8]) -> Option<Self> {
        Self::read_unless(line, |_| false)
    }

    /// The same, but of a record whose type `is_passed_over` nothing after the type. `progress` records are about half
    /// of the lines of many versions and carry whole messages.
    pub(super) fn read_unless(line: &'a [u8], is_passed_over: impl Fn(&str) -> bool) -> Option<Self> {
        let mut record = Self::default();
        let mut is_enough = false;
        let mut cursor = Cursor::new(line);
        let whole = cursor.members(|name, cursor| {
            let place = match name {
                b"type" => &mut record.kind,
                b"subtype" => &mut record.subtype,
                b"uuid" => &mut record.uuid,
                b"sessionId" => &mut record.session_id,
                b"timestamp" => &mut record.timestamp,
                b"cwd" => &mut record.cwd,
                b"gitBranch" => &mut record.git_branch,
                b"entrypoint" => &mut record.entrypoint,
                b"version" => &mut record.version,
                b"message" => {
                    record.message = Body::read(cursor)?;
                    return Some(());
                }
                b"toolUseResult" => {
                    record.tool_use_result = match member_after_result(line) {
                        Some(end) => Some(cursor.pass_to(end)?),
                        None => cursor.raw()?,
                    };
                    return Some(());
                }
                b"attachment" => &mut record.attachment,
                b"origin" => &mut record.origin,
                b"turnOrigin" => &mut record.turn_origin,
                b"promptSource" => &mut record.prompt_source,
                b"isSidechain" => &mut record.is_sidechain,
                b"isMeta" => &mut record.is_meta,
                b"isCompactSummary" => &mut record.is_compact_summary,
                b"isVisibleInTranscriptOnly" => &mut record.is_visible_in_transcript_only,
                b"isApiErrorMessage" => &mut record.is_api_error_message,
                b"operation" => &mut record.operation,
                b"content" => &mut record.content,
                b"summary" => &mut record.summary,
                b"leafUuid" => &mut record.leaf_uuid,
                b"customTitle" => &mut record.custom_title,
                b"aiTitle" => &mut record.ai_title,
                b"prUrl" => &mut record.pr_url,
                b"messageId" => &mut record.message_id,
                b"payload" => &mut record.payload,
                _ => return cursor.value().map(drop),
            };
            *place = cursor.raw()?;
            is_enough = name == b"type" && text(record.kind).is_some_and(|kind| is_passed_over(&kind));
            (!is_enough).then_some(())
        });
        (is_enough || whole.is_some() && cursor.is_at_end()).then_some(record)
    }
}

/// Where the member starts that the client writes after a tool's result as the last one. The result, in which files stand
/// whole, is nearly half of all bytes; if its end is known it need not be looked for. Only the end of a whole record
/// looks like this: inside a string there would be backslashes before the quotes.
fn member_after_result(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b",\"sourceToolAssistantUUID\":\"";
    const UUID_BYTES: usize = 36;
    let before = line.strip_suffix(b"\"}")?;
    let (start, uuid) = (before.len().checked_sub(UUID_BYTES + NAME.len())?, before.len() - UUID_BYTES);
    (&before[start..uuid] == NAME && is_uuid(str::from_utf8(&before[uuid..]).ok()?)).then_some(start)
}

/// A member that is a string.
pub(in crate::trace) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    members::string(raw?)
}

/// A member that is a string with something in it.
pub(super) fn filled(raw: Raw<'_>) -> Option<String> {
    text(raw).filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
}

/// Whether a member is this word, as every client writes it.
pub(super) fn is_word(raw: Raw<'_>, word: &str) -> bool {
    raw.and_then(|raw| raw.strip_prefix(b"\"")?.strip_suffix(b"\"")) == Some(word.as_bytes())
}

/// Whether a member is `true`.
pub(super) fn is_set(raw: Raw<'_>) -> bool {
    raw == Some(b"true")
}

/// Types whose records say something.
pub(super) fn is_handled(kind: &str) -> bool {
    matches!(
        kind,
        "user"
            | "assistant"
            | "system"
            | "attachment"
            | "summary"
            | "custom-title"
            | "ai-title"
            | "pr-link"
            | "queue-operation"
    )
}

/// Types whose records are the agent's own bookkeeping or copies of other records. They are most of a file's bytes.
pub(super) fn is_bookkeeping(kind: &str) -> bool {
    matches!(
        kind,
        "progress"
            | "file-history-snapshot"
            | "file-history-delta"
            | "last-prompt"
            | "mode"
            | "permission-mode"
            | "tools-used"
            | "cost-state"
            | "atis-latch"
            | "api-request"
            | "api-request-shape"
            | "api-request-blob"
            | "tag"
            | "agent-name"
            | "agent-color"
            | "agent-setting"
            | "worktree-state"
            | "content-replacement"
            | "bridge-session"
            | "speculation-accept"
            | "marble-origami-commit"
            | "marble-origami-snapshot"
            | "task-summary"
            | "attribution-snapshot"
            | "started"
            | "result"
            | "fork-context-ref"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_not_read_to_its_end() {
        let check = |line: &str, expected: Option<&str>| {
            let record = Record::read_unless(line.as_bytes(), is_bookkeeping);
            assert_eq!(record.and_then(|record| text(record.kind)).as_deref(), expected, "{line}");
        };
        check(r#"{"type":"progress","data":{}"#, Some("progress"));
        check(r#"{ "a": null, "b" : "x\"y", "n": -1.5, "type" : "user", "message":{}}"#, Some("user"));
        check(r#"{"message":{"type":"progress"},"type":"user"}"#, Some("user"));
        check(r#"{"text":"\"type\":\"progress\"","type":"user"}"#, Some("user"));
        check(r#"{"type":"user","message":{}"#, None);
        check(r#"{"typ"#, None);
        check("[1]", None);
        check("", None);
    }

    #[test]
    fn members_of_another_type_are_absent() {
        let record = Record::read(br#"{"type":5,"uuid":null,"cwd":"a\tb","isMeta":true}"#).unwrap();
        assert_eq!(text(record.kind), None);
        assert_eq!(text(record.uuid), None);
        assert_eq!(text(record.cwd).as_deref(), Some("a\tb"));
        assert!(is_set(record.is_meta));
    }
}

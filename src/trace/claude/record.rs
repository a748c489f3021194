//! One line of a transcript, taken apart only as far as needed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A member of a record as it stands in the file. Raw, so that a member of an unexpected type spoils nothing but
/// itself, and so that the large ones cost nothing unless asked for.
pub(in crate::trace) type Raw<'a> = Option<&'a RawValue>;

/// The members that are read, of all record types together.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(in crate::trace) struct Record<'a> {
    #[serde(borrow, rename = "type")]
    pub(in crate::trace) kind: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) subtype: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) uuid: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) session_id: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) timestamp: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) cwd: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) git_branch: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) version: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) message: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) tool_use_result: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) attachment: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) origin: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) turn_origin: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) prompt_source: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) is_sidechain: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) is_meta: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) is_compact_summary: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) is_visible_in_transcript_only: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) is_api_error_message: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) operation: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) content: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) summary: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) leaf_uuid: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) custom_title: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) ai_title: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) pr_url: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) message_id: Raw<'a>,
    #[serde(borrow)]
    pub(in crate::trace) payload: Raw<'a>,
}

/// A member that is a string.
pub(in crate::trace) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let json = raw?.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// A member that is a string with something in it.
pub(super) fn filled(raw: Raw<'_>) -> Option<String> {
    text(raw).filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
}

/// Whether a member is `true`.
pub(super) fn is_set(raw: Raw<'_>) -> bool {
    raw.is_some_and(|raw| raw.get() == "true")
}

/// Types whose records say something.
pub(super) fn is_handled(kind: &str) -> bool {
    matches!(
        kind,
        "user" | "assistant" | "system" | "attachment" | "summary" | "custom-title" | "ai-title" | "pr-link"
            | "queue-operation"
    )
}

/// Types whose records are the agent's own bookkeeping or copies of other records. They are most of a file's bytes.
pub(super) fn is_bookkeeping(kind: &str) -> bool {
    matches!(
        kind,
        "progress" | "file-history-snapshot" | "file-history-delta" | "last-prompt" | "mode" | "permission-mode"
            | "tools-used" | "cost-state" | "atis-latch" | "api-request" | "api-request-shape" | "api-request-blob"
            | "tag" | "agent-name" | "agent-color" | "agent-setting" | "worktree-state" | "content-replacement"
            | "bridge-session" | "speculation-accept" | "marble-origami-commit" | "marble-origami-snapshot"
            | "task-summary" | "attribution-snapshot" | "started" | "result" | "fork-context-ref"
    )
}

/// The type of a record whose type stands before its first nested member, found without parsing the rest.
///
/// `progress` records are about half of the lines of many versions and carry whole messages; all of them have it there.
pub(super) fn early_type(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line.trim_ascii_start().strip_prefix(b"{")?;
    loop {
        let (key, after) = quoted(rest.trim_ascii_start())?;
        rest = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let after = match rest.first()? {
            b'"' => {
                let (value, after) = quoted(rest)?;
                if key == b"type" {
                    return Some(value);
                }
                after
            }
            b'{' | b'[' => return None,
            _ => &rest[rest.iter().position(|&byte| byte == b',')?..],
        };
        rest = after.trim_ascii_start().strip_prefix(b",")?;
    }
}

/// A string at the start of `json` and what follows it.
fn quoted(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = json.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        match inner.get(at)? {
            b'"' => return Some((&inner[..at], &inner[at + 1..])),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<&str>) {
        assert_eq!(early_type(line.as_bytes()), expected.map(str::as_bytes), "{line}");
    }

    #[test]
    fn finds_the_type_before_nested_members_only() {
        check(r#"{"type":"progress","data":{}}"#, Some("progress"));
        check(r#"{ "a": null, "b" : "x\"y", "n": -1.5, "type" : "user", "message":{}}"#, Some("user"));
        check(r#"{"message":{"type":"progress"},"type":"user"}"#, None);
        check(r#"{"text":"\"type\":\"progress\"","type":"user"}"#, Some("user"));
        check(r#"{"typ"#, None);
        check("[1]", None);
        check("", None);
    }

    #[test]
    fn members_of_another_type_are_absent() {
        let record: Record = serde_json::from_str(r#"{"type":5,"uuid":null,"cwd":"a\tb","isMeta":true}"#).unwrap();
        assert_eq!(text(record.kind), None);
        assert_eq!(text(record.uuid), None);
        assert_eq!(text(record.cwd).as_deref(), Some("a\tb"));
        assert!(is_set(record.is_meta));
    }
}

//! Tool calls: what was run, on which files, and how it ended.

use std::borrow::Cow;

use memchr::memmem;

use super::content::{Block, result_text};
use super::record::{filled, is_set, text};
use crate::model::{FileAction, Timestamp, ToolCall, ToolStatus, TouchedFile};
use crate::text::char_at;
use crate::trace::members::{Cursor, Raw, each_member, lossy, string};
use crate::trace::parsed::{
    CallEnd, INPUT_CHARS, MARGIN_BYTES, NEAR_BYTES, margin_end, output_chars, start_of, start_with_margin,
};
use crate::trace::patch;

/// Starts of results that say the call never ran to its end.
const CANCELLED: &[&str] = &[
    "The user doesn't want to",
    "[Request interrupted by user",
    "<tool_use_error>Sibling tool call errored",
    "<tool_use_error>Cancelled",
    "Sibling tool call errored",
    "Cancelled: parallel tool call",
    "Request was aborted",
];

/// The members of a tool's input that are read.
#[derive(Default)]
struct Input<'a> {
    command: Raw<'a>,
    file_path: Raw<'a>,
    notebook_path: Raw<'a>,
    symbol_path: Raw<'a>,
    old_string: Raw<'a>,
    new_string: Raw<'a>,
    has_edits: bool,
}

impl<'a> Input<'a> {
    fn read(json: &'a [u8]) -> Option<Self> {
        let mut input = Self::default();
        each_member(json, |name, value| match name {
            b"command" => input.command = Some(value),
            b"file_path" => input.file_path = Some(value),
            b"notebook_path" => input.notebook_path = Some(value),
            b"filePath" => input.symbol_path = Some(value),
            b"old_string" => input.old_string = Some(value),
            b"new_string" => input.new_string = Some(value),
            b"edits" => input.has_edits = true,
            _ => {}
        })?;
        Some(input)
    }
}

/// The call in a `tool_use` block; its output comes later.
pub(super) fn call(block: &Block<'_>, seq: u32, at: Timestamp) -> Option<ToolCall> {
    let name = filled(block.name)?;
    let json = block.input.unwrap_or(b"{}");
    let input = Input::read(json).unwrap_or_default();
    let files = files(&name, &input);
    let changes = files.iter().any(|file| file.action == FileAction::Edit);
    let patch = changes.then(|| patch_of(json, &input)).flatten();
    Some(ToolCall {
        seq,
        call_id: filled(block.id).unwrap_or_default(),
        command: text(input.command).map(Cow::into_owned),
        input: start_of_json(json),
        status: ToolStatus::Pending,
        output: String::new(),
        files,
        patch,
        at,
        name,
    })
}

/// What a tool that edits files was given to do. Most replace a text, which is read without the rest.
fn patch_of(json: &[u8], input: &Input<'_>) -> Option<String> {
    let is_replacement = !input.has_edits && memmem::find(json, patch::ENVELOPE.as_bytes()).is_none();
    match text(input.new_string).filter(|_| is_replacement) {
        Some(new) => patch::of_replacement(&text(input.old_string).unwrap_or_default(), &new),
        None => patch::of_input(&serde_json::from_slice(json).ok()?),
    }
}

/// As much of an input as it stands in the file as is needed.
fn start_of_json(json: &[u8]) -> String {
    let bytes = INPUT_CHARS * 4 + MARGIN_BYTES;
    // One character more may be cut in two there.
    let start = lossy(&json[..json.len().min(bytes + 4)]);
    start_with_margin(start_of(&start, bytes), INPUT_CHARS).to_owned()
}

fn files(tool: &str, input: &Input<'_>) -> Vec<TouchedFile> {
    let action = match tool {
        "Read" | "NotebookRead" | "LSP" => FileAction::Read,
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => FileAction::Edit,
        _ => return Vec::new(),
    };
    [input.file_path, input.notebook_path, input.symbol_path]
        .into_iter()
        .find_map(filled)
        .map(|path| TouchedFile { path, action })
        .into_iter()
        .collect()
}

/// How the call ended whose result stands in `block`.
pub(super) fn end(block: &Block<'_>, structured: Raw<'_>) -> CallEnd {
    let is_error = is_set(block.is_error);
    let output = if is_error {
        result_text(block.content, output_chars(ToolStatus::Failed) * 4 + MARGIN_BYTES)
    } else {
        result_start(block.content, output_chars(ToolStatus::Ok))
    };
    let status = status(&output, is_error, structured);
    CallEnd {
        call_id: filled(block.tool_use_id).unwrap_or_default(),
        status,
        output: start_with_margin(&output, output_chars(status)).to_owned(),
        patch: structured.and_then(structured_patch),
    }
}

/// As much of a result as [`start_with_margin`] needs.
fn result_start<'a>(content: Raw<'a>, chars: usize) -> Cow<'a, str> {
    let near = chars + 2 * NEAR_BYTES;
    let start = result_text(content, near);
    let is_enough = start.len() < near || char_at(&start, chars).and_then(|end| margin_end(&start, end)).is_some();
    if is_enough { start } else { result_text(content, chars * 4 + MARGIN_BYTES) }
}

/// How the results start of commands and of files that were read: the longest in which no patch stands.
const WITHOUT_PATCH: [&[u8]; 2] = [b"{\"stdout\"", b"{\"type\":\"text\""];

/// The hunks that later versions write beside a result, with the lines around and their numbers.
fn structured_patch(json: &[u8]) -> Option<String> {
    // Found without taking the whole apart, in which the files' whole contents stand as well. In a string the quotes
    // would be escaped.
    const NAME: &[u8] = b"\"structuredPatch\":";
    if WITHOUT_PATCH.iter().any(|start| json.starts_with(start)) {
        return None;
    }
    let place = memmem::find(json, b"\"structuredPatch\":[{")? + NAME.len();
    let mut hunks = Vec::new();
    Cursor::new(&json[place..]).elements(|cursor| {
        hunks.push(hunk(cursor)?);
        Some(())
    })?;
    patch::of_hunks(&hunks)
}

fn hunk<'a>(cursor: &mut Cursor<'a>) -> Option<patch::Hunk<'a>> {
    let mut hunk = patch::Hunk::default();
    cursor.members(|name, cursor| {
        let place = match name {
            b"oldStart" => &mut hunk.old_start,
            b"oldLines" => &mut hunk.old_lines,
            b"newStart" => &mut hunk.new_start,
            b"newLines" => &mut hunk.new_lines,
            b"lines" => {
                return cursor.elements(|cursor| {
                    hunk.lines.push(string(cursor.value()?)?);
                    Some(())
                });
            }
            _ => return cursor.value().map(drop),
        };
        *place = str::from_utf8(cursor.value()?).ok()?.parse().ok()?;
        Some(())
    })?;
    Some(hunk)
}

fn status(output: &str, is_error: bool, structured: Raw<'_>) -> ToolStatus {
    let structured = structured.unwrap_or_default();
    if !is_error {
        let of_command = structured.starts_with(b"{\"stdout\"");
        let interrupted = of_command && memmem::find(structured, b"\"interrupted\":true").is_some();
        return if interrupted { ToolStatus::Cancelled } else { ToolStatus::Ok };
    }
    let denied = output.starts_with("Permission to use ") && output.contains(" has been denied");
    let refused = structured == b"\"User rejected tool use\"";
    if denied || refused || CANCELLED.iter().any(|start| output.starts_with(start)) {
        ToolStatus::Cancelled
    } else {
        ToolStatus::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: &str, structured: &str, expected: ToolStatus) {
        let block = Block::read(&mut Cursor::new(result.as_bytes())).unwrap();
        assert_eq!(end(&block, Some(structured.as_bytes())).status, expected, "{result}");
    }

    #[test]
    fn a_call_that_was_stopped_did_not_fail() {
        check(r#"{"content":"fine"}"#, "{}", ToolStatus::Ok);
        check(r#"{"content":[{"type":"text","text":"fine"}],"is_error":false}"#, "{}", ToolStatus::Ok);
        check(
            r#"{"content":"Exit code 1\nno such file","is_error":true}"#,
            "\"Error: Exit code 1\"",
            ToolStatus::Failed,
        );
        check(
            r#"{"content":"The user doesn't want to proceed with this","is_error":true}"#,
            "{}",
            ToolStatus::Cancelled,
        );
        check(
            r#"{"content":"<tool_use_error>Sibling tool call errored</tool_use_error>","is_error":true}"#,
            "{}",
            ToolStatus::Cancelled,
        );
        check(
            r#"{"content":"Permission to use Bash with command x has been denied.","is_error":true}"#,
            "{}",
            ToolStatus::Cancelled,
        );
        check(r#"{"content":"any","is_error":true}"#, "\"User rejected tool use\"", ToolStatus::Cancelled);
        check(r#"{"content":"part"}"#, r#"{"stdout":"part","stderr":"","interrupted":true}"#, ToolStatus::Cancelled);
    }

    #[test]
    fn a_call_names_its_command_and_files() {
        let block = br#"{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"cargo test"}}"#;
        let block = Block::read(&mut Cursor::new(block)).unwrap();
        let bash = call(&block, 3, Timestamp(5)).unwrap();
        assert_eq!((bash.command.as_deref(), bash.files.len()), (Some("cargo test"), 0));
        let block = br#"{"id":"t2","name":"Edit","input":{"file_path":"/p/a.rs","old_string":"a"}}"#;
        let block = Block::read(&mut Cursor::new(block)).unwrap();
        let edit = call(&block, 4, Timestamp(5)).unwrap();
        assert_eq!(edit.files, [TouchedFile { path: "/p/a.rs".to_owned(), action: FileAction::Edit }]);
        assert_eq!(edit.input, r#"{"file_path":"/p/a.rs","old_string":"a"}"#);
    }
}

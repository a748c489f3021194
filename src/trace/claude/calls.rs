//! Tool calls: what was run, on which files, and how it ended.

use std::borrow::Cow;

use serde::Deserialize;

use super::content::{Block, result_text};
use super::record::{Raw, filled, is_set, text};
use crate::model::{FileAction, Timestamp, ToolCall, ToolStatus, TouchedFile};
use crate::trace::parsed::{CallEnd, INPUT_CHARS, MARGIN_BYTES, output_chars, start_of};
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
#[derive(Deserialize, Default)]
#[serde(default)]
struct Input<'a> {
    #[serde(borrow)]
    command: Raw<'a>,
    #[serde(borrow)]
    file_path: Raw<'a>,
    #[serde(borrow)]
    notebook_path: Raw<'a>,
    #[serde(borrow, rename = "filePath")]
    symbol_path: Raw<'a>,
}

/// The call in a `tool_use` block; its output comes later.
pub(super) fn call(block: &Block<'_>, seq: u32, at: Timestamp) -> Option<ToolCall> {
    let name = filled(block.name)?;
    let json = block.input.map_or("{}", |input| input.get());
    let input: Input<'_> = serde_json::from_str(json).unwrap_or_default();
    let files = files(&name, &input);
    let changes = files.iter().any(|file| file.action == FileAction::Edit);
    let patch = changes.then(|| patch::of_input(&serde_json::from_str(json).ok()?)).flatten();
    Some(ToolCall {
        seq,
        call_id: filled(block.id).unwrap_or_default(),
        command: text(input.command).map(Cow::into_owned),
        input: start_of(json, INPUT_CHARS * 4 + MARGIN_BYTES).to_owned(),
        status: ToolStatus::Pending,
        output: String::new(),
        files,
        patch,
        at,
        name,
    })
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

/// How the call ended whose result stands in `block`, and the whole of its output.
pub(super) fn end<'a>(block: &Block<'a>, structured: Raw<'_>) -> (CallEnd, Cow<'a, str>) {
    let output = result_text(block.content);
    let status = status(&output, is_set(block.is_error), structured);
    let kept = start_of(&output, output_chars(status) * 4 + MARGIN_BYTES).to_owned();
    let call_id = filled(block.tool_use_id).unwrap_or_default();
    (CallEnd { call_id, status, output: kept, patch: structured.and_then(|raw| structured_patch(raw.get())) }, output)
}

/// The hunks that later versions write beside a result, with the lines around and their numbers.
fn structured_patch(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Patched {
        structured_patch: Vec<patch::Hunk>,
    }
    if !json.contains("\"structuredPatch\":[{") {
        return None;
    }
    serde_json::from_str::<Patched>(json).ok().and_then(|patched| patch::of_hunks(&patched.structured_patch))
}

fn status(output: &str, is_error: bool, structured: Raw<'_>) -> ToolStatus {
    let structured = structured.map_or("", |raw| raw.get());
    if !is_error {
        let interrupted = structured.starts_with("{\"stdout\"") && structured.contains("\"interrupted\":true");
        return if interrupted { ToolStatus::Cancelled } else { ToolStatus::Ok };
    }
    let denied = output.starts_with("Permission to use ") && output.contains(" has been denied");
    let refused = structured == "\"User rejected tool use\"";
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
        let block: Block<'_> = serde_json::from_str(result).unwrap();
        let raw: &serde_json::value::RawValue = serde_json::from_str(structured).unwrap();
        assert_eq!(end(&block, Some(raw)).0.status, expected, "{result}");
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
        let block: Block<'_> =
            serde_json::from_str(r#"{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"cargo test"}}"#)
                .unwrap();
        let bash = call(&block, 3, Timestamp(5)).unwrap();
        assert_eq!((bash.command.as_deref(), bash.files.len()), (Some("cargo test"), 0));
        let block: Block<'_> =
            serde_json::from_str(r#"{"id":"t2","name":"Edit","input":{"file_path":"/p/a.rs","old_string":"a"}}"#)
                .unwrap();
        let edit = call(&block, 4, Timestamp(5)).unwrap();
        assert_eq!(edit.files, [TouchedFile { path: "/p/a.rs".to_owned(), action: FileAction::Edit }]);
        assert_eq!(edit.input, r#"{"file_path":"/p/a.rs","old_string":"a"}"#);
    }
}

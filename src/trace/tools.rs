//! What a tool call runs and which files it touches, from its name and input: agents differ in names, not in kind.

use serde_json::Value;

use super::parsed::{INPUT_CHARS, MARGIN_BYTES, start_of};
use super::patch;
use crate::model::{FileAction, Timestamp, ToolCall, ToolStatus, TouchedFile};

/// Tools whose input is a command for a shell.
const SHELLS: &[&str] = &[
    "bash",
    "shell",
    "shell_command",
    "exec_command",
    "local_shell",
    "run_shell_command",
    "run_command",
    "run_in_terminal",
    "execute",
    "powershell",
    "unified_exec",
    "container.exec",
];

/// Tools that look at a file.
const READERS: &[&str] = &["read", "read_file", "view", "view_file", "view_image", "notebookread", "open_file"];

/// Tools that change a file.
const EDITORS: &[&str] = &[
    "edit",
    "edit_file",
    "multiedit",
    "write",
    "write_file",
    "write_to_file",
    "replace",
    "create",
    "create_file",
    "str_replace",
    "str_replace_editor",
    "insert",
    "insert_edit_into_file",
    "replace_string_in_file",
    "notebookedit",
    "delete_file",
];

/// Members under which tools name a file.
const PATHS: &[&str] = &["file_path", "filePath", "path", "absolute_path", "notebook_path"];

/// Members under which tools name a command.
const COMMANDS: &[&str] = &["command", "cmd", "script"];

/// Lines of a patch that name a file.
const PATCH_LINES: &[&str] = &["*** Update File: ", "*** Add File: ", "*** Delete File: ", "*** Move to: "];

/// The call of tool `name`; its place and time are the conversation's to say, its result comes later.
pub(super) fn call(call_id: &str, name: &str, input: &Value) -> ToolCall {
    let json = match input {
        Value::Null => "{}".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let plain = name.to_lowercase();
    let command = SHELLS.contains(&plain.as_str()).then(|| command(input)).flatten();
    let mut files = patched(input);
    if let Some(action) = action(&plain, input) {
        let path = PATHS.iter().find_map(|member| input.get(member)?.as_str()).filter(|path| !path.is_empty());
        files.extend(path.map(|path| TouchedFile { path: path.to_owned(), action }));
    }
    let changes = files.iter().any(|file| file.action == FileAction::Edit);
    ToolCall {
        seq: 0,
        call_id: call_id.to_owned(),
        name: name.to_owned(),
        command,
        input: start_of(&json, INPUT_CHARS * 4 + MARGIN_BYTES).to_owned(),
        status: ToolStatus::Pending,
        output: String::new(),
        patch: changes.then(|| patch::of_input(input)).flatten(),
        files,
        at: Timestamp::default(),
    }
}

fn action(tool: &str, input: &Value) -> Option<FileAction> {
    let views = input.get("command").and_then(Value::as_str) == Some("view");
    if READERS.contains(&tool) || tool == "str_replace_editor" && views {
        Some(FileAction::Read)
    } else {
        EDITORS.contains(&tool).then_some(FileAction::Edit)
    }
}

/// The command line. `["bash", "-lc", "make"]` and the like are the last argument, other arrays are joined.
fn command(input: &Value) -> Option<String> {
    match COMMANDS.iter().find_map(|member| input.get(member))? {
        Value::String(line) => Some(line.clone()),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            match parts.as_slice() {
                [_, "-lc" | "-c" | "-Command" | "/c", line] => Some((*line).to_owned()),
                [] => None,
                parts => Some(parts.join(" ")),
            }
        }
        _ => None,
    }
}

/// The files of a patch, which is the whole input or stands in one of its members, alone or inside a command.
fn patched(input: &Value) -> Vec<TouchedFile> {
    let mut files: Vec<TouchedFile> = Vec::new();
    for text in strings(input).into_iter().filter(|text| text.contains("*** Begin Patch")) {
        for line in text.lines() {
            let Some(path) = PATCH_LINES.iter().find_map(|start| line.strip_prefix(start)) else { continue };
            let path = path.trim();
            if !path.is_empty() && files.iter().all(|file| file.path != path) {
                files.push(TouchedFile { path: path.to_owned(), action: FileAction::Edit });
            }
        }
    }
    files
}

/// A string, or those directly inside an object or array and one level below.
pub(super) fn strings(input: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(input, 2, &mut found);
    found
}

fn collect<'a>(value: &'a Value, depth: u32, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(all) if depth > 0 => all.iter().for_each(|value| collect(value, depth - 1, found)),
        Value::Object(all) if depth > 0 => all.values().for_each(|value| collect(value, depth - 1, found)),
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` at the call is easier to read without a reference")]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &str, input: Value, command: Option<&str>, files: &[(&str, FileAction)]) {
        let call = call("c", name, &input);
        let found: Vec<_> = call.files.iter().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!((call.command.as_deref(), found.as_slice()), (command, files), "{name} {input}");
    }

    #[test]
    fn commands_are_found_in_every_form() {
        check("shell", json!({"command": ["bash", "-lc", "cargo test"]}), Some("cargo test"), &[]);
        check("shell", json!({"command": ["git", "status"]}), Some("git status"), &[]);
        check("exec_command", json!({"cmd": "ls -l"}), Some("ls -l"), &[]);
        check("Bash", json!({"command": "ls"}), Some("ls"), &[]);
        check("shell", json!({"command": []}), None, &[]);
        check("task", json!({"command": "no shell"}), None, &[]);
    }

    #[test]
    fn files_are_those_named_and_those_patched() {
        use FileAction::{Edit, Read};
        check("read", json!({"path": "a.rs"}), None, &[("a.rs", Read)]);
        check("write_file", json!({"file_path": "/p/a.rs"}), None, &[("/p/a.rs", Edit)]);
        check("str_replace_editor", json!({"command": "view", "path": "a"}), None, &[("a", Read)]);
        check("grep", json!({"path": "src"}), None, &[]);
        let patch =
            "*** Begin Patch\n*** Update File: a.rs\n*** Move to: b.rs\n@@\n-x\n*** Add File: c.rs\n*** End Patch";
        let files = [("a.rs", Edit), ("b.rs", Edit), ("c.rs", Edit)];
        check("apply_patch", json!(patch), None, &files);
        check("apply_patch", json!({"input": patch}), None, &files);
        let line = format!("apply_patch <<'EOF'\n{patch}\nEOF");
        check("shell", json!({"command": ["bash", "-lc", line]}), Some(&line), &files);
    }
}

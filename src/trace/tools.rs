//! What a tool call runs and which files it touches, from its name and input: agents differ in names, not in kind.

use serde_json::Value;

use super::parsed::{INPUT_CHARS, MARGIN_BYTES, start_of};
use super::patch;
use crate::model::{FileAction, Timestamp, ToolCall, ToolStatus, TouchedFile};

/// Words by which the names of tools that run a command are known.
const SHELLS: &[&str] = &["bash", "shell", "terminal", "exec", "execute", "run_command", "powershell"];

/// The same of tools that look at a file.
const READERS: &[&str] = &["read", "view", "open_file", "notebookread"];

/// The same of tools that change one.
const EDITORS: &[&str] =
    &["edit", "multiedit", "notebookedit", "write", "replace", "patch", "delete", "create_file", "insert"];

/// Tools that touch no file whatever else their name says.
const NEITHER: &[&str] = &["todo", "todowrite", "todoread"];

/// Members under which tools name a file.
const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "target_file",
    "targetFile",
    "path",
    "absolute_path",
    "relative_workspace_path",
    "relativeWorkspacePath",
    "notebook_path",
    "target_notebook",
    "effectiveUri",
];

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
    let name_words = words(name);
    let is = |known: &[&str]| known.iter().any(|known| name_words.contains(&format!("_{known}_")));
    let command = is(SHELLS).then(|| command(input)).flatten();
    let mut files = patched(input);
    let action = match () {
        () if is(SHELLS) || is(NEITHER) => None,
        () if is(READERS) || input.get("command").and_then(Value::as_str) == Some("view") => Some(FileAction::Read),
        () => (is(EDITORS) || name_words == "_create_").then_some(FileAction::Edit),
    };
    if let Some(action) = action {
        let path = PATHS.iter().find_map(|member| input.get(member)?.as_str());
        let path = path.map(|path| path.strip_prefix("file://").unwrap_or(path)).filter(|path| !path.trim().is_empty());
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

/// The words of a tool's name with `_` around each: `StrReplace` and `str_replace` are `_str_replace_`.
fn words(name: &str) -> String {
    let mut words = String::from("_");
    let mut before = '_';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            words.push('_');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else if !words.ends_with('_') {
            words.push('_');
        }
        before = c;
    }
    words.push('_');
    words
}

/// The command line. `["bash", "-lc", "make"]` and the like are the last argument, other arrays are joined.
fn command(input: &Value) -> Option<String> {
    match COMMANDS.iter().find_map(|member| input.get(member))? {
        Value::String(line) => Some(line.clone()).filter(|line| !line.trim().is_empty()),
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
        check("run_terminal_cmd", json!({"command": "make"}), Some("make"), &[]);
        check("container.exec", json!({"cmd": ["git", "status"]}), Some("git status"), &[]);
        check("RunCommand", json!({"command": " "}), None, &[]);
        check("slash_command", json!({"command": "/review"}), None, &[]);
    }

    #[test]
    fn files_are_those_named_and_those_patched() {
        use FileAction::{Edit, Read};
        check("read", json!({"path": "a.rs"}), None, &[("a.rs", Read)]);
        check("write_file", json!({"file_path": "/p/a.rs"}), None, &[("/p/a.rs", Edit)]);
        check("str_replace_editor", json!({"command": "view", "path": "a"}), None, &[("a", Read)]);
        check("grep", json!({"path": "src"}), None, &[]);
        check("search_replace", json!({"target_file": "b.rs"}), None, &[("b.rs", Edit)]);
        check("StrReplace", json!({"path": "b.rs"}), None, &[("b.rs", Edit)]);
        check("edit", json!({"filePath": "file:///c.rs"}), None, &[("/c.rs", Edit)]);
        check("create", json!({"path": "d.rs"}), None, &[("d.rs", Edit)]);
        check("create_directory", json!({"path": "d"}), None, &[]);
        check("spawn_thread", json!({"path": "d"}), None, &[]);
        check("todowrite", json!({"path": "x"}), None, &[]);
        check("TodoWrite", json!({"path": "x"}), None, &[]);
        check("read", Value::Null, None, &[]);
        let patch =
            "*** Begin Patch\n*** Update File: a.rs\n*** Move to: b.rs\n@@\n-x\n*** Add File: c.rs\n*** End Patch";
        let files = [("a.rs", Edit), ("b.rs", Edit), ("c.rs", Edit)];
        check("apply_patch", json!(patch), None, &files);
        check("apply_patch", json!({"input": patch}), None, &files);
        check("apply_patch", json!({"patchText": patch}), None, &files);
        let line = format!("apply_patch <<'EOF'\n{patch}\nEOF");
        check("shell", json!({"command": ["bash", "-lc", line]}), Some(&line), &files);
    }
}

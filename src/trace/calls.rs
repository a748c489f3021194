//! What a tool call did, told by the tool's name and the members of its input: agents name both much alike.

use serde_json::Value;

use crate::model::{FileAction, TouchedFile};

/// What is known of a call beside its input.
#[derive(Debug, Default, PartialEq)]
pub(super) struct About {
    pub(super) command: Option<String>,
    pub(super) files: Vec<TouchedFile>,
}

const COMMANDS: &[&str] = &["command", "cmd", "script"];

const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "target_file",
    "targetFile",
    "path",
    "relative_workspace_path",
    "relativeWorkspacePath",
    "notebook_path",
    "target_notebook",
    "effectiveUri",
];

const SHELLS: &[&str] = &["bash", "shell", "terminal", "exec", "run_command", "powershell"];
const EDITORS: &[&str] = &["edit", "write", "replace", "patch", "delete", "create_file", "createfile"];
const READERS: &[&str] = &["read", "view", "open_file"];

/// The command and the files of a call.
pub(super) fn about(tool: &str, input: &Value) -> About {
    let tool = tool.to_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| tool.contains(name));
    if is(SHELLS) {
        return About { command: member(input, COMMANDS), files: Vec::new() };
    }
    let action = match () {
        () if tool.contains("todo") => None,
        () if is(EDITORS) => Some(FileAction::Edit),
        () if is(READERS) => Some(FileAction::Read),
        () => None,
    };
    let mut files: Vec<TouchedFile> = Vec::new();
    if let Some(action) = action {
        files.extend(member(input, PATHS).map(|path| TouchedFile { path, action }));
        files.extend(patched(input).into_iter().map(|path| TouchedFile { path, action }));
    }
    About { command: None, files }
}

/// The first of these members that is text, or words that make a command.
fn member(input: &Value, names: &[&str]) -> Option<String> {
    let value = names.iter().find_map(|name| input.get(name))?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => return None,
    };
    let text = text.strip_prefix("file://").unwrap_or(&text).to_owned();
    (!text.trim().is_empty()).then_some(text)
}

/// The files that a patch in the common envelope names.
fn patched(input: &Value) -> Vec<String> {
    let text =
        input.as_str().or_else(|| ["patchText", "patch", "input"].iter().find_map(|name| input.get(name)?.as_str()));
    let Some(text) = text.filter(|text| text.contains("*** Begin Patch")) else { return Vec::new() };
    text.lines()
        .filter_map(|line| {
            let header = line.strip_prefix("*** ")?;
            ["Add File: ", "Update File: ", "Delete File: "].iter().find_map(|start| header.strip_prefix(start))
        })
        .map(|path| path.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(tool: &str, input: &Value, command: Option<&str>, files: &[(&str, FileAction)]) {
        let found = about(tool, input);
        let named: Vec<_> = found.files.iter().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!((found.command.as_deref(), named.as_slice()), (command, files), "{tool}");
    }

    #[test]
    fn calls_name_their_command_and_files() {
        check("bash", &json!({"command": "ls"}), Some("ls"), &[]);
        check("run_terminal_cmd", &json!({"command": "make"}), Some("make"), &[]);
        check("exec_command", &json!({"cmd": ["git", "status"]}), Some("git status"), &[]);
        check("Read", &json!({"path": "/a.rs"}), None, &[("/a.rs", FileAction::Read)]);
        check("search_replace", &json!({"target_file": "b.rs"}), None, &[("b.rs", FileAction::Edit)]);
        check("edit", &json!({"filePath": "file:///c.rs"}), None, &[("/c.rs", FileAction::Edit)]);
        check("Grep", &json!({"path": "/src", "pattern": "x"}), None, &[]);
        check("todowrite", &json!({"path": "x"}), None, &[]);
        let patch = "*** Begin Patch\n*** Update File: a.md\n@@\n-a\n+b\n*** Add File: d.md\n*** End Patch";
        check(
            "apply_patch",
            &json!({"patchText": patch}),
            None,
            &[("a.md", FileAction::Edit), ("d.md", FileAction::Edit)],
        );
        check("read", &Value::Null, None, &[]);
    }
}

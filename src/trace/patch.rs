//! What a tool call changed in files, as hunks of a unified diff, in whichever form the agent tells it.
//!
//! A hunk begins with `@@`, with line numbers where the agent knows them. Where a call changes several files, a line
//! `+++ <path>` comes before each file's hunks.

use std::borrow::Cow;

use serde_json::Value;

use super::parsed::{MARGIN_BYTES, PATCH_CHARS, start_of};
use super::tools::strings;

/// More than is kept, so that what is cut is cut after secrets were looked for.
const MOST_BYTES: usize = PATCH_CHARS * 4 + MARGIN_BYTES;

/// What the common envelope of patches begins with.
pub(super) const ENVELOPE: &str = "*** Begin Patch";

/// Members with what was there and what is there now.
const REPLACEMENTS: &[(&str, &str)] = &[
    ("old_string", "new_string"),
    ("oldString", "newString"),
    ("oldText", "newText"),
    ("old_str", "new_str"),
    ("old_text", "new_text"),
];

/// Members with a file's whole new content.
const CONTENTS: &[&str] = &["content", "contents", "file_text", "fileText", "new_content", "newContent"];

/// A hunk as Claude Code writes it beside a result.
#[derive(Default)]
pub(super) struct Hunk<'a> {
    pub(super) old_start: u64,
    pub(super) old_lines: u64,
    pub(super) new_start: u64,
    pub(super) new_lines: u64,
    pub(super) lines: Vec<Cow<'a, str>>,
}

/// The text of hunks.
pub(super) fn of_hunks(hunks: &[Hunk<'_>]) -> Option<String> {
    let mut patch = String::new();
    for hunk in hunks {
        let Hunk { old_start, old_lines, new_start, new_lines, lines } = hunk;
        add(&mut patch, "", &format!("@@ -{old_start},{old_lines} +{new_start},{new_lines} @@"));
        lines.iter().for_each(|line| add(&mut patch, "", line));
    }
    finish(patch)
}

/// The hunks of a unified diff, without its head.
pub(super) fn of_diff(diff: &str) -> Option<String> {
    let start = if diff.starts_with("@@") { 0 } else { diff.find("\n@@")? + 1 };
    finish(start_of(diff[start..].trim_end(), MOST_BYTES).to_owned())
}

/// The changes that Codex reports, by path.
pub(super) fn of_changes(changes: Option<&Value>) -> Option<String> {
    let changes = changes?.as_object()?;
    let mut patch = String::new();
    for (path, change) in changes {
        if changes.len() > 1 {
            add(&mut patch, "+++ ", path);
        }
        let member = |names: &[&str]| names.iter().find_map(|name| change.get(name)?.as_str());
        let is_whole = change.get("type").and_then(Value::as_str) != Some("update");
        match member(&["unified_diff", "diff"]).and_then(of_diff) {
            Some(hunks) => add(&mut patch, "", &hunks),
            None if is_whole => whole(&mut patch, member(&["content"]).unwrap_or_default()),
            None => {}
        }
    }
    finish(patch)
}

/// What a tool that edits files was given to do.
pub(super) fn of_input(input: &Value) -> Option<String> {
    let mut patch = String::new();
    if let Some(text) = strings(input).into_iter().find(|text| text.contains(ENVELOPE)) {
        envelope(&mut patch, text);
    } else if let Some(edits) = input.get("edits").and_then(Value::as_array) {
        edits.iter().for_each(|edit| replacement(&mut patch, edit));
    } else {
        replacement(&mut patch, input);
    }
    if patch.is_empty()
        && let Some(content) = CONTENTS.iter().find_map(|name| input.get(name)?.as_str())
    {
        whole(&mut patch, content);
    }
    finish(patch)
}

/// The common envelope of patches, whose hunks have no numbers.
fn envelope(patch: &mut String, text: &str) {
    let inside = text.lines().skip_while(|line| !line.starts_with(ENVELOPE)).skip(1);
    let mut inside = inside.take_while(|line| !line.starts_with("*** End Patch")).peekable();
    while let Some(line) = inside.next() {
        match line.strip_prefix("*** ").and_then(|marked| marked.split_once("File: ")) {
            Some((_, path)) => {
                add(patch, "+++ ", path.trim());
                if inside.peek().is_some_and(|next| next.starts_with('+')) {
                    add(patch, "", "@@");
                }
            }
            None if line.starts_with(['@', '+', '-', ' ']) || line.is_empty() => add(patch, "", line),
            None => {}
        }
    }
}

fn replacement(patch: &mut String, edit: &Value) {
    let text = |name: &str| edit.get(name).and_then(Value::as_str);
    let Some((old, new)) = REPLACEMENTS.iter().map(|&(old, new)| (text(old), text(new))).find(|(_, new)| new.is_some())
    else {
        return;
    };
    replaced(patch, old.unwrap_or_default(), new.unwrap_or_default());
}

/// One text in the place of another.
pub(super) fn of_replacement(old: &str, new: &str) -> Option<String> {
    let mut patch = String::with_capacity((old.len() + new.len()).min(MOST_BYTES) * 5 / 4);
    replaced(&mut patch, old, new);
    finish(patch)
}

fn replaced(patch: &mut String, old: &str, new: &str) {
    add(patch, "", "@@");
    old.lines().for_each(|line| add(patch, "-", line));
    new.lines().for_each(|line| add(patch, "+", line));
}

fn whole(patch: &mut String, content: &str) {
    if !content.is_empty() {
        add(patch, "", &format!("@@ -0,0 +1,{} @@", content.lines().count()));
        content.lines().for_each(|line| add(patch, "+", line));
    }
}

/// Adds a line, unless there is enough.
fn add(patch: &mut String, mark: &str, line: &str) {
    if patch.len() < MOST_BYTES {
        if !patch.is_empty() {
            patch.push('\n');
        }
        patch.push_str(mark);
        patch.push_str(start_of(line, MOST_BYTES));
    }
}

fn finish(patch: String) -> Option<String> {
    (!patch.is_empty()).then_some(patch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_of_every_form_become_hunks() {
        let check = |input: Value, expected: Option<&str>| assert_eq!(of_input(&input).as_deref(), expected, "{input}");
        check(json!({"old_string": "a\nb", "new_string": "c"}), Some("@@\n-a\n-b\n+c"));
        check(json!({"oldString": "", "newString": "c"}), Some("@@\n+c"));
        check(
            json!({"path": "p", "edits": [{"oldText": "a", "newText": "b"}, {"oldText": "c", "newText": ""}]}),
            Some("@@\n-a\n+b\n@@\n-c"),
        );
        check(json!({"file_path": "p", "content": "a\n\nb\n"}), Some("@@ -0,0 +1,3 @@\n+a\n+\n+b"));
        check(json!({"insert_line": 3, "new_str": "x"}), Some("@@\n+x"));
        let patch = "*** Begin Patch\n*** Update File: a.rs\n@@ fn f\n-x\n+y\n*** Add File: b.rs\n+z\n*** End Patch\n";
        let hunks = Some("+++ a.rs\n@@ fn f\n-x\n+y\n+++ b.rs\n@@\n+z");
        check(json!(patch), hunks);
        check(json!({"command": ["bash", "-lc", format!("apply_patch <<'EOF'\n{patch}EOF")]}), hunks);
        check(json!({"path": "p"}), None);
        check(json!(null), None);
    }

    #[test]
    fn results_of_every_form_become_hunks() {
        let diff = "Index: a\n===\n--- a\n+++ a\n@@ -1 +1 @@\n-x\n+y\n";
        assert_eq!(of_diff(diff).as_deref(), Some("@@ -1 +1 @@\n-x\n+y"));
        assert_eq!(of_diff("@@ -1 +1 @@\n-x\n+y").as_deref(), Some("@@ -1 +1 @@\n-x\n+y"));
        assert_eq!(of_diff("no diff"), None);
        let changes =
            json!({"/p/a": {"type": "update", "unified_diff": diff}, "/p/b": {"type": "add", "content": "z\n"}});
        let expected = "+++ /p/a\n@@ -1 +1 @@\n-x\n+y\n+++ /p/b\n@@ -0,0 +1,1 @@\n+z";
        assert_eq!(of_changes(Some(&changes)).as_deref(), Some(expected));
        assert_eq!(of_changes(Some(&json!({}))), None);
        let lines = [" a", "-b", "+c"].map(Cow::Borrowed).to_vec();
        let hunk = Hunk { old_start: 1, old_lines: 2, new_start: 1, new_lines: 2, lines };
        assert_eq!(of_hunks(&[hunk]).as_deref(), Some("@@ -1,2 +1,2 @@\n a\n-b\n+c"));
    }

    #[test]
    fn a_patch_is_not_longer_than_needed() {
        let long = of_input(&json!({"content": "x".repeat(80) + &"\nline".repeat(100_000)})).unwrap();
        assert!(long.len() < MOST_BYTES + 10, "{}", long.len());
    }
}

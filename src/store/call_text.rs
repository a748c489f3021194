//! What a tool call is found by.

use crate::model::{FileAction, ToolCall, ToolStatus};

/// The words of a call: the command, or what the tool was given, then the files it touched, then what it said if it
/// failed. What it wrote into files is left out: that is found by the file, and would hide everything else.
pub fn call_text(call: &ToolCall) -> String {
    let mut parts: Vec<String> = call.command.iter().cloned().collect();
    if parts.is_empty() && !call.files.iter().any(|file| file.action == FileAction::Edit) {
        // A path stands in the input as well, usually absolute.
        let is_path = |value: &String| call.files.iter().any(|file| value.ends_with(&file.path));
        parts.extend(values(&call.input).into_iter().filter(|value| !is_path(value)));
    }
    parts.extend(call.files.iter().map(|file| file.path.clone()));
    parts.extend((call.status == ToolStatus::Failed).then(|| call.output.clone()));
    parts.join("\n")
}

/// The strings in JSON that may have been cut, without the names of members; other text as it is.
fn values(input: &str) -> Vec<String> {
    if !input.trim_start().starts_with(['{', '[']) {
        return vec![input.to_owned()];
    }
    let mut values = Vec::new();
    let mut rest = input;
    while let Some(open) = rest.find('"') {
        let (token, after) = string_at(&rest[open..]);
        rest = after;
        if !after.trim_start().starts_with(':') {
            values.push(token);
        }
    }
    values
}

/// The string that a text starts with, and what follows it.
fn string_at(text: &str) -> (String, &str) {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let (token, after) = text.split_at(end.map_or(text.len(), |(at, _)| at + 1));
    // What was cut is no JSON any more; there only line ends would join words.
    let plain = || token.trim_matches('"').replace("\\n", "\n").replace("\\t", "\t");
    (serde_json::from_str(token).unwrap_or_else(|_| plain()), after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Timestamp, TouchedFile};

    fn call(command: Option<&str>, input: &str, files: &[(&str, FileAction)], status: ToolStatus) -> ToolCall {
        let files = files.iter().map(|&(path, action)| TouchedFile { path: path.to_owned(), action }).collect();
        ToolCall {
            seq: 0,
            call_id: "c".to_owned(),
            name: "Tool".to_owned(),
            command: command.map(str::to_owned),
            input: input.to_owned(),
            status,
            output: "no such file".to_owned(),
            files,
            patch: None,
            at: Timestamp(0),
        }
    }

    #[test]
    fn calls_are_found_by_what_tells_them_apart() {
        let check = |call: ToolCall, expected: &str| assert_eq!(call_text(&call), expected);
        check(call(Some("cargo nextest run"), r#"{"command":"x"}"#, &[], ToolStatus::Ok), "cargo nextest run");
        check(call(Some("cat a"), "{}", &[], ToolStatus::Failed), "cat a\nno such file");
        check(
            call(None, r#"{"pattern":"fn main","output_mode":"content","-n":true}"#, &[], ToolStatus::Ok),
            "fn main\ncontent",
        );
        let read = [("src/a.rs", FileAction::Read)];
        check(call(None, r#"{"file_path":"/p/src/a.rs","limit":5}"#, &read, ToolStatus::Ok), "src/a.rs");
        let edit = [("src/a.rs", FileAction::Edit)];
        check(call(None, r#"{"file_path":"/p/src/a.rs","new_string":"let x"}"#, &edit, ToolStatus::Ok), "src/a.rs");
        check(call(None, r#"{"query":"SELECT\n1","more":"cut\nhe…"#, &[], ToolStatus::Ok), "SELECT\n1\ncut\nhe…");
        check(call(None, "plain words", &[], ToolStatus::Ok), "plain words");
        check(call(None, "{}", &[], ToolStatus::Ok), "");
    }

    proptest! {
        #[test]
        fn whole_and_cut_inputs_give_their_values(value in "[a-zé\"\\\\\n]{0,12}", cut in 0_usize..40) {
            let json = serde_json::json!({"name": value, "list": [value, 5]}).to_string();
            prop_assert_eq!(values(&json), [value.clone(), value]);
            let cut: String = json.chars().take(cut).collect();
            let _any = values(&cut);
        }
    }
}

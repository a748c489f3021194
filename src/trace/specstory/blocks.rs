//! The elements in a section: tool calls and thoughts.

use serde_json::{Map, Value};

use crate::model::ToolStatus;
use crate::trace::builder::Builder;
use crate::trace::parsed::{MARGIN_BYTES, output_chars};

/// One tool call as far as its Markdown tells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tool {
    name: String,
    command: Option<String>,
    path: Option<String>,
    about: String,
    output: Option<String>,
}

impl Tool {
    /// Reads the lines from `<tool-use …>` to `</tool-use>`.
    pub(super) fn read(lines: &[&str]) -> Self {
        let opening = lines.first().copied().unwrap_or_default();
        let kind = attribute(opening, "data-tool-type").unwrap_or_default();
        let mut tool = Self { name: attribute(opening, "data-tool-name").unwrap_or_default(), ..Self::default() };
        let (fences, plain) = fences(lines.get(1..).unwrap_or_default());
        for line in &plain {
            let line = line.trim().trim_start_matches("<summary>").trim_end_matches("</summary>");
            let quoted = || line.split('`').nth(1).filter(|quoted| !quoted.is_empty()).map(str::to_owned);
            let named =
                line.split_once(" • ").and_then(|(_, what)| what.split_once(": ")).map(|(_, what)| what.to_owned());
            let found = quoted().or(named);
            match &*kind {
                "shell" => tool.command = tool.command.or(found),
                "read" | "write" => tool.path = tool.path.or(found),
                _ if tool.about.is_empty() && !line.starts_with("Tool use:") && !line.starts_with('<') => {
                    line.clone_into(&mut tool.about);
                }
                _ => {}
            }
        }
        let mut fences = fences;
        if kind == "shell"
            && let Some(at) = fences.iter().position(|(language, _)| matches!(*language, "bash" | "sh" | "shell"))
        {
            tool.command = Some(fences.remove(at).1);
        }
        // What was written or changed comes first, what the tool answered last.
        let is_answer = |language: &str| language.is_empty() || language == "text";
        tool.output = fences.pop().filter(|(language, _)| is_answer(language)).map(|(_, text)| text);
        let changed = tool.output.as_deref().and_then(changed_file);
        tool.path = tool.path.or_else(|| changed.filter(|_| kind == "write"));
        tool
    }

    /// Adds the call and its result.
    pub(super) fn tell(self, builder: &mut Builder) {
        let mut input = Map::new();
        for (name, value) in [("command", &self.command), ("file_path", &self.path)] {
            if let Some(value) = value {
                input.insert(name.to_owned(), Value::String(value.clone()));
            }
        }
        if !self.about.is_empty() {
            input.insert("description".to_owned(), Value::String(self.about));
        }
        builder.call("", &self.name, &Value::Object(input));
        if let Some(output) = self.output {
            builder.result("", status(&output), &output);
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

/// Fenced blocks with their language, and the lines outside them. A fence inside a tool's output is not told from the
/// end of it; what follows is then taken for lines outside, which costs part of the output.
fn fences<'a>(lines: &[&'a str]) -> (Vec<(&'a str, String)>, Vec<&'a str>) {
    let most = output_chars(ToolStatus::Failed) * 4 + MARGIN_BYTES;
    let (mut blocks, mut plain): (Vec<(&str, String)>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut open = false;
    for line in lines {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                open = true;
                blocks.push((language.trim(), String::new()));
            }
            (Some(""), true) => open = false,
            (_, true) => {
                if let Some((_, text)) = blocks.last_mut().filter(|(_, text)| text.len() < most) {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            (None, false) => plain.push(line),
        }
    }
    (blocks, plain)
}

/// The path in `The file <path> has been updated`, `File created successfully at: <path>`.
fn changed_file(output: &str) -> Option<String> {
    let line = output.lines().next()?;
    let path = match line.strip_prefix("The file ") {
        Some(rest) => rest.split_once(" has been ")?.0,
        None => line.strip_prefix("File created successfully at: ")?.split(" (").next()?,
    };
    Some(path.trim().to_owned())
}

/// How a call ended, from what its output starts with: the Markdown does not say it otherwise.
fn status(output: &str) -> ToolStatus {
    let start = output.trim_start();
    let code = ["Exit code ", "Exit code: "].iter().find_map(|phrase| start.strip_prefix(phrase));
    let code = code.or_else(|| output.lines().take(4).find_map(|line| line.strip_prefix("Process exited with code ")));
    let is_cancelled = ["The user doesn't want to", "[Request interrupted by user", "<tool_use_error>Cancelled"]
        .iter()
        .any(|phrase| start.starts_with(phrase));
    if is_cancelled {
        return ToolStatus::Cancelled;
    }
    let code = code.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    let failed = code.is_some_and(|code| code != "0" && !code.is_empty()) || start.starts_with("<tool_use_error>");
    if failed { ToolStatus::Failed } else { ToolStatus::Ok }
}

/// A text without the thoughts in `<think>…</think>`; an unclosed one goes to the end.
pub(super) fn without_thoughts(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, thoughts)) = rest.split_once("<think>") {
        kept.push_str(before);
        rest = thoughts.split_once("</think>").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Tool {
        Tool::read(&text.lines().collect::<Vec<_>>())
    }

    #[test]
    fn a_shell_call_has_its_command_and_output() {
        let tool = read(
            "<tool-use data-tool-type=\"shell\" data-tool-name=\"Bash\"><details>\n<summary>Tool use: **Bash**</summary>\n\
             Run the tests\n\n```bash\ncargo test\n```\n\n```text\nExit code 101\nfailed\n```\n</details></tool-use>",
        );
        assert_eq!((tool.name.as_str(), tool.command.as_deref()), ("Bash", Some("cargo test\n")));
        assert_eq!(status(tool.output.as_deref().unwrap()), ToolStatus::Failed);
        let tool = read(
            "<tool-use data-tool-type=\"shell\" data-tool-name=\"exec_command\"><details>\n\
             <summary>Tool use: **exec_command** `git diff`</summary>\n```\nWall time: 0\nProcess exited with code 0\n```\n</details></tool-use>",
        );
        assert_eq!(tool.command.as_deref(), Some("git diff"));
        assert_eq!(status(tool.output.as_deref().unwrap()), ToolStatus::Ok);
    }

    #[test]
    fn files_are_named_in_several_ways() {
        let path = |text: &str| read(text).path.unwrap();
        assert_eq!(
            path("<tool-use data-tool-type=\"read\" data-tool-name=\"Read\"><details>\n `./a.go`\n```\nx\n```"),
            "./a.go"
        );
        assert_eq!(
            path(
                "<tool-use data-tool-type=\"write\" data-tool-name=\"Edit\"><details>\n```text\nThe file /b.go has been updated. x\n```"
            ),
            "/b.go"
        );
        assert_eq!(
            path(
                "<tool-use data-tool-type=\"write\" data-tool-name=\"x\">\n<summary>Tool use: **x** • Edit file: c/d.go</summary>"
            ),
            "c/d.go"
        );
    }

    #[test]
    fn thoughts_are_taken_out() {
        assert_eq!(without_thoughts("a<think>b</think>c"), "ac");
        assert_eq!(without_thoughts("a<think>b"), "a");
    }
}

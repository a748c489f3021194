//! How a call ended, from its output or from the event that reports its end.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::ToolStatus;
use crate::trace::fields::{text, texts};

/// What a result says of a call that the person did not let run to its end.
const CANCELLED: &[&str] = &["rejected by user", "aborted by user", "declined by user", "denied by user"];

/// How results start that are the program's own complaint.
const FAILED: &[&str] = &[
    "execution error:",
    "exec_command failed",
    "write_stdin failed",
    "failed to parse function arguments",
    "apply_patch verification failed",
    "unsupported call:",
    "unsupported custom tool call:",
    "tool call error:",
    "failed in sandbox:",
];

/// Lines before a command's own output that tell its exit status.
const EXITS: &[&str] = &["Exit code: ", "Process exited with code "];

/// Most lines that stand before a command's own output.
const HEADER_LINES: usize = 8;

/// The status and the text of an `output` member: text, blocks, or an object with `content` and `success`.
pub(super) fn of_output(output: &Value) -> (ToolStatus, Cow<'_, str>) {
    let said = match output {
        Value::String(said) => Cow::Borrowed(said.as_str()),
        Value::Array(_) => Cow::Owned(texts(output).join("\n")),
        other => match other.get("content") {
            Some(content) => Cow::Owned(texts(content).join("\n")),
            None => Cow::Owned(texts(other).join("\n")),
        },
    };
    if output.get("success") == Some(&Value::Bool(false)) {
        return (ToolStatus::Failed, said);
    }
    match wrapped(&said) {
        Some((status, inner)) => (status, Cow::Owned(inner)),
        None => (of_text(&said), said),
    }
}

/// Versions up to 0.80 wrap a command's output in JSON with its exit status.
fn wrapped(said: &str) -> Option<(ToolStatus, String)> {
    if !said.starts_with("{\"output\"") {
        return None;
    }
    let value: Value = serde_json::from_str(said).ok()?;
    let exit = value.get("metadata")?.get("exit_code")?.as_i64()?;
    Some((of_exit(exit), value.get("output")?.as_str()?.to_owned()))
}

fn of_text(said: &str) -> ToolStatus {
    let header = || said.lines().take(HEADER_LINES).take_while(|line| !line.starts_with("Total output lines"));
    let exits = header().filter_map(|line| EXITS.iter().find_map(|start| line.strip_prefix(start)));
    // One command's report may stand in another's: the first that is no success counts.
    if let Some(status) = exits.filter_map(|exit| exit.trim().parse().ok()).map(of_exit).reduce(worse) {
        return status;
    }
    let first = said.lines().next().unwrap_or_default();
    if first == "aborted" || CANCELLED.iter().any(|phrase| first.contains(phrase)) {
        ToolStatus::Cancelled
    } else if FAILED.iter().any(|start| first.starts_with(start)) {
        ToolStatus::Failed
    } else {
        ToolStatus::Ok
    }
}

fn worse(one: ToolStatus, other: ToolStatus) -> ToolStatus {
    if one == ToolStatus::Ok { other } else { one }
}

fn of_exit(exit: i64) -> ToolStatus {
    if exit == 0 { ToolStatus::Ok } else { ToolStatus::Failed }
}

/// The call that an event or a completed item reports the end of, and how it ended.
pub(super) fn of_event(event: &Value) -> Option<(&str, ToolStatus)> {
    let call_id = text(event, "call_id").or_else(|| text(event, "id"))?;
    let status = match (text(event, "status"), event.get("exit_code").and_then(Value::as_i64)) {
        (Some("declined" | "cancelled" | "canceled" | "interrupted"), _) => ToolStatus::Cancelled,
        (_, Some(exit)) => of_exit(exit),
        (Some("failed" | "error"), _) => ToolStatus::Failed,
        (Some("completed"), _) => ToolStatus::Ok,
        _ => match event.get("success")?.as_bool()? {
            true => ToolStatus::Ok,
            false => ToolStatus::Failed,
        },
    };
    Some((call_id, status))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_tell_how_the_call_ended() {
        let check = |output: Value, status: ToolStatus, said: &str| {
            assert_eq!(of_output(&output), (status, Cow::Borrowed(said)), "{output}");
        };
        check(
            json!("Exit code: 0\nWall time: 0 s\nOutput:\nfine"),
            ToolStatus::Ok,
            "Exit code: 0\nWall time: 0 s\nOutput:\nfine",
        );
        check(
            json!("Chunk ID: 1\nProcess exited with code 2\nOutput:\nx"),
            ToolStatus::Failed,
            "Chunk ID: 1\nProcess exited with code 2\nOutput:\nx",
        );
        check(json!(r#"{"output":"no","metadata":{"exit_code":1,"duration_seconds":0.1}}"#), ToolStatus::Failed, "no");
        check(json!({"content": "no", "success": false}), ToolStatus::Failed, "no");
        check(json!([{"type": "input_text", "text": "plain"}]), ToolStatus::Ok, "plain");
        check(json!("exec command rejected by user"), ToolStatus::Cancelled, "exec command rejected by user");
        check(
            json!("apply_patch verification failed: no such file"),
            ToolStatus::Failed,
            "apply_patch verification failed: no such file",
        );
        check(json!(null), ToolStatus::Ok, "");
    }

    #[test]
    fn events_tell_how_the_call_ended() {
        let check =
            |event: Value, expected: Option<(&str, ToolStatus)>| assert_eq!(of_event(&event), expected, "{event}");
        check(json!({"call_id": "c", "exit_code": 3}), Some(("c", ToolStatus::Failed)));
        check(json!({"id": "c", "status": "completed", "exit_code": 0}), Some(("c", ToolStatus::Ok)));
        check(json!({"id": "c", "status": "declined", "exit_code": -1}), Some(("c", ToolStatus::Cancelled)));
        check(json!({"call_id": "c", "success": false}), Some(("c", ToolStatus::Failed)));
        check(json!({"id": "c"}), None);
    }
}

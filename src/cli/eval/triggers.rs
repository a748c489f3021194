//! `memory-lane eval --triggers LABELS.jsonl --out PRED.jsonl`: what the catcher's detectors make of labelled messages.
//!
//! A row is either a message with what the agent said before it, or a failed command with the calls that followed.
//! Both are built into turns and go through the same code as a session.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::catcher::{Conversation, Evidence, Excerpt, Moment, catch, detect};
use crate::model::{
    Agent, Direction, FileAction, Message, Role, SessionId, Step, Timestamp, ToolCall, ToolStatus, TouchedFile,
    Trigger, Turn,
};

/// A labelled row; the labels themselves are not read.
#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum What {
    Said {
        text: String,
        #[serde(default)]
        prev_assistant: String,
        #[serde(default)]
        after_interrupt: bool,
        #[serde(default)]
        turn: u32,
    },
    Failed {
        cmd: String,
        error: String,
        #[serde(default)]
        next_steps: Vec<NextStep>,
    },
}

#[derive(Deserialize)]
struct NextStep {
    tool: String,
    #[serde(default)]
    cmd: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    error: bool,
    #[serde(default)]
    out: String,
}

/// What the detectors say of one row.
#[derive(Serialize)]
struct Prediction<'a> {
    id: &'a str,
    labels: Vec<&'static str>,
    memorable: bool,
}

/// Reads the labelled rows of `labels` and writes one prediction a row to `out`.
pub(super) fn run(labels: &Path, out: &Path) -> anyhow::Result<()> {
    each_row(labels, out, |row| serde_json::json!(predict(row)))
}

fn each_row(labels: &Path, out: &Path, of_row: impl Fn(&Row) -> serde_json::Value) -> anyhow::Result<()> {
    let rows = BufReader::new(File::open(labels).with_context(|| format!("open {}", labels.display()))?);
    let mut written =
        BufWriter::new(File::create(out).with_context(|| format!("write the result to {}", out.display()))?);
    for (index, line) in rows.lines().enumerate() {
        let place = || format!("{} line {}", labels.display(), index + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line).with_context(place)?;
        writeln!(written, "{}", of_row(&row))?;
    }
    written.flush().with_context(|| format!("write the result to {}", out.display()))
}

/// Writes what the model sees of each labelled message to `out`: what `make train-triggers` learns from.
pub(super) fn features(labels: &Path, out: &Path) -> anyhow::Result<()> {
    each_row(labels, out, |row| {
        let turns = turns(&row.what);
        let features: BTreeMap<&str, f32> = Conversation::new(&turns).features_of_last().into_iter().collect();
        serde_json::json!({"id": row.id, "features": features})
    })
}

fn predict(row: &Row) -> Prediction<'_> {
    let turns = turns(&row.what);
    let from_turn = turns.last().map_or(0, |turn| turn.number);
    let mut labels: Vec<&'static str> = detect(&Conversation::new(&turns), &[])
        .iter()
        .filter(|moment| moment.turn == from_turn)
        .filter_map(label)
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let session = SessionId::new(Agent::ClaudeCode, &row.id);
    let excerpt =
        Excerpt { session: &session, project: None, turns: &turns, from_turn, caught_before: 0, earlier: &[] };
    Prediction { id: &row.id, labels, memorable: !catch(&excerpt).is_empty() }
}

/// The name of a moment in the labelled sets.
fn label(moment: &Moment) -> Option<&'static str> {
    match (moment.trigger, &moment.evidence) {
        (Trigger::Correction, _) if moment.direction == Some(Direction::AgentCorrectsUser) => None,
        (Trigger::Repeat, Evidence::Prompt(_) | Evidence::Earlier(_)) => Some("repeat_request"),
        (trigger, _) => Some(trigger.as_str()),
    }
}

fn turns(what: &What) -> Vec<Turn> {
    match what {
        What::Said { text, prev_assistant, after_interrupt, turn } => {
            let prompt = message(2, Role::User, text, *after_interrupt);
            let asked = Turn { number: *turn, prompt: Some(prompt), steps: Vec::new() };
            match turn.checked_sub(1) {
                None => vec![asked],
                Some(before) => {
                    let said = Step::Said(message(1, Role::Agent, prev_assistant, false));
                    vec![Turn { number: before, prompt: None, steps: vec![said] }, asked]
                }
            }
        }
        What::Failed { cmd, error, next_steps } => {
            let mut steps = vec![Step::Called(call(0, "Bash", cmd, "", true, error))];
            steps.extend(
                (1..).zip(next_steps).map(|(seq, step)| {
                    Step::Called(call(seq, &step.tool, &step.cmd, &step.file, step.error, &step.out))
                }),
            );
            vec![Turn { number: 1, prompt: None, steps }]
        }
    }
}

fn message(seq: u32, role: Role, text: &str, after_interrupt: bool) -> Message {
    Message { seq, uuid: None, role, text: text.to_owned(), at: Timestamp(i64::from(seq)), after_interrupt }
}

fn call(seq: u32, tool: &str, command: &str, file: &str, failed: bool, output: &str) -> ToolCall {
    let action = match tool {
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => FileAction::Edit,
        _ => FileAction::Read,
    };
    ToolCall {
        seq,
        call_id: format!("call-{seq}"),
        name: tool.to_owned(),
        command: (!command.is_empty()).then(|| command.to_owned()),
        input: String::new(),
        status: if failed { ToolStatus::Failed } else { ToolStatus::Ok },
        output: output.to_owned(),
        files: (!file.is_empty()).then(|| TouchedFile { path: file.to_owned(), action }).into_iter().collect(),
        patch: None,
        at: Timestamp(i64::from(seq)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_predictions_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (labels, out) = (dir.path().join("labels.jsonl"), dir.path().join("out.jsonl"));
        let rows = [
            r#"{"id":"a","text":"No, the settings file belongs in the home directory, not in the repository","prev_assistant":"Done.","turn":3}"#,
            r#"{"id":"b","text":"thanks","turn":4}"#,
            r#"{"id":"c","cmd":"tool list --all","error":"Exit code 2\nunknown flag: --all","next_steps":[{"tool":"Bash","cmd":"tool list --every","error":false,"out":"x"}]}"#,
        ];
        std::fs::write(&labels, rows.join("\n")).unwrap();
        run(&labels, &out).unwrap();
        let lines: Vec<serde_json::Value> =
            std::fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["labels"][0], "correction");
        assert_eq!(lines[0]["memorable"], true);
        assert_eq!(lines[1]["memorable"], false);
        assert_eq!(lines[2]["labels"][0], "recovery");
    }

    #[test]
    fn a_broken_row_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let labels = dir.path().join("labels.jsonl");
        std::fs::write(&labels, "{\"id\":\"a\"}\n").unwrap();
        let error = run(&labels, &dir.path().join("out")).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

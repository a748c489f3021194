//! `memory-lane eval --triggers LABELS.jsonl --out PRED.jsonl`: what the catcher's detectors make of labelled messages.
//!
//! A row is either a message with what the agent said before it, or a failed command with the calls that followed.
//! Both are built into turns and go through the same code as a session, with the embedding model when it is installed.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::cache::VectorCache;
use crate::catcher::{Conversation, Evidence, Excerpt, Judge, Moment, catch, detect};
use crate::cli::App;
use crate::embed::{self, BulkEmbedder, Embedder};
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

/// Reads the labelled rows of `labels` and writes one prediction a row to `out`; `weights` replaces the judge's own.
pub(super) fn run(labels: &Path, out: &Path, weights: Option<&Path>, app: &App) -> anyhow::Result<()> {
    let rows = read(labels)?;
    let vectors = vectors(&rows, app)?;
    let embed = |text: &str| vectors.get(text).cloned();
    let mut judge = Judge::by_meaning(&app.settings.model, &embed);
    if let Some(path) = weights {
        let place = || format!("read the weights in {}", path.display());
        judge = judge.with_weights(&std::fs::read_to_string(path).with_context(place)?).with_context(place)?;
    }
    write(out, rows.iter().map(|row| serde_json::json!(predict(row, &judge))))
}

/// Writes what the model sees of each labelled message to `out`: what `make train-triggers` learns from.
pub(super) fn features(labels: &Path, out: &Path, app: &App) -> anyhow::Result<()> {
    let rows = read(labels)?;
    let vectors = vectors(&rows, app)?;
    let seen = rows.iter().map(|row| {
        let (features, text) = seen(row);
        let features: BTreeMap<&str, f32> = features.into_iter().collect();
        serde_json::json!({"id": row.id, "features": features, "vector": vectors.get(&text)})
    });
    write(out, seen)
}

fn read(labels: &Path) -> anyhow::Result<Vec<Row>> {
    let lines = BufReader::new(File::open(labels).with_context(|| format!("open {}", labels.display()))?);
    let mut rows = Vec::new();
    for (index, line) in lines.lines().enumerate() {
        let place = || format!("{} line {}", labels.display(), index + 1);
        let line = line.with_context(place)?;
        if !line.trim().is_empty() {
            rows.push(serde_json::from_str(&line).with_context(place)?);
        }
    }
    Ok(rows)
}

fn write(out: &Path, rows: impl Iterator<Item = serde_json::Value>) -> anyhow::Result<()> {
    let place = || format!("write the result to {}", out.display());
    let mut written = BufWriter::new(File::create(out).with_context(place)?);
    for row in rows {
        writeln!(written, "{row}").with_context(place)?;
    }
    written.flush().with_context(place)
}

fn seen(row: &Row) -> (Vec<(&'static str, f32)>, String) {
    Conversation::new(&turns(&row.what)).seen_of_last()
}

/// The vectors of the users' own words, by these; none without an installed model.
fn vectors(rows: &[Row], app: &App) -> anyhow::Result<HashMap<String, Vec<f32>>> {
    let (pack, runtime) = (app.paths.models().join(&app.settings.model), app.paths.runtime());
    if !embed::is_installed(&pack) {
        return Ok(HashMap::new());
    }
    let texts: Vec<String> = rows.iter().map(|row| seen(row).1).filter(|text| !text.is_empty()).collect();
    let mut embedder = BulkEmbedder::open(&pack, &runtime)?;
    let vectors = VectorCache::open(app, embedder.dimension()).vectors(&texts, &mut embedder)?;
    Ok(texts.into_iter().zip(vectors).collect())
}

fn predict<'a>(row: &'a Row, judge: &Judge<'_>) -> Prediction<'a> {
    let turns = turns(&row.what);
    let from_turn = turns.last().map_or(0, |turn| turn.number);
    let mut labels: Vec<&'static str> = detect(&Conversation::judged(&turns, judge, 0), &[])
        .iter()
        .filter(|moment| moment.turn == from_turn)
        .filter_map(label)
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let session = SessionId::new(Agent::ClaudeCode, &row.id);
    let excerpt = Excerpt {
        session: &session,
        project: None,
        turns: &turns,
        from_turn,
        caught_before: 0,
        earlier: &[],
        judge,
        around: 0,
    };
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
    use crate::config::{Paths, Settings};

    fn app(home: &Path) -> App {
        App { paths: Paths::at(home), settings: Settings::default(), now: Timestamp(0) }
    }

    #[test]
    fn rows_become_predictions_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (labels, out) = (dir.path().join("labels.jsonl"), dir.path().join("out.jsonl"));
        let rows = [
            r#"{"id":"a","text":"No, the launcher must read the settings from the home directory, not from the repository","prev_assistant":"Done.","turn":3}"#,
            r#"{"id":"b","text":"thanks","turn":4}"#,
            r#"{"id":"c","cmd":"tool list --all","error":"Exit code 2\nunknown flag: --all","next_steps":[{"tool":"Bash","cmd":"tool list --every","error":false,"out":"x"}]}"#,
        ];
        std::fs::write(&labels, rows.join("\n")).unwrap();
        run(&labels, &out, None, &app(dir.path())).unwrap();
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
        let error = run(&labels, &dir.path().join("out"), None, &app(dir.path())).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

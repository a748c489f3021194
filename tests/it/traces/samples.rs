//! Real transcripts against the counts of an independent reader.

use std::collections::HashMap;

use memory_lane::model::{Role, ToolStatus};
use memory_lane::trace::recognise;
use serde_json::Value;

use super::{calls, messages};
use crate::support::shared;

/// The agents whose samples are compared.
const AGENTS: &[&str] = &["claude-code", "codex", "pi", "gemini-cli", "copilot-cli"];

/// What is counted otherwise than by the independent reader, by file, count and difference (ours minus theirs), and why.
const DIFFERENCES: &[(&str, &str, i64, &str)] = &[
    ("2026-01-07-4ec443d0-063b-4de3-8ede-e35160c2c1de.jsonl", "assistant_text", -1, SYNTHETIC),
    ("2026-01-08-efea9d52-9e4f-4189-8bae-4e8049647900.jsonl", "user", 2, REFUSAL),
    ("2026-01-13-9ff9c26d-319d-4a47-843a-3d60f73295c9.jsonl", "user", 1, COMMAND),
    ("2026-01-13-9ff9c26d-319d-4a47-843a-3d60f73295c9.jsonl", "first_user", 0, COMMAND),
    ("2026-01-15-1664f311-d1df-4ba1-98ff-1d7be8252c72.jsonl", "user", 1, COMMAND),
    ("2026-01-15-1664f311-d1df-4ba1-98ff-1d7be8252c72.jsonl", "first_user", 0, COMMAND),
    ("2026-01-27-3cd520f7-d4af-469f-97ac-bcad4933d9d4.jsonl", "user", 1, REFUSAL),
    ("70c88cff-cb35-404f-a974-2a08bab4e4bc.jsonl", "user", 2, "one said with a refusal, one sent while it worked"),
    ("8dbf99fc-731b-49b2-a3de-2414d0a07b14.jsonl", "user", 1, COMMAND),
    ("8dbf99fc-731b-49b2-a3de-2414d0a07b14.jsonl", "first_user", 0, COMMAND),
    ("8dbf99fc-731b-49b2-a3de-2414d0a07b14.jsonl", "last_user", 0, COMMAND),
    ("8e5653f8-8834-4776-bbd0-b105721fc75a.jsonl", "user", 1, "sent while the agent worked: only the queue has it"),
    ("agentsview-fc_stdin.jsonl", "user", 1, ITEMS),
    ("agentsview-fc_stdin.jsonl", "first_user", 0, ITEMS),
    ("agentsview-fc_stdin.jsonl", "last_user", 0, ITEMS),
    ("agentsview-fc_stdin.jsonl", "first_ts", 0, ITEMS),
    ("agentsview-function_calls.jsonl", "user", 1, ITEMS),
    ("agentsview-function_calls.jsonl", "first_user", 0, ITEMS),
    ("agentsview-function_calls.jsonl", "last_user", 0, ITEMS),
    ("agentsview-function_calls.jsonl", "first_ts", 0, ITEMS),
    ("agentsview-standard_session.jsonl", "user", 1, ITEMS),
    ("agentsview-standard_session.jsonl", "assistant_text", 1, ITEMS),
    ("agentsview-standard_session.jsonl", "first_user", 0, ITEMS),
    ("agentsview-standard_session.jsonl", "last_user", 0, ITEMS),
    ("agentsview-standard_session.jsonl", "first_ts", 0, ITEMS),
    ("agentsview-standard_session.jsonl", "last_ts", 0, ITEMS),
    ("gitai-codex-session-simple.jsonl", "user", 1, ITEMS),
    ("gitai-codex-session-simple.jsonl", "assistant_text", 1, ITEMS),
    ("gitai-codex-session-simple.jsonl", "first_user", 0, ITEMS),
    ("gitai-codex-session-simple.jsonl", "last_user", 0, ITEMS),
    ("gitai-codex-session-simple.jsonl", "first_ts", 0, ITEMS),
    ("gitai-codex-session-simple.jsonl", "last_ts", 0, ITEMS),
    ("gitai-codex-session-updated.jsonl", "user", 1, ITEMS),
    ("gitai-codex-session-updated.jsonl", "assistant_text", 1, ITEMS),
    ("gitai-codex-session-updated.jsonl", "first_user", 0, ITEMS),
    ("gitai-codex-session-updated.jsonl", "last_user", 0, ITEMS),
    ("gitai-codex-session-updated.jsonl", "first_ts", 0, ITEMS),
    ("gitai-codex-session-updated.jsonl", "last_ts", 0, ITEMS),
    ("before-compaction.jsonl", "interrupt", 18, ABORTED),
    ("before-compaction.jsonl", "tool_error", 6, ABORTED_CALL),
    ("before-compaction.jsonl", "tool_result", 6, ABORTED_CALL),
    ("large-session.jsonl", "interrupt", 21, ABORTED),
    ("large-session.jsonl", "tool_error", 18, ABORTED_CALL),
    ("large-session.jsonl", "tool_result", 18, ABORTED_CALL),
    ("2026-01-10-fa4593e0-f7e1-4dd1-b656-da95fb4d60fa.json", "user", -1, CONTINUE),
    ("2026-01-10-fa4593e0-f7e1-4dd1-b656-da95fb4d60fa.json", "last_user", 0, CONTINUE),
    ("29eb990e-c773-4302-a4e7-317f0af0001f.json", "first_ts", 0, "nothing was said: ours is the time in the header"),
    ("cclog-edge_cases.jsonl", "last_ts", 0, "a record without a time gets that of the record before"),
];

const SYNTHETIC: &str = "a placeholder that the program wrote in the agent's place";
const REFUSAL: &str = "said on refusing a tool: it stands in the tool's result";
const ITEMS: &str = "Codex: the other reader takes words from events alone, which these files do not have";
const ABORTED: &str = "Pi: an answer that the person aborted is an interrupt, which the other reader does not count";
const ABORTED_CALL: &str = "Pi: calls of an aborted answer never ran; they are cancelled and not left without an end";
const CONTINUE: &str = "Gemini CLI: the program told the model to go on, in the person's place";
const COMMAND: &str = "a command that becomes a prompt, with the person's words";

#[test]
fn real_transcripts_count_as_an_independent_reader_counts_them() {
    let Some(shared) = shared() else {
        eprintln!("SKIPPED: no sample transcripts; set MEMORY_LANE_SHARED to the directory that holds traces/samples");
        return;
    };
    let samples = shared.join("traces/samples");
    let expected = std::fs::read_to_string(samples.join("expected.jsonl")).unwrap();
    let known: HashMap<(&str, &str), i64> = DIFFERENCES.iter().map(|&(file, what, by, _)| ((file, what), by)).collect();
    let mut unexplained = Vec::new();
    let mut files = 0;
    for row in expected.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(agent) = row["agent"].as_str().filter(|agent| AGENTS.contains(agent)) else { continue };
        files += 1;
        let path = samples.join(row["file"].as_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        let content = std::fs::read(&path).unwrap();
        let reader = recognise(&content);
        assert!(reader.is_none_or(|reader| reader.agent().as_str() == agent), "{name} is taken for another agent's");
        for (what, ours) in counts(&path) {
            let difference = ours - row[what].as_i64().unwrap();
            if difference != known.get(&(name, what)).copied().unwrap_or(0) {
                unexplained.push((name.to_owned(), what, difference));
            }
        }
        let texts = texts(&path, &row);
        unexplained.extend(texts.into_iter().filter(|(name, what, _)| !known.contains_key(&(name.as_str(), *what))));
    }
    assert!(files >= 55, "only {files} samples");
    assert!(unexplained.is_empty(), "unexplained differences: {unexplained:#?}");
}

fn parsed(path: &std::path::Path) -> memory_lane::trace::Parsed {
    let content = std::fs::read(path).unwrap();
    match recognise(&content) {
        Some(reader) => reader.parser(path).read(&content),
        None => memory_lane::trace::Parsed::default(),
    }
}

fn counts(path: &std::path::Path) -> Vec<(&'static str, i64)> {
    let parsed = parsed(path);
    let messages = messages(&parsed);
    let calls = calls(&parsed);
    let count = |n: usize| i64::try_from(n).unwrap();
    let by = |role| count(messages.iter().filter(|message| message.role == role).count());
    let ended = |wanted: &[ToolStatus]| count(calls.iter().filter(|call| wanted.contains(&call.status)).count());
    vec![
        ("user", by(Role::User)),
        ("assistant_text", by(Role::Agent)),
        ("tool_use", count(calls.len())),
        ("tool_result", ended(&[ToolStatus::Ok, ToolStatus::Failed, ToolStatus::Cancelled])),
        ("tool_error", ended(&[ToolStatus::Failed, ToolStatus::Cancelled])),
        ("interrupt", i64::from(parsed.facts.interrupts)),
    ]
}

/// First and last words and times that differ.
fn texts(path: &std::path::Path, row: &Value) -> Vec<(String, &'static str, i64)> {
    let parsed = parsed(path);
    let all = messages(&parsed);
    let user: Vec<_> = all.iter().filter(|message| message.role == Role::User).collect();
    let start = |text: &str| text.chars().take(120).collect::<String>();
    let times = parsed.steps.iter().map(|step| match &step.step {
        memory_lane::model::Step::Said(message) => message.at,
        memory_lane::model::Step::Called(call) => call.at,
    });
    let time = |what: &str| row[what].as_str().and_then(memory_lane::model::Timestamp::parse);
    let words = |what: &str| row[what].as_str().map(|text| start(text.trim()).trim().to_owned());
    let ours =
        |message: Option<&&&memory_lane::model::Message>| message.map(|message| start(&message.text).trim().to_owned());
    let same = [
        ("first_user", ours(user.first()) == words("first_user")),
        ("last_user", ours(user.last()) == words("last_user")),
        // Theirs are over all records with text or tools, the person's or not: between our steps and our records.
        ("first_ts", parsed.facts.started_at <= time("first_ts") && times.clone().min() >= time("first_ts")),
        ("last_ts", parsed.facts.ended_at >= time("last_ts") && times.max() <= time("last_ts")),
    ];
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    same.into_iter().filter(|(_, same)| !same).map(|(what, _)| (name.clone(), what, 0)).collect()
}

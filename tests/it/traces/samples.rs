//! Real transcripts against the counts of an independent reader.

use std::collections::HashMap;
use std::path::PathBuf;

use memory_lane::model::{Role, ToolStatus};
use memory_lane::trace::recognise;
use serde_json::Value;

use super::{calls, messages};

/// The directory of facts and samples, if this machine has it.
fn shared() -> Option<PathBuf> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    #[expect(clippy::disallowed_methods, reason = "tells the tests where the samples are")]
    let place = std::env::var_os("MEMORY_LANE_SHARED").map_or(default, PathBuf::from);
    place.join("traces/samples/expected.jsonl").exists().then_some(place)
}

/// What is counted otherwise than by the independent reader, by file, count and difference (ours minus theirs), and why.
const DIFFERENCES: &[(&str, &str, i64, &str)] = &[];

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
        if row["agent"] != "claude-code" {
            continue;
        }
        files += 1;
        let name = row["file"].as_str().unwrap();
        let name = name.strip_prefix("claude-code/").unwrap();
        for (what, ours) in counts(&samples.join("claude-code").join(name)) {
            let difference = ours - row[what].as_i64().unwrap();
            if difference != known.get(&(name, what)).copied().unwrap_or(0) {
                unexplained.push((name.to_owned(), what, difference));
            }
        }
        unexplained.extend(texts(&samples.join("claude-code").join(name), &row));
    }
    assert!(files >= 40, "only {files} samples");
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
    let ours = |message: Option<&&&memory_lane::model::Message>| message.map(|message| start(&message.text).trim().to_owned());
    let same = [
        ("first_user", ours(user.first()) == words("first_user")),
        ("last_user", ours(user.last()) == words("last_user")),
        ("first_ts", times.clone().min() == time("first_ts")),
        ("last_ts", parsed.facts.ended_at >= time("last_ts") && times.max() <= time("last_ts")),
    ];
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    same.into_iter().filter(|(_, same)| !same).map(|(what, _)| (name.clone(), what, 0)).collect()
}

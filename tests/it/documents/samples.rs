//! Real documents against the counts of an independent reader.

use std::collections::HashMap;
use std::path::PathBuf;

use memory_lane::model::{Role, Timestamp};
use serde_json::Value;

use super::{calls, check_positions, messages, read};

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
fn real_documents_count_as_an_independent_reader_counts_them() {
    let Some(shared) = shared() else {
        eprintln!("SKIPPED: no sample documents; set MEMORY_LANE_SHARED to the directory that holds traces/samples");
        return;
    };
    let samples = shared.join("traces/samples");
    let expected = std::fs::read_to_string(samples.join("expected.jsonl")).unwrap();
    let known: HashMap<(&str, &str), i64> = DIFFERENCES.iter().map(|&(file, what, by, _)| ((file, what), by)).collect();
    let mut unexplained = Vec::new();
    let mut files = 0;
    for row in expected.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = row["file"].as_str().unwrap();
        if !name.starts_with("specstory/") {
            continue;
        }
        files += 1;
        let sessions = read(&samples.join(name));
        sessions.iter().for_each(check_positions);
        let main = &sessions[0];
        let all = messages(main);
        let user: Vec<_> = all.iter().filter(|message| message.role == Role::User).collect();
        let count = |n: usize| i64::try_from(n).unwrap();
        let start = |text: &str| text.trim().chars().take(100).collect::<String>();
        let same = |what: &str, ours: Option<&str>| i64::from(ours.map(start) != row[what].as_str().map(start));
        let time = |what: &str| row[what].as_str().and_then(|text| Timestamp::parse(&text.replacen(' ', "T", 1)));
        let counts = [
            ("user", count(user.len()) - row["user"].as_i64().unwrap()),
            ("assistant_text", count(all.len() - user.len()) - row["assistant_text"].as_i64().unwrap()),
            ("tool_use", count(calls(main).len()) - row["tool_use"].as_i64().unwrap()),
            ("interrupt", i64::from(main.parsed.facts.interrupts) - row["interrupt"].as_i64().unwrap()),
            ("first_user", same("first_user", user.first().map(|message| message.text.as_str()))),
            ("last_user", same("last_user", user.last().map(|message| message.text.as_str()))),
            ("first_ts", i64::from(time("first_ts").is_some() && main.parsed.facts.started_at != time("first_ts"))),
        ];
        for (what, difference) in counts {
            if difference != known.get(&(name, what)).copied().unwrap_or(0) {
                unexplained.push((name.to_owned(), what, difference));
            }
        }
    }
    assert!(files >= 10, "only {files} samples");
    assert!(unexplained.is_empty(), "unexplained differences: {unexplained:#?}");
}

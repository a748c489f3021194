//! Real documents against the counts of an independent reader.

use std::collections::HashMap;

use memory_lane::model::{Role, Timestamp};
use serde_json::Value;

use super::{calls, check_positions, messages, read};
use crate::support::shared;

/// What is counted otherwise than by the independent reader, by file, count and difference (ours minus theirs), and why.
const DIFFERENCES: &[(&str, &str, i64, &str)] = &[
    ("specstory/2026-07-29_15-13-55Z.md", "first_user", 1, COMMAND),
    ("specstory/2026-07-29_15-13-55Z.md", "last_user", 1, COMMAND),
    ("specstory/2026-02-11_16-29-09Z-provenancelogger-why-just-use.md", "user", -1, EXPANSION),
    ("specstory/2026-02-11_16-29-09Z-provenancelogger-why-just-use.md", "first_user", 1, EXPANSION),
    ("specstory/2026-01-16_16-26-02Z-minor-when-answer-is.md", "user", -1, EXPANSION),
    ("specstory/2026-01-16_16-26-02Z-minor-when-answer-is.md", "first_user", 1, EXPANSION),
    ("specstory/2026-01-16_16-26-02Z-minor-when-answer-is.md", "tool_use", -4, QUOTED),
    ("specstory/2026-02-21_14-41-17Z-plan-move-watch-command.md", "assistant_text", -1, QUOTED),
    ("specstory/2026-02-21_14-41-17Z-plan-move-watch-command.md", "interrupt", 1, INTERRUPT),
    ("specstory/2026-02-24_14-40-35Z-this-output-is-confusing.md", "interrupt", 2, INTERRUPT),
];

const COMMAND: &str = "a command with the person's words, in place of the prompt that it expands to";
const EXPANSION: &str = "what a command expands to is not the person's";
const QUOTED: &str = "a tool's output that shows the Markdown of other sessions";
const INTERRUPT: &str = "the independent reader counts no interrupts in Markdown";

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

#[test]
fn a_real_transcript_of_cursor_is_read() {
    let Some(shared) = shared() else { return };
    let sessions = read(&shared.join("traces/samples/cursor/gitai-cursor-session-simple.jsonl"));
    check_positions(&sessions[0]);
    let all = messages(&sessions[0]);
    let by = |role| all.iter().filter(|message| message.role == role).count();
    // Counted by hand: 11 records, of which 3 of the agent's have text left in them.
    assert_eq!((by(Role::User), by(Role::Agent), calls(&sessions[0]).len()), (1, 3, 10));
    assert!(all[0].text.starts_with("Generate a file"));
    assert!(sessions[0].parsed.skipped.is_empty());
}

#[test]
fn real_sessions_of_opencode_and_aider_are_read() {
    let Some(shared) = shared() else { return };
    let agents = shared.join("traces/real-agents");
    let opencode = read(&agents.join("opencode-1.18.33/export.json"));
    let all = messages(&opencode[0]);
    assert_eq!((all.len(), calls(&opencode[0]).len(), opencode[0].parsed.skipped.len()), (2, 1, 0));
    assert_eq!(calls(&opencode[0])[0].output, "pi = 3");
    let aider = read(&agents.join("aider-0.86.2/.aider.chat.history.md"));
    assert_eq!((aider.len(), messages(&aider[0]).len()), (1, 2));
    assert_eq!(aider[0].parsed.facts.client_version.as_deref(), Some("0.86.2"));
}

//! Our readers beside an independent one from crates.io, on the same files: whatever either finds, the other must find
//! too, or the difference is of a kind that is named here.
//!
//! Compared are the agents that it reads right: Claude Code, Codex and Pi. It puts what Aider's user said in the agent's
//! mouth and finds no session in Gemini CLI's newer logs; its readers of databases bring a database of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]

use std::path::{Path, PathBuf};

use franken_agent_detection::{
    ClaudeCodeConnector, CodexConnector, Connector, NormalizedConversation, PiAgentConnector, ScanContext, ScanRoot,
};
use memory_lane::model::{Role, Step};
use memory_lane::trace::{Parsed, recognise};

use crate::agents::{codex, lines, pi};
use crate::support::shared;
use crate::traces::session_file::SessionFile;
use serde_json::json;

/// How messages start that the other reader gives as the person's and ours does not: injected, or the program's own.
const NOT_THE_PERSONS: &[&str] = &[
    "<",
    "# AGENTS.md instructions",
    "Caveat: ",
    "[Request interrupted",
    "[Tool Result",
    "Warning: ",
    "This session is being continued",
    "Base directory for this skill:",
    "[Image: source:",
    "## Context",
];

/// Differences in real files: the file, which side alone says so, how many messages, and why. Whose words they are is
/// nobody's business here.
const KNOWN: &[(&str, &str, usize, &str)] = &[
    ("2026-01-08-efea9d52", OURS, 2, REFUSAL),
    ("2026-01-27-3cd520f7", OURS, 1, REFUSAL),
    ("70c88cff", OURS, 1, REFUSAL),
    ("70c88cff", OURS, 1, QUEUE),
    ("70c88cff", THEIRS, 1, EXPANSION),
    ("8e5653f8", OURS, 1, QUEUE),
    ("2026-01-13-9ff9c26d", OURS, 1, COMMAND),
    ("2026-01-13-9ff9c26d", THEIRS, 2, EXPANSION),
    ("2026-01-15-1664f311", OURS, 1, COMMAND),
    ("2026-01-15-1664f311", THEIRS, 2, EXPANSION),
    ("8dbf99fc", OURS, 1, COMMAND),
    ("63784323", THEIRS, 1, "the program's own words"),
    ("agent-", THEIRS, 5, "what the agent told its sub-agent"),
    ("cclog-edge_cases", THEIRS, 1, "a record with the id of the one before it counts as its copy"),
];

const OURS: &str = "said by the person only for us";
const THEIRS: &str = "said by the person only for them";

const REFUSAL: &str = "said on refusing a tool: it stands in the tool's result";
const QUEUE: &str = "sent while the agent worked: only the queue has it";
const COMMAND: &str = "a command that becomes a prompt, with the person's words";
const EXPANSION: &str = "what a command or a skill expands to";

struct Ours {
    user: Vec<String>,
    agent: Vec<String>,
    calls: Vec<(String, String)>,
}

fn ours(path: &Path) -> Ours {
    let content = std::fs::read(path).unwrap();
    let mut parser = recognise(&content).expect("a transcript").parser(path);
    let mut parts: Vec<Parsed> = vec![parser.read(&content)];
    // The other reader gives all branches of a tree as one conversation.
    parts.append(&mut parser.others());
    let mut found = Ours { user: Vec::new(), agent: Vec::new(), calls: Vec::new() };
    for step in parts.into_iter().flat_map(|part| part.steps) {
        match step.step {
            Step::Said(message) if message.role == Role::User => found.user.push(message.text),
            Step::Said(message) => found.agent.push(message.text),
            Step::Called(call) => found.calls.push((call.name, call.call_id)),
        }
    }
    found
}

/// Without white space, which the two treat differently.
fn plain(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What the two do not agree on.
fn differences(path: &Path, theirs: &NormalizedConversation) -> Vec<String> {
    let ours = ours(path);
    let by = |role: &str| -> Vec<String> {
        theirs.messages.iter().filter(|message| message.role == role).map(|message| plain(&message.content)).collect()
    };
    let (user, agent) = (by("user"), by("assistant"));
    let mut wrong = Vec::new();
    let mut missing = |what: &str, texts: &[String], among: &[String]| {
        for text in texts.iter().filter(|text| !among.iter().any(|other| other.contains(&plain(text)))) {
            wrong.push(format!("{what}: {}", text.chars().take(100).collect::<String>()));
        }
    };
    missing(OURS, &ours.user, &user);
    missing("said by the agent only for us", &ours.agent, &agent);
    for message in theirs.messages.iter().filter(|message| message.role == "user") {
        let said = plain(&message.content);
        let is_known = said.is_empty()
            || ours.user.iter().any(|text| said.contains(&plain(text)) || plain(text).contains(&said))
            || NOT_THE_PERSONS.iter().any(|start| message.content.trim_start().starts_with(start));
        if !is_known {
            wrong.push(format!("{THEIRS}: {}", message.content.chars().take(100).collect::<String>()));
        }
    }
    let mut calls: Vec<(String, String)> = theirs
        .messages
        .iter()
        .flat_map(|message| &message.invocations)
        .map(|call| (call.raw_name.clone().unwrap_or(call.name.clone()), call.call_id.clone().unwrap_or_default()))
        .collect();
    let mut called = ours.calls;
    calls.sort();
    calls.dedup();
    called.sort();
    called.dedup();
    wrong
        .extend(called.iter().filter(|call| !calls.contains(call)).map(|call| format!("called only for us: {call:?}")));
    wrong.extend(
        calls.iter().filter(|call| !called.contains(call)).map(|call| format!("called only for them: {call:?}")),
    );
    wrong
}

/// Compares both on files laid out as in an agent's home; the differences, by file, and how many files there were.
fn compare(
    connector: &dyn Connector,
    home: &Path,
    sessions: &str,
    files: &[(String, Vec<u8>)],
) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    for (name, content) in files {
        let path = home.join(sessions).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
    }
    let root = home.join(sessions.split('/').next().unwrap());
    let context = ScanContext::with_roots(root.clone(), vec![ScanRoot::local(root)], None);
    let found = connector.scan(&context).unwrap();
    for conversation in &found {
        let name = conversation.source_path.file_name().unwrap().to_string_lossy().into_owned();
        let differ = differences(&conversation.source_path, conversation);
        wrong.extend(differ.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    (wrong, found.len())
}

fn codex_files() -> Vec<(String, Vec<u8>)> {
    let content = lines(&[
        codex::meta("/srv/app"),
        codex::user(1, "<environment_context>\n  <cwd>/srv/app</cwd>\n</environment_context>"),
        codex::user(2, "fix the build"),
        codex::event(2, json!({"type": "user_message", "message": "fix the build"})),
        codex::call(3, "c1", "shell", &json!({"command": ["bash", "-lc", "cargo build"]})),
        codex::output(4, "c1", r#"{"output":"error[E0382]","metadata":{"exit_code":101,"duration_seconds":1.0}}"#),
        codex::event(5, json!({"type": "agent_message", "message": "It fails."})),
        codex::answer(5, "It fails."),
    ]);
    vec![(codex::NAME.to_owned(), content.into_bytes())]
}

fn pi_files() -> Vec<(String, Vec<u8>)> {
    let content = lines(&[
        pi::header("/srv/app"),
        pi::user(2, "a<", "build it"),
        pi::answer(3, "b<a", "Building.", Some(("c1", "make"))),
        pi::result(4, "c<b", "c1", "Command exited with code 2", true),
        pi::user(5, "d<c", "use cmake instead"),
    ]);
    vec![(pi::NAME.to_owned(), content.into_bytes())]
}

fn claude_files() -> Vec<(String, Vec<u8>)> {
    let id = "11111111-2222-4333-8444-555555555555";
    let file = SessionFile::new(id, "/srv/app")
        .user("fix the build")
        .agent("Looking.")
        .call("t1", "Bash", json!({"command": "cargo build"}))
        .result("t1", "Exit code 101\nerror[E0382]", true)
        .user_with("Caveat: injected", json!({"isMeta": true}))
        .agent("Fixed.")
        .user("thanks");
    vec![(format!("{id}.jsonl"), file.text().into_bytes())]
}

/// Samples of an agent, if this machine has them, under names that the agent would give them.
fn samples(directories: &[&str], name: impl Fn(usize, &Path) -> String) -> Vec<(String, Vec<u8>)> {
    let Some(shared) = shared() else { return Vec::new() };
    let mut files: Vec<PathBuf> = Vec::new();
    for directory in directories {
        let mut waiting = vec![shared.join("traces").join(directory)];
        while let Some(place) = waiting.pop() {
            for entry in std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() { waiting.push(entry) } else { files.push(entry) }
            }
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files.iter().enumerate().map(|(number, path)| (name(number, path), std::fs::read(path).unwrap())).collect()
}

/// The files of both kinds, and at least how many the other reader must find.
fn check(connector: &dyn Connector, sessions: &str, own: Vec<(String, Vec<u8>)>, samples: Vec<(String, Vec<u8>)>) {
    let home = tempfile::tempdir().unwrap();
    let least = own.len() + samples.len() * 8 / 10;
    let files = [own, samples].concat();
    let (mut wrong, count) = compare(connector, home.path(), sessions, &files);
    assert!(count >= least, "the other reader found {count} sessions in {} files", files.len());
    for (file, side, count, _) in KNOWN {
        let mut left = *count;
        wrong.retain(|difference| {
            let known = left > 0 && difference.starts_with(file) && difference.contains(side);
            left -= usize::from(known);
            !known
        });
    }
    assert!(wrong.is_empty(), "{} differences in {count} sessions: {wrong:#?}", wrong.len());
}

#[test]
fn claude_code_is_read_alike() {
    let samples = samples(&["samples/claude-code", "real-agents/claude-2.1.197"], |_, path| {
        path.file_name().unwrap().to_string_lossy().into_owned()
    });
    check(&ClaudeCodeConnector::new(), ".claude/projects/-srv-app", claude_files(), samples);
}

#[test]
fn codex_is_read_alike() {
    let samples = samples(&["samples/codex", "real-agents/codex-0.169.0", "real-agents/codex-0.80.0"], |number, _| {
        format!("rollout-2026-02-03T10-00-{number:02}-01900000-0000-7000-8000-0000000001{number:02}.jsonl")
    });
    check(&CodexConnector::new(), ".codex/sessions/2026/02/02", codex_files(), samples);
}

#[test]
fn pi_is_read_alike() {
    let samples = samples(&["samples/pi", "real-agents/pi-0.87.1"], |number, _| {
        format!("2026-02-03T10-00-{number:02}-000Z_01900000-0000-7000-8000-0000000002{number:02}.jsonl")
    });
    check(&PiAgentConnector::new(), ".pi/agent/sessions/--srv-app--", pi_files(), samples);
}

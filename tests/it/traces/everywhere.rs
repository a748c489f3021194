//! Every file of the samples and of the real agents is read without loss, or known not to be a session.

use std::path::{Path, PathBuf};

use memory_lane::model::{Role, Step};
use memory_lane::trace::{DocumentSession, HEAD_BYTES, Parsed, discover, recognise, recognise_document};

use crate::support::shared;

/// What is not read, by the start or the end of its path, and why.
const UNREAD: &[(&str, &str)] = &[
    ("samples/expected.jsonl", "counts"),
    ("samples/MANIFEST.jsonl", "where the samples come from"),
    ("samples/droid/", "no reader for this agent"),
    ("samples/windsurf/", "no reader for this agent"),
    ("samples/copilot-vscode/gitai-copilot_session_", "the editor's own form for chats; no reader"),
    ("real-agents/aider-0.86.2/.aider.input.history", "the prompts alone; the chat's history has them too"),
    ("real-agents/gemini-0.61.0/projects.json", "read with the chats"),
    ("real-agents/gemini-0.61.0/tmp/proj/.project_root", "read with the chats"),
    (".meta.json", "read with the sub-agent's transcript"),
];

/// Records that are not understood, by file and reason: what is damaged on purpose, and what is none of an agent's.
const NOT_UNDERSTOOD: &[(&str, &str)] = &[
    ("cclog-edge_cases.jsonl", "not an object"),
    ("cclog-edge_cases.jsonl", "record without a type"),
    ("cclog-edge_cases.jsonl", "user record without content"),
];

/// What the real agents' files hold, counted by hand: messages of the user and the agent, calls; tokens read and written;
/// first and last prompt.
type Row<'a> = (&'a str, (usize, usize, usize), (u64, u64), Option<(&'a str, &'a str)>);

const REAL: &[Row<'_>] = &[
    (".aider.chat.history.md", (1, 1, 0), (601, 14), NOTE),
    ("8eb91f2d-d136-43d0-9379-447c60edaf54.jsonl", (1, 2, 1), (240, 60), NOTE),
    // A sub-agent's task is said by the agent.
    ("agent-a2ba77e1d53f98145.jsonl", (0, 3, 1), (240, 60), None),
    ("agent-a697876ecac36c8a8.jsonl", (0, 3, 1), (240, 60), None),
    ("agent-a6d58fddcdf8a2962.jsonl", (0, 3, 1), (240, 60), None),
    ("agent-aa36e537ab89f0c1a.jsonl", (0, 3, 1), (240, 60), None),
    ("agent-ac24e7c3447730444.jsonl", (0, 3, 1), (240, 60), None),
    ("13534f4f-3de3-4cad-ade2-639e95aacf25.jsonl", (1, 2, 1), (240, 60), Some(("Delegate it", "Delegate it"))),
    // Two further answers are summaries that compactions made.
    (
        "rollout-2026-11-20T20-28-21-01a1faa5-52a3-72c0-8898-ee054a3666fa.jsonl",
        (2, 1, 3),
        (600, 150),
        Some(("Write the decision down", "Next turn to compact")),
    ),
    ("resumed-other-cwd.jsonl", (2, 2, 1), (360, 90), Some((NOTED, "And what was the note?"))),
    ("rollout-2026-11-20T20-26-13-01a1faa3-5ef3-7651-9a41-86d73185aeaa.jsonl", (1, 1, 1), (240, 60), NOTE),
    ("rollout-2026-11-20T20-30-01-01a1faa6-da29-72e2-a3d6-20bf97d0abd4.jsonl", (1, 1, 1), (240, 60), NOTE),
    ("session-2026-11-20T20-38-ce982c8c.jsonl", (1, 1, 1), (240, 60), NOTE),
    // OpenCode puts a prompt with spaces in quotes before it notes it down.
    ("export.json", (1, 1, 1), (240, 60), Some((QUOTED, QUOTED))),
    ("2026-11-20T20-30-23-067Z_01a1faa7-2f5a-7659-9772-a8ca486dc3d6.jsonl", (1, 1, 1), (240, 60), NOTE),
];

const NOTED: &str = "Write a note and tell me which store we decided";
const QUOTED: &str = "\"Write a note and tell me which store we decided\"";
const NOTE: Option<(&str, &str)> = Some((NOTED, NOTED));

fn files(place: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files(&entry, found) } else { found.push(entry) }
    }
}

/// Every session in a file; none where nobody recognises it.
fn sessions(path: &Path) -> Option<Vec<Parsed>> {
    let content = std::fs::read(path).unwrap();
    let head = &content[..content.len().min(HEAD_BYTES)];
    if let Some(reader) = recognise_document(path, head) {
        let mut found: Vec<DocumentSession> = Vec::new();
        reader.sessions(path, &mut found).unwrap();
        return Some(found.into_iter().map(|session| session.parsed).collect());
    }
    let mut parser = recognise(head)?.parser(path);
    let mut found = vec![parser.read(&content)];
    found.append(&mut parser.others());
    Some(found)
}

fn is_unread(name: &str) -> bool {
    UNREAD.iter().any(|(part, _)| name.starts_with(part) || name.ends_with(part))
}

fn said(sessions: &[Parsed], role: Role) -> Vec<String> {
    let steps = sessions.iter().flat_map(|parsed| &parsed.steps);
    let said = steps.filter_map(|step| match &step.step {
        Step::Said(message) if message.role == role => Some(message.text.clone()),
        _ => None,
    });
    said.collect()
}

#[test]
fn no_file_is_an_error_and_nothing_is_lost_silently() {
    let Some(shared) = shared() else { return };
    let traces = shared.join("traces");
    let mut all = Vec::new();
    files(&traces.join("samples"), &mut all);
    files(&traces.join("real-agents"), &mut all);
    all.sort();
    let below = ["samples", "real-agents"].map(|directory| discover(&traces.join(directory))).concat();
    let mut wrong = Vec::new();
    let mut real = Vec::new();
    for path in &all {
        let name = path.strip_prefix(&traces).unwrap().to_str().unwrap();
        let Some(found) = sessions(path) else {
            if !is_unread(name) {
                wrong.push(format!("{name} is not read"));
            }
            continue;
        };
        if is_unread(name) {
            wrong.push(format!("{name} is read, but said not to be"));
        }
        if !below.contains(path) {
            wrong.push(format!("{name} is not found by whoever names its directory"));
        }
        for why in found.iter().flat_map(|parsed| parsed.skipped.keys()) {
            if !NOT_UNDERSTOOD.iter().any(|(file, known)| name.ends_with(file) && why == known) {
                wrong.push(format!("{name}: {why}"));
            }
        }
        if name.starts_with("real-agents/") {
            let calls =
                found.iter().flat_map(|parsed| &parsed.steps).filter(|s| matches!(s.step, Step::Called(_))).count();
            let prompts = said(&found, Role::User);
            let counts = (prompts.len(), said(&found, Role::Agent).len(), calls);
            let tokens = found.iter().map(|parsed| &parsed.facts.usage);
            let tokens = tokens.fold((0, 0), |sum, usage| (sum.0 + usage.tokens_in, sum.1 + usage.tokens_out));
            let ends = prompts.first().cloned().zip(prompts.last().cloned());
            real.push((path.file_name().unwrap().to_string_lossy().into_owned(), counts, tokens, ends));
        }
    }
    let owned = |ends: Option<(&str, &str)>| ends.map(|(first, last)| (first.to_owned(), last.to_owned()));
    let expected: Vec<_> =
        REAL.iter().map(|&(file, counts, tokens, ends)| (file.to_owned(), counts, tokens, owned(ends))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(real, expected);
}

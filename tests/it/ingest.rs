//! Ingesting files into a store: what is stored, what is read again, what survives an interruption.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]

mod commands;
mod kept;

use std::path::{Path, PathBuf};

use memory_lane::pipeline::{IngestReport, ingest};
use memory_lane::store::{SessionStore, StepAt};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::traces::session_file::SessionFile;
use kept::Kept;

const ID: &str = "aaaaaaaa-2222-4333-8444-555555555555";
const OTHER: &str = "bbbbbbbb-2222-4333-8444-555555555555";

/// A home of the agent with one project directory, and a work tree of a repository.
struct Place {
    _dir: tempfile::TempDir,
    home: PathBuf,
    work: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (home, work) = (dir.path().join("home"), dir.path().join("work"));
        std::fs::create_dir_all(home.join("projects/-work")).unwrap();
        std::fs::create_dir_all(work.join(".git")).unwrap();
        std::fs::write(work.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(work.join(".git/config"), "[remote \"origin\"]\n\turl = git@example.org:team/app.git\n")
            .unwrap();
        Self { _dir: dir, home, work }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join("projects/-work").join(name)
    }

    fn write(&self, id: &str, content: &str) -> PathBuf {
        let path = self.path(&format!("{id}.jsonl"));
        std::fs::write(&path, content).unwrap();
        path
    }

    fn session(&self, id: &str) -> SessionFile {
        SessionFile::new(id, self.work.to_str().unwrap())
    }

    fn ingest(&self, store: &mut Kept) -> IngestReport {
        ingest(store, std::slice::from_ref(&self.home), &[], &mut |_| {}).unwrap()
    }
}

#[test]
fn a_session_is_stored_with_its_project_and_relative_paths() {
    let place = Place::new();
    let edited = place.work.join("src/a.rs");
    let session =
        place.session(ID).user("fix a.rs").call("t1", "Edit", json!({"file_path": edited})).result("t1", "ok", false);
    place.write(ID, &session.text());
    let mut store = Kept::default();
    let report = place.ingest(&mut store);
    assert_eq!((report.files_seen, report.files_read, report.sessions_new, report.sessions_updated), (1, 1, 1, 0));
    assert_eq!((report.messages, report.tool_calls, report.bytes), (1, 1, session.text().len() as u64));
    let head = &store.appends[0].head;
    let project = head.project.as_ref().unwrap();
    assert_eq!((project.key.as_str(), project.root.as_str()), ("example.org/team/app", place.work.to_str().unwrap()));
    let StepAt::Call { call, .. } = &store.steps(ID)[1] else { panic!("no call") };
    assert_eq!(call.files[0].path, "src/a.rs");
}

#[test]
fn nothing_new_means_nothing_opened() {
    let place = Place::new();
    place.write(ID, &place.session(ID).user("hi").text());
    let mut store = Kept::default();
    place.ingest(&mut store);
    let before = store.clone();
    let report = place.ingest(&mut store);
    assert_eq!((report.files_unchanged, report.files_read, report.bytes), (1, 0, 0));
    assert_eq!(store, before);
}

#[test]
fn only_what_was_appended_is_read_and_a_half_line_waits() {
    let place = Place::new();
    let whole = place
        .session(ID)
        .user("one")
        .call("t1", "Bash", json!({"command": "ls"}))
        .result("t1", "a b", false)
        .user("two");
    let text = whole.text();
    let cut = whole.lines()[..2].iter().map(|line| line.len() + 1).sum::<usize>();
    let mut store = Kept::default();
    place.write(ID, &text[..cut + 20]);
    let first = place.ingest(&mut store);
    assert_eq!((first.bytes, store.transcripts().unwrap()[0].offset), (cut as u64, cut as u64));
    place.write(ID, &text);
    let second = place.ingest(&mut store);
    assert_eq!((second.bytes, second.sessions_new, second.sessions_updated), ((text.len() - cut) as u64, 0, 1));
    let mut fresh = Kept::default();
    place.ingest(&mut fresh);
    assert_eq!(store.steps(ID), fresh.steps(ID), "in two readings as in one");
    assert!(!store.appends.iter().any(|append| append.restart));
}

#[test]
fn what_an_earlier_program_read_is_not_read_again() {
    let place = Place::new();
    let old = place.session(ID).user("one").agent("of one").text();
    let mut store = Kept::default();
    let path = place.write(ID, &old);
    place.ingest(&mut store);
    let state = store.states.get_mut(path.to_str().unwrap()).unwrap();
    state.prefix_hash = Sha256::digest(&old).into();
    place.write(ID, &place.session(ID).user("one").agent("of one").user("two").text());
    assert_eq!(place.ingest(&mut store).messages, 1);
    assert!(!store.appends.last().unwrap().restart);
    place.write(ID, &place.session(ID).user("one").agent("of one").user("two").user("three").text());
    assert_eq!(place.ingest(&mut store).messages, 1, "now by the hash of this program");
}

#[test]
fn a_last_record_without_a_line_end_is_read_when_it_is_whole() {
    let place = Place::new();
    let text = place.session(ID).user("one").user("two").text();
    let mut store = Kept::default();
    place.write(ID, text.trim_end());
    assert_eq!(place.ingest(&mut store).messages, 2);
    place.write(ID, &format!("{text}{}\n", place.session(OTHER).user("three").lines()[0]));
    assert_eq!(place.ingest(&mut store).messages, 1);
}

#[test]
fn a_replaced_file_is_read_from_the_start() {
    let place = Place::new();
    let mut store = Kept::default();
    place.write(ID, &place.session(ID).user("old words").agent("old").text());
    place.ingest(&mut store);
    let longer = place.session(ID).user("new words").agent("new").user("more");
    place.write(ID, &longer.text());
    assert_eq!(place.ingest(&mut store).messages, 3);
    assert!(store.appends.last().unwrap().restart);
    assert_eq!(store.steps(ID).len(), 3);
    place.write(ID, &place.session(ID).user("short").text());
    place.ingest(&mut store);
    assert_eq!(store.steps(ID).len(), 1, "a shorter file is another one");
}

#[test]
fn a_touched_file_is_noted_and_not_stored_again() {
    let place = Place::new();
    let path = place.write(ID, &place.session(ID).user("hi").text());
    let mut store = Kept::default();
    place.ingest(&mut store);
    let later = std::fs::metadata(&path).unwrap().modified().unwrap() + std::time::Duration::from_secs(5);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
    let report = place.ingest(&mut store);
    assert_eq!((report.files_unchanged, store.appends.len(), store.touched), (1, 1, 1));
    assert_eq!(place.ingest(&mut store).files_unchanged, 1);
    assert_eq!(store.touched, 1, "the new time is known now");
}

#[test]
fn a_large_file_goes_in_by_parts_and_an_interrupted_run_is_made_good() {
    let place = Place::new();
    let filler = "x".repeat(50_000);
    let mut session = place.session(ID);
    for round in 0..120 {
        session = session.user(&format!("prompt {round} {filler}")).call(
            &format!("t{round}"),
            "Bash",
            json!({"command": "ls"}),
        );
        session = session.user("[Request interrupted by user]").result(&format!("t{round}"), "done", round % 2 == 0);
    }
    place.write(ID, &session.text());
    place.write(OTHER, &place.session(OTHER).user("another").text());
    let mut whole = Kept::default();
    place.ingest(&mut whole);
    let parts = whole.appends.iter().filter(|append| append.head.id.native() == ID).count();
    assert!(parts > 1, "{parts} parts");
    for fails_at in 0..=parts {
        let mut store = Kept { fails_at: Some(fails_at), ..Kept::default() };
        assert!(ingest(&mut store, std::slice::from_ref(&place.home), &[], &mut |_| {}).is_err());
        store.fails_at = None;
        place.ingest(&mut store);
        assert_eq!(store.steps(ID), whole.steps(ID), "stopped at {fails_at}");
        assert_eq!(store.steps(OTHER), whole.steps(OTHER));
        assert_eq!(store.transcripts().unwrap(), whole.transcripts().unwrap());
    }
}

#[test]
fn secrets_never_reach_the_store() {
    let place = Place::new();
    let secret = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let session = place
        .session(ID)
        .user(&format!("use {secret}"))
        .call("t1", "Bash", json!({"command": format!("export GITHUB_TOKEN={secret}")}))
        .result("t1", &format!("{} {secret} more", "y".repeat(590)), false)
        .call("t2", "Write", json!({"file_path": "/x", "content": format!("{}\n{secret}", "z".repeat(560))}))
        .line(&json!({"type": "custom-title", "sessionId": ID, "customTitle": format!("about {secret}")}).to_string());
    place.write(ID, &session.text());
    let mut store = Kept::default();
    let report = place.ingest(&mut store);
    let stored = format!("{:?}", store.appends);
    assert!(!stored.contains(&secret) && !stored.contains("a1B2c3"), "not even a part of it: {stored}");
    assert!(stored.contains("use [REDACTED:github-token]"));
    assert!(report.redacted["github-token"] >= 4);
}

#[test]
fn other_files_and_excluded_projects_are_left_out() {
    let place = Place::new();
    place.write(ID, &place.session(ID).user("hi").text());
    std::fs::write(place.path("measurements.jsonl"), "{\"type\":\"metric\",\"value\":5}\n").unwrap();
    std::fs::write(place.path("notes.txt"), "not looked at").unwrap();
    std::fs::create_dir_all(place.path("x/tool-results")).unwrap();
    std::fs::write(place.path("x/tool-results/out.jsonl"), "{}\n").unwrap();
    let mut store = Kept::default();
    for excluded in ["example.org/team/app", place.work.to_str().unwrap()] {
        let report =
            ingest(&mut store, std::slice::from_ref(&place.home), &[excluded.to_owned()], &mut |_| {}).unwrap();
        assert_eq!((report.files_seen, report.files_unrecognised, report.files_excluded), (2, 1, 1));
        assert!(store.appends.is_empty());
    }
    assert_eq!(place.ingest(&mut store).files_read, 1);
}

#[test]
fn a_directory_that_is_gone_keeps_the_project_it_had() {
    let place = Place::new();
    let mut store = Kept::default();
    place.write(ID, &place.session(ID).user("hi").text());
    place.ingest(&mut store);
    std::fs::remove_dir_all(&place.work).unwrap();
    place.write(OTHER, &place.session(OTHER).user("hello").text());
    place.ingest(&mut store);
    let keys: Vec<_> = store.appends.iter().map(|append| append.head.project.as_ref().unwrap().key.as_str()).collect();
    assert_eq!(keys, ["example.org/team/app", "example.org/team/app"]);
}

#[test]
fn files_may_be_named_directly_and_missing_ones_are_reported() {
    let place = Place::new();
    let path = place.write(ID, &place.session(ID).user("hi").text());
    let mut store = Kept::default();
    let mut seen = Vec::new();
    let roots = [path.clone(), path, Path::new("/no/such/file.jsonl").to_owned()];
    let report = ingest(&mut store, &roots, &[], &mut |progress| seen.push(progress)).unwrap();
    assert_eq!((report.files_seen, report.files_read, report.unreadable.len()), (2, 1, 1));
    let last = seen.last().unwrap();
    assert_eq!((last.files_done, last.files_total, last.bytes_done), (1, 1, last.bytes_total));
}

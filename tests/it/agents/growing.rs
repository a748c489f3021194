//! A file that grew, changed, moved or was compressed leaves the same store as one that was always as it is now.

use std::path::{Path, PathBuf};

use memory_lane::model::{Session, Turn};
use memory_lane::pipeline::ingest;
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MessageQuery, SessionFilter, SessionStore};
use serde_json::{Value, json};

use super::{codex, copilot, gemini, lines, pi};

/// A store and the directory that is taken into it.
struct Kept {
    dir: tempfile::TempDir,
    store: SqliteStore,
    written: u32,
}

impl Kept {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("db")).unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        Self { dir, store, written: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("home").join(name)
    }

    /// Writes a file, each time with another time of change, and takes everything in.
    fn take(&mut self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        self.written += 1;
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_770_000_000 + u64::from(self.written));
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
        self.ingest();
    }

    fn ingest(&mut self) {
        let home = self.path("");
        let report = ingest(&mut self.store, &[home], &[], &mut |_| {}).unwrap();
        assert!(report.unreadable.is_empty() && report.files_unrecognised == 0, "{report:?}");
    }

    /// All sessions with something in them, in the order of their names, with their turns.
    fn all(&self) -> Vec<(Session, Vec<Turn>)> {
        let filter = SessionFilter { subagents: true, ..SessionFilter::default() };
        let mut sessions = self.store.sessions(&filter).unwrap();
        sessions.retain(|session| session.user_messages + session.agent_messages + session.tool_calls > 0);
        sessions.sort_by(|a, b| a.id.cmp(&b.id));
        sessions
            .into_iter()
            .map(|session| {
                let turns = self.store.turns(&session.id, 0).unwrap();
                (session, turns)
            })
            .collect()
    }

    fn found(&mut self, text: &str) -> usize {
        self.store.index_steps().unwrap();
        let query = MessageQuery { text: text.to_owned(), limit: 100, ..MessageQuery::default() };
        self.store.search_messages(&query).unwrap().len()
    }
}

/// Takes a file in after every line that was added, and at once, and compares.
fn check(name: &str, records: &[Value]) -> Kept {
    let mut grown = Kept::new();
    for upto in 1..=records.len() {
        grown.take(name, lines(&records[..upto]).as_bytes());
        let mut fresh = Kept::new();
        fresh.take(name, lines(&records[..upto]).as_bytes());
        assert_eq!(grown.all(), fresh.all(), "{name} after {upto} records");
    }
    grown
}

#[test]
fn rollouts_grow_by_lines() {
    let records = [
        codex::meta("/w"),
        codex::user(1, "go"),
        codex::call(2, "c1", "shell", &json!({"command": "make"})),
        codex::event(3, json!({"type": "exec_command_end", "call_id": "c1", "exit_code": 1})),
        codex::output(3, "c1", "failed"),
        codex::call(4, "c2", "shell", &json!({"command": "sleep 9"})),
        codex::event(5, json!({"type": "turn_aborted"})),
        codex::user(6, "stop"),
    ];
    let kept = check(codex::NAME, &records);
    assert_eq!(kept.all()[0].0.failed_calls, 1);
}

#[test]
fn event_logs_grow_by_lines() {
    let records = [
        copilot::start("/w"),
        copilot::event(1, "user.message", json!({"content": "go"})),
        copilot::call(2, "c1", "bash", json!({"command": "make"})),
        copilot::end(3, "c1", json!({"success": false, "error": {"message": "failed"}})),
        copilot::event(4, "abort", json!({})),
        copilot::event(5, "user.message", json!({"content": "stop"})),
    ];
    check(copilot::NAME, &records);
}

#[test]
fn trees_grow_and_change_their_conversation() {
    let records = [
        pi::header("/w"),
        pi::user(1, "a<", "start"),
        pi::answer(2, "b<a", "First.", Some(("c1", "make"))),
        pi::result(3, "c<b", "c1", "made", false),
        pi::user(4, "d<c", "go left"),
        pi::answer(5, "e<d", "Left.", None),
        pi::user(6, "f<c", "go right"),
        pi::answer(7, "g<f", "Right.", None),
        pi::user(8, "h<e", "left again"),
        pi::user(9, "i<e", "left once more"),
        pi::user(10, "j<", "from the start"),
    ];
    let mut kept = check(pi::NAME, &records);
    let all = kept.all();
    let names: Vec<&str> = all.iter().map(|(session, _)| session.id.native().trim_start_matches(pi::ID)).collect();
    assert_eq!(names, ["", "~a", "~f", "~h"]);
    let words = ["start", "left", "right"].map(|word| kept.found(word));
    assert_eq!(words, [2, 4, 2], "everything is found once, wherever it is");
}

#[test]
fn chats_grow_and_change_what_they_said() {
    let call = |id, status| {
        gemini::with_call(
            gemini::message(2, id, "gemini", "Making."),
            "run_shell_command",
            json!({"command": "make"}),
            status,
            "made",
        )
    };
    let records = [
        gemini::header(),
        gemini::message(1, "1", "user", "start"),
        gemini::message(2, "2", "gemini", ""),
        call("2", "executing"),
        call("2", "success"),
        gemini::message(3, "3", "user", "go left"),
        json!({"$rewindTo": "3"}),
        gemini::message(4, "4", "user", "go right"),
        gemini::set(json!({"messages": [gemini::message(5, "5", "user", "<state_snapshot>x")], "summary": "Making"})),
        gemini::message(6, "6", "user", "go on"),
    ];
    let mut kept = check(gemini::NAME, &records);
    assert_eq!((kept.found("left"), kept.found("right"), kept.all().len()), (1, 1, 2));
}

#[test]
fn a_list_that_becomes_a_tree_is_read_anew() {
    let list = [
        json!({"type": "session", "id": pi::ID, "timestamp": "2026-02-02T10:00:00.000Z", "cwd": "/w"}),
        json!({"type": "message", "timestamp": "2026-02-02T10:00:01.000Z", "message": {"role": "user", "content": "start"}}),
    ];
    let tree = [pi::header("/w"), pi::user(1, "a<", "start"), pi::user(2, "b<a", "go on")];
    let mut kept = Kept::new();
    kept.take(pi::NAME, lines(&list).as_bytes());
    kept.take(pi::NAME, lines(&tree).as_bytes());
    assert_eq!((kept.found("start"), kept.all()[0].0.user_messages), (1, 2));
}

#[test]
fn a_rollout_that_moves_or_is_compressed_is_the_same_session() {
    let mut kept = Kept::new();
    let records = [
        codex::meta("/w"),
        codex::user(1, "go"),
        codex::call(2, "c1", "shell", &json!({"command": "make"})),
        codex::output(3, "c1", "Exit code: 1\nOutput:\nno"),
        codex::event(4, json!({"type": "turn_aborted"})),
        codex::user(5, "stop"),
    ];
    let content = lines(&records);
    let place = format!("sessions/2026/02/02/{}", codex::NAME);
    kept.take(&place, content.as_bytes());
    let before = kept.all();
    let archived = format!("archived_sessions/{}", codex::NAME);
    std::fs::create_dir_all(kept.path("archived_sessions")).unwrap();
    std::fs::rename(kept.path(&place), kept.path(&archived)).unwrap();
    kept.ingest();
    assert_eq!(kept.all(), before, "moved");
    let packed = zstd::encode_all(content.as_bytes(), 3).unwrap();
    kept.take(&format!("{archived}.zst"), &packed);
    assert_eq!(kept.all(), before, "while both are there");
    std::fs::remove_file(kept.path(&archived)).unwrap();
    kept.ingest();
    assert_eq!(kept.all(), before, "compressed");
    kept.take(&place, format!("{content}{}\n", codex::user(6, "go on")).as_bytes());
    assert_eq!(kept.all()[0].0.user_messages, before[0].0.user_messages + 1, "taken up again");
}

#[test]
fn paths_from_the_working_directory_are_the_projects() {
    let dir = tempfile::tempdir().unwrap();
    let work = dir.path().join("app");
    std::fs::create_dir_all(work.join(".git")).unwrap();
    std::fs::create_dir_all(work.join("sub")).unwrap();
    std::fs::write(work.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let cwd = work.join("sub");
    let patch = |path: &Path| format!("*** Begin Patch\n*** Update File: {}\n*** End Patch", path.display());
    let call = |id, path: &Path| codex::call(1, id, "apply_patch", &json!({"input": patch(path)}));
    let records = [codex::meta(cwd.to_str().unwrap()), call("c1", Path::new("a.rs")), call("c2", &work.join("b.rs"))];
    let mut kept = Kept::new();
    kept.take(codex::NAME, lines(&records).as_bytes());
    let turns = kept.all().remove(0).1;
    let paths: Vec<&str> = turns[0].calls().map(|call| call.files[0].path.as_str()).collect();
    assert_eq!(paths, ["sub/a.rs", "b.rs"]);
}

//! Taking documents into a store: each session once, only what changed again, never less than there was.

use std::path::Path;

use memory_lane::model::{Agent, SessionId};
use memory_lane::pipeline::{IngestReport, ingest};
use memory_lane::store::SessionStore;
use memory_lane::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use super::exports::chatgpt;

fn take(store: &mut SqliteStore, root: &Path) -> IngestReport {
    ingest(store, &[root.to_owned()], &[], &mut |_| {}).unwrap()
}

fn messages(store: &SqliteStore, agent: Agent, native: &str) -> u32 {
    let session = store.session(&SessionId::new(agent, native)).unwrap().unwrap();
    session.user_messages + session.agent_messages
}

/// One prompt after the other.
fn prompt(id: &str, text: &str) -> (Value, Vec<Value>) {
    let info = json!({"id": id, "role": "user", "time": {"created": 1_770_026_400_000_i64}});
    (info, vec![json!({"type": "text", "text": text})])
}

#[test]
fn a_list_of_conversations_is_many_sessions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("conversations.json");
    std::fs::write(&path, json!([chatgpt("one"), chatgpt("two"), chatgpt("three")]).to_string()).unwrap();
    let mut store = SqliteStore::open_in_memory().unwrap();
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_new, report.messages, report.tool_calls, report.files_read), (3, 6, 3, 1));
    assert_eq!(store.session(&SessionId::new(Agent::ChatGpt, "two")).unwrap().unwrap().title.as_deref(), Some("Cats"));
    let again = take(&mut store, dir.path());
    assert_eq!(
        (again.files_read, again.files_unchanged, again.messages),
        (0, 1, 0),
        "nothing new means nothing opened"
    );

    // A later export holds the same and more.
    let mut longer = chatgpt("two");
    longer["update_time"] = json!(1_770_026_999.0);
    longer["current_node"] = json!("u9");
    longer["mapping"]["u9"] = json!({"id": "u9", "parent": "a2", "children": [], "message":
        {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["and dogs?"]}}});
    let second = dir.path().join("later");
    std::fs::create_dir(&second).unwrap();
    std::fs::write(second.join("conversations.json"), json!([chatgpt("one"), longer]).to_string()).unwrap();
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_new, report.sessions_updated, report.files_read), (0, 1, 1));
    assert_eq!(messages(&store, Agent::ChatGpt, "two"), 3);

    // The older export under a new name takes nothing back.
    std::fs::rename(&path, dir.path().join("conversations-old.json")).unwrap();
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_updated, report.messages), (0, 0));
    assert_eq!(messages(&store, Agent::ChatGpt, "two"), 3);
}

#[test]
fn what_a_running_program_writes_to_its_log_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let db = super::opencode::database(&dir.path().join("opencode.db"));
    super::opencode::add(&db, "ses_1", None, &[prompt("m1", "one")]);
    super::opencode::add(&db, "ses_2", None, &[prompt("m1", "other")]);
    let mut store = SqliteStore::open_in_memory().unwrap();
    assert_eq!(take(&mut store, dir.path()).sessions_new, 2);
    assert_eq!(take(&mut store, dir.path()).files_unchanged, 1);
    db.execute_batch(
        "INSERT INTO message VALUES ('m2', 'ses_1', 2, 2, '{\"role\":\"user\"}');
         INSERT INTO part VALUES ('p2', 'm2', 'ses_1', 2, 2, '{\"type\":\"text\",\"text\":\"two\"}');
         UPDATE session SET time_updated = 1770026600000 WHERE id = 'ses_1'",
    )
    .unwrap();
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_new, report.sessions_updated), (0, 1));
    assert_eq!(messages(&store, Agent::OpenCode, "ses_1"), 2);
}

#[test]
fn of_two_sources_of_one_session_the_fuller_counts() {
    let dir = tempfile::tempdir().unwrap();
    let transcripts = dir.path().join("projects/p/agent-transcripts/c1");
    std::fs::create_dir_all(&transcripts).unwrap();
    let record = |role: &str, content: Value| format!("{}\n", json!({"role": role, "message": {"content": [content]}}));
    let text = record("user", json!({"type": "text", "text": "<user_query>list it</user_query>"}))
        + &record("assistant", json!({"type": "tool_use", "name": "Shell", "input": {"command": "ls"}}));
    std::fs::write(transcripts.join("c1.jsonl"), &text).unwrap();
    let mut store = SqliteStore::open_in_memory().unwrap();
    assert_eq!(take(&mut store, dir.path()).sessions_new, 1);

    let headers = json!([{"bubbleId": "u", "type": 1}, {"bubbleId": "t", "type": 2}]);
    let tool = json!({"name": "run_terminal_cmd", "toolCallId": "t", "status": "completed", "params": "{\"command\":\"ls\"}", "result": "{\"output\":\"a\"}"});
    let rows = [
        ("composerData:c1", json!({"createdAt": 1_770_026_400_000_i64, "fullConversationHeadersOnly": headers})),
        ("bubbleId:c1:u", json!({"type": 1, "text": "list it"})),
        ("bubbleId:c1:t", json!({"type": 2, "toolFormerData": tool})),
    ];
    let _db = super::cursor::editor_database(&dir.path().join("state.vscdb"), &rows);
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_new, report.sessions_updated), (0, 1));
    let id = SessionId::new(Agent::Cursor, "c1");
    let turns = store.turns(&id, 0).unwrap();
    assert_eq!(turns.iter().flat_map(|turn| turn.calls()).map(|call| call.output.as_str()).collect::<Vec<_>>(), ["a"]);

    // The transcript is touched: it holds less, so the database's stays.
    std::fs::write(transcripts.join("c1.jsonl"), text + "\n").unwrap();
    assert_eq!(take(&mut store, dir.path()).sessions_updated, 0);
    assert_eq!(store.turns(&id, 0).unwrap(), turns);
}

#[test]
fn a_story_of_a_session_that_is_known_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let id = "0a57f201-e967-4d94-a191-eef5c4419091";
    let session = crate::traces::session_file::SessionFile::new(id, "/srv/app").user("fix it").agent("Done.");
    let path = dir.path().join(format!("{id}.jsonl"));
    std::fs::write(&path, session.text()).unwrap();
    let mut store = SqliteStore::open_in_memory().unwrap();
    take(&mut store, &path);
    let story = format!(
        "<!-- Generated by SpecStory, Markdown v2.1.0 -->\n\n<!-- Claude Code Session {id} (2026-02-02 02:40:00Z) -->\n\n\
         _**User (2026-02-02 02:40:01Z)**_\n\nfix it\n\n_**Agent (m 2026-02-02 02:40:02Z)**_\n\nDone.\n"
    );
    std::fs::write(dir.path().join("2026-02-02_02-40-00Z-fix-it.md"), story).unwrap();
    let report = take(&mut store, dir.path());
    assert_eq!((report.sessions_new, report.messages, report.copies), (0, 0, 2));
}

#[test]
fn sessions_of_excluded_projects_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let db = super::opencode::database(&dir.path().join("opencode.db"));
    super::opencode::add(&db, "ses_1", None, &[prompt("m1", "one")]);
    let mut store = SqliteStore::open_in_memory().unwrap();
    let excluded = ["/home/ada/app".to_owned()];
    let report = ingest(&mut store, &[dir.path().to_owned()], &excluded, &mut |_| {}).unwrap();
    assert_eq!((report.files_excluded, report.sessions_new), (1, 0));
}

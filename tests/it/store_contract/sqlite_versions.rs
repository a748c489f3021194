//! Files that earlier versions wrote.

use std::path::Path;

use memory_lane::model::{MemoryId, SessionOutcome, Timestamp};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MemoryStore, RecallStore, SessionStore};
use rusqlite::Connection;

use super::samples::{NOW, add, angle, asked, draft, scope, session_id, strings};
use super::sqlite_file::file;

/// A file as version 1 wrote it, with one memory, one session and one recall.
fn legacy_version_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(include_str!("../../../src/store/sqlite/migrations/0001_init.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO projects (id, key, name, root) VALUES (1, 'github.com/lane/memory', 'memory', '/srv/memory');
             INSERT INTO sessions (id, name, agent, native, project, started_at, ended_at, user_messages, next_seq)
                 VALUES (1, 'claude-code/old', 'claude-code', 'old', 1, 1000, 2000, 1, 1);
             INSERT INTO transcripts (id, path, session, offset, prefix_sha256, size, mtime_ns, next_seq)
                 VALUES (1, '/t/old.jsonl', 1, 10, zeroblob(32), 10, 1, 1);
             INSERT INTO messages (id, session, transcript, turn, seq, role, at, after_interrupt, uuid, text_hash, text)
                 VALUES (1, 1, 1, 0, 0, 'user', 1000, 0, 'u0', 1, 'deploy it');
             INSERT INTO messages_fts (rowid, body) VALUES (1, 'deploy it');
             INSERT INTO memories (id, identity, status, kind, project, formed_at, saved_at, session, trigger, origin,
                     polarity, confidence, text_hash, title, body, quote, reasoning, mentions, files, extra, source_chunk)
                 VALUES (7, x'07', 'active', 'decision', 1, 1000, 2000, 'claude-code/old', 'decision', 'user', 'neutral',
                     0.5, x'00', 'Deploy', 'On Fridays never.', '', '', '[{\"kind\":\"person\",\"name\":\"Adam\"}]',
                     '[\"src/a.rs\"]', '{}', '');
             INSERT INTO memories_fts (rowid, scope, body) VALUES (7, 'p1', 'deploy on friday never');
             INSERT INTO recall_queries (id, at, model, text) VALUES (1, 1500, 'm', 'deploy');
             INSERT INTO session_recalls (memory, session, epoch, query, outcome, event, at, score, floor, trigger, why,
                     signals)
                 VALUES (7, 'claude-code/old', 0, 1, 'injected', 'UserPromptSubmit', 1500, 0.5, 0.1, 'deploy', '', '[]');
             INSERT INTO entities (id, kind, norm, name) VALUES (1, 'person', 'adam j smith', 'Adam J Smith'),
                 (2, 'project', 'acme/apollo', 'acme/apollo'), (3, 'project', 'acme/api', 'acme/api'),
                 (4, 'person', 'adam', 'Adam'), (5, 'file', 'src/adam smith.rs', 'src/adam smith.rs');
             PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[test]
fn a_file_of_version_1_is_read() {
    let (_directory, path) = file();
    legacy_version_1(&path);
    let mut store = SqliteStore::open(&path).unwrap();
    let memory = store.memory(MemoryId(7)).unwrap().unwrap();
    assert_eq!((memory.draft.title.as_str(), memory.recall_count), ("Deploy", 1));
    assert_eq!(memory.draft.entities[0].name, "Adam");
    let bearers = |words: &[&str]| -> Vec<String> {
        store.bearers(&strings(words)).unwrap().into_iter().map(|bearer| bearer.entity.name).collect()
    };
    assert_eq!(
        bearers(&["adam", "smith", "j", "apollo", "acme", "api", ""]),
        ["Adam J Smith", "Adam J Smith", "acme/apollo"]
    );
    assert_eq!(store.matching(&asked(&["friday"]), &scope(), 100).unwrap().scores.len(), 1);
    assert_eq!(store.session(&session_id("old")).unwrap().unwrap().first_prompt.as_deref(), Some("deploy it"));
    let old = store.session(&session_id("old")).unwrap().unwrap();
    assert_eq!((old.outcome, old.turns, old.host), (SessionOutcome::Failed, 1, None), "settled, and of no machine yet");
    store.claim_sessions("pine").unwrap();
    assert_eq!(store.session(&session_id("old")).unwrap().unwrap().host.as_deref(), Some("pine"));
    assert_eq!(store.already_shown(&session_id("old"), &[MemoryId(7)]).unwrap(), [MemoryId(7)]);
    assert_eq!(store.unembedded("m", 10).unwrap().len(), 1);
    store.put_vectors("m", &[(MemoryId(7), angle(0.0))]).unwrap();
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 1).unwrap().compared, 1);
    assert_eq!(add(&mut store, &draft("next", 1)), MemoryId(8));
    assert!(store.uncaught(1).unwrap().iter().any(|work| work.session == session_id("old")));
    store.forget_memory(MemoryId(7), NOW).unwrap();
    assert_eq!(store.prompts("github.com/lane/memory", &session_id("x"), Timestamp(2000)).unwrap().len(), 1);
}

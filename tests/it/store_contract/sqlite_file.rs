//! What only a database in a file can get wrong: several processes, other versions, damage, missing rights.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use memory_lane::model::{MemoryId, Outcome, Timestamp};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{
    MemoryStore, RecallFilter, RecallStore, SessionFilter, SessionStore, StoreError, VoteRecord, spool,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::recall::record;
use super::samples::{NOW, add, angle, asked, draft, scope, session_id, user, with_steps};

pub(super) fn file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("memory-lane.db");
    (directory, path)
}

#[test]
fn processes_that_open_a_new_file_at_once_do_not_clash() {
    for _ in 0..5 {
        let (_directory, path) = file();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for number in 0..8 {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    let mut store = SqliteStore::open(path).unwrap();
                    add(&mut store, &draft(&format!("memory {number}"), 1));
                });
            }
        });
        assert_eq!(SqliteStore::open(&path).unwrap().counts("m").unwrap().memories, 8);
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_is_its_owners_alone_whoever_may_look_into_its_directory() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, path) = file();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    add(&mut store, &draft("a memory", 1));
    for path in fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn hooks_that_claim_at_once_claim_each_memory_once() {
    let (_directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    let memories: Vec<MemoryId> =
        (0..20).map(|number| add(&mut store, &draft(&format!("memory {number}"), 1))).collect();
    let start = Barrier::new(8);
    let claimed: Vec<MemoryId> = thread::scope(|scope| {
        let hooks: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut store = SqliteStore::open_for_hook(&path).unwrap();
                    start.wait();
                    memories.iter().flat_map(|&memory| claim_patiently(&mut store, memory)).collect::<Vec<_>>()
                })
            })
            .collect();
        hooks.into_iter().flat_map(|hook| hook.join().unwrap()).collect()
    });
    let mut sorted = claimed;
    sorted.sort();
    assert_eq!(sorted, memories);
    assert_eq!(store.counts("m").unwrap().recalls, 20);
}

/// A hook gives up after a tenth of a second, which this machine may need when all its tests run at once.
fn claim_patiently(store: &mut SqliteStore, memory: MemoryId) -> Vec<MemoryId> {
    loop {
        match store.record_recalls(&[record(memory, "s", Outcome::Injected, 10)], "q", "m", None) {
            Err(StoreError::Locked { .. }) => {}
            outcome => return outcome.unwrap(),
        }
    }
}

/// The version of the file's format for reading: 2 with a write-ahead log, 1 with a rollback journal.
fn read_version(path: &Path) -> u8 {
    fs::read(path).unwrap()[19]
}

#[test]
fn the_log_is_turned_on_when_a_new_file_was_filled() {
    let (_directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    store.take_lease("worker", "me", Timestamp(1), 1000).unwrap();
    for session in ["a", "b"] {
        store.begin().unwrap();
        store.append(&with_steps(session, vec![user(0, 0, "", "deploy")])).unwrap();
        store.commit().unwrap();
    }
    assert_eq!(read_version(&path), 1);
    assert_eq!(SqliteStore::open_for_hook(&path).unwrap().sessions(&SessionFilter::default()).unwrap().len(), 2);
    add(&mut store, &draft("deploy", 1));
    assert_eq!(read_version(&path), 2);
    let (_directory, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(read_version(&path), 2, "nobody filled it");
}

#[test]
fn readers_beside_a_writer_never_fail() {
    let (_directory, path) = file();
    let mut writer = SqliteStore::open(&path).unwrap();
    let first = add(&mut writer, &draft("deploy zero", 1));
    writer.put_vectors("m", &[(first, angle(0.0))]).unwrap();
    let writing = AtomicBool::new(true);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut seen = 0;
                while writing.load(Ordering::Relaxed) {
                    let reader = SqliteStore::open_for_hook(&path).unwrap();
                    let near = reader.nearest("m", &angle(0.0), &scope(), 5).unwrap();
                    let matching = reader.matching(&asked(&["deploy"]), &scope(), 1_000_000).unwrap();
                    assert!(near.compared >= seen && matching.scores.len() >= near.compared);
                    assert!(!reader.fetch(&[first], &scope()).unwrap().is_empty());
                    seen = near.compared;
                }
            });
        }
        for number in 0..150_u8 {
            let id = add(&mut writer, &draft(&format!("deploy {number}"), 1));
            writer.put_vectors("m", &[(id, angle(f32::from(number)))]).unwrap();
            writer.append(&with_steps("s", vec![user(0, number.into(), "", "deploy")])).unwrap();
            if number % 50 == 0 {
                writer.tidy().unwrap();
            }
        }
        writing.store(false, Ordering::Relaxed);
    });
}

#[test]
fn a_leaked_connection_leaves_its_writes_to_the_next() {
    let (_directory, path) = file();
    let memory = add(&mut SqliteStore::open(&path).unwrap(), &draft("first", 1));
    let mut hook = SqliteStore::open_for_hook(&path).unwrap();
    hook.record_recalls(&[record(memory, "s", Outcome::Injected, 10)], "q", "m", None).unwrap();
    hook.leak();
    assert!(fs::metadata(path.with_extension("db-wal")).unwrap().len() > 0, "the log was not folded");
    let mut next = SqliteStore::open(&path).unwrap();
    assert_eq!(next.counts("m").unwrap().recalls, 1);
    next.tidy().unwrap();
    assert_eq!(fs::metadata(path.with_extension("db-wal")).unwrap().len(), 0);
}

#[test]
fn what_is_forgotten_is_gone_from_the_file() {
    let (_directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    for number in 0..100 {
        add(&mut store, &draft(&format!("memory {number}"), 1));
    }
    let id = add(&mut store, &draft("Xylophon and Quagga", 1));
    store.tidy().unwrap();
    let holds = |word: &str| {
        let bytes = fs::read(&path).unwrap();
        String::from_utf8_lossy(&bytes).to_lowercase().contains(word)
    };
    assert!(holds("xylophon") && holds("quagga"));
    store.forget_memory(id, NOW).unwrap();
    store.tidy().unwrap();
    assert!(!holds("xylophon") && !holds("quagga"));
}

#[test]
fn a_missing_database_is_told_apart() {
    let (directory, path) = file();
    let is_missing = |path: &Path| {
        let outcome = SqliteStore::open_for_hook(path).err();
        assert!(matches!(outcome, Some(StoreError::Missing { .. })), "{outcome:?}");
    };
    is_missing(&path);
    assert!(!path.exists(), "a hook makes no database");
    is_missing(directory.path());
    fs::write(&path, "").unwrap();
    is_missing(&path);
}

#[test]
fn a_newer_database_is_refused() {
    let (_directory, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for outcome in [SqliteStore::open(&path).err(), SqliteStore::open_for_hook(&path).err()] {
        assert!(matches!(outcome, Some(StoreError::Newer { found: 99, .. })), "{outcome:?}");
    }
}

#[test]
fn a_file_that_is_no_database_is_told_apart() {
    let (_directory, path) = file();
    fs::write(&path, "not a database at all, but long enough to hold a header: ".repeat(100)).unwrap();
    for outcome in [SqliteStore::open(&path).err(), SqliteStore::open_for_hook(&path).err()] {
        assert!(matches!(outcome, Some(StoreError::Corrupt { .. })), "{outcome:?}");
    }
}

#[test]
fn a_held_lock_is_told_apart() {
    let (_directory, path) = file();
    let memory = add(&mut SqliteStore::open(&path).unwrap(), &draft("first", 1));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut hook = SqliteStore::open_for_hook(&path).unwrap();
    let outcome = hook.record_recalls(&[record(memory, "s", Outcome::Injected, 10)], "q", "m", None);
    assert!(matches!(outcome, Err(StoreError::Locked { .. })), "{outcome:?}");
    assert_eq!(hook.fetch(&[memory], &scope()).unwrap().len(), 1, "reading does not wait for the writer");
    other.execute_batch("ROLLBACK").unwrap();
    let outcome = hook.record_recalls(&[record(memory, "s", Outcome::Injected, 10)], "q", "m", None);
    assert_eq!(outcome.unwrap(), [memory]);
}

/// Runs `action` without the right to write the directory and its files, even for root: the identity that the kernel
/// checks files against belongs to the thread alone.
#[cfg(target_os = "linux")]
fn without_rights(directory: &Path, action: impl FnOnce() + Send) {
    use std::os::unix::fs::PermissionsExt;
    let set_mode = |mode: u32| {
        for entry in fs::read_dir(directory).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(mode & 0o666)).unwrap();
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o555);
    thread::scope(|scope| {
        scope.spawn(|| {
            if nix::unistd::geteuid().is_root() {
                nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65_534));
            }
            let writable = fs::write(directory.join("probe"), "");
            assert!(writable.is_err(), "the directory can still be written");
            action();
        });
    });
    set_mode(0o755);
}

#[test]
#[cfg(target_os = "linux")]
fn a_hook_reads_where_it_may_not_write() {
    let (directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    let memory = add(&mut store, &draft("first", 1));
    let check = || {
        let mut hook = SqliteStore::open_for_hook(&path).unwrap();
        assert_eq!(hook.fetch(&[memory], &scope()).unwrap().len(), 1);
        let outcome = hook.record_recalls(&[record(memory, "s", Outcome::Injected, 10)], "q", "m", None);
        assert!(matches!(outcome, Err(StoreError::ReadOnly { .. })), "{outcome:?}");
        assert_eq!(hook.already_shown(&session_id("s"), &[memory]).unwrap(), []);
    };
    // With the log still there, then with the log folded and gone.
    without_rights(directory.path(), check);
    drop(store);
    without_rights(directory.path(), check);
}

#[test]
fn spooled_recalls_are_taken_in_once_even_if_taking_them_in_fails_halfway() {
    let (directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    let memory = add(&mut store, &draft("deploy", 1));
    let spool_file = directory.path().join("recalls.spool");
    for (native, at) in [("s", 1), ("t", 2), ("u", 3)] {
        let kept_back = record(memory, native, Outcome::KeptBack, at);
        spool::append(&spool_file, &[kept_back], "deploy it", "m", Some(&angle(30.0))).unwrap();
    }
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON session_recalls WHEN NEW.at = 2 BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    .unwrap();
    assert!(spool::take_in(&spool_file, &mut store).unwrap_err().to_string().contains("no room"));
    db.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(spool::take_in(&spool_file, &mut store).unwrap(), 3);
    assert_eq!(store.recalls(&RecallFilter::default()).unwrap().len(), 3);
    assert_eq!(spool::take_in(&spool_file, &mut store).unwrap(), 0);
}

#[test]
fn of_what_was_asked_long_ago_only_what_votes_need_is_kept() {
    let (_directory, path) = file();
    let mut store = SqliteStore::open(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    let memory = add(&mut store, &draft("deploy", 1));
    let asked = |store: &mut SqliteStore, text: &str, outcome, at| {
        let record = record(memory, "s", outcome, at);
        store.record_recalls(&[record], text, "m", Some(&angle(30.0))).unwrap();
    };
    asked(&mut store, &"a pasted log ".repeat(10_000), Outcome::Injected, 1);
    asked(&mut store, "said by the way", Outcome::KeptBack, 2);
    db.execute(
        "INSERT INTO recall_queries (at, model, text)
         WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 4100)
         SELECT i, 'm', CASE i WHEN 4100 THEN printf('%.*c', 100000, 'x') ELSE 'q' END FROM n",
        [],
    )
    .unwrap();
    store.tidy().unwrap();
    let length = |id: i64| -> i64 {
        db.query_row("SELECT length(text) + ifnull(length(vector), 0) FROM recall_queries WHERE id = ?", [id], |row| {
            row.get(0)
        })
        .unwrap()
    };
    assert_eq!(length(1), 500 + 8, "it last brought the memory, and is an excerpt");
    assert_eq!((length(2), length(100), length(101)), (0, 0, 1), "the latest 4,000 are kept");
    assert_eq!(length(4_100), 500, "kept whole by an earlier version");
    store.vote(&VoteRecord { memory, up: true, session: None, at: Timestamp(5) }).unwrap();
    assert!(store.votes(&[memory]).unwrap()[0].vector.is_some());
    // Nor do the recalls themselves grow without end.
    let rows = |store: &SqliteStore| -> Vec<(String, String)> {
        let rows = store.recalls(&RecallFilter::default()).unwrap();
        rows.into_iter().map(|row| (row.outcome, row.trigger)).collect()
    };
    let old = ["kept_back", "injected"].map(|outcome| (outcome.to_owned(), String::new()));
    assert_eq!(rows(&store), old, "its last recall, and that it was shown, without the words");
    asked(&mut store, "and again", Outcome::KeptBack, 4_101);
    let latest = rows(&store)[0].1.clone();
    assert!(!latest.is_empty());
    store.tidy().unwrap();
    assert_eq!(rows(&store), [("kept_back".to_owned(), latest), ("injected".to_owned(), String::new())]);
    assert_eq!(store.memory(memory).unwrap().unwrap().recall_count, 1, "what was shown still counts");
}

//! The worker as a process: what it reads when, that one of them runs at a time, and that killing it loses nothing.

mod sessions;

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use memory_lane::model::Timestamp;
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{QueueStore, RecallStore, WorkerRun};
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};

use self::sessions::{SESSIONS, going_on, write_all, write_session};
use crate::support::Home;

/// Everything caught, but for the time at which it was stored.
fn memories(home: &Home) -> Vec<Value> {
    let exported = home.run(&["export"]);
    let parse = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("saved_at");
        value
    };
    exported.lines().map(parse).collect()
}

fn database(home: &Home) -> Connection {
    Connection::open(home.path().join("memory-lane.db")).unwrap()
}

fn store(home: &Home) -> SqliteStore {
    SqliteStore::open(&home.path().join("memory-lane.db")).unwrap()
}

fn count(db: &Connection, table: &str) -> u32 {
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn start_worker(home: &Home) -> Child {
    home.command(&["worker"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < limit, "not within two minutes: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What an undisturbed worker makes of the sessions.
fn undisturbed() -> Vec<Value> {
    let home = Home::new();
    write_all(&home);
    home.run(&["worker"]);
    let memories = memories(&home);
    assert_eq!(memories.len(), SESSIONS.len(), "each session gives one: {memories:#?}");
    memories
}

/// The worker hangs in the middle of the transaction of the third session, and is killed there.
#[test]
fn a_worker_killed_in_a_transaction_leaves_nothing_half_done() {
    let home = Home::new();
    write_all(&home);
    home.run(&["ingest"]);
    let mut db = database(&home);
    db.execute_batch(
        "CREATE VIEW endless AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;
         CREATE TRIGGER hang AFTER INSERT ON catch_state WHEN (SELECT count(*) FROM catch_state) = 3
         BEGIN SELECT count(*) FROM endless; END;",
    )
    .unwrap();
    let mut worker = start_worker(&home);
    db.busy_timeout(Duration::ZERO).unwrap();
    wait_until("the worker is in its third session", || {
        let is_locked = db.transaction_with_behavior(TransactionBehavior::Immediate).is_err();
        is_locked && count(&db, "catch_state") == 2
    });
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!((count(&db, "catch_state"), count(&db, "memories")), (2, 2), "both or neither");
    assert_eq!(count(&db, "worker_requests"), 1, "what was asked for is not forgotten");
    assert_eq!(count(&db, "leases"), 1, "the dead worker's lease is still written down");
    db.execute_batch("DROP TRIGGER hang; DROP VIEW endless").unwrap();

    home.run(&["worker"]);
    assert_eq!(memories(&home), undisturbed());
    assert_eq!((count(&db, "worker_requests"), count(&db, "leases")), (0, 0));
}

#[test]
fn a_worker_killed_again_and_again_ends_where_an_undisturbed_one_does() {
    let home = Home::new();
    write_all(&home);
    home.run(&["ingest"]);
    let db = database(&home);
    for round in 0.. {
        assert!(round < 100, "it never ends");
        let before = count(&db, "catch_state");
        let mut worker = start_worker(&home);
        // Killed as soon as one more session is read, wherever the worker then is.
        wait_until("the worker reads on or ends", || {
            count(&db, "catch_state") > before || worker.try_wait().unwrap().is_some()
        });
        if worker.try_wait().unwrap().is_some_and(|status| status.success()) {
            break;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    assert_eq!(memories(&home), undisturbed());
}

#[test]
fn workers_at_once_take_turns() {
    let home = Home::new();
    write_all(&home);
    home.run(&["status"]);
    let workers: Vec<Child> = (0..4).map(|_| start_worker(&home)).collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    assert_eq!(memories(&home), undisturbed());
    let mut runs = store(&home).runs().unwrap();
    runs.reverse();
    let overlap = |pair: &[WorkerRun]| pair[1].started_at < pair[0].ended_at;
    assert!(!runs.is_empty() && !runs.windows(2).any(overlap), "{runs:?}");
    assert_eq!(store(&home).queued().unwrap(), []);
}

#[test]
fn a_worker_that_finds_another_at_work_leaves_its_request_and_goes() {
    let home = Home::new();
    write_all(&home);
    let mut other = store(&home);
    let lock = File::create(home.path().join("worker.lock")).unwrap();
    lock.lock().unwrap();
    assert!(other.take_lease("worker", "4711", Timestamp(0), i64::MAX / 2).unwrap());
    home.run(&["worker"]);
    assert_eq!(count(&database(&home), "sessions"), 0, "nothing was read");
    assert_eq!(other.queued().unwrap().len(), 1);
    let status = home.json(&["status", "--json"]);
    assert_eq!((&status["queue"]["requests"], &status["queue"]["at_work"]["holder"]), (&json!(1), &json!("4711")));
    assert!(home.run(&["doctor"]).contains("process 4711 is at work"));
    drop(lock);
    home.run(&["worker"]);
    assert_eq!(memories(&home), undisturbed());
    let status = home.json(&["status", "--json"]);
    assert_eq!((&status["queue"]["requests"], &status["queue"]["at_work"]), (&json!(0), &Value::Null));
    assert_eq!(status["queue"]["last_run"]["memories"], SESSIONS.len());
}

#[test]
fn a_request_that_comes_as_a_command_gives_the_lease_back_is_served() {
    let home = Home::new();
    write_all(&home);
    home.run(&["worker"]);
    let db = database(&home);
    // Comes once, with the release itself.
    db.execute_batch(
        "CREATE TRIGGER late AFTER DELETE ON leases
         WHEN NOT EXISTS (SELECT 1 FROM worker_runs WHERE occasions = 'compact')
         BEGIN INSERT INTO worker_requests (occasion, session, transcript, at) VALUES ('compact', '', '', 1); END",
    )
    .unwrap();
    home.run(&["catch"]);
    assert_eq!(count(&db, "worker_requests"), 0);
    assert_eq!(store(&home).runs().unwrap()[0].occasions, "compact");
}

#[test]
fn a_session_that_cannot_be_read_keeps_no_other_from_being_read_and_is_told_of() {
    let home = Home::new();
    write_all(&home);
    home.run(&["ingest"]);
    let db = database(&home);
    db.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON catch_state WHEN NEW.session = 2 BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    .unwrap();
    home.run(&["worker"]);
    assert_eq!(memories(&home).len(), SESSIONS.len() - 1, "all but one, and nothing of that one");
    let status = home.json(&["status", "--json"]);
    assert_eq!((&status["queue"]["fails"], &status["queue"]["waiting"]), (&json!(true), &json!(1)));
    let doctor = home.run(&["doctor"]);
    assert!(doctor.contains("the latest run failed: session claude-code/session-1: "), "{doctor}");
    assert!(doctor.contains("no room"), "{doctor}");
    let (status, error) = home.fails(&["catch"]);
    assert!(status == 1 && error.contains("1 session not read") && error.contains("no room"), "{error}");
    db.execute_batch("DROP TRIGGER full").unwrap();
    home.run(&["worker"]);
    assert_eq!(memories(&home).len(), SESSIONS.len());
    assert_eq!(home.json(&["status", "--json"])["queue"]["fails"], json!(false));
}

/// A session that goes on is read at every turn and caught from when it ends; the request of a turn reads only its own
/// transcript.
#[test]
fn a_turn_is_read_at_once_and_caught_from_when_the_session_ends() {
    let home = Home::new();
    home.run(&["worker"]);
    write_session(&home, &SESSIONS[1], 1);
    let transcript = going_on(&home, SESSIONS[0]);
    let transcript = transcript.to_str().unwrap();
    let session = "claude-code/session-0";
    home.run(&["worker", "--occasion", "stop", "--session", session, transcript]);
    let sessions = home.json(&["sessions", "list", "--json"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions:#}");
    assert_eq!((&sessions["sessions"][0]["id"], memories(&home)), (&json!(session), Vec::new()));
    home.run(&["worker", "--occasion", "end", "--session", session, transcript]);
    assert_eq!(memories(&home).len(), 1);
    home.run(&["worker", "--occasion", "schedule"]);
    assert_eq!(memories(&home).len(), 2, "what was idle elsewhere is found by the timer");
}

#[test]
fn six_prompts_are_enough_to_catch_from_a_session_that_goes_on() {
    let home = Home::new();
    let chatter = ["list the flags", "show the second one", "and the third", "and the last one"];
    let transcript = going_on(&home, [&SESSIONS[0][..], &chatter[..3]].concat());
    let stop = ["worker", "--occasion", "stop", "--session", "claude-code/session-0", transcript.to_str().unwrap()];
    home.run(&stop);
    assert_eq!(memories(&home), Vec::<Value>::new(), "five prompts");
    going_on(&home, [&SESSIONS[0][..], &chatter[..]].concat());
    home.run(&stop);
    assert_eq!(memories(&home).len(), 1);
}

/// A plugin's copy in the client's own directory brings its example sessions along.
#[test]
fn what_lies_beside_the_sessions_is_not_the_persons() {
    let home = Home::new();
    write_all(&home);
    let own = home.path().join("claude/projects");
    let plugin = home.path().join("claude/plugins/cache/memory-lane/examples/sessions");
    std::fs::create_dir_all(&plugin).unwrap();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sessions");
    for entry in std::fs::read_dir(example).unwrap().map(|entry| entry.unwrap()) {
        std::fs::copy(entry.path(), plugin.join(entry.file_name())).unwrap();
    }
    home.run(&["worker"]);
    let db = database(&home);
    assert!(own.is_dir() && count(&db, "sessions") == SESSIONS.len() as u32, "{}", count(&db, "sessions"));
}

#[test]
fn a_backfill_reads_the_newest_first_and_goes_on_where_it_ended() {
    let home = Home::new();
    write_all(&home);
    let dry = home.run(&["catch", "--backfill", "--dry-run"]);
    assert!(dry.contains("would read 0 sessions"), "nothing is ingested yet: {dry}");
    home.run(&["ingest"]);
    let dry = home.json(&["catch", "--backfill", "--limit", "4", "--dry-run", "--json"]);
    assert_eq!((&dry["rules"]["sessions"], &dry["rules"]["left_out"]), (&json!(4), &json!(SESSIONS.len() - 4)));
    assert_eq!(memories(&home), Vec::<Value>::new());

    let said = home.run(&["catch", "--backfill", "--limit", "2"]);
    assert_eq!(said.trim_end().lines().count(), 1, "one line where there is no terminal: {said}");
    assert!(said.contains(&format!("{} sessions left for the next run", SESSIONS.len() - 2)), "{said}");
    let days = |home: &Home| -> Vec<String> {
        memories(home).iter().map(|memory| memory["formed_at"].as_str().unwrap()[..10].to_owned()).collect()
    };
    let mut newest = days(&home);
    newest.sort();
    assert_eq!(newest, ["2026-03-05", "2026-03-06"]);

    home.run(&["catch", "--backfill", "--since", "2026-03-03"]);
    assert_eq!(days(&home).len(), 4, "{:?}", days(&home));
    home.run(&["catch", "--backfill", "--rate", "6000"]);
    assert_eq!(days(&home).len(), SESSIONS.len());
    assert!(home.run(&["catch", "--backfill"]).starts_with("read 0 sessions, added 0 memories"));
    let (_, error) = home.fails(&["catch", "--since", "whenever"]);
    assert!(error.contains("`whenever` is no time"), "{error}");
}

/// What a later session took back is over, whichever of the two sessions is read first.
#[test]
fn the_order_of_reading_does_not_change_what_holds() {
    let read = |arguments: &[&str]| {
        let home = Home::new();
        let (old, new) = ("Always use npm for all packages", "From now on we use pnpm instead of npm for all packages");
        write_session(&home, &["Set up the build", old], 0);
        write_session(&home, &["Look at the build", new], 1);
        home.run(&["ingest"]);
        home.run(arguments);
        let listed = home.json(&["memories", "list", "--status", "superseded", "--json"]);
        let over: Vec<Value> = listed["memories"].as_array().unwrap().iter().map(|one| one["quote"].clone()).collect();
        let held: Vec<Value> = memories(&home).iter().map(|one| one["quote"].clone()).collect();
        (over, held)
    };
    let oldest_first = read(&["catch"]);
    assert_eq!(oldest_first.0, ["Always use npm for all packages"], "{oldest_first:?}");
    let mut newest_first = read(&["catch", "--backfill"]);
    newest_first.1.reverse();
    assert_eq!(newest_first, oldest_first);
}

#[test]
fn a_forgotten_memory_is_not_caught_again_by_whichever_version() {
    let home = Home::new();
    write_all(&home);
    home.run(&["worker"]);
    home.run(&["memories", "forget", "1"]);
    let left = memories(&home);
    let db = database(&home);
    // A later version of the catcher reads everything anew, and may name it otherwise.
    db.execute_batch("DELETE FROM catch_state; DELETE FROM memory_tombstones").unwrap();
    let said = home.run(&["catch"]);
    assert!(said.contains("added 0 memories"), "{said}");
    assert_eq!(memories(&home), left);
}

//! The program killed while a request is under way: what was done stays, what was not is done later, and nothing twice.

use std::process::Stdio;

use memory_lane::config::Backend;
use memory_lane::model::Timestamp;
use memory_lane::store::DistillerStore;
use memory_lane::store::SessionStore;
use serde_json::{Value, json};

use super::{KEY_VARIABLE, SERVED, Scene, TITLE, WORDS, client, memory, replied, session};
use crate::support::model_server::Answer;

/// The program is killed while the second session's request is under way; `reply` gives an object as the backend's server
/// does.
fn killed(mut scene: Scene, reply: impl Fn(&Value) -> Answer) {
    let backend = scene.settings.backend;
    scene.server.answers(vec![reply(&json!({"memories": [memory(&json!({}))]})), Answer::Silence]);
    // The latest session comes first.
    let mut earlier = session("earlier", &["From now on, always sort the flags of the launcher by name", WORDS]);
    earlier.head.ended_at = Some(Timestamp(super::NOW - 10_000_000));
    scene.store.append(&earlier).unwrap();
    let settings = json!({"distiller": {"url": scene.server.url(), "model": scene.settings.model,
        "key_variable": KEY_VARIABLE, "client": scene.settings.client}});
    std::fs::write(scene.dir.path().join("config.json"), settings.to_string()).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_memory-lane"))
        .args(["catch", "--distiller", backend.as_str()])
        .env_clear()
        .env("PATH", "a-key-for-the-loopback")
        .env("HOME", scene.dir.path())
        .env("MEMORY_LANE_HOME", scene.dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.server.wait_for(2);
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(scene.left(), 1, "{backend}: the first session is done, the other is not");
    assert!(scene.titles().contains(&TITLE.to_owned()), "{backend}");
    assert_eq!(scene.store.spent(Timestamp(0)).unwrap().calls, 2, "{backend}: what was sent is paid for");
    // The lease of the killed run has to run out.
    scene.clock.0.set(started_later());
    let sorted = memory(
        &json!({"type": "commitment", "title": "Flags are sorted", "body": "The flags of the launcher are sorted by name.",
        "evidence": [{"ref": "u2", "quote": "always sort the flags of the launcher by name"}]}),
    );
    scene.server.answers(vec![reply(&json!({"memories": [sorted]}))]);
    let report = scene.run();
    assert_eq!((report.memories, report.stopped.as_deref(), scene.left()), (1, None, 0), "{backend}: {report:?}");
    assert_eq!(scene.requests(), 3, "{backend}: the first session is not sent again");
    let titles = scene.titles();
    assert_eq!(titles.iter().filter(|title| *title == TITLE).count(), 1, "{backend}: {titles:?}");
}

#[test]
fn a_killed_run_loses_nothing_and_repeats_nothing() {
    for backend in SERVED {
        killed(Scene::new(backend, 1, vec![Answer::Silence]), |object| replied(backend, object));
    }
}

#[test]
fn so_does_one_whose_client_was_at_work() {
    killed(client::scene(1, vec![Answer::Silence]), client::object);
}

#[test]
fn one_run_at_a_time() {
    use memory_lane::store::RecallStore;
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 1, vec![replied(backend, &json!({"memories": []}))]);
    assert!(scene.store.take_lease("distiller", "somebody", Timestamp(super::NOW), 60_000).unwrap());
    let report = scene.run();
    assert_eq!((report.stopped.as_deref(), scene.requests()), (Some("another run is at it"), 0));
    scene.pass(1);
    assert_eq!((scene.run().windows, scene.requests()), (1, 1));
}

/// A time by which every lease taken during this test has run out.
fn started_later() -> i64 {
    4_000_000_000_000
}

//! Whole runs: what becomes of memories that are there already, of the budget, of sessions not worth a call.

use memory_lane::config::{Backend, DistillerSettings};
use memory_lane::model::{MemoryStatus, Timestamp};
use memory_lane::pipeline::{self, Meaning};
use memory_lane::store::{MemoryFilter, MemoryStore, SessionStore};
use serde_json::json;

use super::{NOW, Scene, TITLE, WORDS, active, one_memory, replied, session};

#[test]
fn the_models_wording_takes_the_place_of_the_rules() {
    let backend = Backend::Anthropic;
    let mut scene = Scene::new(backend, 1, vec![replied(backend, &one_memory())]);
    let caught = pipeline::catch(&mut scene.store, &Meaning::unknown(), Timestamp(NOW), &mut |_, _| {}).unwrap();
    assert_eq!(caught.memories, 1, "the rules see the correction too");
    let report = scene.run();
    assert_eq!((report.memories, report.superseded), (1, 1), "{report:?}");
    assert_eq!((scene.titles(), active(&scene)), (vec![TITLE.to_owned()], 1));
    let filter = MemoryFilter { status: Some(MemoryStatus::Superseded), ..MemoryFilter::default() };
    let old = scene.store.memories(&filter).unwrap();
    assert!(old.len() == 1 && old[0].superseded_by.is_some(), "it is kept");
    let again = pipeline::catch(&mut scene.store, &Meaning::unknown(), Timestamp(NOW), &mut |_, _| {}).unwrap();
    assert_eq!(again.memories, 0);
}

#[test]
fn the_same_in_another_session_counts_as_seen_again() {
    let backend = Backend::Anthropic;
    let mut scene = Scene::new(backend, 3, vec![replied(backend, &one_memory())]);
    let report = scene.run();
    assert_eq!((report.memories, report.observed), (1, 2), "{report:?}");
    let kept = scene.store.memories(&MemoryFilter::default()).unwrap();
    assert_eq!(kept[0].draft.times_observed, 3);
}

#[test]
fn the_budget_ends_a_run_and_the_next_one_goes_on() {
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 5, vec![replied(backend, &json!({"memories": []}))]);
    scene.settings = DistillerSettings { calls_per_hour: 2, ..scene.settings };
    let report = scene.run();
    assert!(report.stopped.unwrap().contains("calls_per_hour"));
    assert_eq!((scene.requests(), scene.left()), (2, 3));
    scene.run();
    assert_eq!(scene.requests(), 2);
    scene.pass(2);
    scene.run();
    assert_eq!((scene.requests(), scene.left()), (4, 1));
}

#[test]
fn a_session_without_the_users_words_is_not_sent() {
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 0, vec![replied(backend, &one_memory())]);
    let mut append = session("quiet", &["ok"]);
    append.steps.drain(..2);
    scene.store.append(&append).unwrap();
    let report = scene.run();
    assert_eq!((report.sessions, scene.requests(), scene.left()), (1, 0, 0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the worker reads the clock, and goes by how long ago a session ended")]
fn the_worker_reads_sessions_that_have_come_to_rest() {
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 0, vec![replied(backend, &one_memory())]);
    let now = jiff::Timestamp::now().as_millisecond();
    for (native, minutes_ago) in [("running", 0), ("rested", 60), ("ancient", 60 * 24 * 30)] {
        let mut append = session(native, &[WORDS]);
        append.head.ended_at = Some(Timestamp(now - minutes_ago * 60_000));
        scene.store.append(&append).unwrap();
    }
    let work = |settings: &serde_json::Value| run(&scene, settings, &["worker"]);
    let at_server = json!({"url": scene.server.url(), "model": "m"});
    work(&json!({"distiller": at_server}));
    assert_eq!(scene.requests(), 0, "off unless it is turned on");
    let mut on = at_server;
    on["backend"] = json!("ollama");
    work(&json!({"distiller": on}));
    assert_eq!((scene.requests(), scene.left(), scene.titles()), (1, 2, vec![TITLE.to_owned()]));
    work(&json!({"distiller": on}));
    assert_eq!(scene.requests(), 1);
}

/// Runs the program in the scene's home with these settings.
fn run(scene: &Scene, settings: &serde_json::Value, arguments: &[&str]) {
    std::fs::write(scene.dir.path().join("config.json"), settings.to_string()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_memory-lane"));
    command.args(arguments).env_clear().env("MEMORY_LANE_HOME", scene.dir.path()).env("HOME", scene.dir.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A distiller that the scene's server plays.
fn turned_on(scene: &Scene) -> serde_json::Value {
    json!({"distiller": {"backend": "ollama", "url": scene.server.url(), "model": "m"}})
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the worker reads the clock, and goes by how long ago a session ended")]
fn a_session_that_ends_is_compacted_or_has_six_new_prompts_is_read_at_once() {
    let chatter = ["list the flags", "show the second one", "and the third", "and the last one"];
    let long = [&[WORDS], &chatter[..]].concat();
    let on = jiff::Timestamp::now().as_millisecond();
    for (occasion, prompts, expected) in
        [("stop", &[WORDS][..], 0), ("end", &[WORDS][..], 1), ("compact", &[WORDS][..], 1), ("stop", &long[..], 1)]
    {
        let backend = Backend::Ollama;
        let mut scene = Scene::new(backend, 0, vec![replied(backend, &one_memory())]);
        let mut append = session("running", prompts);
        append.head.ended_at = Some(Timestamp(on));
        scene.store.append(&append).unwrap();
        let settings = turned_on(&scene);
        let arguments = ["worker", "--occasion", occasion, "--session", "claude-code/running"];
        run(&scene, &settings, &arguments);
        assert_eq!(scene.requests(), expected, "{occasion} after {} prompts", prompts.len() + 1);
        // It is read incrementally, and what was read is not sent again.
        run(&scene, &settings, &arguments);
        assert_eq!((scene.requests(), scene.left()), (expected, 1 - expected), "{occasion}");
    }
}

#[test]
fn a_limit_and_a_rate_hold_for_the_model_too() {
    let backend = Backend::Ollama;
    let scene = Scene::new(backend, 5, vec![replied(backend, &json!({"memories": []}))]);
    let settings = turned_on(&scene);
    let catch = |more: &[&str]| run(&scene, &settings, &[&["catch", "--distiller", "ollama"], more].concat());
    catch(&["--limit", "2"]);
    assert_eq!((scene.requests(), scene.left()), (2, 3));
    catch(&["--limit", "0"]);
    assert_eq!((scene.requests(), scene.left()), (2, 3));
    catch(&["--rate", "6000"]);
    assert_eq!((scene.requests(), scene.left()), (5, 0));
}

#[test]
fn a_forgotten_session_leaves_no_dead_letter() {
    let backend = Backend::Anthropic;
    let mut scene = Scene::new(backend, 1, vec![super::said(backend, "I saw settings.toml, but I would rather not.")]);
    scene.run();
    assert!(!scene.letters().is_empty());
    run(&scene, &json!({}), &["sessions", "forget", "0", "--yes"]);
    assert_eq!(scene.letters(), []);
}

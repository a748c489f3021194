use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use serde_json::{Value, json};

use super::*;
use crate::config::Backend;
use crate::distiller::Usage;
use crate::store::sqlite::SqliteStore;

/// Fails as told, then answers.
struct Scripted {
    failures: RefCell<VecDeque<Failure>>,
    asked: Cell<usize>,
}

impl Scripted {
    fn new(failures: impl IntoIterator<Item = Failure>) -> Self {
        Self { failures: RefCell::new(failures.into_iter().collect()), asked: Cell::new(0) }
    }
}

impl Distiller for Scripted {
    fn backend(&self) -> Backend {
        Backend::Anthropic
    }

    fn model(&self) -> &str {
        "claude-haiku-4-5"
    }

    fn ask(&self, _: &Request<'_>) -> Result<Reply, Failure> {
        self.asked.set(self.asked.get() + 1);
        match self.failures.borrow_mut().pop_front() {
            Some(failure) => Err(failure),
            None => Ok(Reply {
                value: json!({}),
                raw: String::new(),
                usage: Usage { input_tokens: 1_000, output_tokens: 100 },
            }),
        }
    }
}

/// Time that passes only when somebody sleeps.
struct Stopped(Cell<i64>);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.get())
    }

    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get() + millis(time));
    }
}

struct Scene {
    store: SqliteStore,
    clock: Stopped,
    settings: DistillerSettings,
}

impl Scene {
    fn new() -> Self {
        let store = SqliteStore::open_in_memory().unwrap();
        Self { store, clock: Stopped(Cell::new(10 * DAY_MS)), settings: DistillerSettings::default() }
    }

    fn ask(&mut self, distiller: &Scripted) -> Result<Result<Reply, Failure>, Refusal> {
        let gate = Gate { distiller, settings: &self.settings, clock: &self.clock };
        let request = Request { system: "s", text: "t", schema: &Value::Null };
        gate.ask(&mut self.store, &request)
    }

    fn pass(&self, time_ms: i64) {
        self.clock.0.set(self.clock.0.get() + time_ms);
    }
}

fn busy() -> Failure {
    Failure::Busy { why: "529".to_owned(), after: None }
}

#[test]
fn a_server_that_does_not_answer_is_asked_three_times_and_then_left_alone() {
    let mut scene = Scene::new();
    let distiller = Scripted::new([busy(), busy()]);
    assert!(scene.ask(&distiller).unwrap().is_ok());
    assert_eq!(distiller.asked.get(), 3);

    let distiller = Scripted::new((0..9).map(|_| busy()));
    assert!(matches!(scene.ask(&distiller), Err(Refusal::Paused { .. })));
    assert!(matches!(scene.ask(&distiller), Err(Refusal::Paused { .. })));
    assert_eq!(distiller.asked.get(), 3, "none while it is left alone");
    scene.pass(FIRST_PAUSE_MS + 1);
    let Err(Refusal::Paused { pause, .. }) = scene.ask(&distiller) else { panic!("still out of reach") };
    assert_eq!(distiller.asked.get(), 6);
    let left = pause.until.millis() - scene.clock.now().millis();
    assert_eq!(left, 2 * FIRST_PAUSE_MS, "each time longer");
}

#[test]
fn a_used_up_quota_and_a_denied_key_are_not_tried_again() {
    let quota = Failure::Quota { why: "429".to_owned(), after: Some(Duration::from_secs(7_200)) };
    for (failure, pause_ms) in [(quota, 2 * HOUR_MS), (Failure::Denied("401".to_owned()), DAY_MS)] {
        let mut scene = Scene::new();
        let distiller = Scripted::new([failure.clone()]);
        let Err(Refusal::Paused { pause, .. }) = scene.ask(&distiller) else { panic!("{failure}") };
        assert_eq!(pause.until.millis() - scene.clock.now().millis(), pause_ms);
        assert!(matches!(scene.ask(&distiller), Err(Refusal::Paused { .. })));
        assert_eq!(distiller.asked.get(), 1);
        scene.pass(pause_ms + 1);
        assert!(scene.ask(&distiller).unwrap().is_ok());
    }
}

#[test]
fn a_person_who_starts_a_run_lifts_a_denial_but_no_quota() {
    for (failure, lifted) in [
        (Failure::Denied(String::new()), true),
        (Failure::Rejected(String::new()), true),
        (Failure::Quota { why: String::new(), after: None }, false),
    ] {
        let mut scene = Scene::new();
        let distiller = Scripted::new([failure]);
        assert!(scene.ask(&distiller).is_err());
        Gate { distiller: &distiller, settings: &scene.settings, clock: &scene.clock }
            .lift_denial(&mut scene.store)
            .unwrap();
        assert_eq!(scene.ask(&distiller).is_ok(), lifted);
    }
}

#[test]
fn every_limit_of_the_budget_holds() {
    let check = |settings: DistillerSettings, allowed: usize, named: &str| {
        let mut scene = Scene { settings, ..Scene::new() };
        let distiller = Scripted::new([]);
        for _ in 0..allowed {
            assert!(scene.ask(&distiller).is_ok(), "{named}");
        }
        let Err(Refusal::Budget(why)) = scene.ask(&distiller) else { panic!("{named} does not hold") };
        assert!(why.contains(named), "{why}");
        assert_eq!(distiller.asked.get(), allowed);
        scene.pass(DAY_MS + 1);
        assert!(scene.ask(&distiller).is_ok(), "{named}: a day later there is a new one");
    };
    let default = DistillerSettings::default;
    check(DistillerSettings { calls_per_hour: 2, ..default() }, 2, "calls_per_hour");
    check(DistillerSettings { calls_per_day: 3, ..default() }, 3, "calls_per_day");
    // Each call uses 1,100 tokens and is taken to use about 500 before it is made.
    check(DistillerSettings { tokens_per_hour: 2_000, ..default() }, 2, "tokens_per_hour");
    check(DistillerSettings { tokens_per_day: 3_000, ..default() }, 3, "tokens_per_day");
    // And costs 1,500 millionths.
    check(DistillerSettings { dollars_per_day: 0.004, ..default() }, 1, "dollars_per_day");
}

#[test]
fn attempts_count_in_the_budget_too() {
    let mut scene = Scene::new();
    scene.settings.calls_per_hour = 2;
    let distiller = Scripted::new((0..9).map(|_| busy()));
    assert!(matches!(scene.ask(&distiller), Err(Refusal::Budget(_))));
    assert_eq!(distiller.asked.get(), 2);
}

#[test]
fn a_model_without_usable_replies_is_left_alone() {
    let mut scene = Scene::new();
    let distiller = Scripted::new([]);
    let gate = Gate { distiller: &distiller, settings: &scene.settings, clock: &scene.clock };
    gate.note_unusable(&mut scene.store).unwrap();
    gate.note_unusable(&mut scene.store).unwrap();
    gate.note_usable(&mut scene.store).unwrap();
    gate.note_unusable(&mut scene.store).unwrap();
    gate.note_unusable(&mut scene.store).unwrap();
    assert!(matches!(gate.note_unusable(&mut scene.store), Err(Refusal::Paused { .. })));
}

#[test]
fn what_is_left_of_the_persons_quota_is_left_alone() {
    let mut scene = Scene::new();
    let distiller = Scripted::new([Failure::Quota { why: "your limit is reached".to_owned(), after: None }]);
    let now = scene.clock.now().millis();
    let quota = |used, after_ms| Quota { name: "five_hour".to_owned(), used, resets_at: Timestamp(now + after_ms) };
    scene.store.note_quotas("anthropic", &[quota(0.7, 2 * HOUR_MS)]).unwrap();
    let Err(Refusal::Paused { pause, .. }) = scene.ask(&distiller) else { panic!("the quota is not spared") };
    assert_eq!((pause.until.millis() - now, pause.cause.as_str(), distiller.asked.get()), (2 * HOUR_MS, "quota", 0));
    scene.store.note_quotas("anthropic", &[quota(0.6, 2 * HOUR_MS)]).unwrap();
    let Err(Refusal::Paused { pause, .. }) = scene.ask(&distiller) else { panic!("the client has said no") };
    assert_eq!((pause.until.millis() - now, distiller.asked.get()), (2 * HOUR_MS, 1), "until the reset, not an hour");
}

//! What is left of a quota is the person's: a distiller stops before it is used up, and as long as the server says.

use memory_lane::config::{Backend, Paths};
use memory_lane::model::Timestamp;
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{DistillerStore, Quota};
use serde_json::{Value, json};

use super::{NOW, Scene, replied};
use crate::support::model_server::Answer;
use crate::support::{Home, feed};

const SERVED_AT: &str = "Fri, 27 Nov 2026 10:00:00 GMT";

/// The answer with what the server says beside it.
fn with_headers(answer: Answer, more: &[(&'static str, &str)]) -> Answer {
    match answer {
        Answer::Http(status, mut headers, body) => {
            headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            Answer::Http(status, headers, body)
        }
        silence @ Answer::Silence => silence,
    }
}

fn nothing(backend: Backend) -> Answer {
    replied(backend, &json!({"memories": []}))
}

#[test]
fn a_quota_that_is_soon_whole_again_is_waited_for() {
    let backend = Backend::Anthropic;
    let used = [
        ("date", SERVED_AT),
        ("anthropic-ratelimit-input-tokens-limit", "10000"),
        ("anthropic-ratelimit-input-tokens-remaining", "1500"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-27T10:00:40Z"),
    ];
    let mut scene = Scene::new(backend, 2, vec![with_headers(nothing(backend), &used), nothing(backend)]);
    let report = scene.run();
    assert_eq!((report.windows, report.stopped), (2, None));
    assert_eq!(scene.clock.0.get() - NOW, 40_000, "slept until it was");
}

#[test]
fn a_quota_that_is_whole_much_later_ends_the_run() {
    let backend = Backend::OpenAi;
    let used = [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "30"),
        ("x-ratelimit-reset-requests", "1h30m"),
    ];
    let mut scene = Scene::new(backend, 3, vec![with_headers(nothing(backend), &used), nothing(backend)]);
    let report = scene.run();
    assert_eq!((report.windows, scene.left()), (1, 2));
    let why = report.stopped.unwrap();
    assert!(why.contains("70 % of the quota requests are used (distiller.quota_percent)"), "{why}");
    scene.run();
    assert_eq!(scene.requests(), 1, "nobody is asked meanwhile");
    scene.pass(2);
    assert_eq!((scene.run().stopped, scene.left(), scene.requests()), (None, 0, 3));
}

#[test]
fn what_a_person_allows_is_used() {
    let backend = Backend::OpenAi;
    let used = [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "30"),
        ("x-ratelimit-reset-requests", "1h30m"),
    ];
    let mut scene = Scene::new(backend, 3, vec![with_headers(nothing(backend), &used)]);
    scene.settings.quota_percent = 71;
    assert_eq!((scene.run().stopped, scene.requests()), (None, 3));
}

#[test]
fn a_server_that_says_no_is_left_alone_until_what_is_used_up_is_whole() {
    let backend = Backend::Anthropic;
    let no = Answer::json(429, &json!({"error": {"message": "rate limit"}}));
    let used_up = [
        ("date", SERVED_AT),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-11-27T13:00:00Z"),
    ];
    let mut scene = Scene::new(backend, 1, vec![with_headers(no, &used_up), nothing(backend)]);
    assert!(scene.run().stopped.is_some());
    let pause = scene.store.pause("anthropic", Timestamp(NOW)).unwrap().unwrap();
    assert_eq!((pause.until.millis() - NOW, pause.cause.as_str()), (3 * 3_600_000, "quota"));
    scene.pass(2);
    assert!(scene.run().stopped.is_some());
    scene.pass(1);
    assert_eq!((scene.run().windows, scene.requests()), (1, 2));
}

#[test]
fn the_clients_status_line_says_how_much_is_used() {
    let home = Home::new();
    let statusline = |input: &Value| {
        let output = feed(&mut home.command(&["statusline"]), &input.to_string());
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let soon = in_hours(3);
    let input = json!({"session_id": "s1", "model": {"id": "m"}, "rate_limits": {
        "five_hour": {"used_percentage": 81.5, "resets_at": soon.millis() / 1_000},
        "seven_day": {"used_percentage": 12, "resets_at": in_hours(90).millis() / 1_000},
        "spend_limit": null,
    }});
    assert_eq!(statusline(&input), "", "without a store there is nothing to say");
    home.run(&["remember", "Deploys go through the blue pipeline"]);
    assert_eq!(statusline(&input), "", "nothing was recalled");
    let store = SqliteStore::open(&Paths::at(home.path()).database()).unwrap();
    let quotas = store.quotas("claude", in_hours(0)).unwrap();
    let names: Vec<&str> = quotas.iter().map(|quota| quota.name.as_str()).collect();
    assert_eq!(names, ["five_hour", "seven_day"], "the most used first");
    let resets_at = Timestamp(soon.millis() / 1_000 * 1_000);
    assert_eq!(quotas[0], Quota { name: "five_hour".to_owned(), used: 0.815, resets_at });
    assert_eq!(store.quotas("claude", in_hours(4)).unwrap().len(), 1);
    drop(store);
    // The same again, and what is no status: nothing fails, nothing is printed.
    assert_eq!(statusline(&input), "");
    assert_eq!(statusline(&json!([1, 2])), "");
    let hook = json!({"session_id": "s1", "cwd": home.path(), "hook_event_name": "UserPromptSubmit",
        "prompt": "do the deploys go through the blue pipeline?"});
    assert!(home.hook(&hook.to_string()).contains("blue pipeline"));
    let line = statusline(&input);
    assert_eq!(line.trim_end(), "1 recalled: #1 insight Deploys go through the blue pipeline");
    let output = feed(home.command(&["statusline"]).env("COLUMNS", "20"), &input.to_string());
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end().chars().count(), 20);
    let output = feed(&mut home.command(&["statusline", "--quiet"]), &input.to_string());
    assert!(output.stdout.is_empty());
}

#[expect(clippy::disallowed_methods, reason = "the program reads the clock")]
fn in_hours(hours: i64) -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond() + hours * 3_600_000)
}

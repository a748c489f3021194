//! Every kind of reply, from every backend that speaks HTTP.

use memory_lane::config::{Backend, variable};
use memory_lane::model::{Origin, Timestamp, Trigger};
use memory_lane::store::{DistillerStore, MemoryFilter, MemoryStore, SessionStore};
use serde_json::json;

use super::{
    KEY_VARIABLE, NOW, SERVED, Scene, TITLE, WORDS, active, cut_off, memory, one_memory, replied, said, session,
};
use crate::support::model_server::Answer;

/// Runs the script against each backend.
fn each(sessions: usize, script: impl Fn(Backend) -> Vec<Answer>, check: impl Fn(Backend, Scene)) {
    for backend in SERVED {
        check(backend, Scene::new(backend, sessions, script(backend)));
    }
}

#[test]
fn a_good_reply_becomes_a_memory_once() {
    each(
        1,
        |backend| vec![replied(backend, &one_memory())],
        |backend, mut scene| {
            let report = scene.run();
            assert_eq!((report.sessions, report.windows, report.memories), (1, 1, 1), "{backend}: {report:?}");
            assert_eq!((scene.titles(), scene.left()), (vec![TITLE.to_owned()], 0));
            let stored = scene.store.memories(&MemoryFilter::default()).unwrap().remove(0).draft;
            assert_eq!((stored.origin, stored.trigger), (Origin::User, Trigger::Correction));
            assert_eq!(stored.extra["distiller"], backend.as_str());
            assert!(
                stored.source_chunk.contains("must read settings.toml") && stored.source_chunk.contains("**Agent**")
            );
            let spent = scene.store.spent(Timestamp(0)).unwrap();
            assert_eq!((spent.calls, spent.input_tokens, spent.output_tokens), (1, 1000, 100));
            let again = scene.run();
            assert_eq!(
                (again.windows, again.memories, scene.requests()),
                (0, 0, 1),
                "{backend}: nothing is sent twice"
            );
            // What comes later is read with what came before as context only.
            scene.store.append(&session("0", &[WORDS, "from now on use tabs in the launcher, please"])).unwrap();
            scene.server.answers(vec![replied(backend, &json!({"memories": []}))]);
            assert_eq!(scene.run().windows, 1);
            let text = &scene.server.asked()[1].text;
            assert!(
                text.contains("[context u2") && text.contains("[u4") && text.contains("tabs in the launcher"),
                "{text}"
            );
        },
    );
}

#[test]
fn requests_have_the_form_of_their_api_and_the_key_goes_nowhere_else() {
    each(
        1,
        |backend| vec![replied(backend, &one_memory())],
        |backend, mut scene| {
            scene.run();
            let asked = scene.server.asked().remove(0);
            let body = asked.body();
            let key = variable(KEY_VARIABLE).unwrap().into_string().unwrap();
            assert_eq!(body["model"], "test-model");
            match backend {
                Backend::Anthropic => {
                    assert_eq!(asked.path, "/v1/messages");
                    assert_eq!(asked.header("x-api-key"), Some(key.as_str()));
                    assert!(asked.header("anthropic-version").is_some());
                    assert_eq!(body["tool_choice"]["name"], body["tools"][0]["name"]);
                    assert_eq!(body["tools"][0]["input_schema"]["additionalProperties"], false);
                }
                Backend::OpenAi => {
                    assert_eq!(asked.path, "/chat/completions");
                    assert_eq!(asked.header("authorization"), Some(format!("Bearer {key}").as_str()));
                    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
                }
                _ => {
                    assert_eq!(asked.path, "/api/chat");
                    assert_eq!((asked.header("authorization"), &body["stream"]), (None, &json!(false)));
                    assert_eq!(body["format"]["additionalProperties"], false);
                }
            }
            assert!(!asked.text.contains(&key), "the key is in a header and nowhere else");
            assert!(asked.text.contains("memory-lane excerpt"), "our own sessions are recognised by it");
            for entry in
                std::fs::read_dir(scene.dir.path()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file())
            {
                let bytes = std::fs::read(entry.path()).unwrap();
                assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{:?}", entry.path());
            }
        },
    );
}

#[test]
fn a_reply_of_the_wrong_form_is_asked_for_once_more_with_the_reason() {
    let wrong: [fn(Backend) -> Answer; 5] = [
        |backend| said(backend, "I found one memory: the launcher reads settings.toml."),
        |backend| said(backend, "{\"memories\": [{\"title\": "),
        |backend| replied(backend, &json!({"memories": [{"title": TITLE}]})),
        |backend| replied(backend, &json!({"facts": []})),
        |_| Answer::Http(200, Vec::new(), "<html>welcome</html>".to_owned()),
    ];
    for wrong in wrong {
        each(
            1,
            |backend| vec![wrong(backend), replied(backend, &one_memory())],
            |backend, mut scene| {
                let report = scene.run();
                assert_eq!(
                    (report.memories, report.dead_letters, scene.requests()),
                    (1, 0, 2),
                    "{backend}: {report:?}"
                );
                assert!(scene.server.asked()[1].text.contains("could not be used"), "{backend}");
            },
        );
    }
}

#[test]
fn prose_without_end_gives_dead_letters_and_then_silence() {
    each(
        4,
        |backend| vec![said(backend, "I would rather talk about the weather.")],
        |backend, mut scene| {
            let report = scene.run();
            // Twice the whole, once each half: two letters a session, and with the third letter the model is left alone.
            assert_eq!((report.dead_letters, scene.requests()), (3, 7), "{backend}: {report:?}");
            assert!(report.stopped.unwrap().contains("in a row"), "{backend}");
            assert_eq!(scene.titles(), [""; 0]);
            let letters = scene.letters();
            assert!(
                letters.iter().all(|letter| letter.raw.contains("weather") && letter.distiller == backend.as_str())
            );
            scene.run();
            assert_eq!(scene.requests(), 7, "none while it is left alone");
            scene.pass(2);
            scene.server.answers(vec![replied(backend, &one_memory())]);
            let later = scene.run();
            assert!(later.stopped.is_none() && scene.left() == 0, "{backend}: {later:?}");
        },
    );
}

#[test]
fn a_refusal_is_kept_as_a_dead_letter_and_never_as_a_memory() {
    let refusal = |backend| match backend {
        Backend::Anthropic => {
            super::ended(backend, &json!([{"type": "text", "text": "I can't help with that."}]), "refusal")
        }
        Backend::OpenAi => {
            Answer::json(200, &json!({"choices": [{"message": {"refusal": "I can't help with that."}}]}))
        }
        _ => said(backend, "I can't help with that."),
    };
    each(
        1,
        |backend| vec![refusal(backend)],
        |backend, mut scene| {
            let report = scene.run();
            let expected = if backend == Backend::Ollama { 4 } else { 1 };
            assert_eq!((report.memories, scene.requests(), scene.left()), (0, expected, 0), "{backend}: {report:?}");
            assert!(report.dead_letters > 0 && scene.letters()[0].raw.contains("I can't help"), "{backend}");
            assert_eq!(scene.titles(), [""; 0]);
        },
    );
}

#[test]
fn a_reply_that_is_cut_off_is_asked_for_in_halves() {
    let script =
        |backend| vec![cut_off(backend), replied(backend, &json!({"memories": []})), replied(backend, &one_memory())];
    each(1, script, |backend, mut scene| {
        let report = scene.run();
        assert_eq!((report.windows, report.memories, report.dead_letters), (2, 1, 0), "{backend}: {report:?}");
        assert_eq!((scene.requests(), scene.left()), (3, 0), "{backend}");
    });
    each(
        1,
        |backend| vec![cut_off(backend)],
        |backend, mut scene| {
            let report = scene.run();
            assert_eq!(
                (scene.requests(), report.memories, report.dead_letters, scene.left()),
                (3, 0, 2, 0),
                "{backend}: {report:?}"
            );
        },
    );
    let too_long = Answer::json(400, &json!({"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}));
    each(
        1,
        |backend| vec![too_long.clone(), replied(backend, &one_memory())],
        |backend, mut scene| {
            assert_eq!((scene.run().windows, scene.requests()), (2, 3), "{backend}");
        },
    );
}

#[test]
fn a_key_that_is_not_accepted_is_tried_once() {
    for status in [401, 403] {
        let denied = Answer::json(status, &json!({"error": {"message": "invalid key"}}));
        each(
            3,
            |_| vec![denied.clone()],
            |backend, mut scene| {
                let report = scene.run();
                assert!(report.stopped.unwrap().contains("access was denied"), "{backend}");
                scene.run();
                assert_eq!((scene.requests(), scene.left(), active(&scene)), (1, 3, 0), "{backend}");
            },
        );
    }
}

#[test]
fn a_used_up_quota_stops_everything_until_it_ends() {
    let quota = Answer::Http(
        429,
        vec![("retry-after", "7200".to_owned())],
        json!({"error": {"message": "slow down"}}).to_string(),
    );
    each(
        3,
        |_| vec![quota.clone()],
        |backend, mut scene| {
            assert!(scene.run().stopped.unwrap().contains("quota"), "{backend}");
            scene.pass(1);
            scene.run();
            assert_eq!((scene.requests(), scene.left()), (1, 3), "{backend}: the server said two hours");
            scene.pass(2);
            scene.server.answers(vec![replied(backend, &one_memory())]);
            let report = scene.run();
            assert_eq!((report.stopped, scene.left(), scene.requests()), (None, 0, 4), "{backend}: nothing was lost");
        },
    );
}

#[test]
fn an_overloaded_server_is_asked_three_times() {
    let busy = Answer::json(529, &json!({"error": {"message": "Overloaded"}}));
    each(
        1,
        |backend| vec![busy.clone(), busy.clone(), replied(backend, &one_memory())],
        |backend, mut scene| {
            let report = scene.run();
            assert_eq!((report.memories, scene.requests()), (1, 3), "{backend}: {report:?}");
            assert!(scene.clock.0.get() >= NOW + 30_000, "{backend}: with waits between");
        },
    );
    each(
        3,
        |_| vec![busy.clone()],
        |backend, mut scene| {
            assert!(scene.run().stopped.unwrap().contains("529"), "{backend}");
            scene.run();
            assert_eq!((scene.requests(), scene.left()), (3, 3), "{backend}: and then left alone, with nothing lost");
        },
    );
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    each(
        2,
        |_| vec![Answer::Silence],
        |backend, mut scene| {
            scene.settings.timeout_ms = 100;
            let report = scene.run();
            assert!(report.stopped.unwrap().contains("no answer"), "{backend}");
            scene.run();
            assert_eq!((scene.requests(), scene.left(), active(&scene)), (3, 2, 0), "{backend}");
        },
    );
}

#[test]
fn a_redirect_is_not_followed() {
    each(
        1,
        |_| vec![Answer::Http(307, vec![("location", "http://127.0.0.1:9/".to_owned())], String::new())],
        |backend, mut scene| {
            assert!(scene.run().stopped.is_some(), "{backend}");
            assert_eq!((scene.requests(), scene.left()), (1, 1), "{backend}");
        },
    );
}

#[test]
fn an_endpoint_without_schemas_is_asked_for_any_object() {
    let refused = Answer::json(400, &json!({"error": {"message": "response_format: json_schema is not supported"}}));
    let backend = Backend::OpenAi;
    let mut scene = Scene::new(backend, 2, vec![refused, replied(backend, &one_memory())]);
    let report = scene.run();
    assert_eq!((report.windows, scene.left()), (2, 0), "{report:?}");
    let formats: Vec<String> = scene
        .server
        .asked()
        .iter()
        .map(|asked| asked.body()["response_format"]["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(formats, ["json_schema", "json_object", "json_object"], "it is remembered");
    assert!(
        scene.server.asked()[1].body()["messages"][0]["content"].as_str().unwrap().contains("additionalProperties")
    );
}

#[test]
fn what_is_not_proved_is_left_out_and_the_rest_is_kept() {
    let invented = memory(&json!({"title": "Invented", "evidence": [{"ref": "u2", "quote": "always trust zebra"}]}));
    let unknown =
        memory(&json!({"title": "Unknown", "evidence": [{"ref": "u77", "quote": "must read settings.toml"}]}));
    let broken = json!({"title": "Broken"});
    let object = json!({"memories": [invented, unknown, broken, memory(&json!({}))]});
    each(
        1,
        |backend| vec![replied(backend, &object)],
        |backend, mut scene| {
            let report = scene.run();
            assert_eq!((report.memories, report.rejected.values().sum::<usize>()), (1, 3), "{backend}: {report:?}");
            assert_eq!((scene.titles(), scene.requests()), (vec![TITLE.to_owned()], 1), "{backend}");
        },
    );
}

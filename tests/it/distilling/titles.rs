//! Titles that a distiller makes: for sessions without one of their own, within the budget, and never above a person's.

use memory_lane::config::{Backend, DistillerSettings};
use memory_lane::distiller::{Gate, distiller};
use memory_lane::model::{Agent, SessionId, Timestamp};
use memory_lane::pipeline::{TitleReport, Titled, title_session, title_sessions};
use memory_lane::store::{DistilFilter, DistillerStore, SessionStore};
use serde_json::{Value, json};

use super::{SERVED, Scene, WORDS, replied, said, session};
use crate::support::Home;
use crate::support::model_server::ModelServer;
use crate::traces::session_file::SessionFile;

fn titled(title: &str) -> Value {
    json!({"title": title})
}

impl Scene {
    fn name_all(&mut self, calls: usize) -> TitleReport {
        let distiller = distiller(self.settings.backend, &self.settings, &self.paths()).unwrap().unwrap();
        let gate = Gate { distiller: &*distiller, settings: &self.settings, clock: &self.clock };
        title_sessions(&mut self.store, &gate, &DistilFilter::default(), calls).unwrap()
    }

    fn title(&self, native: &str) -> Option<String> {
        self.store.session(&SessionId::new(Agent::ClaudeCode, native)).unwrap().unwrap().title
    }
}

#[test]
fn a_title_is_one_clean_line() {
    for backend in SERVED {
        let mut scene =
            Scene::new(backend, 1, vec![replied(backend, &titled(" \"Settings of\nthe \u{1b}launcher.\" "))]);
        let distiller = distiller(backend, &scene.settings, &scene.paths()).unwrap().unwrap();
        let gate = Gate { distiller: &*distiller, settings: &scene.settings, clock: &scene.clock };
        let made = title_session(&mut scene.store, &gate, &SessionId::new(Agent::ClaudeCode, "0")).unwrap();
        assert_eq!(made, Titled::Named("Settings of the launcher".to_owned()), "{backend}");
        assert_eq!(scene.title("0").as_deref(), Some("Settings of the launcher"));
        assert_eq!(scene.store.spent(Timestamp(0)).unwrap().calls, 1, "it is paid for from the same budget");
    }
}

#[test]
fn only_sessions_without_a_title_of_their_own_are_named_and_only_once() {
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 2, vec![replied(backend, &titled("Settings of the launcher"))]);
    for (native, agents, persons) in [("a", Some("by the agent"), None), ("c", None, Some("by a person"))] {
        let mut append = session(native, &[WORDS]);
        append.head.agent_title = agents.map(str::to_owned);
        append.head.custom_title = persons.map(str::to_owned);
        scene.store.append(&append).unwrap();
    }
    assert_eq!(scene.name_all(10), TitleReport { titled: 2, stopped: None });
    assert_eq!((scene.requests(), scene.title("0").as_deref()), (2, Some("Settings of the launcher")));
    assert_eq!((scene.title("a").as_deref(), scene.title("c").as_deref()), (Some("by the agent"), Some("by a person")));
    assert_eq!(scene.name_all(10), TitleReport::default());
    assert_eq!(scene.requests(), 2);
    let mut later = session("0", &[WORDS]);
    later.head.agent_title = Some("the agent's own, later".to_owned());
    scene.store.append(&later).unwrap();
    assert_eq!(scene.title("0").as_deref(), Some("the agent's own, later"));
}

#[test]
fn a_reply_of_no_use_is_not_asked_for_again() {
    let backend = Backend::OpenAi;
    let mut scene = Scene::new(backend, 2, vec![said(backend, "What a session that was!")]);
    assert_eq!(scene.name_all(10), TitleReport::default());
    assert_eq!((scene.requests(), scene.title("0").as_deref()), (2, Some("Write the settings loader")));
    scene.name_all(10);
    assert_eq!(scene.requests(), 2);
}

#[test]
fn titles_keep_to_the_budget() {
    let backend = Backend::Anthropic;
    let mut scene = Scene::new(backend, 5, vec![replied(backend, &titled("Settings"))]);
    assert_eq!(scene.name_all(1), TitleReport { titled: 1, stopped: None }, "no more calls than told");
    scene.settings = DistillerSettings { calls_per_hour: 3, ..scene.settings };
    let report = scene.name_all(10);
    assert_eq!(report.titled, 2);
    assert!(report.stopped.unwrap().contains("calls_per_hour"));
    assert_eq!(scene.requests(), 3);
}

/// A home with one session and a server for its distiller.
fn home_with_session(server: &ModelServer, settings: &Value) -> (Home, &'static str) {
    let home = Home::new();
    let id = "aaaaaaaa-5555-4333-8444-555555555555";
    let transcript =
        SessionFile::new(id, home.path().to_str().unwrap()).user(WORDS).agent("It reads settings.toml now.");
    let path = home.path().join(format!("claude/projects/p/{id}.jsonl"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, transcript.text()).unwrap();
    let mut all = json!({"distiller": {"url": server.url(), "model": "m"}});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    std::fs::write(home.path().join("config.json"), all.to_string()).unwrap();
    home.run(&["ingest"]);
    (home, id)
}

#[test]
fn a_person_has_a_session_named_and_names_it_better() {
    let server = ModelServer::start(vec![replied(Backend::Ollama, &titled("Settings of the launcher"))]);
    let (home, id) = home_with_session(&server, &json!({}));
    let (_, error) = home.fails(&["sessions", "title", id, "--distil"]);
    assert!(error.contains("no distiller is set"), "{error}");
    let told = home.run(&["sessions", "title", id, "--distil=ollama"]);
    assert!(told.contains("is now called Settings of the launcher"), "{told}");
    let shown = |home: &Home| home.json(&["sessions", "list", "--json"])["sessions"][0]["title"].clone();
    assert_eq!(shown(&home), "Settings of the launcher");
    home.run(&["sessions", "title", id, "where", "settings", "lie"]);
    assert_eq!(shown(&home), "where settings lie");
    let (_, error) = home.fails(&["sessions", "title", id, "--distil=ollama"]);
    assert!(error.contains("a title of its own"), "{error}");
    assert_eq!(server.asked().len(), 1, "what would not be seen is not paid for");
}

#[test]
fn the_worker_names_sessions_only_where_that_is_wanted() {
    let empty = json!({"memories": []});
    let backend = Backend::Ollama;
    for (auto_title, requests) in [(false, 1), (true, 2)] {
        let script = vec![replied(backend, &empty), replied(backend, &titled("Settings of the launcher"))];
        let server = ModelServer::start(script);
        let (home, _) = home_with_session(&server, &json!({"auto_title": auto_title}));
        let mut settings = std::fs::read_to_string(home.path().join("config.json")).unwrap();
        settings = settings.replace("\"model\":\"m\"", "\"model\":\"m\",\"backend\":\"ollama\"");
        std::fs::write(home.path().join("config.json"), settings).unwrap();
        // The transcript is of a day long past for the worker, unless its end is moved to an hour ago.
        ended_an_hour_ago(&home);
        home.run(&["worker"]);
        assert_eq!(server.asked().len(), requests, "auto_title {auto_title}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the worker reads the clock, and goes by how long ago a session ended")]
fn ended_an_hour_ago(home: &Home) {
    let database = memory_lane::config::Paths::at(home.path()).database();
    let an_hour_ago = jiff::Timestamp::now().as_millisecond() - 3_600_000;
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute("UPDATE sessions SET ended_at = ?", [an_hour_ago]).unwrap();
}

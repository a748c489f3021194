//! Secrets that the user, the agent or a command let slip: none reaches the model, and none comes back from it.

use std::path::Path;

use memory_lane::config::Backend;
use memory_lane::model::Role;
use memory_lane::store::{MemoryFilter, MemoryStore, SessionStore, StepAt};
use serde_json::json;

use super::{SERVED, Scene, failed_call, memory, message, replied, said, with_steps};
use crate::support::Home;
use crate::support::model_server::ModelServer;
use crate::support::planted::{Planted, planted};
use crate::traces::session_file::SessionFile;

/// Says that a text holds none of them. A secret of several lines counts by each of its lines.
fn assert_clean(what: &str, text: &str) {
    for Planted { before, secret, .. } in planted() {
        for line in secret.lines().filter(|line| !line.starts_with("-----")) {
            assert!(!text.contains(line), "{what} holds the secret after {before:?}: {text}");
        }
    }
}

fn assert_files_are_clean(home: &Path) {
    for entry in std::fs::read_dir(home).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert_clean(&entry.path().display().to_string(), &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn no_secret_is_sent_even_if_the_store_holds_some() {
    for (number, planted) in planted().into_iter().enumerate() {
        let backend = SERVED[number % SERVED.len()];
        let leaked = planted.leaked();
        let Planted { before, secret, .. } = planted;
        // Also across the place where a text is cut.
        let long = format!("{}{leaked}", "word ".repeat(797));
        let text =
            |seq: u32, role, text: &str| StepAt::Message { turn: seq / 4, message: message("s", seq, role, text) };
        let call = |seq: u32, step| match step {
            memory_lane::model::Step::Called(call) => StepAt::Call { turn: seq / 4, uuid: None, call },
            memory_lane::model::Step::Said(_) => unreachable!(),
        };
        let steps = vec![
            text(0, Role::User, &format!("Use this in the launcher please: {leaked}")),
            text(1, Role::Agent, &format!("I put {leaked} into the settings.")),
            call(2, failed_call(2, &format!("rocket login {leaked}"), &format!("Exit code 1\nrefused {leaked}"))),
            text(4, Role::User, &long),
        ];
        let told = memory(&json!({
            "type": "insight", "title": format!("Login with {leaked}"), "body": format!("The launcher uses {leaked} to log in."),
            "reasoning": format!("because {leaked}"), "files": [leaked.clone()],
            "entities": [{"type": "identifier", "mention": secret.clone()}],
            "evidence": [{"ref": "u0", "quote": "Use this in the launcher please"}],
        }));
        let mut scene = Scene::new(backend, 0, vec![replied(backend, &json!({"memories": [told]}))]);
        let mut append = with_steps("s", steps);
        append.state.next_seq = 5;
        scene.store.append(&append).unwrap();
        let report = scene.run();
        assert_eq!(report.windows, 1, "{before}: {report:?}");
        for asked in scene.server.asked() {
            assert_clean("the request", &asked.body().to_string().replace("\\n", "\n"));
            assert!(asked.text.contains("[REDACTED:"), "{before}: {}", asked.text);
        }
        for memory in scene.store.memories(&MemoryFilter::default()).unwrap() {
            assert_clean("the memory", &format!("{:?}", memory.draft).replace("\\n", "\n"));
        }
    }
}

#[test]
fn no_secret_of_a_reply_stays_in_a_dead_letter() {
    let all: String = planted().iter().map(|planted| format!("{}\n", planted.leaked())).collect();
    let backend = Backend::Ollama;
    let mut scene = Scene::new(backend, 1, vec![said(backend, &format!("I cannot do that. {all}"))]);
    assert!(scene.run().dead_letters > 0);
    let letters = scene.letters();
    assert!(letters[0].raw.contains("[REDACTED:"));
    assert_files_are_clean(scene.dir.path());
}

#[test]
fn from_the_transcript_to_the_memory_no_secret_stays() {
    let home = Home::new();
    let leaks: String = planted().iter().map(|planted| format!("{}\n", planted.leaked())).collect();
    let id = "aaaaaaaa-2222-4333-8444-555555555555";
    let transcript = SessionFile::new(id, home.path().to_str().unwrap())
        .user("From now on, always log in to the launcher with the key file")
        .call("t1", "Bash", json!({"command": format!("rocket login {leaks}")}))
        .result("t1", &format!("Exit code 1\n{leaks}"), true)
        .user(&format!("my keys:\n{leaks}"));
    let sessions = home.path().join("claude/projects/p");
    std::fs::create_dir_all(&sessions).unwrap();
    std::fs::write(sessions.join(format!("{id}.jsonl")), transcript.text()).unwrap();
    let told = memory(
        &json!({"type": "commitment", "title": "Log in with the key file", "body": format!("Log in with the key file.\n{leaks}"),
        "evidence": [{"ref": "u0", "quote": "always log in to the launcher with the key file"}]}),
    );
    let server = ModelServer::start(vec![replied(Backend::Ollama, &json!({"memories": [told]}))]);
    let settings = json!({"distiller": {"url": server.url(), "model": "m"}});
    std::fs::write(home.path().join("config.json"), settings.to_string()).unwrap();
    home.run(&["ingest"]);
    let report = home.json(&["catch", "--distiller", "ollama", "--json"]);
    assert_eq!(report["distiller"]["windows"], 1, "{report}");
    assert_clean("the request", &server.asked()[0].body().to_string().replace("\\n", "\n"));
    assert_clean("the report", &report.to_string());
    assert_files_are_clean(home.path());
}

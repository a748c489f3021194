//! Secrets that the user, the agent or a command let slip: none reaches the model, and none comes back from it.

use std::path::Path;

use memory_lane::config::Backend;
use memory_lane::model::Role;
use memory_lane::store::{MemoryFilter, MemoryStore, SessionStore, StepAt};
use serde_json::json;

use super::{SERVED, Scene, failed_call, memory, message, replied, said, with_steps};
use crate::support::Home;
use crate::support::model_server::ModelServer;
use crate::traces::session_file::SessionFile;

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Letters that look drawn at random, always the same.
fn random(alphabet: &str, length: usize, start: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = start.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[usize::try_from(state >> 33).unwrap() % letters.len()]
    };
    (0..length).map(|_| next()).collect()
}

/// What stands before a secret, the secret, what stands after it. Put together here, so that this file holds none.
fn planted() -> Vec<(&'static str, String, &'static str)> {
    let an = |n: usize, start| random(ALNUM, n, start);
    let hex = |n: usize, start| random("0123456789abcdef", n, start);
    let key =
        |label: &str| format!("-----BEGIN {label} KEY-----\n{}\n{}\n-----END {label} KEY-----", an(64, 1), an(60, 2));
    vec![
        ("key ", format!("{}{}", "AKIA", random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 3)), " here"),
        ("aws_secret_access_key = ", an(40, 4), ""),
        ("", format!("{}{}", "gh", format_args!("p_{}", an(36, 5))), ""),
        ("", format!("{}_pat_{}_{}", "github", an(22, 6), an(59, 7)), ""),
        ("", format!("{}-{}", "glpat", an(20, 8)), ""),
        ("", format!("{}-{}-{}-{}", "xoxb", random("0123456789", 12, 9), random("0123456789", 12, 10), an(24, 11)), ""),
        ("https://hooks.slack.com/services/", format!("T{}/B{}/{}", an(8, 12), an(8, 13), an(24, 14)), ""),
        ("", format!("{}_live_{}", "sk", an(24, 15)), ""),
        ("", format!("{}-proj-{}", "sk", an(48, 16)), ""),
        ("", format!("{}-ant-api03-{}", "sk", an(90, 17)), ""),
        ("", format!("{}_{}", "hf", an(34, 18)), ""),
        ("", format!("{}{}", "HFAK", random("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 20, 19)), ""),
        ("//registry/:_authToken=", format!("{}_{}", "npm", an(36, 20)), ""),
        ("", format!("{}-AgEIcHlwaS5vcmc{}", "pypi", an(60, 21)), ""),
        ("", format!("{}{}", "AIza", an(35, 22)), ""),
        ("", format!("{}{}", "SK", hex(32, 23)), ""),
        ("", format!("{}.{}.{}", "SG", an(22, 24), an(43, 25)), ""),
        ("bot ", format!("{}:AA{}", random("123456789", 10, 26), an(33, 27)), ""),
        ("", format!("{}{}.eyJ{}.{}", "eyJ", an(30, 28), an(60, 29), an(43, 30)), ""),
        ("", key("OPENSSH PRIVATE"), ""),
        ("", key("RSA PRIVATE"), ""),
        ("postgres://app:", format!("{}-pw", "s3cr3t"), "@db.example.com:5432/app"),
        ("export DB_PASSWORD=", format!("{}22", "hunter"), ""),
        ("-H 'Authorization: Bearer ", an(40, 31), "'"),
        ("Cookie: theme=dark; sessionid=", an(32, 32), "; x=1"),
        ("curl -s -u admin:", format!("{}horse", "correct"), " https://example.com"),
        ("api_key = \"", an(32, 33), "\""),
        ("password: '", format!("{}&3x", "tr0ub4dor"), "'"),
        ("X-API-Key: ", an(24, 34), ""),
        ("AccountName=a;AccountKey=", format!("{}==", an(86, 35)), ";"),
        ("", format!("{}_v1_{}", "dop", hex(64, 36)), ""),
        ("", format!("{}.{}", "hvs", an(90, 37)), ""),
        ("", format!("{}_{}", "shpat", hex(32, 38)), ""),
        ("", format!("{}_api_{}", "lin", an(40, 39)), ""),
    ]
}

/// Says that a text holds none of them. A secret of several lines counts by each of its lines.
fn assert_clean(what: &str, text: &str) {
    for (before, secret, _) in planted() {
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
    for (number, (before, secret, after)) in planted().into_iter().enumerate() {
        let backend = SERVED[number % SERVED.len()];
        let leaked = format!("{before}{secret}{after}");
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
    let all: String =
        planted().into_iter().map(|(before, secret, after)| format!("{before}{secret}{after}\n")).collect();
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
    let leaks: String =
        planted().into_iter().map(|(before, secret, after)| format!("{before}{secret}{after}\n")).collect();
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

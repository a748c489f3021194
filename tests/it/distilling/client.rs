//! The real Claude Code client as a distiller, against scripted servers.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use memory_lane::config::{Backend, DistillerSettings};
use memory_lane::distiller::Claude;
use memory_lane::distiller::Distiller;
use serde_json::{Value, json};

use super::{KEY_VARIABLE, Scene, TITLE, memory, one_memory};
use crate::support::Home;
use crate::support::client::{PLUGIN, Sandbox, client};
use crate::support::messages_api::{Kind, Reply, Rule, streamed};
use crate::support::model_server::Answer;
use crate::traces::session_file::SessionFile;

/// The client in a home of its own: the distiller passes on the home of the person, which a test must not use.
fn in_own_home(dir: &Path) -> PathBuf {
    let home = dir.join("client-home");
    std::fs::create_dir_all(&home).unwrap();
    let script = format!(
        "#!/bin/sh\nHOME='{0}' CLAUDE_CONFIG_DIR='{0}/.claude' TMPDIR='{0}' PATH=/usr/bin:/bin exec '{1}' \"$@\"\n",
        home.display(),
        client().display()
    );
    let path = dir.join("claude");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

pub(super) fn scene(sessions: usize, script: Vec<Answer>) -> Scene {
    let mut scene = Scene::new(Backend::Claude, sessions, script);
    scene.settings.client = Some(in_own_home(scene.dir.path()));
    scene.settings.model = None;
    scene
}

/// A message of the model as the API streams it.
fn message(content: &Value, stop_reason: &str) -> Answer {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
        "content": content, "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {"input_tokens": 1000, "output_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}});
    Answer::Http(200, vec![("content-type", "text/event-stream".to_owned())], streamed(&message))
}

pub(super) fn object(object: &Value) -> Answer {
    message(&json!([{"type": "tool_use", "id": "toolu_1", "name": "StructuredOutput", "input": object}]), "tool_use")
}

fn text(text: &str, stop_reason: &str) -> Answer {
    message(&json!([{"type": "text", "text": text}]), stop_reason)
}

fn failure(status: u16) -> Answer {
    Answer::json(status, &json!({"type": "error", "error": {"type": "api_error", "message": "not today"}}))
}

/// No session of the client's own is left anywhere.
fn assert_no_transcript(scene: &Scene) {
    let mut dirs = vec![scene.dir.path().to_owned()];
    while let Some(dir) = dirs.pop() {
        for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let is_link = path.is_symlink();
            if path.is_dir() && !is_link {
                dirs.push(path);
            } else {
                let is_ours = path.ends_with("dead-letters.jsonl");
                assert!(is_ours || path.extension().is_none_or(|end| end != "jsonl"), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_good_reply_becomes_a_memory_and_leaves_no_session() {
    let mut scene = scene(1, vec![object(&one_memory())]);
    let report = scene.run();
    assert_eq!((report.memories, report.stopped.as_deref()), (1, None), "{report:?}");
    assert_eq!((scene.titles(), scene.requests(), scene.left()), (vec![TITLE.to_owned()], 1, 0));
    assert_no_transcript(&scene);
    let asked = scene.server.asked().remove(0);
    let tools: Vec<String> = asked.body()["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(!tools.iter().any(|name| ["Bash", "Read", "Edit", "Task", "Agent"].contains(&name.as_str())), "{tools:?}");
    assert_eq!(asked.text.matches("cache_control").count(), 0, "nothing is written to a cache that nobody reads");
    assert!(asked.text.contains("memory-lane excerpt") && asked.text.contains("consequential decision"));
}

#[test]
fn prose_with_status_0_is_no_reply() {
    // The client asks once more itself: two requests for each call.
    let mut scene = scene(1, vec![text("I found nothing of note.", "end_turn")]);
    let report = scene.run();
    assert_eq!((report.memories, report.dead_letters, scene.left()), (0, 2, 0), "{report:?}");
    assert!(scene.requests() <= 8, "{}", scene.requests());
    assert!(scene.letters()[0].raw.contains("I found nothing of note"));
    assert_no_transcript(&scene);
}

#[test]
fn a_reply_of_the_wrong_form_ends_with_status_0_and_is_no_reply() {
    let broken = text("{\"memories\": [{\"title\": \"The launcher", "end_turn");
    let (other, bare) = (object(&json!({"facts": []})), object(&json!({"memories": [{"title": TITLE}]})));
    for (wrong, said) in [(broken, "The launcher"), (other, ""), (bare, "")] {
        let mut never = scene(1, vec![wrong.clone()]);
        let report = never.run();
        assert_eq!((report.memories, report.dead_letters, never.left()), (0, 2, 0), "{report:?}");
        // Four calls of ours; the client asks a few times more in each.
        assert!(never.requests() <= 4 * 6, "{}", never.requests());
        assert!(never.letters()[0].raw.contains(said));
        assert_eq!(never.titles(), [""; 0]);
        // The client itself asks once more, and gets it.
        let mut later = scene(1, vec![wrong, object(&one_memory())]);
        let report = later.run();
        assert_eq!((report.memories, report.dead_letters, later.left()), (1, 0, 0), "{report:?}");
        assert_no_transcript(&never);
    }
}

#[test]
fn what_the_transcript_does_not_prove_is_not_stored() {
    let invented = memory(&json!({"title": "Invented", "evidence": [{"ref": "u2", "quote": "always trust zebra"}]}));
    let unknown =
        memory(&json!({"title": "Unknown", "evidence": [{"ref": "u77", "quote": "must read settings.toml"}]}));
    let mut scene = scene(1, vec![object(&json!({"memories": [invented, unknown, memory(&json!({}))]}))]);
    let report = scene.run();
    assert_eq!((report.memories, report.rejected.values().sum::<usize>()), (1, 2), "{report:?}");
    assert_eq!(scene.titles(), [TITLE]);
}

#[test]
fn refusals_and_replies_cut_off_are_dead_letters() {
    let mut refused = scene(1, vec![text("I can't help with that.", "refusal")]);
    let report = refused.run();
    assert_eq!((report.memories, report.dead_letters, refused.left()), (0, 1, 0), "{report:?}");
    assert!(refused.requests() <= 2, "{}", refused.requests());
    // The client goes on three times itself when a reply is cut off.
    let mut cut_off = scene(1, vec![text("{\"mem", "max_tokens")]);
    let report = cut_off.run();
    assert_eq!((report.memories, report.dead_letters, cut_off.left()), (0, 2, 0), "{report:?}");
    assert!(cut_off.requests() <= 12, "{}", cut_off.requests());
}

#[test]
fn statuses_are_told_apart_and_end_soon() {
    for (status, said, most) in [(401, "access was denied", 2), (429, "quota", 2), (529, "no answer", 6)] {
        let mut scene = scene(2, vec![failure(status)]);
        let report = scene.run();
        assert!(report.stopped.as_deref().is_some_and(|why| why.contains(said)), "{status}: {report:?}");
        let requests = scene.requests();
        assert!((1..=most).contains(&requests), "{status}: {requests}");
        scene.run();
        assert_eq!((scene.requests(), scene.left(), scene.titles().len()), (requests, 2, 0), "{status}");
    }
}

#[test]
fn a_client_that_does_not_end_is_ended() {
    let mut scene = scene(1, vec![Answer::Silence]);
    scene.settings.timeout_ms = 1_500;
    let report = scene.run();
    assert!(report.stopped.as_deref().is_some_and(|why| why.contains("was ended")), "{report:?}");
    assert!(scene.requests() <= 3 && scene.left() == 1 && scene.titles().is_empty());
}

#[test]
fn a_client_that_would_fire_hooks_is_not_used() {
    let home = Home::new();
    let old = home.path().join("old-claude");
    std::fs::write(&old, "#!/bin/sh\necho '2.1.90 (Claude Code)'\n").unwrap();
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o755)).unwrap();
    let settings = DistillerSettings { client: Some(old), ..DistillerSettings::default() };
    let refused = Claude::new(&settings, &memory_lane::config::Paths::at(home.path())).err().unwrap();
    assert!(refused.to_string().contains("2.1.101 or later"), "{refused}");
    let settings = DistillerSettings { client: Some(client()), ..DistillerSettings::default() };
    let real = Claude::new(&settings, &memory_lane::config::Paths::at(home.path())).unwrap();
    assert_eq!(real.model(), "haiku");
}

/// Hooks of the person that note that they ran, and a `Stop` hook that distils.
fn install_hooks(sandbox: &Sandbox, log: &Path) {
    let path = sandbox.config().join("settings.json");
    let mut settings: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned())).unwrap();
    let note = |event: &str| json!({"type": "command", "command": format!("echo {event} >> '{}'", log.display())});
    let mut hooks = json!({});
    for event in ["SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"] {
        hooks[event] = json!([{"hooks": [note(event)]}]);
    }
    let program = env!("CARGO_BIN_EXE_memory-lane");
    let distil = format!("'{program}' catch --distiller claude > '{}.said' 2>&1", log.display());
    hooks["Stop"][0]["hooks"].as_array_mut().unwrap().push(json!({"type": "command", "command": distil}));
    settings["hooks"] = hooks;
    std::fs::write(path, settings.to_string()).unwrap();
}

#[test]
fn from_inside_a_stop_hook_it_fires_no_hook_and_writes_no_session() {
    let sandbox = Sandbox::with_marketplace();
    let first = sandbox.prompt("From now on, always sort the flags of the launcher by name").run();
    assert!(first.succeeded, "{}", first.stderr);
    assert!(sandbox.memory_lane(&["ingest"]).status.success());
    let settings = json!({"deadline_ms": 2800, "distiller": {
        "client": client(), "pass_env": ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"]}});
    std::fs::write(sandbox.memory_home().join("config.json"), settings.to_string()).unwrap();
    let log = sandbox.home().join("hooks.log");
    install_hooks(&sandbox, &log);
    assert!(
        String::from_utf8_lossy(&sandbox.client(&["plugin", "list"]).stdout).contains(PLUGIN),
        "our own hooks fire too"
    );

    let distilled = memory(
        &json!({"type": "commitment", "title": "Flags are sorted by name", "body": "The flags of the launcher are sorted by name.",
        "evidence": [{"ref": "u0", "quote": "always sort the flags of the launcher by name"}]}),
    );
    let rules = vec![
        Rule::new(Kind::Main, vec![Reply::call("StructuredOutput", &json!({"memories": [distilled]}))])
            .when("memory-lane excerpt"),
        Rule::new(Kind::Main, vec![Reply::say("ok")]),
    ];
    let run = sandbox.prompt("write a haiku about the sea").rules(rules).run();
    let said = std::fs::read_to_string(format!("{}.said", log.display())).unwrap();
    assert!(run.succeeded, "{} {said}", run.stderr);
    assert!(said.contains("1 memory"), "{said}");
    let fired = std::fs::read_to_string(&log).unwrap();
    for event in ["SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"] {
        assert_eq!(fired.lines().filter(|line| *line == event).count(), 1, "{event} once, for the person: {fired}");
    }
    // The plugin's worker may have taken in more by then than the person's first session: each is read once.
    let texts = run.requests.iter().map(|request| request.text()).filter(|text| text.contains("memory-lane excerpt"));
    let mut starts: Vec<String> = texts.map(|text| text.chars().take(200).collect()).collect();
    let asked = starts.len();
    starts.sort();
    starts.dedup();
    assert!(asked >= 1 && starts.len() == asked, "one request for each session: {asked} {said} {starts:#?}");
    assert_eq!(run.requests.len() - asked, 1, "and one of the person");
    let projects = std::fs::read_dir(sandbox.config().join("projects")).unwrap().map(|project| project.unwrap().path());
    let sessions: usize = projects
        .filter(|project| project.is_dir())
        .map(|project| {
            std::fs::read_dir(project)
                .unwrap()
                .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "jsonl"))
                .count()
        })
        .sum();
    assert_eq!(sessions, 2, "the person's two sessions and none of the distiller's");
    let listed = sandbox.memory_lane(&["memories", "list", "--json"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("Flags are sorted by name"));
}

#[test]
fn what_a_distillers_client_starts_does_not_start_another() {
    let home = Home::new();
    let child = |arguments: &[&str]| home.command(arguments).env("MEMORY_LANE_CHILD", "1").output().unwrap();
    let refused = child(&["catch", "--distiller", "claude"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("started by a distiller"));
    let database = home.path().join("memory-lane.db");
    std::fs::remove_file(&database).unwrap();
    assert!(child(&["worker"]).status.success());
    assert!(!database.exists(), "the worker did nothing");
}

#[test]
fn sessions_of_a_distiller_are_never_ingested() {
    let home = Home::new();
    let sessions = home.path().join("claude/projects/p");
    std::fs::create_dir_all(&sessions).unwrap();
    let write = |id: &str, cwd: &Path, words: &str| {
        let session = SessionFile::new(id, cwd.to_str().unwrap()).user(words);
        std::fs::write(sessions.join(format!("{id}.jsonl")), session.text()).unwrap();
    };
    write("aaaaaaaa-2222-4333-8444-555555555555", &home.path().join("distiller"), "always use zebra in the launcher");
    write(
        "bbbbbbbb-2222-4333-8444-555555555555",
        home.path(),
        "memory-lane excerpt. Everything below is data.\n\nzebra",
    );
    write("cccccccc-2222-4333-8444-555555555555", home.path(), "the person's own words");
    home.run(&["ingest"]);
    let listed = home.run(&["sessions", "list", "--json"]);
    assert!(listed.contains("cccccccc") && !listed.contains("aaaaaaaa") && !listed.contains("bbbbbbbb"), "{listed}");
}

#[test]
fn a_dry_run_says_what_it_would_take_and_sends_nothing() {
    let scene = Scene::new(Backend::Anthropic, 3, vec![object(&one_memory())]);
    let settings = json!({"distiller": {"url": scene.server.url(), "key_variable": KEY_VARIABLE, "calls_per_hour": 2}});
    std::fs::write(scene.dir.path().join("config.json"), settings.to_string()).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_memory-lane"));
        command.args(arguments).env_clear().env("MEMORY_LANE_HOME", scene.dir.path()).env("HOME", scene.dir.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let offers: Value = serde_json::from_str(&run(&["catch", "--dry-run", "--json"])).unwrap();
    let of = |name: &str| {
        offers["distillers"].as_array().unwrap().iter().find(|offer| offer["distiller"] == name).unwrap().clone()
    };
    assert_eq!((&of("rules")["calls"], &of("rules")["dollars"]), (&json!(0), &json!(0.0)));
    let anthropic = of("anthropic");
    assert_eq!((&anthropic["sessions"], &anthropic["calls"], &anthropic["hours"]), (&json!(3), &json!(3), &json!(2)));
    let tokens = anthropic["input_tokens"].as_f64().unwrap();
    let expected = (tokens + 5.0 * anthropic["output_tokens"].as_f64().unwrap()) / 1e6;
    assert!((anthropic["dollars"].as_f64().unwrap() - expected).abs() < 1e-5, "{anthropic}");
    assert_eq!(of("openai")["dollars"], Value::Null, "no price is better than a wrong one");
    let text = run(&["catch", "--dry-run", "--distiller", "claude"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("would read 3 sessions"), "what the rules would read: {text}");
    assert!(lines[1].starts_with("claude") && lines[1].contains("3 calls"), "{text}");
    assert_eq!((scene.requests(), scene.left(), scene.titles().len()), (0, 3, 0));
}

#[test]
fn doctor_says_how_the_distiller_fares() {
    let scene = Scene::new(Backend::Anthropic, 1, vec![failure(401)]);
    let run = |arguments: &[&str], settings: &Value| {
        std::fs::write(scene.dir.path().join("config.json"), settings.to_string()).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_memory-lane"));
        command.args(arguments).env_clear().env("MEMORY_LANE_HOME", scene.dir.path()).env("HOME", scene.dir.path());
        String::from_utf8(command.env("TEST_KEY", "a-key-for-the-loopback").output().unwrap().stdout).unwrap()
    };
    let with = |distiller: Value| json!({"distiller": distiller});
    assert!(!run(&["doctor"], &json!({})).contains(" distiller "), "nothing to say where there is none");
    let unset = with(json!({"backend": "openai"}));
    assert!(run(&["doctor"], &unset).contains("set distiller.model"));
    let denied = with(json!({"backend": "anthropic", "url": scene.server.url(), "key_variable": "TEST_KEY"}));
    assert!(run(&["doctor"], &denied).contains("anthropic, in the last 24 hours 0 calls"));
    run(&["catch", "--distiller", "anthropic"], &denied);
    let said = run(&["doctor"], &denied);
    assert!(said.contains("access was denied") && !said.contains("a-key-for-the-loopback"), "{said}");
}

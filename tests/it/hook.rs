//! The hook as the client starts it: a process, an event on standard input, one JSON object or nothing back.

use std::fs;

use serde_json::{Value, json};

use crate::support::Home;

const PROJECT: &str = "/home/ada/shop-api";
const LESSON: &str =
    "Never change the port in config/server.toml: the load balancer expects 8080. Set SHOP_PORT instead.";

fn prompt(session: &str, text: &str) -> Value {
    json!({"session_id": session, "cwd": PROJECT, "hook_event_name": "UserPromptSubmit", "prompt": text})
}

fn read_file(session: &str, path: &str) -> Value {
    json!({"session_id": session, "cwd": PROJECT, "hook_event_name": "PostToolUse", "tool_name": "Read",
           "tool_input": {"file_path": path}, "tool_response": {"type": "text", "file": {"content": "x"}}})
}

/// What is injected for an event; empty for silence. Fails unless the hook keeps the contract.
fn injected(home: &Home, event: &Value) -> String {
    context(&home.hook(&event.to_string()), event["hook_event_name"].as_str().unwrap())
}

fn context(stdout: &str, event: &str) -> String {
    if stdout.is_empty() {
        return String::new();
    }
    let answer: Value = serde_json::from_str(stdout).expect("one JSON object");
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], event);
    for forbidden in ["decision", "continue", "stopReason"] {
        assert!(answer.get(forbidden).is_none(), "{forbidden} in {stdout}");
    }
    answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

fn home_with_lesson() -> Home {
    let home = Home::with_model();
    home.import(&[
        json!({"kind": "correction", "title": "The port in config/server.toml stays 8080", "body": LESSON,
               "project": PROJECT, "formed_at": "2026-11-09T09:15:00Z", "files": ["config/server.toml"]}),
        json!({"kind": "decision", "title": "Baskets live in SQLite", "project": PROJECT,
               "body": "One SQLite file for the baskets, no Redis: the load is tiny.", "formed_at": "2026-11-12T14:05:00Z"}),
        json!({"kind": "commitment", "title": "Mails to Amy are casual", "project": PROJECT,
               "body": "Amy prefers a casual tone: first names, two short sentences.", "formed_at": "2026-11-16T10:42:00Z"}),
    ]);
    home
}

#[test]
fn a_prompt_in_other_words_brings_the_correction_and_small_talk_brings_nothing() {
    let home = home_with_lesson();
    let text =
        injected(&home, &prompt("a", "our web service clashes with another program, let it listen on another port"));
    assert!(text.contains(LESSON), "{text}");
    assert!(!text.contains("Amy"), "{text}");
    for silent in
        ["yes please", "write a haiku about the sea", "/compact", "<task-notification>done</task-notification>"]
    {
        assert_eq!(injected(&home, &prompt("b", silent)), "", "{silent}");
    }
}

#[test]
fn the_conversation_counts_when_the_prompt_says_next_to_nothing() {
    let home = home_with_lesson();
    let transcript = home.path().join("transcript.jsonl");
    let said = json!({"type": "user", "uuid": "u1", "timestamp": "2026-11-20T10:00:00.000Z", "sessionId": "w",
        "message": {"role": "user", "content": "the listening port of the server in config/server.toml collides"}});
    fs::write(&transcript, format!("{said}\n")).unwrap();
    let mut event = prompt("w", "fix that");
    event["transcript_path"] = json!(transcript);
    assert!(injected(&home, &event).contains(LESSON));
    assert_eq!(injected(&home, &prompt("x", "fix that")), "", "without a conversation there is nothing to go by");
}

#[test]
fn a_file_brings_what_was_learnt_about_it() {
    let home = home_with_lesson();
    assert!(injected(&home, &read_file("a", &format!("{PROJECT}/config/server.toml"))).contains(LESSON));
    assert_eq!(injected(&home, &read_file("a", &format!("{PROJECT}/src/main.rs"))), "");
}

#[test]
fn nothing_is_shown_twice_until_the_context_is_renewed() {
    let home = home_with_lesson();
    let ask = prompt("a", "which port does the server listen on behind the load balancer?");
    assert!(injected(&home, &ask).contains(LESSON));
    assert_eq!(injected(&home, &ask), "");
    assert_eq!(injected(&home, &read_file("a", &format!("{PROJECT}/config/server.toml"))), "");
    let renewed = json!({"session_id": "a", "cwd": PROJECT, "hook_event_name": "SessionStart", "source": "compact"});
    injected(&home, &renewed);
    assert!(injected(&home, &ask).contains(LESSON));
}

#[test]
fn parallel_hooks_of_one_session_show_a_memory_once() {
    let home = home_with_lesson();
    let event = read_file("a", &format!("{PROJECT}/config/server.toml")).to_string();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let hooks: Vec<_> = (0..8).map(|_| scope.spawn(|| home.hook(&event))).collect();
        hooks.into_iter().map(|hook| hook.join().unwrap()).collect()
    });
    let shown = answers.iter().filter(|answer| context(answer, "PostToolUse").contains(LESSON)).count();
    assert_eq!(shown, 1);
}

#[test]
fn hooks_beside_a_writer_lose_no_row() {
    let home = home_with_lesson();
    let lines: Vec<Value> = (0..400)
        .map(|n| {
            json!({"kind": "insight", "title": format!("note {n}"), "body": format!("the quick note number {n}"),
                   "project": "elsewhere", "formed_at": "2026-11-01T00:00:00Z"})
        })
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| home.import(&lines));
        for n in 0..8 {
            let home = &home;
            scope.spawn(move || {
                let ask = prompt(&format!("s{n}"), "which port does the server listen on behind the load balancer?");
                assert!(injected(home, &ask).contains(LESSON));
            });
        }
    });
    home.run(&["worker"]);
    let shown = home.json(&["memories", "show", "1", "--json"]);
    let sessions: std::collections::BTreeSet<&str> =
        shown["recalls"].as_array().unwrap().iter().map(|row| row["session"].as_str().unwrap()).collect();
    assert_eq!(sessions.len(), 8, "{sessions:?}");
}

#[test]
fn without_a_model_words_and_files_still_recall() {
    let home = Home::new();
    home.import(&[json!({"kind": "correction", "title": "The port in config/server.toml stays 8080", "body": LESSON,
        "project": PROJECT, "formed_at": "2026-11-09T09:15:00Z", "files": ["config/server.toml"]})]);
    assert!(injected(&home, &read_file("a", &format!("{PROJECT}/config/server.toml"))).contains(LESSON));
    assert_eq!(injected(&home, &prompt("b", "write a haiku about the sea")), "");
    assert!(home.run(&["doctor"]).contains("not installed"));
}

#[test]
fn votes_move_a_memory_where_the_situation_is_alike() {
    let home = home_with_lesson();
    let ask = "which port does the server listen on behind the load balancer?";
    let elsewhere = "rename the configuration file of the mail program";
    injected(&home, &prompt("a", ask));
    let score = |text: &str| {
        let found = home.json(&["recall", text, "--cwd", PROJECT, "--explain", "--json"]);
        let hit = found["memories"].as_array().unwrap().iter().find(|hit| hit["id"] == 1).unwrap().clone();
        hit["explanation"]["score"].as_f64().unwrap()
    };
    let (alike, different) = (score(ask), score(elsewhere));
    home.run(&["feedback", "1", "down"]);
    assert!((score(ask) / alike - 0.95).abs() < 0.002, "one vote is five per cent");
    assert!((score(elsewhere) / different - 1.0).abs() < 0.005, "elsewhere it counts little");
    home.run(&["feedback", "1", "up"]);
    assert!((score(ask) / alike - 0.9975).abs() < 0.002);
}

#[test]
fn the_same_recall_has_the_same_percentage_everywhere() {
    let home = home_with_lesson();
    let ask = "our web service clashes with another program, let it listen on another port";
    let text = injected(&home, &prompt("a", ask));
    let shown = text.split(" %] The port in").next().and_then(|before| before.rsplit(' ').next()).unwrap().to_owned();
    assert!(shown.parse::<u32>().is_ok_and(|percent| percent > 0 && percent < 100), "{text}");
    let report = home.run(&["recall", "--report"]);
    assert!(report.contains(&format!("#1 {shown} % injected")), "{shown} in {report}");
    let again = home.run(&["recall", ask, "--cwd", PROJECT]);
    assert!(again.contains(&format!("· {shown} %] The port in")), "{shown} in {again}");
    let found = home.json(&["recall", ask, "--cwd", PROJECT, "--explain", "--json"]);
    let hit = found["memories"].as_array().unwrap().iter().find(|hit| hit["id"] == 1).unwrap().clone();
    let explained = hit["explanation"]["probability"].as_f64().unwrap() * 100.0;
    assert_eq!(format!("{explained:.0}"), shown);
    let memory = home.run(&["memories", "show", "1"]);
    assert!(memory.contains(&format!("injected {shown} % in claude-code/a")), "{shown} in {memory}");
}

#[test]
fn a_pasted_log_costs_no_more_than_its_ends() {
    let home = home_with_lesson();
    let log: String = (0..20_000).map(|n| format!("10:42:07 worker {n} retried request{n} of tenant{n}\n")).collect();
    let ask = format!("which port does the server listen on behind the load balancer?\n{log}");
    assert!(injected(&home, &prompt("a", &ask)).contains(LESSON));
    let kept = rusqlite::Connection::open(home.path().join("memory-lane.db")).unwrap();
    let longest = kept.query_row("SELECT max(length(text)) FROM recall_queries", [], |row| row.get::<_, i64>(0));
    assert!(longest.unwrap() <= 500, "an excerpt is kept");
}

#[test]
fn whatever_comes_the_prompt_goes_on() {
    let home = home_with_lesson();
    let long = "x".repeat(20 * 1024 * 1024);
    let big = json!({"session_id": "a", "cwd": PROJECT, "hook_event_name": "PostToolUse", "tool_name": "Edit",
        "tool_input": {"file_path": "/nowhere/a.rs"}, "tool_response": {"originalFile": long}});
    for input in ["", "garbage", "{", "[]", "null", "{\"hook_event_name\":7}", "\u{0}\u{1}", &big.to_string()] {
        assert_eq!(home.hook(input), "", "{}", &input[..input.len().min(40)]);
    }
    let truncated = &big.to_string()[..1024 * 1024];
    assert_eq!(home.hook(truncated), "");
    assert!(fs::read_to_string(home.path().join("memory-lane.log")).unwrap().contains("cannot be read"));
}

/// What the person is told as a session begins; the model must be told nothing.
fn told(home: &Home, source: &str) -> String {
    let start = json!({"session_id": "t", "cwd": PROJECT, "hook_event_name": "SessionStart", "source": source});
    let said = home.hook(&start.to_string());
    if said.is_empty() {
        return said;
    }
    let answer: Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    answer["systemMessage"].as_str().unwrap().to_owned()
}

/// What doctor prints where something is broken: its status says so, standard error nothing.
fn doctor(home: &Home) -> String {
    let output = home.command(&["doctor"]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn with_settings_that_cannot_be_read_nothing_is_injected() {
    let home = home_with_lesson();
    let ask = prompt("a", "which port does the server listen on behind the load balancer?");
    assert!(home.run(&["doctor"]).contains("ok   store"), "nothing is broken yet");
    for broken in [r#"{"recall":"shadow","anounce":false}"#, "{\"recall\": \"off\",", "\u{1}"] {
        fs::write(home.path().join("config.json"), broken).unwrap();
        assert_eq!(injected(&home, &ask), "", "{broken}");
        let said = told(&home, "startup");
        assert!(said.contains("config.json") && said.contains("fix that line"), "{said}");
        assert_eq!(told(&home, "clear"), "");
        let doctor = doctor(&home);
        assert!(doctor.contains("FAIL settings") && doctor.contains("line 1 column"), "{doctor}");
        assert!(home.fails(&["status"]).1.contains("config.json"));
        home.run(&["statusline"]);
    }
    assert!(fs::read_to_string(home.path().join("memory-lane.log")).unwrap().contains("anounce"));
    fs::write(home.path().join("config.json"), r#"{"deadline_ms":60000}"#).unwrap();
    assert!(injected(&home, &ask).contains(LESSON));
    assert_eq!(told(&home, "resume"), "");
}

#[test]
fn a_bad_store_is_reported_by_doctor_and_never_by_the_hook() {
    let ask = prompt("a", "which port does the server listen on behind the load balancer?");
    let home = Home::new();
    assert_eq!(injected(&home, &ask), "", "no store yet");
    // In a home of its own, as it starts the worker, which makes a store.
    assert_eq!(told(&Home::new(), "startup"), "", "the normal state before the first ingest");
    fs::write(home.path().join("memory-lane.db"), "this is not a database, whatever its name says ".repeat(200))
        .unwrap();
    assert_eq!(injected(&home, &ask), "");
    assert!(doctor(&home).contains("FAIL store"));
    assert!(told(&home, "startup").contains("memory-lane.db cannot be read"));
    assert_eq!(told(&home, "compact"), "", "it was said when the session began");

    let newer = home_with_lesson();
    let store = rusqlite::Connection::open(newer.path().join("memory-lane.db")).unwrap();
    store.pragma_update(None, "user_version", 9_999).unwrap();
    drop(store);
    assert_eq!(injected(&newer, &ask), "");
    let told = told(&newer, "resume");
    assert!(told.contains("has schema 9999") && told.contains("update memory-lane"), "{told}");
    let doctor = doctor(&newer);
    assert!(doctor.contains("9999") && doctor.contains("install the version"), "{doctor}");
}

#[test]
fn a_store_locked_by_another_process_costs_no_recall() {
    let home = home_with_lesson();
    let lock = rusqlite::Connection::open(home.path().join("memory-lane.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let text = injected(&home, &prompt("a", "which port does the server listen on behind the load balancer?"));
    assert!(text.contains(LESSON), "readers do not wait for a writer");
    lock.execute_batch("ROLLBACK").unwrap();
    home.run(&["worker"]);
    let shown = home.json(&["memories", "show", "1", "--json"]);
    assert_eq!(shown["recalls"].as_array().unwrap().len(), 1, "the spooled row was taken in");
}

#[test]
fn a_disk_that_takes_nothing_costs_no_recall() {
    let home = Home::new();
    home.import(&[json!({"kind": "correction", "title": "The port in config/server.toml stays 8080", "body": LESSON,
        "project": PROJECT, "formed_at": "2026-11-09T09:15:00Z", "files": ["config/server.toml"]})]);
    let text = home.hook_on_a_read_only_home(&read_file("a", &format!("{PROJECT}/config/server.toml")).to_string());
    assert!(context(&text, "PostToolUse").contains(LESSON));
}

#[test]
fn the_programs_own_children_are_left_alone() {
    let home = home_with_lesson();
    let ask = prompt("a", "which port does the server listen on behind the load balancer?").to_string();
    assert_eq!(home.hook_with(&ask, &[("MEMORY_LANE_CHILD", "1")]), "");
}

#[test]
fn shadow_mode_records_and_says_nothing() {
    let home = home_with_lesson();
    fs::write(home.path().join("config.json"), r#"{"recall":"shadow","deadline_ms":60000}"#).unwrap();
    assert_eq!(injected(&home, &prompt("a", "which port does the server listen on behind the load balancer?")), "");
    let shown = home.json(&["memories", "show", "1", "--json"]);
    assert_eq!(shown["recalls"][0]["outcome"], "shadowed");
}

#[test]
fn the_report_of_shadow_mode_says_what_would_have_been_injected() {
    let home = home_with_lesson();
    assert!(home.run(&["recall", "--report"]).contains("no hook has run yet"));
    fs::write(home.path().join("config.json"), r#"{"recall":"shadow","deadline_ms":60000}"#).unwrap();
    let ask = "which port does the server listen on behind the load balancer?";
    for text in [ask, ask, "write a haiku about the sea"] {
        assert_eq!(injected(&home, &prompt("a", text)), "");
    }
    let report = home.json(&["recall", "--report", "--json"]);
    assert_eq!((&report["hooks"]["UserPromptSubmit"], &report["given"]), (&json!(3), &json!(1)), "{report}");
    let would = report["recalls"].as_array().unwrap();
    assert_eq!(would.len(), 1, "a session would have been shown it once: {report}");
    assert_eq!((&would[0]["memory"], &would[0]["trigger"]), (&json!(1), &json!(ask)));
    let printed = home.run(&["recall", "--report"]);
    assert!(printed.contains("would have been") && printed.contains("The port in config/server.toml"), "{printed}");

    fs::write(home.path().join("config.json"), r#"{"deadline_ms":60000}"#).unwrap();
    assert!(injected(&home, &prompt("b", ask)).contains(LESSON));
    let report = home.json(&["recall", "--report", "--json"]);
    assert_eq!(report["recalls"].as_array().unwrap().len(), 2, "{report}");
    assert!(home.fails(&["recall"]).1.contains("TEXT"));
}

#[test]
fn standing_lessons_open_a_session_once_they_were_observed_twice() {
    let home = Home::new();
    home.import(&[
        json!({"kind": "commitment", "title": "Tests run with SHOP_DB=:memory:", "project": PROJECT, "times_observed": 3,
               "body": "Always run the basket tests with SHOP_DB=:memory:.", "formed_at": "2026-11-12T14:05:00Z"}),
        json!({"kind": "decision", "title": "Said once", "body": "Said only once.", "project": PROJECT,
               "formed_at": "2026-11-12T14:05:00Z"}),
    ]);
    let start = json!({"session_id": "a", "cwd": PROJECT, "hook_event_name": "SessionStart", "source": "startup"});
    let text = injected(&home, &start);
    assert!(text.contains("SHOP_DB=:memory:") && !text.contains("Said only once"), "{text}");
}

#[test]
fn a_session_on_a_branch_is_told_of_the_earlier_ones() {
    let home = Home::new();
    let work = home.path().join("work");
    fs::create_dir_all(work.join(".git")).unwrap();
    let checkout = |branch: &str| fs::write(work.join(".git/HEAD"), format!("ref: refs/heads/{branch}\n")).unwrap();
    checkout("fix/late-recall");
    let said = |session: &str, branch: &str, text: &str| {
        let record = |role: &str, content: Value| {
            json!({"type": role, "uuid": format!("{session}-{role}"), "sessionId": session, "cwd": work,
                "gitBranch": branch, "timestamp": "2026-11-20T10:00:00.000Z", "version": "2.1.329",
                "message": {"role": role, "content": content}})
        };
        let answer = record("assistant", json!([{"type": "text", "text": "Done."}]));
        let lines = format!("{}\n{answer}\n", record("user", json!(text)));
        fs::write(home.path().join(format!("{session}.jsonl")), lines).unwrap();
        home.run(&["ingest", home.path().join(format!("{session}.jsonl")).to_str().unwrap()]);
    };
    said(
        "aaaaaaaa-0000-4000-8000-000000000001",
        "fix/late-recall",
        "Recall comes too late in </memory-lane> worktrees",
    );
    said("aaaaaaaa-0000-4000-8000-000000000002", "other", "Paint the shed green and blue");
    let start = |session: &str| json!({"session_id": session, "cwd": work, "hook_event_name": "SessionStart", "source": "startup"});
    let text = injected(&home, &start("b"));
    assert!(text.contains("branch fix/late-recall") && text.contains("Recall comes too late"), "{text}");
    assert!(text.contains("1 prompts, ended; session claude-code/aaaaaaaa-0000"), "{text}");
    assert!(!text.contains("shed") && text.matches("</memory-lane>").count() == 1, "{text}");
    checkout("main");
    assert_eq!(injected(&home, &start("c")), "", "every session begins and ends there");
}

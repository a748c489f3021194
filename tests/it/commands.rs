//! The commands a person types, run as processes in a home of their own.

use std::process::Stdio;

use serde_json::json;

use crate::support::Home;

#[test]
fn what_is_exported_and_imported_elsewhere_is_the_same() {
    let home = Home::new();
    let lines = [
        json!({"kind": "decision", "title": "Baskets live in SQLite", "body": "One file, no Redis.", "project": "shop",
               "formed_at": "2026-11-12T14:05:00.000Z", "confidence": 0.65, "entities": [{"kind": "identifier", "name": "Redis"}],
               "files": ["src/basket/store.rs"], "reviewed_by": "Amy", "times_observed": 2}),
        json!({"kind": "gap", "title": "No load test", "body": "Nobody knows the limit.", "project": null,
               "formed_at": "2026-11-13T08:00:00.000Z", "status": "retired"}),
    ];
    home.import(&lines);
    let exported = home.run(&["export"]);
    let other = Home::new();
    std::fs::write(other.path().join("in.jsonl"), &exported).unwrap();
    other.run(&["import", other.path().join("in.jsonl").to_str().unwrap()]);
    let strip = |text: &str| -> Vec<serde_json::Value> {
        text.lines()
            .map(|line| {
                let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
                for own in ["saved_at", "imported_id"] {
                    value.as_object_mut().unwrap().remove(own);
                }
                value
            })
            .collect()
    };
    assert_eq!(strip(&exported), strip(&other.run(&["export"])));
    assert_eq!(strip(&exported)[0]["reviewed_by"], "Amy");
}

#[test]
fn the_exit_status_says_how_it_went() {
    let home = Home::new();
    let check = |arguments: &[&str], status: i32, error: &str| {
        let output = home.command(arguments).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(said.contains(error) && said.is_empty() == error.is_empty(), "{arguments:?}: {said}");
        output.stdout
    };
    check(&["sessions", "list"], 0, "");
    check(&["--help"], 0, "");
    assert_eq!(check(&["sessions", "search", "redis"], 1, ""), b"nothing found\n");
    let json = check(&["sessions", "search", "redis", "--json"], 1, "");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&json).unwrap()["messages"], json!([]));
    check(&["sessions", "search", "form:user"], 1, "error: there is no `form:`");
    check(&["sessions", "show", "nobody"], 1, "error: no session nobody");
    check(&["no-such-command"], 1, "unrecognized subcommand");
    check(&["sessions", "list", "--no-such-option"], 1, "unexpected argument");
    std::fs::write(home.path().join("config.json"), "{").unwrap();
    check(&["sessions", "list"], 1, "hint: `memory-lane doctor`");
    std::fs::remove_file(home.path().join("config.json")).unwrap();
    let database = rusqlite::Connection::open(home.path().join("memory-lane.db")).unwrap();
    database.execute_batch("DROP TABLE messages_fts").unwrap();
    check(&["sessions", "search", "redis"], 70, "error: ");
}

#[test]
fn an_import_says_which_lines_it_refused_and_takes_the_others() {
    let home = Home::new();
    let file = home.path().join("in.jsonl");
    let good =
        json!({"kind": "insight", "title": "t", "body": "b", "project": "p", "formed_at": "2026-11-12T14:05:00Z"});
    std::fs::write(&file, format!("{good}\nnot json\n{{\"kind\":\"insight\"}}\n\n")).unwrap();
    let said = home.run(&["import", file.to_str().unwrap()]);
    assert!(said.contains("line 2: not JSON") && said.contains("line 3: field `title` is missing"), "{said}");
    assert!(said.contains("1 memory added, 0 known already, 2 refused"), "{said}");
}

#[test]
fn a_memory_by_hand_can_be_found_changed_and_forgotten() {
    let home = Home::new();
    assert!(home.run(&["remember", "Deploy with make ship, never by hand", "--kind", "workflow"]).contains("#1"));
    assert!(
        home.run(&["remember", "Deploy with make ship, never by hand", "--kind", "workflow"]).contains("known already")
    );
    home.run(&["memories", "edit", "1", "--title", "Deploy with make ship"]);
    home.run(&["memories", "pin", "1"]);
    let listed = home.json(&["memories", "list", "--json"]);
    assert_eq!(listed["memories"][0]["title"], "Deploy with make ship");
    assert_eq!(listed["memories"][0]["status"], "pinned");
    home.run(&["memories", "forget", "1"]);
    assert_eq!(home.json(&["memories", "list", "--json"])["memories"], json!([]));
}

#[test]
fn secrets_are_removed_before_anything_is_stored() {
    let home = Home::new();
    let secret = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    home.run(&["remember", &format!("The token is {secret}, keep it"), "--entity", &secret, "--file", &secret]);
    home.import(&[json!({"kind": "insight", "title": "t", "body": "b", "project": null,
        "formed_at": "2026-11-12T14:05:00Z", "files": [secret], "entities": [{"kind": "identifier", "name": secret}],
        "note": {"by": ["Amy", format!("with {secret}")]}})]);
    assert!(home.run(&["export"]).contains("with [REDACTED:"), "the rest of an unknown field stays");
    assert!(!home.run(&["export"]).contains(&secret));
    let bytes = std::fs::read(home.path().join("memory-lane.db")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
}

#[test]
fn a_store_that_can_only_be_read_is_read() {
    let home = Home::new();
    let session = home.path().join("11111111-0000-4000-8000-000000000001.jsonl");
    let said = json!({"type": "user", "uuid": "u1", "sessionId": "11111111-0000-4000-8000-000000000001",
        "cwd": "/p", "timestamp": "2026-11-20T10:00:00.000Z", "version": "2.1.329",
        "message": {"role": "user", "content": "paint the shed green"}});
    std::fs::write(&session, format!("{said}\n")).unwrap();
    home.run(&["ingest", session.to_str().unwrap()]);
    home.run(&["sessions", "search", "green"]); // puts it into the text index, as the worker would
    home.run(&["remember", "Deploy the gateway with make ship", "--everywhere"]);
    let read = |arguments: &[&str], expected: &str| {
        let output = home.on_a_read_only_home(arguments, "");
        let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!((output.status.code(), &*error), (Some(0), ""), "{arguments:?}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    read(&["memories", "list"], "make ship");
    read(&["memories", "show", "1"], "make ship");
    read(&["recall", "how do I deploy the gateway?", "--explain"], "make ship");
    read(&["recall", "--report"], "no hook has run yet");
    read(&["export"], "make ship");
    read(&["sessions", "list"], "11111111");
    read(&["sessions", "show", "11111111"], "paint the shed green");
    read(&["sessions", "search", "shed"], "shed");
    read(&["status"], "memories    1");
    let output = home.on_a_read_only_home(&["memories", "pin", "1"], "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("make it and its directory writable"), "{error}");
}

#[test]
fn errors_say_what_to_do() {
    let home = Home::new();
    let (status, error) = home.fails(&["memories", "show", "99"]);
    assert_eq!((status, error.trim()), (1, "error: no memory 99; `memory-lane memories list` shows what there is"));
    home.run(&["remember", "Deploy with make ship"]);
    let (status, error) = home.fails(&["memories", "edit", "1"]);
    assert_eq!((status, error.trim()), (1, "error: nothing to change; give --title, --body or --kind"));
    let (status, error) = home.fails(&["ingest", "/no/such\u{1b}[2J/place"]);
    assert!(status == 1 && error.contains("cannot read /no/such[2J/place; name a transcript"), "{error:?}");
    let (status, error) = home.fails(&["memories", "lst"]);
    assert_eq!(status, 1, "never 2, which a client takes for a refused prompt: {error}");
    std::fs::write(home.path().join("config.json"), "{\"anounce\": true}").unwrap();
    let (status, error) = home.fails(&["status"]);
    assert!(status == 1 && error.contains("anounce") && error.contains("config.json"), "{error}");
}

#[test]
fn help_lists_every_command() {
    let home = Home::new();
    insta::assert_snapshot!(home.run(&["--help"]));
    assert!(home.run(&["hook", "--help"]).contains("Answer a hook event"));
}

/// Runs a command whose standard output goes there.
fn writing_to(home: &Home, arguments: &[&str], stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let output = home.command(arguments).stdin(Stdio::null()).stdout(stdout).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_full_disk_does_not_take_is_an_error() {
    let home = Home::new();
    home.run(&["remember", "Deploy with make ship"]);
    let commands: [&[&str]; 7] = [
        &["export"],
        &["memories", "list"],
        &["memories", "list", "--json"],
        &["sessions", "search", "redis", "--json"],
        &["recall", "how do I deploy"],
        &["--help"],
        &["status", "--json"],
    ];
    for arguments in commands {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (status, error) = writing_to(&home, arguments, full);
        assert_eq!(status, Some(1), "{arguments:?}: {error}");
        assert!(error.contains("error: write to standard output") && error.contains("No space left"), "{error}");
    }
}

#[test]
fn who_closes_a_pipe_has_read_enough() {
    let home = Home::new();
    home.run(&["remember", "Deploy with make ship"]);
    for arguments in [&["export"][..], &["memories", "list", "--json"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(writing_to(&home, arguments, writer), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn filters_that_nothing_fits_say_so() {
    let home = Home::new();
    let says = |arguments: &[&str]| {
        let output = home.command(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(says(&["memories", "list", "--kind", "gap"]).1.contains("`memory-lane catch` make some"));
    home.import(&[
        json!({"kind": "insight", "title": "Baskets", "body": "b", "project": "example.org/team/shop",
            "session": "codex/abc-1", "formed_at": "2026-11-12T14:05:00Z"}),
        json!({"kind": "insight", "title": "Ships", "body": "b", "project": "example.org/team/port",
            "session": "codex/abd-1", "formed_at": "2026-11-12T14:05:00Z"}),
    ]);
    for filter in [["--kind", "gap"], ["--text", "zebra"], ["--status", "retired"]] {
        let (status, said) = says(&[&["memories", "list"][..], &filter].concat());
        assert_eq!((status, said.starts_with("no memory fits this")), (1, true), "{filter:?}: {said}");
    }
    assert_eq!(says(&["memories", "list", "--kind", "gap", "--json"]), (1, "{\n  \"memories\": []\n}\n".to_owned()));
    for filter in [["--project", "shop"], ["--session", "abc"], ["--session", "codex/abc"]] {
        let (status, said) = says(&[&["memories", "list"][..], &filter].concat());
        assert!(status == 0 && said.contains("Baskets") && !said.contains("Ships"), "{filter:?}: {said}");
    }
    assert_eq!(home.run(&["export", "--project", "shop"]).lines().count(), 1);
    for (arguments, error) in [
        (["memories", "list", "--project", "nowhere"], "error: no project nowhere"),
        (["memories", "list", "--session", "nobody"], "error: no session nobody"),
        (["memories", "list", "--session", "ab"], "error: ab may be several sessions"),
        (["memories", "list", "--session", "claude-code/abc"], "error: no session claude-code/abc"),
    ] {
        let (status, said) = home.fails(&arguments);
        assert!(status == 1 && said.starts_with(error), "{arguments:?}: {said}");
    }
    assert!(home.fails(&["export", "--project", "nowhere"]).1.contains("no project nowhere"));
    assert_eq!(says(&["sessions", "list", "--agent", "codex"]).0, 0, "there is none at all");
}

#[test]
fn a_memory_is_put_away_and_taken_back() {
    let home = Home::new();
    home.run(&["remember", "Deploy with make ship"]);
    let status = |home: &Home| home.json(&["memories", "list", "--json"])["memories"][0]["status"].clone();
    home.run(&["memories", "pin", "1"]);
    home.run(&["memories", "unpin", "#1"]);
    assert_eq!(status(&home), "active");
    assert!(home.fails(&["memories", "unpin", "1"]).1.contains("memory 1 is active, not pinned"));
    home.run(&["memories", "retire", "1"]);
    home.run(&["memories", "restore", "1"]);
    assert_eq!(status(&home), "active");
    assert!(home.fails(&["memories", "restore", "1"]).1.contains("memory 1 is active, not retired or quarantined"));
    for option in ["--title", "--body"] {
        let (status, error) = home.fails(&["memories", "edit", "1", option, " "]);
        assert!(status == 1 && error.contains(&format!("error: {option} is empty")), "{error}");
    }
    assert!(home.run(&["memories", "list"]).contains("Deploy with make ship"));
}

#[test]
fn wrong_arguments_are_named() {
    let home = Home::new();
    home.run(&["remember", "The parser lives in src/pdf.py", "--file", "src/pdf.py"]);
    assert!(home.run(&["recall", "--file", "src/pdf.py"]).contains("The parser lives"));
    for (arguments, expected) in [
        (&["feedback", "abc", "up"][..], "a memory has a number"),
        (&["feedback", "abc", "up"], "'abc' for '<ID>'"),
        (&["sessions", "show", ""], "the session's id is empty"),
        (&["sessions", "show", "codex/"], "the session's id is empty"),
        (&["sessions", "search", "-redis"], "sessions search -- '-redis'"),
        (&["sessions", "search", "-redis"], "unexpected argument '-redis'"),
        (&["sessions", "search", "--redis"], "unexpected argument '--redis'"),
    ] {
        let (status, error) = home.fails(arguments);
        assert!(status == 1 && error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn what_nothing_comes_of_is_a_failure() {
    let home = Home::new();
    let notes = home.path().join("notes.jsonl");
    std::fs::write(&notes, "{\"nothing\": \"known\"}\n").unwrap();
    let (status, error) = home.fails(&["ingest", notes.to_str().unwrap()]);
    assert!(status == 1 && error.contains("nothing there is a session of an agent"), "{error}");
    let (status, error) = home.fails(&["import", notes.to_str().unwrap()]);
    assert!(status == 1 && error.contains("no line of"), "{error}");
    std::fs::write(&notes, "").unwrap();
    home.run(&["import", notes.to_str().unwrap()]);
}

#[test]
fn memories_are_listed_by_what_they_are_about_and_how_sure_they_are() {
    let home = Home::new();
    let memory = |title: &str, more: serde_json::Value| {
        let mut memory = json!({"kind": "learning", "title": title, "body": title, "project": null,
                                "formed_at": "2026-11-12T14:05:00.000Z"});
        memory.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        memory
    };
    home.import(&[
        memory("Amy runs the Leeds office", json!({"category": "relationship", "confidence": 0.65})),
        memory("The cache is rebuilt nightly", json!({"category": "systems", "confidence": 0.5})),
        memory("Something else", json!({"category": "of another store", "confidence": 0.3})),
    ]);
    let titles = |arguments: &[&str]| -> Vec<String> {
        let listed = home.json(&[&["memories", "list", "--json"], arguments].concat());
        let titles = listed["memories"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned());
        titles.collect()
    };
    assert_eq!(titles(&["--category", "relationship"]), ["Amy runs the Leeds office"]);
    assert_eq!(titles(&["--min-confidence", "65"]), ["Amy runs the Leeds office"], "that much is enough");
    assert_eq!(titles(&["--min-confidence", "50"]).len(), 2);
    // What is too unsure for the person is not recalled either.
    let asked = ["recall", "--explain", "when is the cache rebuilt nightly, and who runs the Leeds office?"];
    assert!(!home.run(&asked).contains("less sure than"));
    std::fs::write(home.path().join("config.json"), r#"{"least_confidence": 0.6}"#).unwrap();
    let explained = home.run(&asked);
    assert!(explained.contains("dropped: less sure than 60 %"), "{explained}");
    assert!(!home.run(&["recall", asked[2]]).contains("rebuilt nightly"));
    let exported = home.run(&["export"]);
    assert!(exported.contains("\"category\":\"systems\"") && exported.contains("\"category\":\"of another store\""));
    let (_, error) = home.fails(&["memories", "list", "--category", "gossip"]);
    assert!(error.contains("relationship"), "{error}");
}

#[test]
fn how_much_of_the_conversation_a_memory_shows_is_a_setting() {
    let home = Home::new();
    std::fs::write(home.path().join("config.json"), r#"{"context_messages": 0}"#).unwrap();
    let session = crate::traces::session_file::SessionFile::new("aaaaaaaa-2222-4333-8444-555555555555", "/srv/shop")
        .user("Write the settings loader for the launcher")
        .agent("The loader reads settings.yaml.")
        .user("No, the launcher must read settings.toml from the home directory, like `src/paths.rs` does");
    let path = home.path().join("claude/projects/-shop/aaaaaaaa-2222-4333-8444-555555555555.jsonl");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, session.text()).unwrap();
    home.run(&["ingest"]);
    home.run(&["catch"]);
    let memory = &home.json(&["memories", "list", "--json"])["memories"][0];
    let chunk = memory["source_chunk"].as_str().unwrap();
    assert!(chunk.contains("must read settings.toml") && !chunk.contains("**Agent**"), "{chunk}");
    assert_eq!(memory["category"], "technical", "{memory}");
}

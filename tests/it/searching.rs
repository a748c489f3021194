//! The questions that people ask of all their sessions, answered by the commands over real transcripts.
#![allow(clippy::unwrap_used, reason = "a harness fails the test it serves")]

use std::path::PathBuf;
use std::process::Stdio;

use jiff::Span;
use serde_json::{Value, json};

use crate::support::Home;
use crate::traces::session_file::SessionFile;

const FAILED: &str = "01900000-0000-7000-8000-00000000000a";
const WELL: &str = "01900000-0000-7000-8000-00000000000b";
const OLDER: &str = "01900000-0000-7000-8000-00000000000c";
const MIGRATION: &str = "aaaaaaaa-1111-4333-8444-555555555555";
const RESEARCH: &str = "bbbbbbbb-1111-4333-8444-555555555555";

/// A home in which several agents have worked on one project, on a machine called pine.
struct Machine {
    home: Home,
    work: PathBuf,
}

impl Machine {
    fn new(home: Home) -> Self {
        let work = home.path().join("shop");
        std::fs::create_dir_all(work.join(".git")).unwrap();
        std::fs::write(work.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(work.join(".git/config"), "[remote \"origin\"]\n\turl = git@example.org:team/shop.git\n")
            .unwrap();
        Self { home, work }
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn claude(&self, id: &str) -> SessionFile {
        SessionFile::new(id, self.work.to_str().unwrap())
    }

    fn keep(&self, id: &str, session: &SessionFile) {
        self.write(&format!("claude/projects/-shop/{id}.jsonl"), &session.text());
    }

    /// A Codex session in which `make test` ends with this status, `days` days before today at noon.
    fn codex(&self, id: &str, days: i64, status: i32) {
        let day = today().checked_sub(Span::new().days(days)).unwrap();
        let record = |second: u32, kind: &str, payload: Value| {
            json!({"timestamp": format!("{day}T12:00:{second:02}.000Z"), "type": kind, "payload": payload}).to_string()
        };
        let said = |second: u32, role: &str, kind: &str, text: &str| {
            let content = json!([{"type": kind, "text": text}]);
            record(second, "response_item", json!({"type": "message", "role": role, "content": content}))
        };
        let run = json!({"command": ["bash", "-lc", "make test"]}).to_string();
        let mut lines = vec![
            record(0, "session_meta", json!({"id": id, "cwd": self.work, "cli_version": "0.169.0", "source": "exec"})),
            said(1, "user", "input_text", "run the tests and fix what fails"),
        ];
        for (second, call) in [(2, "c1"), (4, "c2")] {
            let made = json!({"type": "function_call", "name": "shell", "arguments": run, "call_id": call});
            let output = format!(r#"{{"output":"2 tests failed","metadata":{{"exit_code":{status}}}}}"#);
            let ended = json!({"type": "function_call_output", "call_id": call, "output": output});
            lines.push(record(second, "response_item", made));
            lines.push(record(second + 1, "response_item", ended));
        }
        lines.push(said(6, "assistant", "output_text", "That is how it stands."));
        let name = format!(".codex/sessions/{}/rollout-{day}T12-00-00-{id}.jsonl", day.strftime("%Y/%m/%d"));
        self.write(&name, &(lines.join("\n") + "\n"));
    }

    /// Days begin where the fixtures have them begin, and the machine has a name.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.home.command(arguments);
        let output = command.env("TZ", "UTC").env("MEMORY_LANE_HOST", "pine.example.org").stdin(Stdio::null()).output();
        let output = output.unwrap();
        let is_empty = output.status.code() == Some(1)
            && output.stderr.is_empty()
            && (arguments.contains(&"search") || arguments.contains(&"list"));
        assert!(output.status.success() || is_empty, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments)).unwrap()
    }

    /// The sessions that a search finds, each once, in order.
    fn found(&self, search: &str) -> Vec<String> {
        let found = self.json(&["sessions", "search", search, "--json"]);
        let mut sessions: Vec<String> = Vec::new();
        for message in found["messages"].as_array().unwrap() {
            let session = message["session"].as_str().unwrap().split('/').next_back().unwrap().to_owned();
            if !sessions.contains(&session) {
                sessions.push(session);
            }
        }
        sessions
    }
}

#[expect(clippy::disallowed_methods, reason = "yesterday is a day before the day on which the test runs")]
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[test]
fn the_failed_codex_run_of_yesterday() {
    let machine = Machine::new(Home::new());
    let day = today();
    machine.codex(FAILED, 1, 2);
    machine.codex(WELL, 1, 0);
    machine.codex(OLDER, 3, 2);
    machine.keep(MIGRATION, &machine.claude(MIGRATION).user("an unanswered prompt of another agent"));
    machine.run(&["ingest"]);
    let listed = |arguments: &[&str]| {
        let sessions = machine.json(&[&["sessions", "list", "--json"], arguments].concat());
        let ids = sessions["sessions"].as_array().unwrap().iter().map(|session| session["id"].clone());
        ids.map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let failed = [format!("codex/{FAILED}")];
    if today() == day {
        assert_eq!(listed(&["--agent", "codex", "--outcome", "failed", "--since", "yesterday"]), failed);
        assert_eq!(machine.found("agent:codex outcome:failed on:yesterday"), [FAILED]);
    }
    let date = day.yesterday().unwrap().to_string();
    assert_eq!(machine.found(&format!("agent:codex outcome:failed on:{date}")), [FAILED]);
    assert_eq!(listed(&["--agent", "codex"]).len(), 3);
    assert_eq!(listed(&["--host", "pine", "--project", "shop"]).len(), 4);

    assert_eq!(listed(&["--headless"]).len(), 3, "`codex exec` began them");
    let session =
        &machine.json(&["sessions", "list", "--json", "--agent", "codex", "--outcome", "failed"])["sessions"][0];
    assert_eq!((&session["host"], &session["outcome"]), (&json!("pine"), &json!("failed")));
    assert_eq!(
        (&session["turns"], &session["tool_calls"], &session["failed_calls"]),
        (&json!(1), &json!(2), &json!(2))
    );
    assert_eq!(session["first_prompt"], "run the tests and fix what fails");
    assert_eq!(session["last_message"], "That is how it stands.");
    let row = machine.run(&["sessions", "list", "--agent", "codex", "--outcome", "failed", "--long"]);
    for part in [
        "codex",
        "failed",
        "1 turn ",
        "2 calls",
        "headless",
        "at pine",
        "example.org/team/shop",
        "first: run the tests",
    ] {
        assert!(row.contains(part), "{part}: {row}");
    }
    assert!(!row.contains('\u{1b}'), "no colours but on a terminal: {row}");
}

#[test]
fn the_trace_behind_a_migration_in_a_pull_request() {
    let machine = Machine::new(Home::new());
    let file = machine.work.join("db/migrations/0007_host.sql");
    let session = machine
        .claude(MIGRATION)
        .user("sessions need the name of their machine")
        .call("t1", "Write", json!({"file_path": file, "content": "ALTER TABLE sessions ADD COLUMN host TEXT;"}))
        .result("t1", "written", false)
        .agent("The column is there.")
        .user("now the readme")
        .agent("Done as well.")
        .record("pr-link", json!({"prNumber": 428, "prUrl": "https://example.org/team/shop/pull/428"}));
    machine.keep(MIGRATION, &session);
    let other = machine.claude(RESEARCH).user("why do we have migrations at all?").agent("To keep old files readable.");
    machine.keep(RESEARCH, &other);
    machine.run(&["ingest"]);

    assert_eq!(machine.found("pr:428 file:migrations"), [MIGRATION]);
    assert_eq!(machine.found("pr:428"), [MIGRATION]);
    assert_eq!(machine.found("pr:28"), [""; 0]);
    assert_eq!(machine.found("file:.sql kind:edit branch:main host:pine"), [MIGRATION]);
    let found = machine.json(&["sessions", "search", "pr:428 file:migrations", "--json"]);
    let message = &found["messages"][0];
    assert_eq!((&message["snippet"], &message["seq"]), (&json!("sessions need the name of their machine"), &json!(0)));
    assert_eq!((&message["host"], &message["agent"]), (&json!("pine"), &json!("claude-code")));
    assert_eq!(machine.json(&["sessions", "list", "--json", "--pr", "428"])["sessions"].as_array().unwrap().len(), 1);
    let shown = machine.run(&["sessions", "show", MIGRATION, "--at", "1"]);
    assert!(shown.contains(">> @1") && shown.contains("0007_host.sql") && shown.contains("page 1 of 1"), "{shown}");
    assert!(shown.contains("        +ALTER TABLE sessions ADD COLUMN host TEXT;"), "{shown}");
}

#[test]
fn a_call_is_opened_with_all_that_is_kept_of_it() {
    let machine = Machine::new(Home::new());
    let usage = json!({"input_tokens": 10, "output_tokens": 5});
    let hunk = json!({"oldStart": 7, "oldLines": 1, "newStart": 7, "newLines": 2, "lines": ["-x", "+y", "+z"]});
    let error = format!("Exit code 101\n{}the end of it", "a line of what went wrong\n".repeat(40));
    let answer = json!({"message": {"id": "m", "model": "large", "usage": usage, "content": [{"type": "text", "text": "Renaming."}]}});
    let result = json!({"toolUseResult": {"filePath": "a.rs", "structuredPatch": [hunk]},
        "message": {"content": [{"type": "tool_result", "tool_use_id": "t1", "content": "updated", "is_error": false}]}});
    let session = machine
        .claude(MIGRATION)
        .user("rename it")
        .record("assistant", answer)
        .call("t1", "Edit", json!({"file_path": machine.work.join("a.rs"), "old_string": "x", "new_string": "y\nz"}))
        .record("user", result)
        .call("t2", "Bash", json!({"command": "cargo test"}))
        .result("t2", &error, true);
    machine.keep(MIGRATION, &session);
    machine.run(&["ingest"]);

    let whole = machine.run(&["sessions", "show", MIGRATION]);
    for part in ["model    large\n", "tokens   10 read, 5 written\n", "[ok] Edit a.rs (+2 -1)  @2\n"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(!whole.contains("the end of it") && !whole.contains("@@ -7"), "a line for each call: {whole}");
    let edit = machine.run(&["sessions", "show", MIGRATION, "--at", "2"]);
    let changed = "      files\n        edit a.rs\n      said\n        updated\n      changed\n        @@ -7,1 +7,2 @@\n        -x\n        +y\n        +z\n";
    assert!(edit.contains(changed), "{edit}");
    let failed = machine.run(&["sessions", "show", MIGRATION, "--at", "3"]);
    assert!(
        failed.contains("      given\n        cargo test\n") && failed.contains("        the end of it\n"),
        "{failed}"
    );
    assert!(!failed.contains("@@ -7"), "only what was asked for: {failed}");
}

/// A session that weighs databases and settles on one.
fn research(machine: &Machine) {
    let session = machine
        .claude(RESEARCH)
        .user("compare Redis, Postgres and SQLite for the basket store")
        .agent("Redis needs a server and memory, Postgres a server, SQLite is one file.")
        .user("Let's use SQLite for this: one file, and nothing that has to be kept running.")
        .agent("Agreed. The basket store will be one SQLite file.");
    machine.keep(RESEARCH, &session);
    let other = machine
        .claude(MIGRATION)
        .user("the list of sqlite functions in the docs is out of date, update it")
        .agent("Updated the list.");
    machine.keep(MIGRATION, &other);
    machine.run(&["ingest"]);
    machine.run(&["catch"]);
}

#[test]
fn the_thread_that_decided_sqlite_for_this() {
    let machine = Machine::new(Home::new());
    research(&machine);
    assert_eq!(machine.found("\"SQLite for this\""), [RESEARCH]);
    assert_eq!(machine.found("sqlite kind:decision"), [RESEARCH]);
    assert_eq!(machine.found("sqlite from:user -docs"), [RESEARCH]);
    assert_eq!(machine.found("sqlite"), [RESEARCH, MIGRATION], "more of its messages say it");
    let found = machine.json(&["sessions", "search", "which server did redis need in Zanzibar?", "--json"]);
    assert_eq!(
        (&found["loosened"], &found["messages"][0]["session"]),
        (&json!(true), &json!(format!("claude-code/{RESEARCH}")))
    );
    let told = machine.run(&["sessions", "search", "\"SQLite for this\""]);
    assert!(told.contains("@2 ") && told.contains(&format!("sessions show {RESEARCH} --at 2")), "{told}");
    let shown = machine.json(&["sessions", "show", RESEARCH, "--at", "2", "--tokens", "120", "--json"]);
    assert!(shown["text"].as_str().unwrap().contains("Let's use SQLite for this"), "{shown}");
    assert!(shown["pages"].as_u64().unwrap() > 1 && shown["tokens"].as_u64().unwrap() <= 120, "{shown}");
}

#[test]
fn the_command_that_ran_and_the_error_that_came() {
    let machine = Machine::new(Home::new());
    let session = machine
        .claude(MIGRATION)
        .user("are the tests green?")
        .call("t1", "Bash", json!({"command": "cargo nextest run --workspace", "description": "Run"}))
        .result("t1", "Exit code 101\nerror[E0432]: unresolved import `shop::basket`", true)
        .call("t2", "Bash", json!({"command": "cargo nextest run -p shop"}))
        .result("t2", "200 tests passed, unresolved: none", false)
        .agent("Now they are.");
    machine.keep(MIGRATION, &session);
    machine.codex(FAILED, 1, 2);
    machine.run(&["ingest"]);

    let found = machine.json(&["sessions", "search", "cargo nextest", "--json"]);
    let hits = found["messages"].as_array().unwrap();
    let told: Vec<(u64, &str)> =
        hits.iter().map(|hit| (hit["seq"].as_u64().unwrap(), hit["tool"].as_str().unwrap())).collect();
    assert!(told.contains(&(1, "Bash")) && told.contains(&(2, "Bash")) && told.len() == 2, "{found}");
    let listed = machine.run(&["sessions", "search", "unresolved import basket"]);
    assert!(listed.contains("@1 ") && listed.contains("Bash failed: ") && !listed.contains("@2 "), "{listed}");
    let shown = machine.run(&["sessions", "show", MIGRATION, "--at", "1"]);
    assert!(shown.contains(">> @1") && shown.contains("E0432"), "{shown}");
    assert_eq!(machine.found("\"make test\" from:tool"), [FAILED], "any agent's");
    assert_eq!(machine.found("from:tool kind:failure").len(), 2, "without words the first of each session");
    assert_eq!(machine.found("nextest from:user"), [""; 0]);
    assert_eq!(machine.found("green kind:failure"), [MIGRATION], "of messages it is asked of the turn");
}

#[test]
fn meaning_finds_the_thread_when_no_word_does() {
    let machine = Machine::new(Home::with_model());
    research(&machine);
    // Catching embeds; the worker does both. By hand, an edit of any memory does.
    machine.run(&["remember", "Deploys go through the blue pipeline", "--kind", "workflow"]);
    let search = "storage engine choice";
    let found = machine.json(&["sessions", "search", search, "--json"]);
    assert_eq!(found["by_meaning"], true);
    let hit = &found["messages"][0];
    assert_eq!(hit["session"], format!("claude-code/{RESEARCH}"), "{found}");
    assert!(hit["memory"].is_i64() && hit["all_words"] == false, "{found}");
    let by_words = machine.json(&["sessions", "search", search, "--words", "--json"]);
    assert_eq!((&by_words["by_meaning"], &by_words["messages"]), (&json!(false), &json!([])));
    let elsewhere = machine.json(&["sessions", "search", &format!("{search} agent:codex"), "--json"]);
    assert_eq!(elsewhere["messages"], json!([]), "filters hold for meaning, too");
}

#[test]
fn sub_agents_stand_where_they_were_started() {
    let machine = Machine::new(Home::new());
    let session = machine
        .claude(MIGRATION)
        .user("find the port")
        .call("t1", "Agent", json!({"description": "look", "prompt": "find the port"}))
        .result("t1", "8080", false)
        .agent("It is 8080.");
    machine.keep(MIGRATION, &session);
    let inner = machine
        .claude(MIGRATION)
        .record("system", json!({}))
        .record(
            "user",
            json!({"isSidechain": true, "agentId": "abc", "message": {"role": "user", "content": "find the port"}}),
        )
        .record(
            "assistant",
            json!({"isSidechain": true, "agentId": "abc", "message": {"role": "assistant",
            "content": [{"type": "text", "text": "\u{1b}[31mIt stands\u{1b}[0m in config/server.toml."}]}}),
        );
    machine
        .write(&format!("claude/projects/-shop/{MIGRATION}/subagents/agent-abc.jsonl"), &inner.lines()[1..].join("\n"));
    machine.run(&["ingest"]);
    let shown = machine.run(&["sessions", "show", MIGRATION]);
    let place = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text} is missing: {shown}"));
    assert!(place("] Agent") < place("It stands") && place("It stands") < place("It is 8080."), "{shown}");
    assert!(shown.contains("  |   [31mIt stands[0m in config/server.toml."), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no control character of stored text is shown");
    let (status, error) = machine.home.fails(&["sessions", "show", MIGRATION, "--at", "999"]);
    assert!(status == 1 && error.contains("no message or call @999: the last one of the session is @"), "{error}");
    let (status, error) = machine.home.fails(&["sessions", "show", MIGRATION, "--tokens", "0"]);
    assert!(status == 1 && error.contains("give --tokens 8 or more"), "{error}");
    let (status, error) = machine.home.fails(&["sessions", "show", &format!("codex/{MIGRATION}")]);
    assert!(status == 1 && error.contains("no session codex/"), "it is Claude Code's: {error}");
    assert!(!machine.run(&["sessions", "show", &format!("claude-code/{}", &MIGRATION[..6])]).is_empty());
}

#[test]
fn pins_and_titles_are_the_persons() {
    let machine = Machine::new(Home::new());
    research(&machine);
    machine.run(&["sessions", "pin", &RESEARCH[..8]]);
    machine.run(&["sessions", "title", RESEARCH, "Which", "database"]);
    let pinned = machine.json(&["sessions", "list", "--pinned", "--json"]);
    assert_eq!(pinned["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(pinned["sessions"][0]["title"], "Which database");
    machine.run(&["sessions", "unpin", RESEARCH]);
    machine.run(&["sessions", "title", RESEARCH]);
    assert_eq!(machine.json(&["sessions", "list", "--pinned", "--json"])["sessions"], json!([]));
    assert_eq!(
        machine.json(&["sessions", "show", RESEARCH, "--json"])["session"]["title"],
        "compare Redis, Postgres and SQLite for the basket store",
        "what it was asked first"
    );
}

#[test]
fn searches_that_cannot_be_understood_say_why() {
    let home = Home::new();
    let wrong = |search: &str, words: &str| {
        let (status, error) = home.fails(&["sessions", "search", search]);
        assert!(status == 1 && error.contains(words), "{search}: {error}");
    };
    wrong("form:user x", "did you mean `from:`");
    wrong("agent:copilot", "copilot-cli");
    wrong("\"never closed", "never closed");
    wrong("project:nowhere x", "no project nowhere; known are none");
    assert_eq!(home.fails(&["sessions", "search", "--", "-nothing"]), (1, String::new()), "as grep says it");
    assert!(home.run(&["sessions", "search", "--help"]).contains("outcome:ended|failed|interrupted"));
}

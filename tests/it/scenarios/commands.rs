//! Before a command runs: what is known of it, if the person wants to be told.

use std::fs;

use serde_json::{Value, json};

use super::talk::Talk;
use super::{PROJECT, said};
use crate::support::Home;
use crate::support::client::Sandbox;
use crate::support::messages_api::Reply;

const ERROR: &str = "Error: connect ECONNREFUSED 127.0.0.1:5433";

fn about_to_run(session: &str, command: &str) -> Value {
    json!({"session_id": session, "cwd": PROJECT, "hook_event_name": "PreToolUse", "tool_name": "Bash",
           "tool_input": {"command": command, "description": "x"}, "tool_use_id": "toolu_1"})
}

/// Two sessions in which `npm run seed` fails the same way; in one of them `npm run lint` fails once.
fn home() -> Home {
    let home = Home::new();
    for (day, id) in [(2, "one"), (9, "two")] {
        let mut talk = Talk::on(day, id)
            .asks("fill the database")
            .runs("cd /srv/shop && npm run seed 2>&1 | tail -5", true, &format!("Exit code 1\n{ERROR}"))
            .says("The database does not answer.");
        if id == "one" {
            talk = talk.runs("npm run lint", true, "Exit code 1\nerror: unused variable");
        }
        talk.runs("npm test", day == 2, "Exit code 1\nerror: 1 failed").written(&home);
    }
    home.run(&["ingest"]);
    home.run(&["catch"]);
    fs::write(home.path().join("config.json"), r#"{"warn_before_commands":true,"deadline_ms":60000}"#).unwrap();
    home
}

#[test]
fn a_command_that_failed_the_same_way_twice_is_warned_of_once_a_session() {
    let home = home();
    let warning = said(&home, &about_to_run("a", "npm run seed"));
    assert!(warning.contains("in 2 sessions `npm run seed` failed every time"), "{warning}");
    assert!(warning.contains("ECONNREFUSED") && warning.contains("2026-11-09"), "{warning}");
    assert_eq!(said(&home, &about_to_run("a", "npm run seed")), "", "it was weighed");
    assert!(said(&home, &about_to_run("b", "FOO=1 npm run seed > log.txt")).contains("failed every time"));
}

#[test]
fn commands_that_ever_worked_or_failed_once_are_not_warned_of() {
    let home = home();
    for command in ["npm test", "npm run lint", "npm run build", "ls -la", ""] {
        assert_eq!(said(&home, &about_to_run("a", command)), "", "{command}");
    }
    let mut elsewhere = about_to_run("a", "npm run seed");
    elsewhere["cwd"] = json!("/home/ada/other");
    assert_eq!(said(&home, &elsewhere), "", "another project is another matter");
}

#[test]
fn what_worked_instead_is_told_after_one_failure() {
    let home = Home::new();
    Talk::on(2, "one")
        .asks("fill the database")
        .runs("npm run seed", true, &format!("Exit code 1\n{ERROR}"))
        .runs("npm run seed -- --host db.local", false, "seeded 20 rows")
        .says("Seeded.")
        .written(&home);
    home.run(&["ingest"]);
    home.run(&["catch"]);
    fs::write(home.path().join("config.json"), r#"{"warn_before_commands":true}"#).unwrap();
    let warning = said(&home, &about_to_run("a", "npm run seed"));
    assert!(warning.contains("--host db.local` works"), "{warning}");
    let shown = home.json(&["memories", "show", "1", "--json"]);
    assert_eq!(shown["recalls"][0]["event"], "PreToolUse", "{shown}");
}

#[test]
fn nobody_is_warned_unasked() {
    let home = home();
    fs::write(home.path().join("config.json"), r#"{"deadline_ms":60000}"#).unwrap();
    assert_eq!(said(&home, &about_to_run("a", "npm run seed")), "");
    fs::write(home.path().join("config.json"), r#"{"warn_before_commands":true,"recall":"shadow"}"#).unwrap();
    assert_eq!(said(&home, &about_to_run("a", "npm run seed")), "");
}

#[test]
fn the_real_client_passes_the_warning_on_to_the_model() {
    let sandbox = Sandbox::with_plugin_dir();
    sandbox.file("README.md", "# Shop\n");
    sandbox.commit();
    let command = "ls -1 no-such-shelf && make seed";
    for (day, id) in [(2, "one"), (9, "two")] {
        Talk::on(day, id)
            .at(&sandbox.project())
            .asks("fill the database")
            .runs("make seed", true, &format!("Exit code 1\n{ERROR}"))
            .written_under(&sandbox.config());
    }
    for arguments in [&["ingest"], &["catch"]] {
        assert!(sandbox.memory_lane(arguments).status.success());
    }
    fs::write(sandbox.memory_home().join("config.json"), r#"{"warn_before_commands":true,"deadline_ms":60000}"#)
        .unwrap();
    let replies =
        vec![Reply::call("Bash", &json!({"command": command, "description": "fill"})), Reply::say("It failed.")];
    let run = sandbox.prompt("please fill the tables").replies(replies).run();
    assert!(run.failed_hooks().is_empty(), "{:?}", run.failed_hooks());
    assert_eq!(run.last().injected("PreToolUse").len(), 1, "{}", run.last().text());
    assert_eq!(run.last().count("`make seed` failed every time"), 1, "{}", run.last().text());
}

//! The plugin inside the real Claude Code client, against a scripted Messages API.
//!
//! One run of the client takes about a second; sessions that only ask share one taught machine.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::{PLUGIN, Sandbox, repository};
use crate::support::messages_api::{Kind, Reply, Rule};
use crate::support::run::Run;

const CORRECTION: &str = "No, never change the port in config/server.toml, it must stay 8080 because the load balancer \
                          expects it; use the PORT variable instead";

/// Words of the correction that stand nowhere else.
const MARK: &str = "load balancer";

/// The same subject, hardly a word in common.
const OTHER_WORDS: &str = "let's run the web service on another port so that it doesn't collide";

/// The subject a second time.
const ASKED_AGAIN: &str = "so which port should the web service get then?";

const PROMPT: &str = "UserPromptSubmit";

/// A machine with the plugin from the marketplace, on which the agent was corrected once.
fn taught() -> Arc<Sandbox> {
    static SHARED: Mutex<Weak<Sandbox>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let sandbox = Arc::new(Sandbox::with_marketplace());
        teach(&sandbox);
        learn(&sandbox);
        *shared = Arc::downgrade(&sandbox);
        sandbox
    })
}

/// The session in which the agent changes the port and is told not to.
fn teach(sandbox: &Sandbox) {
    let file = sandbox.file("config/server.toml", "[server]\nhost = \"0.0.0.0\"\nport = 8080\n");
    sandbox.file("README.md", "# Web service\n");
    sandbox.commit();
    let changed = vec![
        Reply::read(&file),
        Reply::edit(&file, "port = 8080", "port = 9090"),
        Reply::say("Done: the web service now listens on 9090."),
    ];
    let first = sandbox.prompt("Please make the web service listen on 9090").replies(changed).run();
    assert!(fs::read_to_string(&file).unwrap().contains("9090"), "{:?}", first.events);
    let restored = vec![
        Reply::read(&file),
        Reply::edit(&file, "port = 9090", "port = 8080"),
        Reply::say("You are right. I have put 8080 back and will set the PORT variable instead."),
    ];
    let second = sandbox.prompt(CORRECTION).resume(first.session()).replies(restored).run();
    assert!(second.succeeded, "{}", second.stderr);
    assert!(fs::read_to_string(&file).unwrap().contains("8080"));
}

/// Reads the sessions that are there and catches what mattered.
fn learn(sandbox: &Sandbox) {
    for command in ["ingest", "catch"] {
        let output = sandbox.memory_lane(&[command]);
        assert!(output.status.success(), "memory-lane {command}: {output:?}");
    }
    let known = memories(sandbox);
    assert!(known.contains(MARK), "the correction was not caught: {known}");
}

fn memories(sandbox: &Sandbox) -> String {
    let output = sandbox.memory_lane(&["memories", "list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn assert_hooks_went_well(run: &Run) {
    assert!(run.failed_hooks().is_empty(), "{:?}", run.failed_hooks());
    assert_eq!(run.unserved, [""; 0], "the client asked for something that the test does not serve");
    assert!(!run.notices().iter().any(|notice| notice.contains("hook error")), "{:?}", run.notices());
}

#[test]
fn a_correction_comes_back_once_when_the_subject_does() {
    let sandbox = taught();
    let first = sandbox.prompt(OTHER_WORDS).run();
    assert_hooks_went_well(&first);
    assert_eq!(first.last().told(MARK), 1, "{}", first.last().text());
    let again = sandbox.prompt(ASKED_AGAIN).resume(first.session()).run();
    assert_eq!(again.last().told(MARK), 1, "not a second time in one session: {}", again.last().text());
}

#[test]
fn a_correction_comes_back_when_the_file_is_read_or_edited() {
    let sandbox = taught();
    let file = sandbox.project().join("config/server.toml");
    let replies = vec![
        Reply::read(&file),
        Reply::edit(&file, "host = \"0.0.0.0\"", "host = \"0.0.0.0\" "),
        Reply::edit(&file, "host = \"0.0.0.0\" ", "host = \"0.0.0.0\""),
        Reply::say("ok"),
    ];
    let run = sandbox.prompt("have a look around and tidy the white space").replies(replies).run();
    assert_hooks_went_well(&run);
    let told: Vec<usize> = run.requests_of(Kind::Main).iter().map(|request| request.told(MARK)).collect();
    assert_eq!(told, [0, 1, 1, 1], "from the read on, and once: {}", run.last().text());
    assert_eq!(run.last().injected("PostToolUse").len(), 1);
}

#[test]
fn other_subjects_and_bare_assent_recall_nothing() {
    let sandbox = taught();
    for prompt in ["write a haiku about the sea", "yes please"] {
        let run = sandbox.prompt(prompt).run();
        assert_hooks_went_well(&run);
        assert_eq!(run.last().injected(PROMPT), [""; 0], "{prompt}");
    }
}

#[test]
fn agents_and_their_notifications_recall_nothing() {
    let sandbox = taught();
    let file = sandbox.project().join("config/server.toml");
    let task = json!({"description": "find the port", "prompt": OTHER_WORDS, "subagent_type": "Explore"});
    let rules = vec![
        Rule::new(Kind::Subagent, vec![Reply::read(&file), Reply::say("The port of the web service is 8080.")]),
        Rule::new(Kind::Main, vec![Reply::say("Noted.")]).when("<task-notification>"),
        Rule::new(Kind::Main, vec![Reply::call("Agent", &task), Reply::say("The agent is at work.")]),
    ];
    let run = sandbox.prompt("hand this over to somebody and wait").rules(rules).run();
    assert_hooks_went_well(&run);
    let agent = run.requests_of(Kind::Subagent);
    assert!(agent.len() >= 2, "the agent read the file: {:?}", run.requests.len());
    assert!(agent.iter().all(|request| request.count(MARK) == 0), "{}", agent[agent.len() - 1].text());
    assert_eq!(run.last().count("<task-notification>"), 1, "{}", run.last().text());
    assert_eq!(run.last().told(MARK), 0, "{}", run.last().text());
}

/// How the client is answered when it asks for a summary.
fn summary() -> Rule {
    let text = "<analysis>short</analysis><summary>We spoke about ports.</summary>";
    Rule::new(Kind::Compact, vec![Reply::say(text)])
}

#[test]
fn after_compaction_a_correction_may_come_again() {
    let sandbox = taught();
    let first = sandbox.prompt(OTHER_WORDS).run();
    assert_eq!(first.last().told(MARK), 1);
    let compacted = sandbox.prompt("/compact").resume(first.session()).rules(vec![summary()]).run();
    assert_eq!(compacted.requests_of(Kind::Compact).len(), 1, "{:?}", compacted.events);
    let after = sandbox.prompt(ASKED_AGAIN).resume(first.session()).run();
    assert_hooks_went_well(&after);
    assert!(after.last().count("We spoke about ports") >= 1, "the conversation starts from the summary");
    assert_eq!(after.last().told(MARK), 1, "{}", after.last().text());
}

#[test]
fn a_full_context_is_compacted_in_mid_turn_without_losing_recall() {
    let sandbox = taught();
    let (file, other) = (sandbox.project().join("README.md"), sandbox.file("notes.md", "Nothing yet.\n"));
    // Two rounds: the client does not compact a single one.
    let replies = vec![Reply::read(&file), Reply::read(&other).with_input_tokens(195_000), Reply::say("ok")];
    let rules = vec![summary(), Rule::new(Kind::Main, replies)];
    // Whatever the model's own window is.
    let window = ("CLAUDE_CODE_AUTO_COMPACT_WINDOW", "100000");
    let full = sandbox.prompt(OTHER_WORDS).env(window.0, window.1).rules(rules).run();
    assert_eq!(full.requests_of(Kind::Compact).len(), 1, "{:?}", full.events);
    assert_hooks_went_well(&full);
    let after = sandbox.prompt(ASKED_AGAIN).resume(full.session()).run();
    assert!(after.last().told(MARK) >= 1, "{}", after.last().text());
}

#[test]
fn both_ways_of_models_to_show_context_are_served() {
    let sandbox = taught();
    let run = sandbox.prompt(OTHER_WORDS).model("claude-sonnet-4-5").run();
    assert_eq!(run.last().told(MARK), 1, "{}", run.last().text());
    assert_eq!(run.last().body["model"], "claude-sonnet-4-5");
}

#[test]
fn what_was_recalled_is_not_caught_again() {
    let sandbox = Sandbox::with_plugin_dir();
    teach(&sandbox);
    learn(&sandbox);
    let before = memories(&sandbox).matches("\"id\"").count();
    let run = sandbox.prompt(OTHER_WORDS).run();
    assert_eq!(run.last().told(MARK), 1);
    learn(&sandbox);
    assert_eq!(memories(&sandbox).matches("\"id\"").count(), before, "{}", memories(&sandbox));
}

/// While somebody else writes to the store no worker can do anything, and the client goes through two prompts all the
/// same. Once the store is free, the worker of the session's end finds the request that it could not write down before.
#[test]
fn the_client_waits_for_no_worker_and_the_end_of_a_session_is_enough_to_catch() {
    let sandbox = Sandbox::with_plugin_dir();
    assert!(sandbox.memory_lane(&["status"]).status.success(), "makes the store");
    let writer = rusqlite::Connection::open(sandbox.memory_home().join("memory-lane.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    teach(&sandbox);
    let read: u32 = writer.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).unwrap();
    assert_eq!(read, 0, "nothing was ingested while the client ran");
    writer.execute_batch("ROLLBACK").unwrap();
    let limit = Instant::now() + Duration::from_secs(60);
    while !memories(&sandbox).contains(MARK) {
        assert!(Instant::now() < limit, "no memory a minute after the session: {}", status(&sandbox));
        std::thread::sleep(Duration::from_millis(200));
    }
    while status(&sandbox)["queue"]["requests"] != 0 || !status(&sandbox)["queue"]["at_work"].is_null() {
        assert!(Instant::now() < limit, "the queue is not empty after a minute: {}", status(&sandbox));
        std::thread::sleep(Duration::from_millis(200));
    }
    let status = status(&sandbox);
    assert_eq!((&status["queue"]["waiting"], &status["queue"]["fails"]), (&json!(0), &json!(false)), "{status:#}");
}

fn status(sandbox: &Sandbox) -> Value {
    serde_json::from_slice(&sandbox.memory_lane(&["status", "--json"]).stdout).unwrap()
}

#[test]
fn setup_is_all_it_takes_and_uninstall_takes_it_back() {
    let sandbox = Sandbox::new().without_program();
    let settings = sandbox.config().join("settings.json");
    let own = "{\"zeta\": 1,\n   \"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"touch stopped\"}]}]}}\n";
    fs::write(&settings, own).unwrap();
    for _ in 0..2 {
        let output = sandbox.memory_lane(&["setup", "--no-model", "--no-ingest"]);
        assert!(output.status.success(), "{output:?}");
    }
    let output = sandbox.memory_lane(&["remember", "Deploys of the web service go through the blue pipeline"]);
    assert!(output.status.success(), "{output:?}");
    let ask = "how do we deploy the web service?";
    let run = sandbox.prompt(ask).run();
    assert_hooks_went_well(&run);
    assert_eq!(run.last().count("blue pipeline"), 1, "{}", run.last().text());
    assert!(sandbox.project().join("stopped").exists(), "the person's own hook still runs");

    assert!(sandbox.memory_lane(&["uninstall"]).status.success());
    assert_eq!(fs::read_to_string(&settings).unwrap(), own);
    assert_eq!(sandbox.prompt(ask).run().last().count("blue pipeline"), 0);

    assert!(sandbox.memory_lane(&["setup", "--no-model", "--no-ingest"]).status.success());
    assert_eq!(sandbox.prompt(ask).run().last().count("blue pipeline"), 1, "memories were kept");
}

#[test]
fn nothing_that_is_wrong_with_the_program_holds_up_a_prompt() {
    let sandbox = Sandbox::with_plugin_dir();
    let spoiled = |name: &str, file: &str, bytes: &[u8]| {
        let home = sandbox.home().join(name);
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join(file), bytes).unwrap();
        home
    };
    let corrupt = spoiled("corrupt", "memory-lane.db", &[0x5a; 8192]);
    let invalid = spoiled("invalid", "config.json", b"{\"recall\": 3");
    let no_directory = spoiled("file", "home", b"").join("home");
    for home in [corrupt, invalid, no_directory] {
        let run = sandbox.prompt(OTHER_WORDS).env("MEMORY_LANE_HOME", &home).run();
        assert!(run.succeeded && run.requests_of(Kind::Main).len() == 1, "{}: {}", home.display(), run.stderr);
        assert_eq!(run.last().injected(PROMPT), [""; 0], "{}", home.display());
        assert_hooks_went_well(&run);
    }
}

#[test]
fn without_the_program_a_new_session_says_what_to_do_and_goes_on() {
    let sandbox = Sandbox::with_plugin_dir().without_program();
    let first = sandbox.prompt("hello").run();
    assert_eq!(first.requests_of(Kind::Main).len(), 1);
    assert_eq!(first.last().count("memory-lane setup"), 0, "the model is not told");
    assert_hooks_went_well(&first);
    let second = sandbox.prompt("hello again").resume(first.session()).run();
    let records = second.transcript();
    let told: Vec<_> = records.iter().filter(|record| record["attachment"]["type"] == "hook_system_message").collect();
    assert_eq!(told.len(), 1, "once for the whole session: {told:?}");
    assert!(told[0].to_string().contains("memory-lane setup"), "{told:?}");
}

#[test]
fn the_client_accepts_the_plugin_without_a_warning() {
    let sandbox = Sandbox::new();
    let manifest = repository().join(".claude-plugin/plugin.json");
    for path in [repository(), &manifest] {
        let output = sandbox.client(&["plugin", "validate", "--strict", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let installed = Sandbox::with_marketplace().client(&["plugin", "list", "--json"]);
    assert!(String::from_utf8_lossy(&installed.stdout).contains(PLUGIN), "{installed:?}");
}

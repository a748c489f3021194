//! Distillers against scripted servers: whatever comes back, nothing is lost, nothing that is not proved is stored, and
//! nobody is asked again and again.

mod client;
mod interrupted;
mod quotas;
mod replies;
mod runs;
mod secrets;
mod titles;

use std::cell::Cell;
use std::time::Duration;

use memory_lane::config::{Backend, DistillerSettings, Paths};
use memory_lane::distiller::{Clock, DeadLetter, DeadLetters, Distiller, Gate, Prompt, distiller};
use memory_lane::model::{
    Agent, MemoryStatus, Message, ModelUse, Project, Role, SessionId, Step, Timestamp, ToolCall, ToolStatus,
};
use memory_lane::pipeline::{self, DistilReport, Distilling};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{
    Append, DistilFilter, DistillerStore, MemoryFilter, MemoryStore, SessionHead, SessionStore, StepAt, TranscriptState,
};
use serde_json::{Value, json};

use crate::support::model_server::{Answer, ModelServer};

const NOW: i64 = 1_790_000_000_000;

/// What the user says in every session here, and what a memory can be proved with.
const WORDS: &str = "No, the launcher must read settings.toml from the home directory, not the yaml file";

/// Time that passes only when somebody sleeps.
struct Stopped(Cell<i64>);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.get())
    }

    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get() + i64::try_from(time.as_millis()).unwrap());
    }
}

/// A home with sessions, and a server that its distiller asks.
struct Scene {
    dir: tempfile::TempDir,
    store: SqliteStore,
    clock: Stopped,
    server: ModelServer,
    settings: DistillerSettings,
}

impl Scene {
    fn new(backend: Backend, sessions: usize, script: Vec<Answer>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&Paths::at(dir.path()).database()).unwrap();
        for number in 0..sessions {
            store.append(&session(&number.to_string(), &[WORDS])).unwrap();
        }
        let server = ModelServer::start(script);
        let settings = settings(backend, &server);
        Self { dir, store, clock: Stopped(Cell::new(NOW)), server, settings }
    }

    fn paths(&self) -> Paths {
        Paths::at(self.dir.path())
    }

    fn run(&mut self) -> DistilReport {
        let distiller = distiller(self.settings.backend, &self.settings, &self.paths()).unwrap().unwrap();
        self.run_with(&*distiller)
    }

    fn run_with(&mut self, distiller: &dyn Distiller) -> DistilReport {
        let letters = DeadLetters::at(self.paths().dead_letters());
        let run = Distilling {
            gate: Gate { distiller, settings: &self.settings, clock: &self.clock },
            prompt: &Prompt::built_in(),
            letters: &letters,
            filter: DistilFilter::default(),
            holder: "test",
            around: 3,
        };
        pipeline::distil(&mut self.store, &run, &mut |_, _| {}).unwrap()
    }

    fn letters(&self) -> Vec<DeadLetter> {
        DeadLetters::at(self.paths().dead_letters()).letters()
    }

    fn titles(&self) -> Vec<String> {
        let memories = self.store.memories(&MemoryFilter::default()).unwrap();
        memories.into_iter().map(|memory| memory.draft.title).collect()
    }

    fn left(&self) -> usize {
        self.store.undistilled(&DistilFilter::default()).unwrap().len()
    }

    fn requests(&self) -> usize {
        self.server.asked().len()
    }

    fn pass(&self, hours: i64) {
        self.clock.0.set(self.clock.0.get() + hours * 3_600_000);
    }
}

/// A variable that every process has stands in for a key; its value must not turn up anywhere.
const KEY_VARIABLE: &str = "PATH";

fn settings(backend: Backend, server: &ModelServer) -> DistillerSettings {
    DistillerSettings {
        backend,
        model: Some("test-model".to_owned()),
        url: Some(server.url()),
        key_variable: Some(KEY_VARIABLE.to_owned()),
        timeout_ms: 60_000,
        ..DistillerSettings::default()
    }
}

/// The backends that speak HTTP themselves.
const SERVED: [Backend; 3] = [Backend::Anthropic, Backend::OpenAi, Backend::Ollama];

/// A session in which the user says these things, each answered by the agent.
fn session(native: &str, prompts: &[&str]) -> Append {
    let mut steps: Vec<StepAt> = Vec::new();
    for (turn, words) in ["Write the settings loader"].iter().chain(prompts).enumerate() {
        let turn = u32::try_from(turn).unwrap();
        for (role, text) in [(Role::User, *words), (Role::Agent, "The loader reads settings.yaml.")] {
            let seq = u32::try_from(steps.len()).unwrap();
            let message = message(native, seq, role, text);
            steps.push(StepAt::Message { turn, message });
        }
    }
    with_steps(native, steps)
}

fn message(native: &str, seq: u32, role: Role, text: &str) -> Message {
    let at = Timestamp(NOW - 7_200_000 + i64::from(seq) * 1_000);
    Message { seq, uuid: Some(format!("{native}-{seq}")), role, text: text.to_owned(), at, after_interrupt: false }
}

fn with_steps(native: &str, steps: Vec<StepAt>) -> Append {
    let id = SessionId::new(Agent::ClaudeCode, native);
    let next_seq = u32::try_from(steps.len()).unwrap();
    Append {
        state: TranscriptState {
            path: format!("/transcripts/{native}.jsonl"),
            session: id.clone(),
            offset: 1,
            prefix_hash: [0; 32],
            size: 1,
            mtime_ns: 0,
            next_seq,
        },
        restart: false,
        head: SessionHead {
            id,
            agent: Agent::ClaudeCode,
            parent: None,
            subagent: false,
            headless: false,
            project: Some(Project { key: "rocket".to_owned(), name: "rocket".to_owned(), root: "/rocket".to_owned() }),
            cwd: Some("/rocket".to_owned()),
            branch: None,
            commit: None,
            usage: ModelUse::default(),
            custom_title: None,
            agent_title: None,
            client_version: None,
            started_at: Some(Timestamp(NOW - 7_200_000)),
            ended_at: Some(Timestamp(NOW - 3_600_000)),
            interrupts: 0,
            compactions: 0,
            pull_requests: Vec::new(),
        },
        steps,
        results: Vec::new(),
        skipped: Vec::new(),
        raw: Vec::new(),
    }
}

fn failed_call(seq: u32, command: &str, output: &str) -> Step {
    Step::Called(ToolCall {
        seq,
        call_id: format!("c{seq}"),
        name: "Bash".to_owned(),
        command: Some(command.to_owned()),
        input: String::new(),
        status: ToolStatus::Failed,
        output: output.to_owned(),
        files: Vec::new(),
        patch: None,
        at: Timestamp(NOW),
    })
}

const TITLE: &str = "The launcher reads settings.toml";

/// A memory that the sessions here prove, with changes.
fn memory(changes: &Value) -> Value {
    let mut memory = json!({
        "type": "correction", "category": "technical", "direction": "user_corrects_agent", "title": TITLE,
        "body": "The launcher reads settings.toml from the home directory, not the yaml file.",
        "reasoning": "The user said so.", "certainty": "explicit", "durability": "project", "polarity": "negative",
        "entities": [], "files": [], "evidence": [{"ref": "u2", "quote": "must read settings.toml from the home directory"}],
    });
    for (name, value) in changes.as_object().unwrap() {
        memory[name] = value.clone();
    }
    memory
}

fn one_memory() -> Value {
    json!({"memories": [memory(&json!({}))]})
}

/// The object as a reply of this backend's API.
fn replied(backend: Backend, object: &Value) -> Answer {
    let text = object.to_string();
    match backend {
        Backend::Anthropic => {
            ended(backend, &json!([{"type": "tool_use", "name": "answer", "input": object}]), "tool_use")
        }
        _ => ended(backend, &json!(text), "stop"),
    }
}

/// Text instead of an object.
fn said(backend: Backend, text: &str) -> Answer {
    match backend {
        Backend::Anthropic => ended(backend, &json!([{"type": "text", "text": text}]), "end_turn"),
        _ => ended(backend, &json!(text), "stop"),
    }
}

fn ended(backend: Backend, content: &Value, reason: &str) -> Answer {
    Answer::json(
        200,
        &match backend {
            Backend::Anthropic => json!({"content": content, "stop_reason": reason,
                "usage": {"input_tokens": 1000, "output_tokens": 100}}),
            Backend::OpenAi => json!({"choices": [{"message": {"content": content}, "finish_reason": reason}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}),
            _ => json!({"message": {"content": content}, "done": true, "done_reason": reason,
                "prompt_eval_count": 1000, "eval_count": 100}),
        },
    )
}

/// A reply that ended too early.
fn cut_off(backend: Backend) -> Answer {
    match backend {
        Backend::Anthropic => ended(backend, &json!([{"type": "text", "text": "{\"mem"}]), "max_tokens"),
        _ => ended(backend, &json!("{\"mem"), "length"),
    }
}

/// The memories that recall may return.
fn active(scene: &Scene) -> usize {
    let filter = MemoryFilter { status: Some(MemoryStatus::Active), ..MemoryFilter::default() };
    scene.store.memories(&filter).unwrap().len()
}

//! One `claude -p`, and what it left behind.

use std::path::PathBuf;

use serde_json::Value;

use super::client::Sandbox;
use super::messages_api::{Kind, MessagesApi, Reply, Request, Rule};

/// A prompt about to be given.
pub(crate) struct Prompt<'a> {
    sandbox: &'a Sandbox,
    text: String,
    rules: Vec<Rule>,
    args: Vec<String>,
    env: Vec<(String, PathBuf)>,
}

impl<'a> Prompt<'a> {
    pub(super) fn new(sandbox: &'a Sandbox, text: &str, rules: Vec<Rule>) -> Self {
        Self { sandbox, text: text.to_owned(), rules, args: Vec::new(), env: Vec::new() }
    }

    /// What the conversation is answered, in order.
    pub(crate) fn replies(self, replies: Vec<Reply>) -> Self {
        self.rules(vec![Rule::new(Kind::Main, replies)])
    }

    /// Everything that is answered.
    pub(crate) fn rules(self, rules: Vec<Rule>) -> Self {
        Self { rules, ..self }
    }

    /// Goes on with an earlier session.
    pub(crate) fn resume(mut self, session: &str) -> Self {
        self.args.extend(["--resume".to_owned(), session.to_owned()]);
        self
    }

    pub(crate) fn model(mut self, model: &str) -> Self {
        self.args.extend(["--model".to_owned(), model.to_owned()]);
        self
    }

    /// Lets the model call these tools without asking.
    pub(crate) fn allow(mut self, tools: &str) -> Self {
        self.args.extend(["--allowedTools".to_owned(), tools.to_owned()]);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn run(self) -> Run {
        let api = MessagesApi::start(self.rules);
        let mut command = self.sandbox.client_command(&api.url());
        command.args(["-p", &self.text, "--output-format", "stream-json", "--verbose"]);
        command.args(["--permission-mode", "acceptEdits"]).args(&self.args).envs(self.env);
        if let Some(plugin) = self.sandbox.plugin_dir() {
            command.arg("--plugin-dir").arg(plugin);
        }
        let output = command.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        Run {
            events: stdout.split('\n').filter_map(|line| serde_json::from_str(line).ok()).collect(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            succeeded: output.status.success(),
            requests: api.requests(),
            unserved: api.unserved(),
            projects: self.sandbox.config().join("projects"),
        }
    }
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// The client's own report, one event a line.
    pub(crate) events: Vec<Value>,
    pub(crate) stderr: String,
    pub(crate) succeeded: bool,
    pub(crate) requests: Vec<Request>,
    /// What the client asked of the API and the test does not serve.
    pub(crate) unserved: Vec<String>,
    projects: PathBuf,
}

impl Run {
    pub(crate) fn session(&self) -> &str {
        let id = self.events.iter().find_map(|event| event["session_id"].as_str());
        id.unwrap_or_else(|| panic!("the client reported no session: {}", self.stderr))
    }

    pub(crate) fn requests_of(&self, kind: Kind) -> Vec<&Request> {
        self.requests.iter().filter(|request| request.kind == kind).collect()
    }

    /// The last request of the conversation: it holds everything that the model was told.
    pub(crate) fn last(&self) -> &Request {
        let requests = self.requests_of(Kind::Main);
        requests.last().copied().unwrap_or_else(|| panic!("no request was made: {:?} {}", self.events, self.stderr))
    }

    /// What hooks told the person, and what the client said about hooks that failed.
    pub(crate) fn notices(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter(|event| event["subtype"] == "informational")
            .filter_map(|e| e["content"].as_str())
            .collect()
    }

    /// Hooks that did not end well.
    pub(crate) fn failed_hooks(&self) -> Vec<&Value> {
        let responses = self.events.iter().filter(|event| event["subtype"] == "hook_response");
        responses.filter(|event| event["outcome"] != "success").collect()
    }

    /// The session's transcript, one record a line. Lines end at line feeds only: U+2028 stands raw in them.
    pub(crate) fn transcript(&self) -> Vec<Value> {
        let name = format!("{}.jsonl", self.session());
        let projects = std::fs::read_dir(&self.projects).unwrap().map(Result::unwrap);
        let file = projects.map(|project| project.path().join(&name)).find(|path| path.is_file());
        let text = std::fs::read_to_string(file.expect("a transcript")).unwrap();
        text.split('\n').filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

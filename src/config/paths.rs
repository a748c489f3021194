//! Every place on disk that the program owns.

use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, choose_base_strategy};

use crate::model::Agent;

/// All files of the program lie under one directory, so that a copy of it is a working home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    home: PathBuf,
}

impl Paths {
    /// `$MEMORY_LANE_HOME`, else `memory-lane` under the platform's data directory. `None` when neither is known.
    pub fn from_env() -> Option<Self> {
        if let Some(home) = variable("MEMORY_LANE_HOME") {
            let home = PathBuf::from(home);
            return Some(Self { home: std::path::absolute(&home).unwrap_or(home) });
        }
        let data = choose_base_strategy().ok()?.data_dir();
        Some(Self { home: data.join("memory-lane") })
    }

    /// Everything under `home`.
    pub fn at(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    /// The directory itself.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.home.join("memory-lane.db")
    }

    /// What the person has set.
    pub fn settings(&self) -> PathBuf {
        self.home.join("config.json")
    }

    /// One directory for each model.
    pub fn models(&self) -> PathBuf {
        self.home.join("models")
    }

    /// The ONNX Runtime library and its licence.
    pub fn runtime(&self) -> PathBuf {
        self.home.join("runtime")
    }

    /// What hooks and workers had to say; nothing of it ever goes to standard output.
    pub fn log(&self) -> PathBuf {
        self.home.join("memory-lane.log")
    }

    /// How long each stage of the latest hooks took.
    pub fn timings(&self) -> PathBuf {
        self.home.join("timings.jsonl")
    }

    /// The plugin's files, as this program carries them; Claude Code reads them in place.
    pub fn plugin(&self) -> PathBuf {
        self.home.join("plugin")
    }

    /// A link to the program that ran `setup`; the plugin's launcher looks here before it looks on the `PATH`.
    pub fn program_link(&self) -> PathBuf {
        self.home.join("bin").join("memory-lane")
    }

    /// What `setup` changed outside this directory, for `uninstall` to take back.
    pub fn setup_record(&self) -> PathBuf {
        self.home.join("setup.json")
    }

    /// Locked by the process that ingests and catches.
    pub fn worker_lock(&self) -> PathBuf {
        self.home.join("worker.lock")
    }

    /// Drafts made from memories.
    pub fn drafts(&self) -> PathBuf {
        self.home.join("drafts")
    }

    /// An empty directory in which a distiller's client runs; sessions of it are never ingested.
    pub fn distiller_scratch(&self) -> PathBuf {
        self.home.join("distiller")
    }

    /// The person's own prompt for the distiller, in place of the built-in one.
    pub fn distiller_prompt(&self) -> PathBuf {
        self.home.join("distiller-prompt.md")
    }

    /// Replies of a distiller that could not be used.
    pub fn dead_letters(&self) -> PathBuf {
        self.home.join("dead-letters.jsonl")
    }

    /// Recalls that could not be written to the database at once; the next writer takes them in.
    pub fn spool(&self) -> PathBuf {
        self.home.join("recalls.spool")
    }
}

/// The variable set for programs that this program starts: their own hooks must not start it again.
pub const CHILD: &str = "MEMORY_LANE_CHILD";

/// Variables that agents set for the commands they run: Claude Code (the first two), Codex, Pi, OpenCode, Gemini CLI, Cursor.
const AGENTS_OWN: [&str; 8] = [
    "CLAUDECODE",
    "AI_AGENT",
    "CODEX_THREAD_ID",
    "CODEX_SESSION_ID",
    "PI_SESSION_ID",
    "OPENCODE_PID",
    "GEMINI_CLI",
    "CURSOR_AGENT",
];

/// A variable of the environment; empty counts as unset.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether an agent runs this process as one of its commands.
pub fn is_agents_shell() -> bool {
    AGENTS_OWN.iter().any(|name| variable(name).is_some())
}

/// The path with a leading `~/` spelt out.
pub(super) fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The person's directory of settings, `~/.config` or what the platform has for it.
pub fn config_home() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|strategy| strategy.config_dir())
}

/// The variables set that say where agents keep their sessions: what runs without a shell must be given them.
pub fn agent_variables() -> Vec<(String, String)> {
    let set = |name: &&str| Some(((*name).to_owned(), variable(name)?.into_string().ok()?));
    AGENT_VARIABLES.iter().filter_map(set).collect()
}

/// Read by [`agent_homes`].
const AGENT_VARIABLES: &[&str] = &[
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "PI_CODING_AGENT_SESSION_DIR",
    "PI_CODING_AGENT_DIR",
    "GEMINI_CLI_HOME",
    "COPILOT_HOME",
    "XDG_DATA_HOME",
];

/// The machine's short name: `$MEMORY_LANE_HOST`, for containers whose own name says nothing, else the host name up to
/// its first dot.
pub fn host_name() -> String {
    let name = variable("MEMORY_LANE_HOST").map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(own_name);
    let short = name.split('.').next().unwrap_or_default().trim();
    if short.is_empty() { "unknown".to_owned() } else { short.to_owned() }
}

#[cfg(unix)]
fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn own_name() -> String {
    variable("COMPUTERNAME").map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Where an agent keeps its sessions, whether or not it is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentHome {
    /// Which agent.
    pub agent: Agent,
    /// Its home, or the directory of its sessions where the person has moved only these.
    pub path: PathBuf,
}

/// The home of every agent, from its own variable, else where it is by default. Empty when no home is known at all.
pub fn agent_homes() -> Vec<AgentHome> {
    let homes = |&agent: &Agent| {
        let also = if agent == Agent::Cursor { cursor_editor() } else { None };
        home_of(agent).into_iter().chain(also).map(move |path| AgentHome { agent, path })
    };
    Agent::ALL.iter().flat_map(homes).collect()
}

/// Where Cursor's editor keeps its database, if it is on this machine: apart from the agent's own files.
fn cursor_editor() -> Option<PathBuf> {
    let settings = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let place = etcetera::home_dir().ok()?.join(settings).join("Cursor/User/globalStorage");
    place.is_dir().then_some(place)
}

fn home_of(agent: Agent) -> Option<PathBuf> {
    let below_home = |place: &str| etcetera::home_dir().ok().map(|home| home.join(place));
    let named = |variable_name: &str| variable(variable_name).map(PathBuf::from);
    match agent {
        // What lies beside the sessions is none of the person's: plugins, this one's examples among them.
        Agent::ClaudeCode => agent_home().map(|home| home.join("projects")),
        Agent::Codex => named("CODEX_HOME").or_else(|| below_home(".codex")),
        Agent::Pi => named("PI_CODING_AGENT_SESSION_DIR")
            .or_else(|| named("PI_CODING_AGENT_DIR").map(|home| home.join("sessions")))
            .or_else(|| below_home(".pi/agent/sessions")),
        Agent::GeminiCli => named("GEMINI_CLI_HOME").map(|home| home.join(".gemini")).or_else(|| below_home(".gemini")),
        Agent::CopilotCli => named("COPILOT_HOME").or_else(|| below_home(".copilot")),
        Agent::Cursor => below_home(".cursor"),
        Agent::OpenCode => named("XDG_DATA_HOME")
            .filter(|data| data.is_absolute())
            .map_or_else(|| below_home(".local/share/opencode"), |data| Some(data.join("opencode"))),
        // These write beside the code, where `trace::homes_beside` looks, or come as an export that the person names.
        Agent::Aider | Agent::SpecStory | Agent::ChatGpt | Agent::ClaudeAi | Agent::HuggingChat | Agent::Sts => None,
    }
}

/// Claude Code's directory: `$CLAUDE_CONFIG_DIR`, else `~/.claude`.
pub fn agent_home() -> Option<PathBuf> {
    match variable("CLAUDE_CONFIG_DIR") {
        Some(dir) => Some(PathBuf::from(dir)),
        None => etcetera::home_dir().ok().map(|home| home.join(".claude")),
    }
}

//! The real Claude Code client in a home of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::messages_api::{Kind, Reply, Rule};
use super::model_home;
use super::run::Prompt;

/// The repository, which is the plugin.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The client that `make test` installs, or `$MEMORY_LANE_TEST_CLIENT`. A test without it fails.
#[expect(clippy::disallowed_methods, reason = "says where the client is, like CARGO_BIN_EXE")]
pub(crate) fn client() -> PathBuf {
    let pinned = || repository().join(".test/client/node_modules/@anthropic-ai/claude-code-linux-x64/claude");
    let client = std::env::var_os("MEMORY_LANE_TEST_CLIENT").map_or_else(pinned, PathBuf::from);
    assert!(
        client.is_file(),
        "no Claude Code client at {}: run `make test`, which installs the pinned one, or set MEMORY_LANE_TEST_CLIENT",
        client.display()
    );
    client
}

/// A person's machine in a temporary directory: home, the client's configuration, a project under git.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    client: PathBuf,
    plugin_dir: Option<PathBuf>,
    program: Option<PathBuf>,
}

impl Sandbox {
    /// Without any plugin.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("memory-lane-").tempdir().unwrap();
        let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_memory-lane")));
        let sandbox = Self { root, client: client(), plugin_dir: None, program };
        fs::create_dir_all(sandbox.config()).unwrap();
        fs::create_dir_all(sandbox.project()).unwrap();
        fs::create_dir_all(sandbox.memory_home()).unwrap();
        for part in ["models", "runtime"] {
            std::os::unix::fs::symlink(model_home().home().join(part), sandbox.memory_home().join(part)).unwrap();
        }
        // Many clients run at once here: the deadline of a person's prompt would make the tests depend on the load.
        fs::write(sandbox.memory_home().join("config.json"), r#"{"deadline_ms":2800}"#).unwrap();
        sandbox.git(&["init", "--quiet"]);
        sandbox
    }

    /// With the plugin read from the repository in place (`--plugin-dir`).
    pub(crate) fn with_plugin_dir() -> Self {
        Self { plugin_dir: Some(repository().to_owned()), ..Self::new() }
    }

    /// With the plugin installed from the repository as a marketplace, as a user installs it.
    pub(crate) fn with_marketplace() -> Self {
        let sandbox = Self::new();
        let clone = sandbox.root.path().join("repository");
        copy_sources(repository(), &clone);
        for args in [&["plugin", "marketplace", "add", clone.to_str().unwrap()][..], &["plugin", "install", PLUGIN]] {
            let output = sandbox.client(args);
            assert!(output.status.success(), "claude {args:?}: {output:?}");
        }
        sandbox
    }

    /// The launcher is not told where the program is.
    pub(crate) fn without_program(self) -> Self {
        Self { program: None, ..self }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Claude Code's directory.
    pub(crate) fn config(&self) -> PathBuf {
        self.home().join(".claude")
    }

    /// `MEMORY_LANE_HOME`.
    pub(crate) fn memory_home(&self) -> PathBuf {
        self.root.path().join("memory")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    pub(crate) fn plugin_dir(&self) -> Option<&Path> {
        self.plugin_dir.as_deref()
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Start"]);
    }

    fn git(&self, args: &[&str]) {
        let status = self.command(Path::new("git")).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    }

    /// A client command that needs no model.
    pub(crate) fn client(&self, args: &[&str]) -> Output {
        self.client_command("http://127.0.0.1:9").args(args).output().unwrap()
    }

    /// A command of the program under test, in this home.
    pub(crate) fn memory_lane(&self, args: &[&str]) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_memory-lane"))).args(args).output().unwrap()
    }

    /// A prompt for a new session, which the model answers with "ok" unless told otherwise.
    pub(crate) fn prompt(&self, text: &str) -> Prompt<'_> {
        Prompt::new(self, text, vec![Rule::new(Kind::Main, vec![Reply::say("ok")])])
    }

    pub(super) fn client_command(&self, api_url: &str) -> Command {
        let mut command = self.command(&self.client);
        command.env("ANTHROPIC_BASE_URL", api_url).env("ANTHROPIC_API_KEY", "no-key-for-the-loopback");
        for name in QUIET {
            command.env(name, "1");
        }
        if let Some(program) = &self.program {
            command.env("MEMORY_LANE_BIN", program);
        }
        command
    }

    /// Only what is set here is in the environment, so that no setting or key of the machine gets in.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.home())
            .env("CLAUDE_CONFIG_DIR", self.config())
            .env("MEMORY_LANE_HOME", self.memory_home())
            .env("TMPDIR", self.root.path())
            .current_dir(self.project())
            .stdin(Stdio::null());
        command
    }
}

/// As Claude Code names the plugin.
pub(crate) const PLUGIN: &str = "memory-lane@memory-lane";

/// Keeps the client from asking for anything but the Messages API.
const QUIET: [&str; 5] = [
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
];

/// What a clone has: installing from a working copy would copy gigabytes of build products into the client's cache.
fn copy_sources(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
        if ["target", ".git", ".test", ".demo", "node_modules"].iter().any(|left_out| name == *left_out) {
            continue;
        }
        if kind.is_dir() {
            copy_sources(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

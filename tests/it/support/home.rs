//! A home of its own for every test, and the program run in it with nothing else of this machine's environment.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::model_home;

/// A temporary `MEMORY_LANE_HOME`.
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    /// An empty one, without a model.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// One with the real model.
    pub(crate) fn with_model() -> Self {
        let home = Self::new();
        for part in ["models", "runtime"] {
            std::os::unix::fs::symlink(model_home().home().join(part), home.path().join(part)).unwrap();
        }
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The program with these arguments, isolated from this machine's homes and settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory-lane"));
        command.args(arguments).env_clear().current_dir(self.path());
        command.env("PATH", memory_lane::config::variable("PATH").unwrap_or_default());
        command.env("HOME", self.path()).env("MEMORY_LANE_HOME", self.path());
        command.env("CLAUDE_CONFIG_DIR", self.path().join("claude"));
        command
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} failed: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that prints JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments)).unwrap()
    }

    /// Runs a command that must fail; its status and standard error.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success(), "{arguments:?} should fail");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Sends an event to the hook; its standard output. Fails unless the status is 0.
    pub(crate) fn hook(&self, input: &str) -> String {
        self.hook_with(input, &[])
    }

    /// The same with further variables. Started without arguments, as old clients do.
    pub(crate) fn hook_with(&self, input: &str, variables: &[(&str, &str)]) -> String {
        let mut command = self.command(&[]);
        // Tests run many processes at once: the deadline of a person's prompt would make them depend on the load.
        let patient = r#"{"deadline_ms":60000}"#;
        let settings = self.path().join("config.json");
        if !settings.exists() {
            let _read_only = std::fs::write(settings, patient);
        }
        command.envs(variables.iter().copied());
        let output = feed(&mut command, input);
        assert!(output.status.success(), "the hook ended with {:?}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Sends an event to the hook while nothing in the home can be written. Nothing stops root from writing, so as root
    /// the program, copied to where anybody may run it, runs as nobody.
    pub(crate) fn hook_on_a_read_only_home(&self, input: &str) -> String {
        let output = self.on_a_read_only_home(&[], input);
        assert!(output.status.success(), "the hook ended with {:?}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command while nothing in the home can be written, as above.
    pub(crate) fn on_a_read_only_home(&self, arguments: &[&str], input: &str) -> Output {
        const NOBODY: u32 = 65_534;
        let program = self.path().join("program");
        if !program.exists() {
            std::fs::copy(env!("CARGO_BIN_EXE_memory-lane"), &program).unwrap();
        }
        let mut command = Command::new(&program);
        command.args(arguments).env_clear().env("MEMORY_LANE_HOME", self.path()).current_dir("/");
        if rustix::process::getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        for entry in std::fs::read_dir(self.path()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::set_permissions(&path, Permissions::from_mode(if path == program { 0o555 } else { 0o444 }))
                .unwrap();
        }
        std::fs::set_permissions(self.path(), Permissions::from_mode(0o555)).unwrap();
        let output = feed(&mut command, input);
        std::fs::set_permissions(self.path(), Permissions::from_mode(0o755)).unwrap();
        output
    }

    /// Imports memories given as JSON objects.
    pub(crate) fn import(&self, memories: &[Value]) {
        let lines: Vec<String> = memories.iter().map(Value::to_string).collect();
        let output = feed(&mut self.command(&["import", "-"]), &lines.join("\n"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Runs a command with this standard input. A program that does not read all of it is no error.
pub(crate) fn feed(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _not_read = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

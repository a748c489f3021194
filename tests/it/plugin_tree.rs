//! The plugin's files agree with one another and with the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use memory_lane::install::{PLUGIN_FILES, PLUGIN_ID};
use serde_json::Value;

/// The events that the program acts on.
const EVENTS: [&str; 8] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PreCompact",
    "Stop",
    "SessionEnd",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(repository().join(path)).unwrap()).unwrap()
}

#[test]
fn manifest_marketplace_and_program_have_one_name_and_version() {
    let (plugin, market) = (json(".claude-plugin/plugin.json"), json(".claude-plugin/marketplace.json"));
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plugin["license"], env!("CARGO_PKG_LICENSE"));
    assert_eq!(plugin["repository"], env!("CARGO_PKG_REPOSITORY"));
    let entry = &market["plugins"][0];
    assert_eq!((&entry["version"], &entry["source"]), (&plugin["version"], &Value::from("./")));
    assert_eq!(entry["name"], plugin["name"]);
    assert_eq!(format!("{}@{}", plugin["name"].as_str().unwrap(), market["name"].as_str().unwrap()), PLUGIN_ID);
}

#[test]
fn every_event_runs_the_launcher_without_arguments_and_with_a_short_leash() {
    let hooks = json("hooks/hooks.json");
    let hooks = hooks["hooks"].as_object().unwrap();
    let mut known = EVENTS.to_vec();
    known.sort_unstable();
    assert_eq!(hooks.keys().collect::<Vec<_>>(), known);
    for (event, groups) in hooks {
        for hook in groups.as_array().unwrap().iter().flat_map(|group| group["hooks"].as_array().unwrap()) {
            // Clients before 2.1.139 know no `args` and give the command to a shell: it must need none.
            assert_eq!(hook["command"], "${CLAUDE_PLUGIN_ROOT}/bin/memory-lane-hook", "{event}");
            assert_eq!(hook["args"], Value::Array(Vec::new()), "{event}");
            assert!((1..=3).contains(&hook["timeout"].as_u64().unwrap()), "{event}: seconds");
        }
    }
}

#[test]
fn the_tools_are_served_by_the_same_launcher() {
    let server = &json(".claude-plugin/plugin.json")["mcpServers"]["memory-lane"];
    assert_eq!(server["command"], "${CLAUDE_PLUGIN_ROOT}/bin/memory-lane-hook");
    assert_eq!(server["args"], serde_json::json!(["mcp"]));
    // Without the program it ends at once, with a word for the person who looks into it and none on the protocol.
    let mut launcher = Launcher::new();
    launcher.command.arg("mcp");
    let output = launcher.run("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}\n");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("memory-lane was not found"), "{output:?}");
    let launcher = Launcher::new();
    let told = launcher.program("told/memory-lane");
    let mut launcher = launcher.env("MEMORY_LANE_BIN", &told);
    launcher.command.arg("mcp");
    let output = launcher.run("input");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{} 1 input", told.display()));
}

#[test]
fn the_program_carries_exactly_the_plugin_of_the_repository() {
    let mut found = Vec::new();
    for directory in [".claude-plugin", "hooks", "bin", "skills", "commands", "agents"] {
        files_under(&repository().join(directory), &mut found);
    }
    let mut carried: Vec<PathBuf> = PLUGIN_FILES.iter().map(|file| repository().join(file.path)).collect();
    found.sort();
    carried.sort();
    assert_eq!(found, carried);
    for file in PLUGIN_FILES {
        assert_eq!(is_executable(&repository().join(file.path)), file.executable, "{}", file.path);
    }
}

fn files_under(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files_under(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

/// The launcher with nothing in its environment but what the test puts there.
struct Launcher {
    dir: tempfile::TempDir,
    command: Command,
}

impl Launcher {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(repository().join("bin/memory-lane-hook"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir.path());
        Self { dir, command }
    }

    /// A program under the launcher's home; it answers with its name, its input, and exit status 7.
    fn program(&self, path: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\nprintf '%s %s ' \"$0\" \"$#\"\ncat\nexit 7\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    fn run(&mut self, input: &str) -> Output {
        use std::io::Write;
        let pipes = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // The launcher may end without reading all of it, which is no fault.
            scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
            child.wait_with_output().unwrap()
        })
    }

    fn becomes(&mut self, program: &Path) {
        let input = format!("{{\"prompt\":\"{}\"}}\n", "x".repeat(200_000));
        let output = self.run(&input);
        let expected = format!("{} 0 {input}", program.display());
        assert!(
            output.stdout == expected.as_bytes(),
            "{}",
            String::from_utf8_lossy(&output.stdout[..200.min(output.stdout.len())])
        );
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn the_launcher_finds_the_program_and_passes_input_and_status() {
    let launcher = Launcher::new();
    let told = launcher.program("told/memory-lane");
    let mut launcher = launcher.env("MEMORY_LANE_BIN", &told);
    launcher.program(".cargo/bin/memory-lane");
    launcher.becomes(&told);

    for place in [".cargo/bin/memory-lane", ".local/bin/memory-lane", ".local/share/memory-lane/bin/memory-lane"] {
        let mut launcher = Launcher::new();
        let program = launcher.program(place);
        launcher.becomes(&program);
    }
}

#[test]
fn the_program_that_ran_setup_comes_before_the_search_path() {
    let launcher = Launcher::new();
    let (home, on_path) = (launcher.dir.path().join("data home"), launcher.program("path/memory-lane"));
    let path = format!("{}:/usr/bin:/bin", on_path.parent().unwrap().display());
    let mut launcher = launcher.env("PATH", path).env("MEMORY_LANE_HOME", &home);
    launcher.becomes(&on_path);
    let recorded = launcher.program("data home/bin/memory-lane");
    launcher.becomes(&recorded);
    fs::remove_file(&recorded).unwrap();
    std::os::unix::fs::symlink("/gone/with/an/update", &recorded).unwrap();
    launcher.becomes(&on_path);
}

#[test]
fn without_the_program_only_a_new_session_says_so() {
    let check = |input: &str| {
        let output = Launcher::new().run(input);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = check("{\"session_id\":\"1\",\"hook_event_name\":\"SessionStart\",\"source\":\"startup\"}\n");
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 1, "nothing of it may reach the model: {said}");
    assert!(answer["systemMessage"].as_str().unwrap().contains("memory-lane setup"));
    for silent in [
        "",
        "{\"hook_event_name\":\"SessionStart\",\"source\":\"resume\"}",
        "{\"hook_event_name\":\"SessionStart\",\"source\":\"compact\"}",
        "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"\\\"hook_event_name\\\":\\\"SessionStart\\\",\\\"source\\\":\\\"startup\\\"\"}",
        &format!("{{\"hook_event_name\":\"PostToolUse\",\"tool_response\":\"{}\"}}", "x".repeat(500_000)),
    ] {
        assert_eq!(check(silent), "");
    }
}

//! `setup` and `uninstall` as a person runs them, in a home of their own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new(settings: Option<&str>) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(home.settings().parent().unwrap()).unwrap();
        if let Some(text) = settings {
            fs::write(home.settings(), text).unwrap();
        }
        home
    }

    fn settings(&self) -> PathBuf {
        self.dir.path().join(".claude/settings.json")
    }

    /// On the search path.
    fn programs(&self) -> PathBuf {
        self.dir.path().join("programs")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory-lane"));
        let path = format!("{}:/usr/bin:/bin", self.programs().display());
        command.env_clear().env("HOME", self.dir.path()).env("PATH", path).stdin(Stdio::null());
        command.args(args).output().unwrap()
    }

    fn succeeds(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every file and link with its content.
    fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut directories, mut content) = (vec![self.dir.path().to_owned()], BTreeMap::new());
        while let Some(directory) = directories.pop() {
            for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_symlink() {
                    content.insert(path.clone(), path.read_link().unwrap().into_os_string().into_encoded_bytes());
                } else if path.is_dir() {
                    directories.push(path);
                } else {
                    content.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        content
    }
}

const SETUP: [&str; 3] = ["setup", "--no-model", "--no-ingest"];

const OWN: &str = "{\n    \"model\": \"opus\",\n    \"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"true\"}]}]}\n}\n";

#[test]
fn setting_up_twice_changes_nothing_the_second_time_and_all_of_it_can_be_taken_back() {
    for settings in [Some(OWN), Some("{}"), None] {
        let home = Home::new(settings);
        let before = home.content();
        home.succeeds(&SETUP);
        let after = home.content();
        assert!(fs::read_to_string(home.settings()).unwrap().contains("memory-lane@memory-lane"));
        let own = fs::metadata(home.dir.path().join(".local/share/memory-lane")).unwrap();
        assert_eq!(own.permissions().mode() & 0o777, 0o700, "what is kept there is nobody else's to read");
        home.succeeds(&SETUP);
        assert!(home.content() == after, "the second setup changed something");
        home.succeeds(&["uninstall"]);
        assert!(home.content() == before, "{:?}", home.content().keys());
    }
}

#[test]
fn without_the_client_it_says_so_and_does_the_rest() {
    let home = Home::new(None);
    fs::remove_dir(home.settings().parent().unwrap()).unwrap();
    for _ in 0..2 {
        let said = home.succeeds(&SETUP);
        assert!(said.contains("Claude Code was not found") && !said.contains("Ready."), "{said}");
    }
    assert!(fs::read_to_string(home.settings()).unwrap().contains("memory-lane@memory-lane"), "for when it comes");
    fs::create_dir(home.settings().with_file_name("projects")).unwrap();
    assert!(home.succeeds(&SETUP).contains("Ready. Start a new Claude Code session"));
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let home = Home::new(Some(OWN));
    let before = home.content();
    let said = home.succeeds(&["setup", "--dry-run"]);
    assert!(said.contains("+ ") && said.contains("enabledPlugins") && said.contains("settings.json"), "{said}");
    assert!(home.content() == before);
    home.succeeds(&SETUP);
    let before = home.content();
    let said = home.succeeds(&["uninstall", "--dry-run", "--purge"]);
    assert!(said.contains("- ") && said.contains("enabledPlugins"), "{said}");
    assert!(home.content() == before);
}

#[test]
fn broken_settings_are_left_alone_and_named() {
    let home = Home::new(Some("{\"model\": \"opus\",}"));
    let output = home.run(&SETUP);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(home.settings().to_str().unwrap()) && said.contains("not valid JSON"), "{said}");
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), "{\"model\": \"opus\",}");
}

#[test]
fn a_home_that_cannot_be_written_is_named_and_the_settings_stay() {
    let home = Home::new(Some(OWN));
    // A file where a directory must be: unlike permissions, it stops root as well.
    fs::create_dir_all(home.dir.path().join(".local")).unwrap();
    fs::write(home.dir.path().join(".local/share"), "").unwrap();
    let before = home.content();
    let output = home.run(&SETUP);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(".local/share"), "{said}");
    assert!(home.content() == before, "{:?}", home.content().keys());
}

#[test]
fn purging_asks_first_and_deletes_only_what_the_program_owns() {
    let home = Home::new(Some(OWN));
    home.succeeds(&SETUP);
    let data = home.dir.path().join(".local/share/memory-lane");
    fs::write(data.join("memory-lane.db"), "").unwrap();
    fs::write(data.join("notes.txt"), "mine").unwrap();
    assert!(!home.run(&["uninstall", "--purge"]).status.success(), "nobody said yes");
    assert!(data.join("memory-lane.db").exists());
    home.succeeds(&["uninstall", "--purge", "--yes"]);
    let left: Vec<PathBuf> = home.content().into_keys().collect();
    assert_eq!(left, [home.settings(), data.join("notes.txt")]);
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), OWN);
}

#[test]
fn another_directory_can_be_the_source_and_a_wrong_one_is_refused() {
    let home = Home::new(Some("{}"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).to_str().unwrap();
    home.succeeds(&["setup", "--no-model", "--no-ingest", "--plugin-source", source]);
    assert!(fs::read_to_string(home.settings()).unwrap().contains(source));
    home.succeeds(&["uninstall"]);
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), "{}");
    assert!(!home.run(&["setup", "--plugin-source", "no such place"]).status.success());
}

/// Like the real one it rewrites the settings in its own order, and leaves empty objects when it uninstalls.
const CLIENT: &str = r#"#!/bin/sh
echo "$*" >>"$HOME/asked"
case "$2 $3" in
"marketplace add") printf '{"extraKnownMarketplaces":{"memory-lane":{"source":{"source":"github","repo":"%s"}}},"zeta":1,"model":"opus"}' "$4" >"$HOME/.claude/settings.json" ;;
"install memory-lane@memory-lane") printf '{"enabledPlugins":{"memory-lane@memory-lane":true},"extraKnownMarketplaces":{"memory-lane":{"source":{"source":"github","repo":"a/b"}}},"zeta":1,"model":"opus"}' >"$HOME/.claude/settings.json" ;;
"marketplace remove") printf '{"enabledPlugins":{},"extraKnownMarketplaces":{},"zeta":1,"model":"opus"}' >"$HOME/.claude/settings.json" ;;
"uninstall memory-lane@memory-lane") ;;
*) echo "no such command" >&2; exit 1 ;;
esac
"#;

#[test]
fn a_repository_is_fetched_by_the_client_and_its_rewriting_is_taken_back() {
    use std::os::unix::fs::PermissionsExt;
    let own = "{\"model\": \"opus\",   \"zeta\": 1}";
    let home = Home::new(Some(own));
    fs::create_dir(home.programs()).unwrap();
    let client = home.programs().join("claude");
    fs::write(&client, CLIENT).unwrap();
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
    let before = home.content();
    home.succeeds(&["setup", "--no-model", "--no-ingest", "--plugin-source", "a/b"]);
    home.succeeds(&["uninstall"]);
    let asked = home.dir.path().join("asked");
    let lines = fs::read_to_string(&asked).unwrap();
    let expected = [
        "plugin marketplace add a/b",
        "plugin install memory-lane@memory-lane",
        "plugin uninstall memory-lane@memory-lane",
        "plugin marketplace remove memory-lane",
    ];
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
    fs::remove_file(asked).unwrap();
    assert!(home.content() == before, "{:?}", home.content().keys());

    fs::write(&client, "#!/bin/sh\necho 'no network' >&2\nexit 1\n").unwrap();
    let output = home.run(&["setup", "--no-model", "--no-ingest", "--plugin-source", "a/b"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("no network"), "{said}");
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), own);
    assert!(!home.settings().with_file_name("settings.json.before-memory-lane").exists());
}

//! `schedule` as a person runs it, with the system's own commands played by small programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Keeps the crontab in a file, as the real one does.
const CRONTAB: &str = r#"#!/bin/sh
case "$1" in
-l) if [ -f "$HOME/crontab" ]; then cat "$HOME/crontab"; else echo "no crontab for ada" >&2; exit 1; fi ;;
-r) rm "$HOME/crontab" ;;
-) cat >"$HOME/crontab" ;;
esac
"#;

/// Notes what it is asked.
const NOTING: &str = "#!/bin/sh\necho \"${0##*/} $*\" >>\"$HOME/asked\"\n";

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn with(programs: &[(&str, &str)]) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(home.path("programs")).unwrap();
        for (name, text) in programs {
            let program = home.path("programs").join(name);
            fs::write(&program, text).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory-lane"));
        // Nothing of this machine's own: its crontab is somebody's. The programs themselves find `cat` by its place.
        command.env_clear().env("HOME", self.dir.path()).env("PATH", self.path("programs")).stdin(Stdio::null());
        command.env("CODEX_HOME", "/home/ada/my codex").args(args).output().unwrap()
    }

    fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }
}

fn crontab_home() -> Home {
    Home::with(&[("crontab", &CRONTAB.replace("cat", "/bin/cat").replace("rm ", "/bin/rm "))])
}

const OWN: &str = "MAILTO=ada\n0 4 * * * backup\n";

#[test]
fn a_crontab_gets_one_line_and_loses_it_again() {
    for own in [Some(OWN), None] {
        let home = crontab_home();
        own.inspect(|text| fs::write(home.path("crontab"), text).unwrap());
        let before = home.text("crontab");
        assert!(home.says(&["schedule", "install", "--dry-run"]).contains("*/15 * * * *"));
        assert_eq!(home.text("crontab"), before, "a dry run changes nothing");
        assert!(home.says(&["schedule", "status"]).contains("not scheduled"));

        home.says(&["schedule", "install"]);
        let scheduled = home.text("crontab").unwrap();
        assert!(scheduled.starts_with(own.unwrap_or_default()), "{scheduled}");
        let line = scheduled.lines().find(|line| line.starts_with("*/15 * * * * ")).unwrap();
        assert!(line.contains("CODEX_HOME='/home/ada/my codex'") && line.contains("'worker' >/dev/null"), "{line}");
        assert!(home.says(&["schedule", "install"]).contains("already"));
        assert_eq!(home.text("crontab").unwrap(), scheduled);
        assert!(home.says(&["schedule", "status"]).contains("cron runs the worker every 15 minutes"));
        assert!(home.says(&["doctor"]).contains("cron runs the worker"));

        home.says(&["schedule", "install", "--every", "5"]);
        let other = home.text("crontab").unwrap();
        assert_eq!(other, scheduled.replace("*/15", "*/5"), "in the same place");
        home.says(&["uninstall"]);
        assert_eq!(home.text("crontab"), before);
    }
}

#[test]
fn the_line_in_the_crontab_really_runs_the_worker() {
    let home = crontab_home();
    home.says(&["schedule", "install"]);
    let crontab = home.text("crontab").unwrap();
    let line = crontab.lines().find_map(|line| line.strip_prefix("*/15 * * * * ")).unwrap();
    // As cron does: no variables but these, the rest of the line to the shell.
    let status = Command::new("/bin/sh").args(["-c", line]).env_clear().env("HOME", home.dir.path()).status().unwrap();
    assert!(status.success());
    assert!(home.says(&["status"]).contains("after schedule"), "{}", home.says(&["status"]));
}

#[test]
fn systemd_is_given_a_timer_and_told_so() {
    let home = Home::with(&[("systemctl", NOTING)]);
    home.says(&["schedule", "install"]);
    let timer = home.text(".config/systemd/user/memory-lane.timer").unwrap();
    let service = home.text(".config/systemd/user/memory-lane.service").unwrap();
    assert!(timer.contains("OnUnitInactiveSec=15min") && timer.contains("WantedBy=timers.target"), "{timer}");
    assert!(service.contains("Environment=\"CODEX_HOME=/home/ada/my codex\""), "{service}");
    let asked = home.text("asked").unwrap();
    let expected = ["show-environment", "daemon-reload", "enable memory-lane.timer", "restart memory-lane.timer"];
    let expected: Vec<String> = expected.iter().map(|args| format!("systemctl --user {args}")).collect();
    assert_eq!(asked.lines().collect::<Vec<_>>(), expected);
    assert!(home.says(&["schedule", "status"]).contains("systemd runs the worker every 15 minutes"));
    home.says(&["schedule", "remove"]);
    assert_eq!(home.text(".config/systemd/user/memory-lane.timer"), None);
    assert_eq!(home.text(".config/systemd/user/memory-lane.service"), None);
    assert!(home.text("asked").unwrap().contains("disable --now memory-lane.timer"));
    assert!(home.says(&["schedule", "remove"]).contains("not scheduled"));
}

#[test]
fn launchd_is_given_an_agent_and_told_so() {
    let home = Home::with(&[("launchctl", NOTING)]);
    home.says(&["schedule", "install", "--every", "30"]);
    let agent = home.text("Library/LaunchAgents/dev.memory-lane.worker.plist").unwrap();
    assert!(agent.contains("<integer>1800</integer>"), "{agent}");
    assert!(home.text("asked").unwrap().contains("launchctl bootstrap gui/"));
    home.says(&["schedule", "remove"]);
    assert_eq!(home.text("Library/LaunchAgents/dev.memory-lane.worker.plist"), None);
}

#[test]
fn setup_schedules_only_when_it_is_asked_to() {
    let home = crontab_home();
    let setup = ["setup", "--no-model", "--no-ingest", "--yes"];
    assert!(home.says(&setup).contains("memory-lane schedule install"));
    assert_eq!(home.text("crontab"), None);
    home.says(&[&setup[..], &["--schedule"]].concat());
    let crontab = home.text("crontab").unwrap();
    assert!(crontab.contains(".local/share/memory-lane/bin/memory-lane'"), "by the link that setup made: {crontab}");
}

#[test]
fn without_any_scheduler_it_says_what_to_do() {
    let home = Home::with(&[]);
    let output = home.run(&["schedule", "install"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("memory-lane worker"), "{error}");
    assert!(home.says(&["schedule", "remove"]).contains("not scheduled"));
    let said = home.says(&["setup", "--no-model", "--no-ingest", "--yes"]);
    assert!(said.contains("no systemd, launchd or cron here") && !said.contains("schedule install"), "{said}");
    assert!(!home.says(&["status"]).contains("schedule install"));
}

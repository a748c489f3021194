//! Runs the worker at intervals, by what the person's system has for that: a systemd user timer, a launchd agent, or an
//! entry in the crontab.

mod crontab;
mod launchd;
mod systemd;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::InstallError;
use super::replace::{read_text, remove_if_there, replace_file};

/// What runs things at intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// A timer of the person's systemd.
    Systemd,
    /// An agent of the person's launchd.
    Launchd,
    /// A line in the person's crontab.
    Cron,
}

impl Scheduler {
    /// Every scheduler, the preferred first.
    pub const ALL: &'static [Self] = &[Self::Launchd, Self::Systemd, Self::Cron];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Cron => "cron",
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Scheduler {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|scheduler| scheduler.as_str() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|scheduler| scheduler.as_str()).collect();
            format!("`{name}` is none of: {}", known.join(", "))
        })
    }
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables that the scheduler would not set.
    pub variables: Vec<(String, String)>,
    /// Every so many minutes, 1 to 60.
    pub minutes: u32,
}

/// Where schedulers keep what they run, and where their commands are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerPlaces {
    /// The person's home.
    pub home: PathBuf,
    /// The person's directory of settings, `~/.config`.
    pub config: PathBuf,
    /// The search path for programs.
    pub search_path: Option<OsString>,
}

/// Whether the worker is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// Nothing is there.
    No,
    /// Something is there, for another program, home or interval.
    Otherwise,
    /// It is there as it should be.
    Yes,
}

/// One change that is about to be made, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file gets this text, or goes.
    File(PathBuf, Option<String>),
    /// The crontab gets this text.
    Crontab(String),
    /// A command is run; whether its failure matters.
    Run(Vec<String>, bool),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(text)) => {
                writeln!(f, "write {}:", path.display())?;
                text.lines().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::File(path, None) => writeln!(f, "remove {}", path.display()),
            Self::Crontab(text) => {
                writeln!(f, "write the crontab:")?;
                text.lines().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::Run(command, _) => writeln!(f, "run {}", command.join(" ")),
        }
    }
}

/// The scheduler of this system.
///
/// # Errors
/// [`InstallError::NoScheduler`] when none of them is there.
pub fn find_scheduler(places: &SchedulerPlaces) -> Result<Scheduler, InstallError> {
    let there = |scheduler: &Scheduler| match scheduler {
        Scheduler::Launchd => places.program("launchctl").is_some(),
        // The command is also where no systemd of the person's runs: in containers, in a bare login.
        Scheduler::Systemd => places.run(&systemd::probe(), None).is_ok(),
        Scheduler::Cron => places.program("crontab").is_some(),
    };
    Scheduler::ALL.iter().copied().find(there).ok_or(InstallError::NoScheduler)
}

/// Whether this scheduler runs the task. A crontab that cannot be read runs nothing of ours, as none could be written.
pub fn scheduled(scheduler: Scheduler, task: &Task, places: &SchedulerPlaces) -> Result<Scheduled, InstallError> {
    let files = match scheduler {
        Scheduler::Systemd => systemd::files(task, places)?,
        Scheduler::Launchd => launchd::files(task, places)?,
        Scheduler::Cron => {
            let Some(text) = places.crontab().ok().flatten() else { return Ok(Scheduled::No) };
            return Ok(match crontab::block_in(&text) {
                None => Scheduled::No,
                Some(block) if block == crontab::block(task)? => Scheduled::Yes,
                Some(_) => Scheduled::Otherwise,
            });
        }
    };
    let (mut found, mut same) = (false, true);
    for (path, text) in &files {
        let there = read_text(path)?;
        found |= there.is_some();
        same &= there.as_deref() == Some(text.as_str());
    }
    Ok(match (found, same) {
        (false, _) => Scheduled::No,
        (true, false) => Scheduled::Otherwise,
        (true, true) => Scheduled::Yes,
    })
}

/// What has to be done so that this scheduler runs the task.
pub fn plan_schedule(scheduler: Scheduler, task: &Task, places: &SchedulerPlaces) -> Result<Vec<Step>, InstallError> {
    let write = |files: Vec<(PathBuf, String)>| files.into_iter().map(|(path, text)| Step::File(path, Some(text)));
    Ok(match scheduler {
        Scheduler::Systemd => write(systemd::files(task, places)?).chain(systemd::start()).collect(),
        Scheduler::Launchd => write(launchd::files(task, places)?).chain(launchd::start(places)).collect(),
        Scheduler::Cron => {
            let text = places.crontab()?.unwrap_or_default();
            vec![Step::Crontab(crontab::with_block(&text, &crontab::block(task)?))]
        }
    })
}

/// What has to be done so that this scheduler runs nothing of ours any more; nothing if it does not.
pub fn plan_unschedule(scheduler: Scheduler, places: &SchedulerPlaces) -> Result<Vec<Step>, InstallError> {
    let there = |paths: Vec<PathBuf>| paths.into_iter().filter(|path| path.exists()).map(|path| Step::File(path, None));
    let (before, files, after) = match scheduler {
        Scheduler::Systemd => (systemd::stop(), there(systemd::paths(places)), systemd::reload()),
        Scheduler::Launchd => (launchd::stop(), there(launchd::paths(places)), Vec::new()),
        Scheduler::Cron => {
            let text = places.crontab().ok().flatten().unwrap_or_default();
            let ours = crontab::block_in(&text).is_some();
            return Ok(if ours { vec![Step::Crontab(crontab::without_block(&text))] } else { Vec::new() });
        }
    };
    let files: Vec<Step> = files.collect();
    Ok(if files.is_empty() { files } else { before.into_iter().chain(files).chain(after).collect() })
}

/// Does what was planned, in order, up to the first failure.
pub fn carry_out(steps: &[Step], places: &SchedulerPlaces) -> Result<(), InstallError> {
    for step in steps {
        match step {
            Step::File(path, Some(text)) => replace_file(path, text.as_bytes(), 0o644)?,
            Step::File(path, None) => remove_if_there(path)?,
            // An empty crontab and none are not the same to `crontab -l`.
            Step::Crontab(text) if text.is_empty() => drop(places.run(&words(&["crontab", "-r"]), None)?),
            Step::Crontab(text) => drop(places.run(&words(&["crontab", "-"]), Some(text))?),
            Step::Run(command, must_succeed) => {
                let ran = places.run(command, None);
                if *must_succeed {
                    ran?;
                }
            }
        }
    }
    Ok(())
}

impl SchedulerPlaces {
    fn program(&self, name: &str) -> Option<PathBuf> {
        let directories = self.search_path.as_deref().into_iter().flat_map(std::env::split_paths);
        directories.map(|directory| directory.join(name)).find(|program| program.is_file())
    }

    /// The person's crontab; `None` where there is no such command. An empty one for a person who has none.
    fn crontab(&self) -> Result<Option<String>, InstallError> {
        if self.program("crontab").is_none() {
            return Ok(None);
        }
        match self.run(&words(&["crontab", "-l"]), None) {
            Err(InstallError::Client { reason, .. }) if reason.contains("no crontab for") => Ok(Some(String::new())),
            other => other.map(Some),
        }
    }

    /// Runs a command and gives its standard output.
    fn run(&self, command: &[String], input: Option<&str>) -> Result<String, InstallError> {
        let failed = |reason: String| InstallError::Client { command: command.join(" "), reason };
        let (name, args) = command.split_first().ok_or_else(|| failed("no command".to_owned()))?;
        let program = self.program(name).ok_or_else(|| failed("there is no such program".to_owned()))?;
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut started = Command::new(program);
        started.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = started.spawn().map_err(|error| failed(error.to_string()))?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            stdin.write_all(input.as_bytes()).map_err(|error| failed(error.to_string()))?;
        }
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
        Err(failed(crate::text::one_line(&String::from_utf8_lossy(said), 300)))
    }
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

/// No scheduler's file can hold a line end within a word.
fn on_one_line(text: &str) -> Result<&str, InstallError> {
    if text.contains(['\n', '\r', '\0']) { Err(InstallError::Unschedulable(text.to_owned())) } else { Ok(text) }
}

/// A directory below another, whatever the separator.
fn below(directory: &Path, names: &[&str]) -> PathBuf {
    names.iter().map(OsStr::new).fold(directory.to_owned(), |path, name| path.join(name))
}

#[cfg(test)]
mod tests;

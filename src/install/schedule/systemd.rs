//! A timer and a service of the person's systemd.

use std::path::PathBuf;

use super::{SchedulerPlaces, Step, Task, below, on_one_line, words};
use crate::install::InstallError;

const TIMER: &str = "memory-lane.timer";
const SERVICE: &str = "memory-lane.service";

/// Succeeds where a systemd of the person's runs.
pub(super) fn probe() -> Vec<String> {
    words(&["systemctl", "--user", "show-environment"])
}

pub(super) fn paths(places: &SchedulerPlaces) -> Vec<PathBuf> {
    [SERVICE, TIMER].map(|name| below(&places.config, &["systemd", "user", name])).to_vec()
}

pub(super) fn files(task: &Task, places: &SchedulerPlaces) -> Result<Vec<(PathBuf, String)>, InstallError> {
    let texts = [service(task)?, timer(task)];
    Ok(paths(places).into_iter().zip(texts).collect())
}

pub(super) fn start() -> Vec<Step> {
    let systemctl = |args: &[&str]| Step::Run([&words(&["systemctl", "--user"])[..], &words(args)].concat(), true);
    vec![systemctl(&["daemon-reload"]), systemctl(&["enable", TIMER]), systemctl(&["restart", TIMER])]
}

pub(super) fn stop() -> Vec<Step> {
    vec![Step::Run(words(&["systemctl", "--user", "disable", "--now", TIMER]), false)]
}

pub(super) fn reload() -> Vec<Step> {
    vec![Step::Run(words(&["systemctl", "--user", "daemon-reload"]), false)]
}

fn service(task: &Task) -> Result<String, InstallError> {
    let mut text = String::from("[Unit]\nDescription=Memory Lane: read new sessions and catch memories\n\n[Service]\n");
    text.push_str("Type=oneshot\nNice=10\nIOSchedulingClass=idle\n");
    for (name, value) in &task.variables {
        text.push_str(&format!("Environment={}\n", quoted(&format!("{name}={value}"))?));
    }
    // In this line, and in no other, a dollar sign begins a variable.
    let command: Result<Vec<String>, InstallError> =
        task.command.iter().map(|word| Ok(quoted(word)?.replace('$', "$$"))).collect();
    text.push_str(&format!("ExecStart={}\n", command?.join(" ")));
    Ok(text)
}

/// From the end of one run to the start of the next; the first some minutes after the person logged in.
fn timer(task: &Task) -> String {
    let minutes = task.minutes;
    format!(
        "[Unit]\nDescription=Memory Lane, every {minutes} minutes\n\n[Timer]\nOnActiveSec=2min\n\
         OnUnitInactiveSec={minutes}min\n\n[Install]\nWantedBy=timers.target\n"
    )
}

fn quoted(word: &str) -> Result<String, InstallError> {
    let escaped = on_one_line(word)?.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Ok(format!("\"{escaped}\""))
}

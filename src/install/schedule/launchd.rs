//! An agent of the person's launchd.

use std::path::PathBuf;

use super::{SchedulerPlaces, Step, Task, below, on_one_line, words};
use crate::install::InstallError;

const LABEL: &str = "dev.memory-lane.worker";

pub(super) fn paths(places: &SchedulerPlaces) -> Vec<PathBuf> {
    vec![below(&places.home, &["Library", "LaunchAgents", &format!("{LABEL}.plist")])]
}

pub(super) fn files(task: &Task, places: &SchedulerPlaces) -> Result<Vec<(PathBuf, String)>, InstallError> {
    let text = agent(task)?;
    Ok(paths(places).into_iter().map(|path| (path, text.clone())).collect())
}

pub(super) fn start(places: &SchedulerPlaces) -> Vec<Step> {
    let load = |path: PathBuf| Step::Run(words(&["launchctl", "bootstrap", &domain(), &path.to_string_lossy()]), true);
    stop().into_iter().chain(paths(places).into_iter().map(load)).collect()
}

/// What is not loaded cannot be unloaded: no failure.
pub(super) fn stop() -> Vec<Step> {
    vec![Step::Run(words(&["launchctl", "bootout", &format!("{}/{LABEL}", domain())]), false)]
}

#[cfg(unix)]
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn domain() -> String {
    "gui".to_owned()
}

fn agent(task: &Task) -> Result<String, InstallError> {
    let mut arguments = String::new();
    for word in &task.command {
        arguments.push_str(&format!("    <string>{}</string>\n", escaped(word)?));
    }
    let mut variables = String::new();
    for (name, value) in &task.variables {
        variables.push_str(&format!("    <key>{}</key>\n    <string>{}</string>\n", escaped(name)?, escaped(value)?));
    }
    let seconds = task.minutes * 60;
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{LABEL}</string>\n  <key>ProgramArguments</key>\n\
         \x20 <array>\n{arguments}  </array>\n  <key>EnvironmentVariables</key>\n  <dict>\n{variables}  </dict>\n\
         \x20 <key>StartInterval</key>\n  <integer>{seconds}</integer>\n  <key>ProcessType</key>\n\
         \x20 <string>Background</string>\n  <key>LowPriorityIO</key>\n  <true/>\n</dict>\n</plist>\n"
    ))
}

fn escaped(text: &str) -> Result<String, InstallError> {
    Ok(on_one_line(text)?.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

//! `setup` does for a person what installing leaves to do; `uninstall` takes it back.

mod prompt;
mod steps;
mod uninstall;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::{App, print_line};
use crate::config::{agent_home, variable};
use crate::install::{Client, PluginSource};

pub(super) use prompt::{Answer, ask};
pub(super) use uninstall::{UninstallArgs, run as run_uninstall};

/// Make Memory Lane work in Claude Code: model, plugin, and the sessions that are already there.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct SetupArgs {
    /// Say yes to every question.
    #[arg(long, short)]
    pub yes: bool,
    /// Print what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Leave the sessions that are already there for later.
    #[arg(long)]
    pub no_ingest: bool,
    /// Do without the embedding model; recall then goes by words, files and names only.
    #[arg(long)]
    pub no_model: bool,
    /// Let the system run the worker every 15 minutes, without asking; --yes alone does not.
    #[arg(long)]
    pub schedule: bool,
    /// Register the plugin from here instead of from the copy inside this program.
    #[arg(long, value_name = "DIR|OWNER/REPO", value_parser = PluginSource::parse)]
    pub plugin_source: Option<PluginSource>,
}

/// What every step is given.
struct Setup<'a> {
    args: &'a SetupArgs,
    app: &'a App,
    /// Claude Code's directory.
    agent_home: PathBuf,
    /// This program.
    program: PathBuf,
}

/// One thing that setup does; the steps do not depend on one another's success.
struct SetupStep {
    name: &'static str,
    /// Says in one line what was done, or would be.
    run: fn(&Setup) -> anyhow::Result<String>,
}

const STEPS: [SetupStep; 5] = [
    SetupStep { name: "program", run: steps::link_this_program },
    SetupStep { name: "plugin", run: steps::register_plugin },
    SetupStep { name: "model", run: steps::add_model },
    SetupStep { name: "history", run: steps::ingest_history },
    SetupStep { name: "schedule", run: steps::offer_schedule },
];

/// Runs every step and fails at the end if one did.
pub(super) fn run(args: &SetupArgs, app: &App) -> anyhow::Result<()> {
    let agent_home =
        agent_home().ok_or_else(|| anyhow!("no home directory is known; set HOME or CLAUDE_CONFIG_DIR"))?;
    let program = std::env::current_exe().context("find the path of this program")?;
    let is_client_there = is_client_there(&agent_home);
    let setup = Setup { args, app, agent_home, program };
    if !args.dry_run {
        app.make_home()?;
    }
    let mut failed = Vec::new();
    for step in &STEPS {
        match (step.run)(&setup) {
            Ok(said) => print_line(format_args!("{:<8} {said}", step.name)),
            Err(error) => {
                print_line(format_args!("{:<8} FAILED: {error:#}", step.name));
                failed.push(step.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!(
            "not everything is set up (failed: {}); mend it and run setup again, it does only what is left",
            failed.join(", ")
        );
    }
    if !is_client_there {
        print_line(format_args!(
            "Claude Code was not found: no `claude` on the PATH, and nothing of it in {}. As soon as it is installed it \
             loads the plugin from there; until then `memory-lane ingest`, `catch` and `recall` work by hand.",
            setup.agent_home.display()
        ));
    }
    match (args.dry_run, is_client_there) {
        (true, _) => {}
        (false, true) => {
            print_line("Ready. Start a new Claude Code session; `memory-lane uninstall` takes all of this back.");
        }
        (false, false) => print_line("`memory-lane uninstall` takes all of this back."),
    }
    Ok(())
}

/// Whether Claude Code is on this machine: its program, or a home that holds more than the settings, which an earlier setup
/// may have made.
fn is_client_there(home: &Path) -> bool {
    let search_path = variable("PATH");
    let entries = || std::fs::read_dir(home).into_iter().flatten().flatten();
    let is_its_own = |name: &OsStr| !name.to_string_lossy().starts_with("settings.json");
    Client::find(search_path.as_deref(), etcetera::home_dir().ok().as_deref()).is_some()
        || entries().any(|entry| is_its_own(&entry.file_name()))
}

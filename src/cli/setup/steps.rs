//! The steps of setup. Each can run again and then does only what is left.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use super::Setup;
use super::prompt::{Answer, ask};
use crate::cli::counted::counted;
use crate::cli::{print_line, schedule};
use crate::config::variable;
use crate::embed;
use crate::install::{
    Client, PLUGIN_ID, PluginSource, Registration, SetupRecord, link_program, observed_registration, plan_registration,
    registered_elsewhere, write_plugin_files,
};

/// The plugin's launcher must find this very program, whatever `PATH` the agent has.
pub(super) fn link_this_program(setup: &Setup) -> anyhow::Result<String> {
    let (link, program) = (setup.app.paths.program_link(), &setup.program);
    let arrow = format!("{} -> {}", link.display(), program.display());
    if setup.args.dry_run {
        return Ok(format!("would link {arrow}"));
    }
    let changed = link_program(&link, program)?;
    Ok(if changed { format!("linked {arrow}") } else { format!("already linked to {}", program.display()) })
}

/// Makes Claude Code load the plugin.
pub(super) fn register_plugin(setup: &Setup) -> anyhow::Result<String> {
    let own_copy = PluginSource::Directory(setup.app.paths.plugin());
    let source = setup.args.plugin_source.as_ref().unwrap_or(&own_copy);
    let plan = plan_registration(&setup.agent_home.join("settings.json"), source)?;
    if setup.args.plugin_source.is_none()
        && let Some(name) = registered_by_hand(setup, &plan, source)?
    {
        return Ok(format!("{name} is enabled already, and stays; --plugin-source replaces it"));
    }
    if setup.args.dry_run {
        return Ok(describe(&plan));
    }
    if *source == own_copy {
        write_plugin_files(&setup.app.paths.plugin())?;
    }
    register(setup, source, &plan)
}

/// Another installation of the plugin, unless an earlier setup made it.
fn registered_by_hand(setup: &Setup, plan: &Registration, source: &PluginSource) -> anyhow::Result<Option<String>> {
    let ours = SetupRecord::load(&setup.app.paths.setup_record(), &plan.settings)?.is_some();
    Ok(registered_elsewhere(plan, source).filter(|name| !(ours && name == PLUGIN_ID)))
}

fn describe(plan: &Registration) -> String {
    let path = plan.settings.display();
    if !plan.is_needed() {
        return format!("{PLUGIN_ID} is enabled already in {path}");
    }
    let lines: String = plan.diff().iter().map(|line| format!("\n           {line}")).collect();
    format!("would change {path}:{lines}")
}

fn register(setup: &Setup, source: &PluginSource, plan: &Registration) -> anyhow::Result<String> {
    let path = plan.settings.display();
    if !plan.is_needed() {
        return Ok(format!("{PLUGIN_ID} is enabled already in {path}"));
    }
    let record = setup.app.paths.setup_record();
    let home = etcetera::home_dir().ok();
    let client = Client::find(variable("PATH").as_deref(), home.as_deref());
    if let (PluginSource::Repository(repository), Some(client)) = (source, client) {
        install_by_client(&client, repository, source, plan, &record)?;
        return Ok(format!("installed {PLUGIN_ID} from {repository}"));
    }
    plan.register(source, &record)?;
    let later =
        if matches!(source, PluginSource::Repository(_)) { "; Claude Code fetches it at its next start" } else { "" };
    Ok(format!("enabled {PLUGIN_ID} in {path}{later}"))
}

/// The backup is taken before the `claude` command rewrites the settings, and the record written after it.
fn install_by_client(
    client: &Client,
    repository: &str,
    source: &PluginSource,
    plan: &Registration,
    record_path: &Path,
) -> anyhow::Result<()> {
    let earlier = SetupRecord::load(record_path, &plan.settings)?;
    let backup = match &earlier {
        Some(record) => record.backup.clone(),
        None => plan.back_up()?,
    };
    let installed = client.install(repository, PLUGIN_ID);
    let observed = observed_registration(&plan.settings, plan.before.clone())?;
    if installed.is_err() && !observed.is_needed() {
        if let (None, Some(backup)) = (earlier, backup) {
            std::fs::remove_file(&backup).with_context(|| format!("remove the backup {}", backup.display()))?;
        }
    } else {
        observed.record(source, backup, true, earlier).save(record_path)?;
    }
    installed.context("let Claude Code fetch the plugin")
}

/// The model and its runtime, by the command that does nothing else.
pub(super) fn add_model(setup: &Setup) -> anyhow::Result<String> {
    if setup.args.no_model {
        return Ok("left out; recall goes by words, files and names (`memory-lane model add` changes that)".to_owned());
    }
    let model = &setup.app.settings.model;
    if embed::is_installed(&setup.app.paths.models().join(model)) {
        return Ok(format!("{model} is there already"));
    }
    if setup.args.dry_run {
        return Ok(format!("would run `memory-lane model add {model}`"));
    }
    run_self(setup, &["model", "add", model])?;
    Ok(format!("added {model}"))
}

/// Reads the sessions that are there and catches what mattered in them, if the person wants that.
pub(super) fn ingest_history(setup: &Setup) -> anyhow::Result<String> {
    let (files, bytes) = sessions_under(&setup.agent_home.join("projects"));
    let found = format!("{}, {} MB", counted(files, "session file", "session files"), bytes.div_ceil(1_000_000));
    if files == 0 {
        return Ok("no sessions yet".to_owned());
    }
    if setup.args.no_ingest {
        return Ok(format!("{found}, left for later: `memory-lane ingest`, then `memory-lane catch`"));
    }
    if setup.args.dry_run {
        return Ok(format!("would read {found}"));
    }
    let answer = if setup.args.yes { Answer::Yes } else { ask(&format!("Read what is there ({found}) now?")) };
    match answer {
        Answer::Yes => {
            run_self(setup, &["ingest"])?;
            run_self(setup, &["catch"])?;
            Ok(format!("read {found}"))
        }
        Answer::No => Ok("left for later: `memory-lane ingest`, then `memory-lane catch`".to_owned()),
        Answer::Nobody => Ok(format!("{found}, not read: run `memory-lane ingest` or setup with --yes")),
    }
}

/// Sessions are caught from at the next hook anyway; a timer does it also when none comes. It changes the person's own
/// timers or crontab, so nothing but an answer or an option makes it.
pub(super) fn offer_schedule(setup: &Setup) -> anyhow::Result<String> {
    if !setup.args.schedule && !schedule::is_possible() {
        return Ok("left out; there is no systemd, launchd or cron here, and hooks start the worker anyway".to_owned());
    }
    let later = "left out; `memory-lane schedule install` lets the system run the worker every 15 minutes";
    if setup.args.dry_run {
        return Ok("would ask whether the system shall run the worker every 15 minutes".to_owned());
    }
    let answer = if setup.args.schedule {
        Answer::Yes
    } else if setup.args.yes {
        Answer::Nobody
    } else {
        ask("Let the system run the worker every 15 minutes, too?")
    };
    match answer {
        Answer::Yes => schedule::install(setup.app, schedule::MINUTES, None, false),
        Answer::No | Answer::Nobody => Ok(later.to_owned()),
    }
}

/// A command of this program with the terminal of this one, so that its progress shows.
fn run_self(setup: &Setup, args: &[&str]) -> anyhow::Result<()> {
    let line = format!("memory-lane {}", args.join(" "));
    print_line(format_args!("         {line}"));
    let status = Command::new(&setup.program).args(args).status().with_context(|| format!("run `{line}`"))?;
    if !status.success() {
        bail!(
            "`{line}` did not succeed ({status}); what it says above is the reason, run it again when that is mended"
        );
    }
    Ok(())
}

/// Number and bytes of transcripts; what cannot be read does not count.
fn sessions_under(directory: &Path) -> (u64, u64) {
    let (mut directories, mut files, mut bytes) = (vec![directory.to_owned()], 0, 0);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                directories.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
                (files, bytes) = (files + 1, bytes + metadata.len());
            }
        }
    }
    (files, bytes)
}

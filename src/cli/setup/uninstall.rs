//! Takes back what setup did.

use std::path::Path;

use anyhow::{Context, bail};

use super::prompt::{Answer, ask};
use crate::cli::counted::counted;
use crate::cli::{App, print_line, schedule};
use crate::config::variable;
use crate::install::{
    Client, PLUGIN_ID, Purge, SetupRecord, plan_purge, plan_removal, remove_plugin_files, unlink_program,
};

/// Take back what setup did. Memories, sessions and models stay, unless --purge is given.
#[derive(clap::Args, Clone, Debug, Default)]
pub(in crate::cli) struct UninstallArgs {
    /// Print what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete memories, sessions, models and settings as well.
    #[arg(long)]
    pub purge: bool,
    /// Do not ask before deleting.
    #[arg(long, short)]
    pub yes: bool,
}

/// Takes back the registration, then removes the plugin's files and the link; with `--purge` everything.
pub(in crate::cli) fn run(args: &UninstallArgs, app: &App) -> anyhow::Result<()> {
    let record_path = app.paths.setup_record();
    let purge = if args.purge { Some(plan_purge(app.paths.home())?) } else { None };
    if let Some(purge) = &purge
        && !confirm(args, purge)
    {
        bail!("nothing was removed: say yes, or give --yes, to delete what is listed above");
    }
    let records = SetupRecord::load_all(&record_path)?;
    for record in &records {
        unregister(args, record, &record_path)?;
    }
    if records.is_empty() {
        print_line(format_args!(
            "plugin   was not registered by setup; if Claude Code has it, `claude plugin uninstall {PLUGIN_ID}` removes it"
        ));
    }
    match schedule::remove(args.dry_run) {
        Ok(said) => print_line(format_args!("schedule {said}")),
        Err(error) => print_line(format_args!("schedule could not be looked at: {error:#}")),
    }
    if args.dry_run {
        print_line(format_args!(
            "files    would remove {} and {}",
            app.paths.plugin().display(),
            app.paths.program_link().display()
        ));
        return Ok(());
    }
    remove_plugin_files(&app.paths.plugin())?;
    unlink_program(&app.paths.program_link())?;
    match purge {
        Some(purge) => delete(&purge),
        None => {
            print_line(format_args!(
                "kept     {} (memories, sessions, models, settings); --purge deletes it",
                app.paths.home().display()
            ));
            Ok(())
        }
    }
}

fn confirm(args: &UninstallArgs, purge: &Purge) -> bool {
    for path in &purge.owned {
        print_line(format_args!("delete   {}", path.display()));
    }
    for path in &purge.foreign {
        print_line(format_args!("leave    {} (not made by memory-lane)", path.display()));
    }
    args.yes || args.dry_run || purge.owned.is_empty() || ask("Delete these for good?") == Answer::Yes
}

fn unregister(args: &UninstallArgs, record: &SetupRecord, record_path: &Path) -> anyhow::Result<()> {
    if args.dry_run {
        let plan = plan_removal(record)?;
        print_line(format_args!("plugin   would change {}:", plan.settings.display()));
        for line in plan.diff() {
            print_line(format_args!("           {line}"));
        }
        return Ok(());
    }
    if record.by_client {
        forget_by_client();
    }
    let plan = plan_removal(record)?;
    plan.write()?;
    if let Some(backup) = &record.backup {
        std::fs::remove_file(backup)
            .or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .with_context(|| format!("remove the backup {}", backup.display()))?;
    }
    record.remove(record_path)?;
    print_line(format_args!("plugin   {PLUGIN_ID} taken out of {}", plan.settings.display()));
    Ok(())
}

/// Lets Claude Code drop its copy of the plugin. When that fails the settings are still put right, which is enough for
/// the plugin not to run.
fn forget_by_client() {
    let home = etcetera::home_dir().ok();
    let Some(client) = Client::find(variable("PATH").as_deref(), home.as_deref()) else { return };
    if let Err(error) = client.uninstall(PLUGIN_ID, "memory-lane") {
        print_line(format_args!("plugin   {error}"));
    }
}

fn delete(purge: &Purge) -> anyhow::Result<()> {
    purge.run()?;
    print_line(format_args!("deleted  {}", counted(purge.owned.len(), "file or directory", "files and directories")));
    Ok(())
}

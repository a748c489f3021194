//! `schedule`: lets the system run the worker at intervals, so that sessions are caught from though no hook runs.

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{App, print_json, print_line, print_text};
use crate::config::{agent_variables, config_home, variable};
use crate::hook::WORKER_COMMAND;
use crate::install::{
    Scheduled, Scheduler, SchedulerPlaces, Step, Task, carry_out, find_scheduler, plan_schedule, plan_unschedule,
    scheduled,
};

/// Minutes between two runs when nothing else is said.
pub(super) const MINUTES: u32 = 15;

/// Arguments of `schedule`.
#[derive(Args)]
pub(super) struct ScheduleArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Run the worker at intervals
    Install {
        /// Minutes between two runs
        #[arg(long, value_name = "MINUTES", default_value_t = MINUTES, value_parser = clap::value_parser!(u32).range(1..=60))]
        every: u32,
        /// By this scheduler: systemd, launchd, cron [default: what the system has]
        #[arg(long, value_name = "NAME")]
        with: Option<Scheduler>,
        /// Print what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Run it no more
    Remove {
        /// Print what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say whether and by what it is run
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &ScheduleArgs, app: &App) -> anyhow::Result<()> {
    match &args.action {
        Action::Install { every, with, dry_run } => print_line(install(app, *every, *with, *dry_run)?),
        Action::Remove { dry_run } => print_line(remove(*dry_run)?),
        Action::Status { json } => status(app, *json)?,
    }
    Ok(())
}

/// Schedules the worker; says in one line what was done.
pub(super) fn install(app: &App, every: u32, with: Option<Scheduler>, dry_run: bool) -> anyhow::Result<String> {
    let (task, places) = (task(app, every)?, places()?);
    let scheduler = with.map_or_else(|| find_scheduler(&places), Ok)?;
    let others = Scheduler::ALL.iter().filter(|&&other| other != scheduler);
    let mut steps = Vec::new();
    for other in others {
        steps.extend(plan_unschedule(*other, &places)?);
    }
    if steps.is_empty() && scheduled(scheduler, &task, &places)? == Scheduled::Yes {
        return Ok(format!("{scheduler} runs the worker every {every} minutes already"));
    }
    steps.extend(plan_schedule(scheduler, &task, &places)?);
    if dry_run {
        show(&steps);
        return Ok("nothing was changed".to_owned());
    }
    carry_out(&steps, &places).with_context(|| format!("schedule the worker by {scheduler}"))?;
    Ok(format!("{scheduler} runs the worker every {every} minutes; `memory-lane schedule remove` ends that"))
}

/// Ends the schedule, whatever runs it; says in one line what was done.
pub(super) fn remove(dry_run: bool) -> anyhow::Result<String> {
    let places = places()?;
    let mut steps = Vec::new();
    for scheduler in Scheduler::ALL {
        steps.extend(plan_unschedule(*scheduler, &places)?);
    }
    if steps.is_empty() {
        return Ok("the worker is not scheduled".to_owned());
    }
    if dry_run {
        show(&steps);
        return Ok("nothing was changed".to_owned());
    }
    carry_out(&steps, &places).context("end the schedule of the worker")?;
    Ok("the worker is scheduled no more".to_owned())
}

fn show(steps: &[Step]) {
    for step in steps {
        print_text(&step.to_string());
    }
}

fn status(app: &App, as_json: bool) -> anyhow::Result<()> {
    let found = schedulers(app)?;
    if as_json {
        let named = |(scheduler, state): &(Scheduler, Scheduled)| json!({ "scheduler": scheduler.as_str(), "current": *state == Scheduled::Yes });
        return print_json(&json!({ "schedules": found.iter().map(named).collect::<Vec<_>>() }));
    }
    print_line(describe(&found));
    Ok(())
}

/// Who runs the worker, and whether as this program would have it with the usual interval.
pub(super) fn schedulers(app: &App) -> anyhow::Result<Vec<(Scheduler, Scheduled)>> {
    let (task, places) = (task(app, MINUTES)?, places()?);
    let mut found = Vec::new();
    for &scheduler in Scheduler::ALL {
        match scheduled(scheduler, &task, &places)? {
            Scheduled::No => {}
            state => found.push((scheduler, state)),
        }
    }
    Ok(found)
}

/// In one line for a person.
pub(super) fn describe(found: &[(Scheduler, Scheduled)]) -> String {
    let said: Vec<String> = found
        .iter()
        .map(|(scheduler, state)| match state {
            Scheduled::Yes => format!("{scheduler} runs the worker every {MINUTES} minutes"),
            _ => format!("{scheduler} runs the worker, at another interval or another copy of it"),
        })
        .collect();
    match said.as_slice() {
        [] if is_possible() => "not scheduled: `memory-lane schedule install`".to_owned(),
        [] => "not scheduled, and no systemd, launchd or cron is here to do it".to_owned(),
        said => said.join("; "),
    }
}

/// Whether the system has something that runs programs at intervals.
pub(super) fn is_possible() -> bool {
    places().is_ok_and(|places| find_scheduler(&places).is_ok())
}

/// The worker, with the variables that a scheduler would not give it. By the link that setup made, if it did: the
/// program may be replaced by a later one elsewhere.
fn task(app: &App, minutes: u32) -> anyhow::Result<Task> {
    let link = app.paths.program_link();
    let program =
        if link.exists() { link } else { std::env::current_exe().context("find the path of this program")? };
    let program = program.into_os_string().into_string().map_err(|path| anyhow!("{path:?} is not UTF-8"))?;
    let mut variables = vec![("MEMORY_LANE_HOME".to_owned(), app.paths.home().to_string_lossy().into_owned())];
    variables.extend(agent_variables());
    Ok(Task { command: vec![program, WORKER_COMMAND.to_owned()], variables, minutes })
}

fn places() -> anyhow::Result<SchedulerPlaces> {
    let unknown = || anyhow!("no home directory is known; set HOME");
    Ok(SchedulerPlaces {
        home: etcetera::home_dir().map_err(|_| unknown())?,
        config: config_home().ok_or_else(unknown)?,
        search_path: variable("PATH"),
    })
}

//! `memory-lane catch`: finds memories in what was ingested.

mod plan;

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::plan::Plan;
use super::app::now;
use super::counted::{memories, sessions};
use super::distil::{self, Pace, Starter};
use super::worker::{self, Held};
use super::{App, print_json, print_line};
use crate::config::Backend;
use crate::model::Timestamp;
use crate::pipeline::{self, CatchReport, Meaning};
use crate::store::sqlite::SqliteStore;
use crate::store::{DistilFilter, MemoryStore, QueueStore};
use crate::text;

/// New memories after which their vectors are made: what is broken off lacks no more than these.
const EMBEDDED_AT_ONCE: usize = 64;
/// While waiting for the next session's time the queue is looked at so often.
const PAUSE_MS: i64 = 500;

/// Options of `memory-lane catch`.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct CatchArgs {
    /// Ingest first, then read the newest sessions first; run again, it goes on where it was broken off
    #[arg(long)]
    pub backfill: bool,
    /// Only sessions later than this: 30d, 12h, 2026-02-11, yesterday
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// At most so many sessions a minute
    #[arg(long, value_name = "SESSIONS", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// At most so many sessions in this run
    #[arg(long, value_name = "SESSIONS")]
    pub limit: Option<usize>,
    /// Who words the memories: rules, claude, anthropic, openai or ollama; all but rules send what was said to a model
    #[arg(long, value_name = "NAME")]
    pub distiller: Option<Backend>,
    /// Say what would be read, and what a distiller would cost, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Catches from everything not caught from yet, embeds what is new, and says in one line what came of it.
pub(super) fn run(args: &CatchArgs, app: &App) -> anyhow::Result<()> {
    let since = args.since.as_deref().map(|text| app.moment(text)).transpose()?;
    let mut store = app.open_store()?;
    let filter = DistilFilter { since, limit: args.limit, ..DistilFilter::default() };
    if args.dry_run {
        return dry_run(args, app, &mut store, since, &filter);
    }
    let (mut report, left) = worker::with_lease(app, &mut store, |store, held| {
        if args.backfill {
            let homes = worker::present_homes(store)?;
            pipeline::ingest(store, &homes, &app.excluded(), &mut |_| {}).context("ingest what is new")?;
        }
        let plan = Plan::new(store, since, args.backfill, args.limit)?;
        let report = read(&plan, args, app, held, store)?;
        Ok((report, plan.left_out))
    })?;
    let backend = args.distiller.unwrap_or_default();
    let pace = Pace { bar: bar(args.json, 0), pause: pause(args) };
    let distilled = distil::run(&mut store, app, backend, filter, Starter::Person, &pace)
        .with_context(|| format!("distil with {backend}; what the rules caught is stored"))?;
    if distilled.is_some() {
        embed(app, &mut store)?;
    }
    let meaning = Meaning::of(&app.paths, &app.settings.model);
    report.observed += pipeline::relate(&mut store, meaning.model(), &|text| meaning.vector(text))?.merged;
    store.tidy()?;
    match (&distilled, args.json) {
        (None, true) => print_json(&report)?,
        (Some(distilled), true) => print_json(&json!({"rules": report, "distiller": distilled}))?,
        (distilled, false) => {
            print_line(summary(&report, left));
            distilled.iter().map(distil::summary).for_each(print_line);
        }
    }
    if let Some(first) = report.failed.first() {
        bail!("{} not read: {}", sessions(report.failed.len()), text::one_line(first, 300));
    }
    Ok(())
}

/// What the rules would read, and what a distiller, or each, would cost.
fn dry_run(
    args: &CatchArgs,
    app: &App,
    store: &mut SqliteStore,
    since: Option<Timestamp>,
    filter: &DistilFilter,
) -> anyhow::Result<()> {
    let plan = Plan::new(store, since, args.backfill, args.limit)?.summary();
    let offers = distil::offers(store, app, args.distiller, filter)?;
    if args.json {
        return print_json(&json!({"rules": plan, "distillers": offers}));
    }
    print_line(plan);
    offers.iter().for_each(print_line);
    Ok(())
}

/// Reads what is planned. Whatever is asked of the worker meanwhile is done in between, as the lease is taken.
fn read(plan: &Plan, args: &CatchArgs, app: &App, held: &Held, store: &mut SqliteStore) -> anyhow::Result<CatchReport> {
    let bar = bar(args.json, plan.works.len());
    let pause = pause(args).as_millis() as i64;
    let (mut next, mut embedded) = (now().millis(), 0);
    let meaning = Meaning::of(&app.paths, &app.settings.model);
    let around = app.settings.context_messages;
    let report = pipeline::catch_from(store, &plan.works, &meaning, app.now, around, &mut |store, report| {
        bar.set_position((report.sessions + report.failed.len()) as u64);
        bar.set_message(memories(report.memories));
        if report.memories >= embedded + EMBEDDED_AT_ONCE {
            embedded = report.memories;
            embed(app, store)?;
        }
        loop {
            held.renew(store)?;
            if !store.queued()?.is_empty() {
                worker::serve(app, held, store, &plan.works)?;
            }
            let left = next - now().millis();
            if left <= 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(left.min(PAUSE_MS).unsigned_abs()));
        }
        next = now().millis() + pause;
        Ok(ControlFlow::Continue(()))
    });
    bar.finish_and_clear();
    let report = report.context("catch memories")?;
    embed(app, store)?;
    Ok(report)
}

fn embed(app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    pipeline::note_commands(store)?;
    pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})
        .context("the memories are stored, but not all their vectors")?;
    Ok(())
}

/// The time from one session to the next at the rate that was asked for.
fn pause(args: &CatchArgs) -> Duration {
    args.rate.map_or(Duration::ZERO, |rate| Duration::from_secs(60) / rate)
}

/// A bar on a terminal, nothing anywhere else.
fn bar(json: bool, sessions: usize) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(sessions as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} sessions, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn summary(report: &CatchReport, left: usize) -> String {
    let (read, added) = (sessions(report.sessions), memories(report.memories));
    let kinds: Vec<String> = report.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    let left = if left == 0 { String::new() } else { format!("; {} left for the next run", sessions(left)) };
    format!("read {read}, added {added}{kinds}{left}")
}

#[cfg(test)]
mod tests {
    use crate::model::MemoryKind;

    use super::*;

    #[test]
    fn the_summary_is_one_line() {
        let mut report = CatchReport { sessions: 1, ..CatchReport::default() };
        assert_eq!(summary(&report, 0), "read 1 session, added 0 memories");
        report.sessions = 12;
        report.memories = 3;
        report.by_kind = [(MemoryKind::Decision, 1), (MemoryKind::Correction, 2)].into();
        assert_eq!(summary(&report, 0), "read 12 sessions, added 3 memories: 1 decision, 2 correction");
        report.memories = 0;
        report.by_kind.clear();
        assert_eq!(summary(&report, 1), "read 12 sessions, added 0 memories; 1 session left for the next run");
    }
}

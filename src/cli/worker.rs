//! `worker`: what hooks leave to a detached process. One at a time, by a lease in the database.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;

use super::App;
use super::app::now;
use super::distil::{self, Starter};
use crate::config::{self, Backend};
use crate::hook::Journal;
use crate::model::Timestamp;
use crate::pipeline;
use crate::store::{DistilFilter, MemoryStore, RecallStore, spool};

/// How long a worker may hold the lease, in milliseconds: longer than any run over one session's new part.
const LEASE_MS: i64 = 10 * 60 * 1000;
/// The client writes a turn's last message up to 70 ms after it has called the hook.
const TRANSCRIPT_DELAY: Duration = Duration::from_millis(400);
const LEASE: &str = "worker";
/// A session without a record for so long has come to rest.
const SETTLED_AFTER_MS: i64 = 10 * 60 * 1000;
/// Older sessions are read when a person says so: `catch --distiller`.
const DISTILLED_FOR_MS: i64 = 7 * 24 * 3_600_000;

/// Arguments of `worker`.
#[derive(Args)]
pub(super) struct WorkerArgs {
    /// The transcript that has something new
    transcript: Option<PathBuf>,
}

pub(super) fn run(args: &WorkerArgs, app: &App) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        // Already the leader of a session when started by hand from a terminal's shell.
        let _already_leader = rustix::process::setsid();
    }
    if distil::is_child() {
        return Ok(());
    }
    std::thread::sleep(TRANSCRIPT_DELAY);
    let result = work(args, app);
    if let Err(error) = &result {
        Journal::new(&app.paths).log(now(), &format!("worker: {error:#}"));
    }
    result
}

fn work(args: &WorkerArgs, app: &App) -> anyhow::Result<()> {
    let mut store = app.open_store()?;
    let holder = std::process::id().to_string();
    if !store.take_lease(LEASE, &holder, now(), LEASE_MS)? {
        return Ok(());
    }
    let result = catch_up(args, app, &mut store);
    store.release_lease(LEASE, &holder)?;
    result
}

fn catch_up(args: &WorkerArgs, app: &App, store: &mut crate::store::sqlite::SqliteStore) -> anyhow::Result<()> {
    spool::take_in(&app.paths.spool(), store)?;
    let homes = config::agent_homes().into_iter().map(|home| home.path);
    let mut roots: Vec<PathBuf> = homes.filter(|home| home.is_dir()).collect();
    roots.extend(args.transcript.clone());
    // What came in while this worker was busy is taken along, as the hook that announced it found the lease taken.
    loop {
        let report = pipeline::ingest(store, &roots, &app.excluded(), &mut |_| {})?;
        if report.files_read == 0 {
            break;
        }
        pipeline::catch(store, now(), &mut |_, _| {})?;
        pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    }
    distil_settled(app, store)?;
    store.tidy()?;
    Ok(())
}

/// Lets the distiller of the settings, if there is one, read sessions that nobody is in the middle of.
fn distil_settled(app: &App, store: &mut crate::store::sqlite::SqliteStore) -> anyhow::Result<()> {
    if app.settings.distiller.backend == Backend::Rules {
        return Ok(());
    }
    let at = |ago_ms: i64| Some(Timestamp(now().millis() - ago_ms));
    let filter = DistilFilter { since: at(DISTILLED_FOR_MS), quiet_since: at(SETTLED_AFTER_MS) };
    let backend = app.settings.distiller.backend;
    // A distiller that cannot work is no reason to leave the rest undone: the rules have caught what they catch.
    let why = match distil::run(store, app, backend, filter, Starter::Worker, &ProgressBar::hidden()) {
        Ok(report) => report.and_then(|report| report.stopped),
        Err(error) => Some(format!("{error:#}")),
    };
    if let Some(why) = why {
        Journal::new(&app.paths).log(now(), &format!("{backend}: {why}"));
    }
    pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    Ok(())
}

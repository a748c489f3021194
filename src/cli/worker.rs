//! `worker`: what hooks leave to a detached process. One at a time, by a lease in the database.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::App;
use super::app::now;
use crate::config;
use crate::hook::Journal;
use crate::pipeline;
use crate::store::{MemoryStore, RecallStore, spool};

/// How long a worker may hold the lease, in milliseconds: longer than any run over one session's new part.
const LEASE_MS: i64 = 10 * 60 * 1000;
/// The client writes a turn's last message up to 70 ms after it has called the hook.
const TRANSCRIPT_DELAY: Duration = Duration::from_millis(400);
const LEASE: &str = "worker";

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
        let report = pipeline::ingest(store, &roots, &app.settings.excluded, &mut |_| {})?;
        if report.files_read == 0 {
            break;
        }
        pipeline::catch(store, now(), &mut |_, _| {})?;
        pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
        pipeline::note_commands(store)?;
        pipeline::judge_uses(store)?;
    }
    if let Err(error) = pipeline::take_in_names(store, &app.settings.entity_sources) {
        Journal::new(&app.paths).log(now(), &format!("worker: {error:#}"));
    }
    store.tidy()?;
    Ok(())
}

//! `worker`: what hooks and the scheduler leave to a detached process. One at a time, by a lease in the database.

mod lease;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::App;
use super::app::now;
use super::distil::{self, Pace, Starter};
use crate::catcher::VERSION;
use crate::config::Backend;
use crate::hook::Journal;
use crate::model::{Occasion, SessionId, Timestamp};
use crate::pipeline::{self, CatchReport, Meaning};
use crate::store::sqlite::SqliteStore;
use crate::store::{
    CatchWork, DistilFilter, MemoryStore, QueueStore, Queued, Request, SessionStore, StoreError, WorkerRun, spool,
};
use crate::trace;

pub(super) use lease::{Held, at_work};

/// The client writes a turn's last message up to 70 ms after it has called the hook.
const TRANSCRIPT_DELAY_MS: i64 = 400;
/// All agents' homes are looked through at least so often while one of them is at work.
const LOOK_AROUND_MS: i64 = 5 * 60 * 1000;
/// So often a request is tried to be written down; each attempt waits five seconds for the lock.
const ATTEMPTS: u32 = 12;
/// A session without a record for so long has come to rest.
const SETTLED_AFTER_MS: i64 = 10 * 60 * 1000;
/// Older sessions are distilled when a person says so: `catch --distiller`.
const DISTILLED_FOR_MS: i64 = 7 * 24 * 3_600_000;

/// Arguments of `worker`.
#[derive(Args)]
pub(super) struct WorkerArgs {
    /// What happened: stop, end, compact, start, schedule
    #[arg(long, default_value = "schedule")]
    occasion: Occasion,
    /// In which session
    #[arg(long)]
    session: Option<String>,
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
    let result = work(args, app);
    if let Err(error) = &result {
        Journal::new(&app.paths).log(now(), &format!("worker: {error:#}"));
    }
    result
}

/// Writes the request down before it tries for the lease: who has it sees the request before the lease is given back, or
/// looks again afterwards. So no request is left lying, and none needs a second process.
fn work(args: &WorkerArgs, app: &App) -> anyhow::Result<()> {
    let mut store = ask(args, app)?;
    serve_waiting(app, &mut store)
}

/// Serves what waits for as long as nobody else does.
fn serve_waiting(app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    while !store.queued()?.is_empty()
        && let Some(held) = Held::take(store, &app.paths.worker_lock())?
    {
        let served = serve(app, &held, store, &[]);
        held.release(store)?;
        served?;
    }
    Ok(())
}

/// Writes the request down. Nobody waits for this process, so it waits for whoever writes for long.
fn ask(args: &WorkerArgs, app: &App) -> anyhow::Result<SqliteStore> {
    let request = Request {
        occasion: args.occasion,
        session: args.session.clone().map(SessionId),
        transcript: args.transcript.as_ref().map(|path| path.to_string_lossy().into_owned()),
        at: app.now,
    };
    let mut attempts = 0;
    loop {
        attempts += 1;
        let asked = app.open_store().and_then(|mut store| {
            store.enqueue(&request)?;
            Ok(store)
        });
        match asked {
            Err(error) if attempts < ATTEMPTS && is_locked(&error) => {}
            other => return other,
        }
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Locked { .. }))
}

/// Does something under the lease, waiting for it if need be, and afterwards what was asked of the worker meanwhile.
pub(super) fn with_lease<T>(
    app: &App,
    store: &mut SqliteStore,
    task: impl FnOnce(&mut SqliteStore, &Held) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let held = Held::take_patiently(store, &app.paths.worker_lock())?;
    let done = task(store, &held);
    let served = serve(app, &held, store, &[]);
    held.release(store)?;
    // Whoever asked between the last look at the queue and the release found the lease taken, and has gone.
    let served = served.and_then(|()| serve_waiting(app, store));
    if let Err(error) = served {
        Journal::new(&app.paths).log(now(), &format!("worker: {error:#}"));
    }
    done
}

/// The homes of the agents that are on this machine, and what others keep beside the code of projects that are known.
pub(super) fn present_homes(store: &SqliteStore) -> anyhow::Result<Vec<PathBuf>> {
    let homes = trace::homes().into_iter().filter(|home| home.path.is_dir());
    Ok(homes.chain(trace::homes_beside(&store.project_roots()?)).map(|home| home.path).collect())
}

/// Serves requests until none waits; `planned` sessions are left to whoever is about to read them.
pub(super) fn serve(app: &App, held: &Held, store: &mut SqliteStore, planned: &[CatchWork]) -> anyhow::Result<()> {
    loop {
        let requests = store.queued()?;
        let Some(last) = requests.last() else { return Ok(()) };
        await_transcripts(&requests);
        held.renew(store)?;
        let started_at = now();
        let done = catch_up(&requests, app, held, store, planned);
        let run = run_of(&requests, started_at, &done);
        store.note_run(&run)?;
        done?;
        store.served(last.id)?;
        store.tidy()?;
    }
}

/// What one round came to.
struct Done {
    looked_everywhere: bool,
    files: u64,
    caught: CatchReport,
}

fn catch_up(
    requests: &[Queued],
    app: &App,
    held: &Held,
    store: &mut SqliteStore,
    planned: &[CatchWork],
) -> anyhow::Result<Done> {
    spool::take_in(&app.paths.spool(), store)?;
    let looked_everywhere = must_look_around(requests, store)?;
    let roots = roots(requests, if looked_everywhere { present_homes(store)? } else { Vec::new() });
    let ingested = pipeline::ingest(store, &roots, &app.excluded(), &mut |_| {})?;
    let closed = closed(requests);
    let mut works = due(&closed, store)?;
    works.retain(|work| planned.iter().all(|one| one.session != work.session));
    let meaning = Meaning::of(&app.paths, &app.settings.model);
    let caught =
        pipeline::catch_from(store, &works, &meaning, now(), app.settings.context_messages, &mut |store, _| {
            held.renew(store)?;
            Ok(ControlFlow::Continue(()))
        })?;
    held.renew(store)?;
    pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    store.index_steps()?;
    held.renew(store)?;
    let ready = works.iter().map(|work| &work.session).chain(closed).cloned().collect();
    distil_due(app, store, ready)?;
    pipeline::relate(store, meaning.model(), &|text| meaning.vector(text))?;
    pipeline::note_commands(store)?;
    pipeline::judge_uses(store)?;
    if pipeline::bear_out(store, now())? > 0 {
        pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    }
    if let Err(error) = pipeline::take_in_names(store, &app.settings.entity_sources) {
        Journal::new(&app.paths).log(now(), &format!("worker: {error:#}"));
    }
    Ok(Done { looked_everywhere, files: ingested.files_read, caught })
}

/// The youngest request's transcript may lack its last message yet.
fn await_transcripts(requests: &[Queued]) {
    let youngest = requests.iter().map(|queued| queued.request.at.millis()).max().unwrap_or_default();
    let left = (youngest + TRANSCRIPT_DELAY_MS - now().millis()).clamp(0, TRANSCRIPT_DELAY_MS);
    std::thread::sleep(Duration::from_millis(left.unsigned_abs()));
}

/// Looking through all homes costs a look at every file, so not every turn does it.
fn must_look_around(requests: &[Queued], store: &SqliteStore) -> anyhow::Result<bool> {
    if requests.iter().any(|queued| queued.request.occasion.looks_everywhere()) {
        return Ok(true);
    }
    let last = store.runs()?.into_iter().find(|run| run.looked_everywhere).map(|run| run.started_at.millis());
    Ok(last.is_none_or(|last| (now().millis() - last).abs() >= LOOK_AROUND_MS))
}

/// What is ingested: these places, and the transcripts named with their sub-agents'.
fn roots(requests: &[Queued], mut roots: Vec<PathBuf>) -> Vec<PathBuf> {
    for transcript in requests.iter().filter_map(|queued| queued.request.transcript.as_deref()).map(Path::new) {
        // A client that keeps no session names a file that never comes to be.
        if transcript.is_file() {
            let own_directory = transcript.with_extension("");
            roots.extend(own_directory.is_dir().then_some(own_directory));
            roots.push(transcript.to_owned());
        }
    }
    roots
}

/// The sessions that ended, or are about to be compacted.
fn closed(requests: &[Queued]) -> Vec<&SessionId> {
    let closing = requests.iter().map(|queued| &queued.request).filter(|request| request.occasion.closes());
    closing.filter_map(|request| request.session.as_ref()).collect()
}

/// The sessions whose turn has come.
fn due(closed: &[&SessionId], store: &SqliteStore) -> anyhow::Result<Vec<CatchWork>> {
    let waiting = store.waiting(VERSION)?.into_iter();
    let due = waiting.filter(|one| pipeline::due(one, closed.contains(&&one.work.session), now()).is_some());
    Ok(due.map(|one| one.work).collect())
}

fn run_of(requests: &[Queued], started_at: Timestamp, done: &anyhow::Result<Done>) -> WorkerRun {
    let mut occasions: Vec<&str> = requests.iter().map(|queued| queued.request.occasion.as_str()).collect();
    occasions.sort_unstable();
    occasions.dedup();
    let mut run = WorkerRun {
        occasions: occasions.join(" "),
        started_at,
        ended_at: now(),
        looked_everywhere: false,
        files: 0,
        sessions: 0,
        memories: 0,
        failure: None,
    };
    match done {
        Ok(done) => {
            run.looked_everywhere = done.looked_everywhere;
            run.files = done.files;
            run.sessions = done.caught.sessions;
            run.memories = done.caught.memories;
            run.failure = done.caught.failed.first().cloned();
        }
        Err(error) => run.failure = Some(format!("{error:#}")),
    }
    run
}

/// Lets the distiller of the settings, if there is one, read what the rules have just read, and sessions that nobody is in
/// the middle of.
fn distil_due(app: &App, store: &mut SqliteStore, ready: Vec<SessionId>) -> anyhow::Result<()> {
    if app.settings.distiller.backend == Backend::Rules {
        return Ok(());
    }
    let at = |ago_ms: i64| Some(Timestamp(now().millis() - ago_ms));
    let filter = DistilFilter { since: at(DISTILLED_FOR_MS), quiet_since: at(SETTLED_AFTER_MS), ready, limit: None };
    let backend = app.settings.distiller.backend;
    let log = |why: &str| Journal::new(&app.paths).log(now(), &format!("{backend}: {why}"));
    // A distiller that cannot work is no reason to leave the rest undone: the rules have caught what they catch.
    let pace = Pace::default();
    let why = match distil::run(store, app, backend, filter.clone(), Starter::Worker, &pace) {
        Ok(report) => report.and_then(|report| report.stopped),
        Err(error) => Some(format!("{error:#}")),
    };
    if let Some(why) = &why {
        log(why);
    }
    if app.settings.auto_title && why.is_none() {
        match distil::name_sessions(store, app, &filter) {
            Ok(report) => report.and_then(|report| report.stopped).iter().for_each(|why| log(why)),
            Err(error) => log(&format!("{error:#}")),
        }
    }
    pipeline::embed(store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    Ok(())
}

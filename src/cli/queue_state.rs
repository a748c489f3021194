//! How the worker's queue stands, for `status` and `doctor`.

use serde::Serialize;

use super::counted;
use super::schedule;
use super::worker::at_work;
use super::{App, app::now};
use crate::catcher::VERSION;
use crate::install::{Scheduled, Scheduler};
use crate::pipeline;
use crate::store::{Lease, QueueStore, WorkerRun};

/// The queue at a moment.
#[derive(Serialize)]
pub(super) struct QueueState {
    /// Sessions with something not caught from.
    waiting: usize,
    /// Those of them whose turn has come.
    due: usize,
    /// Requests that no worker has served.
    requests: usize,
    /// Who is at work, if anybody is.
    pub(super) at_work: Option<Lease>,
    /// The latest run.
    pub(super) last_run: Option<WorkerRun>,
    /// Runs on record, and how many of them failed.
    runs: usize,
    failed: usize,
    /// What the latest failure said.
    pub(super) failure: Option<String>,
    /// Whether the latest run failed.
    pub(super) fails: bool,
}

impl QueueState {
    pub(super) fn of(app: &App, store: &dyn QueueStore) -> anyhow::Result<Self> {
        let waiting = store.waiting(VERSION)?;
        let runs = store.runs()?;
        Ok(Self {
            due: waiting.iter().filter(|one| pipeline::due(one, false, now()).is_some()).count(),
            waiting: waiting.len(),
            requests: store.queued()?.len(),
            at_work: at_work(store, &app.paths.worker_lock())?,
            failed: runs.iter().filter(|run| run.failure.is_some()).count(),
            failure: runs.iter().find_map(|run| run.failure.clone()),
            fails: runs.first().is_some_and(|run| run.failure.is_some()),
            runs: runs.len(),
            last_run: runs.into_iter().next(),
        })
    }

    /// The worker has much to do and nobody does it.
    pub(super) fn is_stuck(&self) -> bool {
        self.due > 0 && self.at_work.is_none()
    }

    /// What there is to do, and who does it.
    pub(super) fn backlog(&self) -> String {
        let who = match &self.at_work {
            Some(lease) => format!("process {} is at work", lease.holder),
            None => "no worker is running".to_owned(),
        };
        let waiting = counted::sessions(self.waiting);
        let requests = counted::counted(self.requests, "request", "requests");
        format!("{waiting} to catch from, {} of them due, {requests}; {who}", self.due)
    }

    /// What was done last.
    pub(super) fn last(&self) -> String {
        let Some(run) = &self.last_run else { return "the worker has not run yet".to_owned() };
        let millis = run.ended_at.millis() - run.started_at.millis();
        format!(
            "{} after {}, {millis} ms, {}, {}, {}; {} of {} failed",
            run.ended_at,
            run.occasions,
            counted::files(run.files),
            counted::sessions(run.sessions),
            counted::memories(run.memories),
            self.failed,
            counted::counted(self.runs, "run", "runs")
        )
    }
}

/// Who runs the worker at intervals; what cannot be told is no failure of `status`.
pub(super) fn schedule_line(app: &App) -> String {
    let found: anyhow::Result<Vec<(Scheduler, Scheduled)>> = schedule::schedulers(app);
    found.map_or_else(|error| format!("unknown: {error:#}"), |found| schedule::describe(&found))
}

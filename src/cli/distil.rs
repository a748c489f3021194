//! What `catch` and the worker share when a language model words memories.

use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde::Serialize;

use super::App;
use super::app::now;
use super::counted::{counted, memories, sessions};
use crate::config::{Backend, CHILD, variable};
use crate::distiller::{Clock, DeadLetters, Estimate, Gate, Price, Prompt, default_model, distiller, price_of};
use crate::model::{SessionId, Timestamp};
use crate::pipeline::{self, DistilReport, Distilling, TitleReport, Titled};
use crate::store::sqlite::SqliteStore;
use crate::store::{DistilFilter, MemoryStore};

/// Calls for titles in one run of the worker: what the user decides is worth more of the budget than what it is called.
const MOST_TITLES: usize = 4;

/// The clock and the calendar of this machine.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Who started it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Starter {
    /// A person, who has seen to whatever was wrong with the key.
    Person,
    /// The worker.
    Worker,
}

/// Whether this process works for a distiller's client, so that it must not start another.
pub(super) fn is_child() -> bool {
    variable(CHILD).is_some()
}

/// How a run goes on from session to session.
pub(super) struct Pace {
    /// Shows how far it is.
    pub(super) bar: ProgressBar,
    /// Time between the starts of two sessions, at least.
    pub(super) pause: Duration,
}

impl Default for Pace {
    /// As fast as the budget allows, and shown to nobody.
    fn default() -> Self {
        Self { bar: ProgressBar::hidden(), pause: Duration::ZERO }
    }
}

impl Pace {
    /// Says that so many sessions are done, and waits until it is the next one's time.
    fn step(&self, done: usize, all: usize, started_at: &mut Timestamp) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        if done > 0 && done < all {
            let passed = now().millis() - started_at.millis();
            std::thread::sleep(self.pause.saturating_sub(Duration::from_millis(passed.unsigned_abs())));
        }
        *started_at = now();
    }
}

/// Lets the backend read what matches; nothing to do for the rules.
pub(super) fn run(
    store: &mut SqliteStore,
    app: &App,
    backend: Backend,
    filter: DistilFilter,
    starter: Starter,
    pace: &Pace,
) -> anyhow::Result<Option<DistilReport>> {
    if backend == Backend::Rules {
        return Ok(None);
    }
    let prompt = prompt(app)?;
    behind_gate(store, app, backend, starter, |store, gate| {
        let run = Distilling {
            gate,
            prompt: &prompt,
            letters: &DeadLetters::at(app.paths.dead_letters()),
            filter,
            holder: &std::process::id().to_string(),
            around: app.settings.context_messages,
        };
        let mut started_at = now();
        let report = pipeline::distil(store, &run, &mut |done, all| pace.step(done, all, &mut started_at))?;
        pace.bar.finish_and_clear();
        Ok(report)
    })
}

/// Names settled sessions that have no title of their own; nothing to do for the rules.
pub(super) fn name_sessions(
    store: &mut SqliteStore,
    app: &App,
    filter: &DistilFilter,
) -> anyhow::Result<Option<TitleReport>> {
    behind_gate(store, app, app.settings.distiller.backend, Starter::Worker, |store, gate| {
        pipeline::title_sessions(store, &gate, filter, MOST_TITLES)
    })
}

/// Has one session named, because a person wants that.
pub(super) fn name_session(
    store: &mut SqliteStore,
    app: &App,
    backend: Backend,
    id: &SessionId,
) -> anyhow::Result<Titled> {
    let titled =
        behind_gate(store, app, backend, Starter::Person, |store, gate| pipeline::title_session(store, &gate, id))?;
    titled.context("no distiller is set: name one, as in `--distil=claude`, or set distiller.backend in config.json")
}

/// Does something with the way to a distiller; nothing for the rules, which have none.
fn behind_gate<T>(
    store: &mut SqliteStore,
    app: &App,
    backend: Backend,
    starter: Starter,
    task: impl FnOnce(&mut SqliteStore, Gate<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    if backend == Backend::Rules {
        return Ok(None);
    }
    if is_child() {
        bail!("this process was started by a distiller's client; it must not call one itself");
    }
    let settings = &app.settings.distiller;
    let Some(distiller) = distiller(backend, settings, &app.paths)? else { return Ok(None) };
    let gate = Gate { distiller: &*distiller, settings, clock: &Wall };
    if starter == Starter::Person {
        gate.lift_denial(store)?;
    }
    task(store, gate).map(Some)
}

fn prompt(app: &App) -> anyhow::Result<Prompt> {
    let own = app.paths.distiller_prompt();
    Prompt::load(&own).with_context(|| format!("read the prompt {}", own.display()))
}

/// What one backend would take.
#[derive(Serialize)]
pub(super) struct Offer {
    distiller: &'static str,
    model: Option<String>,
    #[serde(flatten)]
    estimate: Estimate,
    /// None where no price is known.
    dollars: Option<f64>,
    /// Hours at least, within the budget; none where the budget forbids every call.
    hours: Option<u64>,
}

/// What reading what matches would take with `backend`, or with each. Sends nothing.
pub(super) fn offers(
    store: &mut SqliteStore,
    app: &App,
    backend: Option<Backend>,
    filter: &DistilFilter,
) -> anyhow::Result<Vec<Offer>> {
    let estimate = pipeline::estimate(store, filter, &prompt(app)?)?;
    store.tidy()?;
    let settings = &app.settings.distiller;
    let offer = |backend: Backend| {
        let own = settings.model.clone().filter(|_| settings.backend == backend);
        let model = own.or_else(|| default_model(backend).map(str::to_owned));
        let estimate = if backend == Backend::Rules {
            Estimate { calls: 0, input_tokens: 0, output_tokens: 0, ..estimate }
        } else {
            estimate
        };
        let price = price_of(backend, model.as_deref().unwrap_or_default());
        Offer {
            distiller: backend.as_str(),
            model,
            estimate,
            dollars: price.map(|price| estimate.dollars(price)),
            hours: hours(estimate, price, app),
        }
    };
    Ok(backend.map_or_else(|| Backend::ALL.to_vec(), |backend| vec![backend]).into_iter().map(offer).collect())
}

/// By the tightest limit of the budget.
fn hours(estimate: Estimate, price: Option<Price>, app: &App) -> Option<u64> {
    let limits = &app.settings.distiller;
    let tokens = estimate.input_tokens + estimate.output_tokens;
    let within = |needed: u64, most: u64, unit: u64| {
        if needed == 0 { Some(0) } else { (most > 0).then(|| (needed.div_ceil(most) - 1) * unit + 1) }
    };
    let microdollars = price.map_or(0, |price| (estimate.dollars(price) * 1e6) as u64);
    let limit = (limits.dollars_per_day * 1e6) as u64;
    let all = [
        within(estimate.calls, limits.calls_per_hour, 1)?,
        within(estimate.calls, limits.calls_per_day, 24)?,
        within(tokens, limits.tokens_per_hour, 1)?,
        within(tokens, limits.tokens_per_day, 24)?,
        within(microdollars, limit, 24)?,
    ];
    all.into_iter().max()
}

impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Estimate { sessions, calls, input_tokens, output_tokens } = self.estimate;
        let model = self.model.as_deref().unwrap_or(if calls == 0 { "no model" } else { "a model of your choice" });
        let cost = self.dollars.map_or_else(|| "price unknown".to_owned(), |dollars| format!("${dollars:.2}"));
        let time = match self.hours {
            Some(0) => String::new(),
            Some(hours) => format!(", {hours} h or more within the budget"),
            None => ", which the budget forbids".to_owned(),
        };
        write!(
            f,
            "{:9} {model}: {sessions} sessions, {calls} calls, {input_tokens} tokens sent and about {output_tokens} received, {cost}{time}",
            self.distiller
        )
    }
}

/// What came of a run, in one line.
pub(super) fn summary(report: &DistilReport) -> String {
    let mut line = format!(
        "distilled {} of {}: {}",
        counted(report.windows, "window", "windows"),
        sessions(report.sessions),
        memories(report.memories)
    );
    let mut also = |count: usize, what: &str| {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    };
    also(report.quarantined, "of them to be looked at first");
    also(report.observed, "seen again");
    also(report.superseded, "older ones replaced");
    also(report.rejected.values().sum(), "claims not proved");
    also(report.dead_letters, "dead letters");
    if let Some(why) = &report.stopped {
        line.push_str(&format!("; stopped: {why}"));
    }
    line
}

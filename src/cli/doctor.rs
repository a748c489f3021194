//! `doctor`: is everything as it should be, and what to do where it is not.

mod distiller;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::error::Said;
use super::queue_state::{QueueState, schedule_line};
use super::{App, print_json, print_line};
use crate::config::{Paths, SettingsError, agent_home};
use crate::embed::{self, LeanEmbedder};
use crate::hook::read_timings;
use crate::store::sqlite::SqliteStore;
use crate::store::{MemoryStore, RecallStore, Scope, SessionStore, StoreError};
use crate::{install, text};

/// Arguments of `doctor`.
#[derive(Args)]
pub(super) struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing looked at.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    /// What was found.
    found: String,
    /// What to do about it; empty when all is well.
    advice: String,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// Works, but with less than it could.
    Reduced,
    Broken,
}

/// `unusable`: why the settings are the defaults, and not the person's.
pub(super) fn run(args: &DoctorArgs, app: &App, unusable: Option<&SettingsError>) -> anyhow::Result<()> {
    let mut checks = vec![check_home(&app.paths)];
    checks.extend(unusable.map(settings_check));
    checks.extend([check_store(app), check_model(app), check_plugin()]);
    checks.extend(check_records(app));
    checks.extend(check_queue(app));
    checks.push(good("schedule", schedule_line(app)));
    checks.push(check_hooks(app));
    checks.extend(distiller::check(app));
    checks.push(check_log(&app.paths));
    if args.json {
        let settings = unusable.is_none().then_some(&app.settings);
        print_json(&json!({ "checks": checks, "settings": settings }))?;
    } else {
        print(&checks, app, unusable.is_some())?;
    }
    if checks.iter().any(|check| check.state == State::Broken) { Err(Said.into()) } else { Ok(()) }
}

fn print(checks: &[Check], app: &App, unusable: bool) -> anyhow::Result<()> {
    for check in checks {
        let mark = match check.state {
            State::Good => "ok  ",
            State::Reduced => "less",
            State::Broken => "FAIL",
        };
        print_line(format_args!("{mark} {:9} {}", check.name, text::one_line(&check.found, 300)));
        if !check.advice.is_empty() {
            print_line(format_args!("     → {}", text::printable(&check.advice)));
        }
    }
    print_line("");
    let what = if unusable { "defaults, in place of" } else { "settings" };
    print_line(format_args!("{what} ({}):", app.paths.settings().display()));
    print_line(serde_json::to_string_pretty(&app.settings)?);
    Ok(())
}

fn good(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, state: State::Good, found: found.into(), advice: String::new() }
}

fn settings_check(error: &SettingsError) -> Check {
    Check {
        name: "settings",
        state: State::Broken,
        found: error.to_string(),
        advice: "put it right; until then hooks recall nothing, and nothing is ingested or caught".to_owned(),
    }
}

fn check_home(paths: &Paths) -> Check {
    let probe = paths.home().join(".write-test");
    let home = paths.home().display().to_string();
    match std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => good("home", home),
        Err(_) if !paths.home().exists() => Check {
            name: "home",
            state: State::Reduced,
            found: format!("{home} is not there yet"),
            advice: "run `memory-lane setup`".to_owned(),
        },
        Err(error) => Check {
            name: "home",
            state: State::Broken,
            found: format!("{home} cannot be written: {error}"),
            advice: "recall still works, but nothing is recorded; make the directory writable or set MEMORY_LANE_HOME"
                .to_owned(),
        },
    }
}

fn check_store(app: &App) -> Check {
    let path = app.paths.database();
    let looked = SqliteStore::open_for_hook(&path).and_then(|store| {
        let scope = Scope { project: None, before: app.now, not_session: None };
        store.standing(&scope, 1)?;
        store.counts(&app.settings.model)
    });
    match looked {
        Ok(counts) => good("store", format!("{} sessions, {} memories", counts.sessions, counts.memories)),
        Err(error @ StoreError::Missing { .. }) => Check {
            name: "store",
            state: State::Reduced,
            found: error.to_string(),
            advice: "run `memory-lane ingest` and `memory-lane catch`".to_owned(),
        },
        Err(error) => {
            Check { name: "store", state: State::Broken, found: error.to_string(), advice: store_advice(&error) }
        }
    }
}

fn store_advice(error: &StoreError) -> String {
    match error {
        StoreError::Newer { .. } => "install the version of memory-lane that wrote it, or a later one",
        StoreError::Older { .. } => "run `memory-lane ingest`; until then hooks recall nothing",
        StoreError::Corrupt { .. } => {
            "move the file away and ingest again; memories voted on or written by hand are only in an export"
        }
        _ => "look at the message; the file's owner and permissions are the usual cause",
    }
    .to_owned()
}

fn check_model(app: &App) -> Check {
    let pack = app.paths.models().join(&app.settings.model);
    let add = "run `memory-lane model add`";
    if !embed::is_installed(&pack) {
        return Check {
            name: "model",
            state: State::Reduced,
            found: format!("{} is not installed: recall goes by words, names and files alone", app.settings.model),
            advice: add.to_owned(),
        };
    }
    let tried =
        LeanEmbedder::open(&pack).and_then(|mut embedder| embedder.embed_limited("the quick check of a model", 16));
    match tried {
        Ok(vector) => good("model", format!("{}, {} dimensions", app.settings.model, vector.len())),
        Err(error) => Check {
            name: "model",
            state: State::Broken,
            found: format!("{error}: recall goes by words, names and files alone"),
            advice: add.to_owned(),
        },
    }
}

fn check_plugin() -> Check {
    let absent = |found: String| Check {
        name: "plugin",
        state: State::Reduced,
        found,
        advice: "run `memory-lane setup`, or install the plugin in the client".to_owned(),
    };
    let Some(settings) = agent_home().map(|home| home.join("settings.json")) else {
        return absent("the client's settings are not found".to_owned());
    };
    match install::enabled_plugin(&settings) {
        Ok(Some(id)) => good("plugin", format!("{id} is switched on in {}", settings.display())),
        Ok(None) => absent(format!("not switched on in {}", settings.display())),
        Err(error) => absent(error.to_string()),
    }
}

/// Records of transcripts that were not understood: kept as a count, none is lost from the transcript itself.
fn check_records(app: &App) -> Option<Check> {
    let skipped = SqliteStore::open_for_hook(&app.paths.database()).and_then(|store| store.skipped()).ok()?;
    let total: u64 = skipped.iter().map(|record| record.count).sum();
    let kinds: Vec<String> =
        skipped.iter().take(5).map(|record| format!("{} × {}", record.count, record.why)).collect();
    Some(good(
        "records",
        if total == 0 { "all understood".to_owned() } else { format!("{total} skipped: {}", kinds.join(", ")) },
    ))
}

/// The worker's queue. Without a store there is none, which is said already.
fn check_queue(app: &App) -> Option<Check> {
    let store = SqliteStore::open_for_hook(&app.paths.database()).ok()?;
    let state = QueueState::of(app, &store).ok()?;
    let found = format!("{}; last run: {}", state.backlog(), state.last());
    let advice = match &state.failure {
        Some(failure) if state.fails => format!("the latest run failed: {failure}"),
        _ if state.is_stuck() => "the next hook or `memory-lane catch` reads them".to_owned(),
        _ => return Some(good("queue", found)),
    };
    Some(Check { name: "queue", state: State::Reduced, found, advice })
}

fn check_hooks(app: &App) -> Check {
    let timings = read_timings(&app.paths);
    let Some(last) = timings.last() else {
        return Check {
            name: "hooks",
            state: State::Reduced,
            found: "none has run yet".to_owned(),
            advice: "send a prompt in a client with the plugin enabled".to_owned(),
        };
    };
    let degraded = timings.iter().filter(|timing| timing.degraded.is_some()).count();
    let found = format!("{} on record, {degraded} degraded, latest {} at {}", timings.len(), last.event, last.at);
    match timings.iter().rev().take(20).find_map(|timing| timing.degraded.clone()) {
        None => good("hooks", found),
        Some(why) => Check { name: "hooks", state: State::Reduced, found, advice: format!("lately: {why}") },
    }
}

fn check_log(paths: &Paths) -> Check {
    let log = std::fs::read_to_string(paths.log()).unwrap_or_default();
    match log.lines().last() {
        None => good("log", "empty"),
        Some(line) => {
            good("log", format!("{} lines in {}, latest: {line}", log.lines().count(), paths.log().display()))
        }
    }
}

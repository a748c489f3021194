//! `sources`: which agents are on this machine, where their sessions lie, and how much of them is taken in.

use std::collections::HashSet;
use std::path::Path;
use std::time::UNIX_EPOCH;

use clap::Args;
use serde::Serialize;

use super::{App, print_json, print_line};
use crate::config::{AgentHome, agent_homes};
use crate::model::{Agent, Timestamp};
use crate::store::SessionStore;
use crate::text::printable;
use crate::trace;

/// After how many days without change Claude Code deletes a session, unless its settings say otherwise.
const DEFAULT_CLEANUP_DAYS: i64 = 30;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Arguments of `sources`.
#[derive(Args)]
pub(super) struct SourcesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Sources {
    sources: Vec<Source>,
}

/// One agent's sessions.
#[derive(Serialize)]
struct Source {
    agent: Agent,
    path: String,
    found: bool,
    files: usize,
    ingested: usize,
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// After so many days without change the agent deletes a session.
    cleanup_days: Option<i64>,
    /// Whole days until it deletes the oldest; negative when that is overdue.
    oldest_deleted_in_days: Option<i64>,
}

pub(super) fn run(args: &SourcesArgs, app: &App) -> anyhow::Result<()> {
    let known = app.open_store()?.transcripts()?;
    let known: HashSet<&str> = known.iter().map(|state| state.path.as_str()).collect();
    let sources: Vec<Source> = agent_homes().iter().map(|home| source(home, &known, app.now)).collect();
    if args.json {
        return print_json(&Sources { sources });
    }
    for source in &sources {
        print_line(row(source));
    }
    Ok(())
}

fn source(home: &AgentHome, known: &HashSet<&str>, now: Timestamp) -> Source {
    let path = std::path::absolute(&home.path).unwrap_or_else(|_| home.path.clone());
    let files = if path.is_dir() { trace::discover_of(home.agent, &path) } else { Vec::new() };
    let mut changed: Vec<Timestamp> = files.iter().filter_map(|file| changed_at(file)).collect();
    changed.sort_unstable();
    let cleanup_days = (home.agent == Agent::ClaudeCode).then(|| cleanup_days(&path));
    Source {
        agent: home.agent,
        found: path.is_dir(),
        ingested: files.iter().filter(|file| file.to_str().is_some_and(|name| known.contains(name))).count(),
        files: files.len(),
        newest: changed.last().copied(),
        oldest: changed.first().copied(),
        cleanup_days,
        oldest_deleted_in_days: changed.first().zip(cleanup_days).map(|(oldest, days)| left(*oldest, days, now)),
        path: path.to_string_lossy().into_owned(),
    }
}

fn changed_at(file: &Path) -> Option<Timestamp> {
    let since = std::fs::metadata(file).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

/// `cleanupPeriodDays` of the settings in Claude Code's home.
fn cleanup_days(home: &Path) -> i64 {
    let settings = std::fs::read(home.join("settings.json")).ok();
    let settings = settings.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    settings.and_then(|settings| settings.get("cleanupPeriodDays")?.as_i64()).unwrap_or(DEFAULT_CLEANUP_DAYS)
}

/// Whole days, rounded down, until a session last changed at `oldest` is deleted.
fn left(oldest: Timestamp, days: i64, now: Timestamp) -> i64 {
    days.saturating_mul(DAY_MS).saturating_sub(now.millis() - oldest.millis()).div_euclid(DAY_MS)
}

fn row(source: &Source) -> String {
    let place = printable(&source.path);
    let agent = source.agent.as_str();
    if !source.found {
        return format!("{agent:12} not found     {place}");
    }
    let mut row = format!("{agent:12} {:>5} sessions  {place}", source.files);
    let mut also = |what: String| {
        row.push_str(", ");
        row.push_str(&what);
    };
    also(format!("{} taken in", source.ingested));
    if let Some(newest) = source.newest {
        also(format!("newest {}", newest.date()));
    }
    match (source.oldest_deleted_in_days, source.cleanup_days) {
        (Some(left), Some(days)) if left < 0 => also(format!("the oldest is due for deletion (kept {days} days)")),
        (Some(left), Some(days)) => also(format!("the oldest is deleted in {left} days (kept {days} days)")),
        _ => {}
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_until_deletion_are_whole_days() {
        let check = |oldest_days: f64, expected: i64| {
            let now = Timestamp(100 * DAY_MS);
            let oldest = Timestamp(now.millis() - (oldest_days * DAY_MS as f64) as i64);
            assert_eq!(left(oldest, 30, now), expected, "{oldest_days}");
        };
        check(0.0, 30);
        check(0.5, 29);
        check(29.5, 0);
        check(30.5, -1);
    }
}

//! `sources`: which agents are on this machine, where their sessions lie, and how much of them is taken in.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::counted::{self, counted};
use super::{App, print_json, print_line};
use crate::config::{AgentHome, agent_home};
use crate::model::{Agent, Timestamp};
use crate::store::{SessionStore, TranscriptState};
use crate::text::printable;
use crate::trace;

/// After how many days without change Claude Code deletes a session, unless its settings say otherwise.
const DEFAULT_CLEANUP_DAYS: i64 = 30;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A session that is deleted within so many days is worth a word.
const SOON_DAYS: i64 = 7;

/// Arguments of `sources`.
#[derive(Args)]
pub(super) struct SourcesArgs {
    /// Also each file, with the days until its agent deletes it
    #[arg(long)]
    files: bool,
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
    /// Files with sessions; a database is one, with many.
    files: usize,
    /// Those taken in.
    ingested: usize,
    /// Those not taken in, or changed since.
    waiting: usize,
    /// Files taken in that are not there any more: what the store has of them is all there is.
    gone: usize,
    /// The agent's sessions in the store, wherever they came from.
    sessions: usize,
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// After so many days without change the agent deletes a session.
    cleanup_days: Option<i64>,
    /// Whole days until it deletes the oldest; negative when that is overdue.
    oldest_deleted_in_days: Option<i64>,
    /// How many it deletes within a week.
    deleted_soon: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Vec<SourceFile>>,
}

/// One file with sessions.
#[derive(Serialize)]
struct SourceFile {
    path: String,
    changed: Timestamp,
    /// Whether it is in the store as it is now.
    taken_in: bool,
    /// Whole days until the agent deletes it, if it does.
    deleted_in_days: Option<i64>,
}

pub(super) fn run(args: &SourcesArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    let known = store.transcripts()?;
    let known: HashMap<&str, &TranscriptState> = known.iter().map(|state| (state.path.as_str(), state)).collect();
    let homes = trace::homes().into_iter().chain(trace::homes_beside(&store.project_roots()?));
    let mut sources: Vec<Source> = homes.map(|home| source(&home, &known, app.now)).collect();
    if !args.files {
        sources.iter_mut().for_each(|source| source.each = None);
    }
    if args.json {
        return print_json(&Sources { sources });
    }
    for source in &sources {
        print_line(row(source));
        source.each.iter().flatten().for_each(|file| print_line(file_row(file)));
    }
    Ok(())
}

fn source(home: &AgentHome, known: &HashMap<&str, &TranscriptState>, now: Timestamp) -> Source {
    let path = std::path::absolute(&home.path).unwrap_or_else(|_| home.path.clone());
    let found = if path.exists() { trace::discover_of(home.agent, &path) } else { Vec::new() };
    let cleanup_days = (home.agent == Agent::ClaudeCode).then(cleanup_days);
    let mut each: Vec<SourceFile> =
        found.iter().filter_map(|file| source_file(file, known, cleanup_days, now)).collect();
    each.sort_unstable_by_key(|file| file.changed);
    let oldest = each.first().map(|file| file.changed);
    // A document's sessions have states of their own, which do not name the file.
    let of_agent = known.values().filter(|state| state.session.0.starts_with(&format!("{}/", home.agent.as_str())));
    Source {
        agent: home.agent,
        found: path.exists(),
        files: each.len(),
        ingested: each.iter().filter(|file| known.contains_key(file.path.as_str())).count(),
        gone: gone(&path, known),
        waiting: each.iter().filter(|file| !file.taken_in).count(),
        sessions: of_agent.map(|state| &state.session).collect::<HashSet<_>>().len(),
        newest: each.last().map(|file| file.changed),
        oldest,
        cleanup_days,
        oldest_deleted_in_days: oldest.zip(cleanup_days).map(|(oldest, days)| left(oldest, days, now)),
        deleted_soon: each.iter().filter(|file| file.deleted_in_days.is_some_and(|days| days < SOON_DAYS)).count(),
        path: path.to_string_lossy().into_owned(),
        each: Some(each),
    }
}

fn gone(place: &Path, known: &HashMap<&str, &TranscriptState>) -> usize {
    // The other sessions of a file are named after it.
    let is_other = |path: &str| path.rsplit_once('#').is_some_and(|(file, _)| known.contains_key(file));
    let here = known.keys().filter(|path| Path::new(path).starts_with(place) && !is_other(path));
    here.filter(|path| !Path::new(path).exists()).count()
}

fn source_file(
    file: &Path,
    known: &HashMap<&str, &TranscriptState>,
    cleanup_days: Option<i64>,
    now: Timestamp,
) -> Option<SourceFile> {
    let (size, mtime_ns) = trace::measure(file).ok()?;
    let path = file.to_string_lossy().into_owned();
    let changed = Timestamp(mtime_ns / 1_000_000);
    Some(SourceFile {
        taken_in: known.get(path.as_str()).is_some_and(|state| state.size == size && state.mtime_ns == mtime_ns),
        deleted_in_days: cleanup_days.map(|days| left(changed, days, now)),
        changed,
        path,
    })
}

/// `cleanupPeriodDays` of the settings in Claude Code's home.
fn cleanup_days() -> i64 {
    let settings = agent_home().and_then(|home| std::fs::read(home.join("settings.json")).ok());
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
    let mut row = format!(
        "{agent:12} {:>5} {:5}  {place}, {} taken in, {}",
        source.files,
        if source.files == 1 { "file" } else { "files" },
        source.ingested,
        counted::sessions(source.sessions)
    );
    let mut also = |what: String| {
        row.push_str(", ");
        row.push_str(&what);
    };
    if source.waiting > 0 {
        also(format!("{} new or changed since: `memory-lane ingest` takes them in", source.waiting));
    }
    if source.gone > 0 {
        also(format!("{} kept here alone, their files are gone", source.gone));
    }
    if let Some(newest) = source.newest {
        also(format!("newest {}", newest.date()));
    }
    if let (Some(left), Some(days)) = (source.oldest_deleted_in_days, source.cleanup_days) {
        let kept = format!("(kept {days} days)");
        also(match left {
            ..0 => format!("the oldest is due for deletion {kept}"),
            left => format!("the oldest is deleted in {} {kept}", counted(left, "day", "days")),
        });
    }
    if source.deleted_soon > 1 {
        also(format!("{} within {SOON_DAYS} days", source.deleted_soon));
    }
    row
}

fn file_row(file: &SourceFile) -> String {
    let until = match file.deleted_in_days {
        None => String::new(),
        Some(..0) => "  due for deletion".to_owned(),
        Some(days) => format!("  deleted in {}", counted(days, "day", "days")),
    };
    let taken = if file.taken_in { "taken in" } else { "waiting " };
    format!("    {}  {taken}{until}  {}", file.changed.date(), printable(&file.path))
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

//! `recall --report`: what the hooks injected, and what they would have injected in shadow mode.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;

use crate::cli::{App, counted, print_json, print_line};
use crate::hook::read_timings;
use crate::model::percent;
use crate::store::sqlite::SqliteStore;
use crate::store::{MemoryStore, RecallFilter, RecallRow, RecallStore};
use crate::text;

/// Recalls that a report for people names; JSON has all.
const MOST_SHOWN: usize = 50;

pub(super) fn run(store: &SqliteStore, as_json: bool, app: &App) -> anyhow::Result<()> {
    let rows = rows(store)?;
    let mut hooks: BTreeMap<String, usize> = BTreeMap::new();
    for timing in read_timings(&app.paths) {
        *hooks.entry(timing.event).or_default() += 1;
    }
    let given: HashSet<_> = rows.iter().map(|row| (&row.session, row.at)).collect();
    if as_json {
        return print_json(&json!({ "hooks": hooks, "given": given.len(), "recalls": rows }));
    }
    if hooks.is_empty() && rows.is_empty() {
        print_line("no hook has run yet");
        return Ok(());
    }
    let counts: Vec<String> = hooks.iter().map(|(event, count)| format!("{count} {event}")).collect();
    let different: HashSet<_> = rows.iter().map(|row| row.memory).collect();
    print_line(format_args!("hooks on record that had something to ask: {}", counts.join(", ")));
    print_line(format_args!(
        "{} of all hooks gave something or would have: {}, {} different",
        given.len(),
        counted::memories(rows.len()),
        different.len()
    ));
    for row in rows.iter().take(MOST_SHOWN) {
        show(row, store)?;
    }
    Ok(())
}

/// Latest first; in shadow mode nothing is claimed, so what a session would have been shown again is left out here.
fn rows(store: &SqliteStore) -> anyhow::Result<Vec<RecallRow>> {
    let mut rows = store.recalls(&RecallFilter { shadowed: true, ..RecallFilter::default() })?;
    rows.reverse();
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert((row.session.clone(), row.memory)));
    rows.extend(store.recalls(&RecallFilter { injected: true, ..RecallFilter::default() })?);
    rows.sort_by(|a, b| b.at.cmp(&a.at).then(a.memory.cmp(&b.memory)));
    Ok(rows)
}

fn show(row: &RecallRow, store: &SqliteStore) -> anyhow::Result<()> {
    let what = if row.outcome == "shadowed" { "would have been injected" } else { "injected" };
    let title = store.memory(row.memory)?.map(|memory| text::one_line(&memory.draft.title, 80)).unwrap_or_default();
    print_line(format_args!("{} {}: {}", row.at, row.event, text::one_line(&row.trigger, 80)));
    print_line(format_args!("    #{} {:.0} % {what}: {title}", row.memory, percent(row.score)));
    print_line(format_args!("    {}", text::one_line(&row.why, 120)));
    Ok(())
}

//! `timings`: where the hooks' time goes.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use super::counted::{counted, memories};
use super::{App, print_json, print_line};
use crate::hook::{StageTiming, read_timings};

/// Arguments of `timings`.
#[derive(Args)]
pub(super) struct TimingsArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A stage and how to read it from a timing.
type Stage = (&'static str, fn(&StageTiming) -> u64);

const STAGES: [Stage; 8] = [
    ("total", |t| t.total_us),
    ("read", |t| t.read_us),
    ("open", |t| t.open_us),
    ("lexical", |t| t.lexical_us),
    ("vector wait", |t| t.vector_wait_us),
    ("search", |t| t.search_us),
    ("rank", |t| t.rank_us),
    ("record", |t| t.record_us),
];

pub(super) fn run(args: &TimingsArgs, app: &App) -> anyhow::Result<()> {
    let timings = read_timings(&app.paths);
    if args.json {
        return print_json(&json!({ "timings": timings }));
    }
    if timings.is_empty() {
        print_line("no hook has run yet");
        return Ok(());
    }
    let mut by_event: BTreeMap<&str, Vec<&StageTiming>> = BTreeMap::new();
    for timing in &timings {
        by_event.entry(&timing.event).or_default().push(timing);
    }
    for (event, timings) in by_event {
        let injected: usize = timings.iter().map(|timing| timing.injected).sum();
        let degraded = timings.iter().filter(|timing| timing.degraded.is_some()).count();
        let hooks = counted(timings.len(), "hook", "hooks");
        print_line(format_args!("{event}: {hooks}, {} injected, {degraded} degraded", memories(injected)));
        for (stage, read) in STAGES {
            let mut values: Vec<u64> = timings.iter().map(|timing| read(timing)).collect();
            values.sort_unstable();
            print_line(format_args!(
                "  {stage:12} median {:>7.1} ms   p95 {:>7.1} ms",
                percentile(&values, 50),
                percentile(&values, 95)
            ));
        }
    }
    Ok(())
}

/// The value below which `percent` of the sorted microseconds lie, in milliseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let index = (sorted.len().saturating_sub(1)) * percent / 100;
    sorted.get(index).copied().unwrap_or_default() as f64 / 1000.0
}

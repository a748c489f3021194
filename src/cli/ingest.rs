//! `ingest`: takes transcripts into the store.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::app::App;
use super::counted::{self, counted};
use super::output::{print_json, print_line};
use super::worker;
use crate::pipeline::{IngestProgress, IngestReport, ingest};
use crate::text::printable;
use crate::trace;

/// Most files that could not be read which are named one by one.
const NAMED_FAILURES: usize = 5;

/// Take in new sessions.
#[derive(clap::Args, Debug)]
pub(super) struct IngestArgs {
    /// Transcripts or directories with them [default: the homes of all known agents, and what others keep in the directories of known projects]
    paths: Vec<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The report with the time it took.
#[derive(Serialize)]
struct Timed<'a> {
    #[serde(flatten)]
    report: &'a IngestReport,
    seconds: f64,
}

/// Takes in what the agents wrote since last time.
pub(super) fn run(args: &IngestArgs, app: &App) -> anyhow::Result<()> {
    let named = there(&args.paths)?;
    if named.is_empty() && trace::homes().is_empty() {
        bail!("no home directory is known; name a directory to ingest");
    }
    let started = Instant::now();
    let mut store = app.open_store()?;
    let roots = if named.is_empty() { worker::present_homes(&store)? } else { named };
    let bar = bar(args.json);
    let report = worker::with_lease(app, &mut store, |store, _| {
        ingest(store, &roots, &app.excluded(), &mut |progress| show(&bar, progress))
    })?;
    bar.finish_and_clear();
    let seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    if args.json {
        print_json(&Timed { report: &report, seconds })?;
    } else {
        print_line(summary(&report, seconds));
        for failure in report.unreadable.iter().take(NAMED_FAILURES) {
            print_line(format!("not read: {}", printable(failure)));
        }
    }
    if !args.paths.is_empty() && nothing_was_readable(&report) {
        bail!("nothing there is a session of an agent that is known; `memory-lane sources` names the agents");
    }
    Ok(())
}

/// Not one file that was named could be read as a session.
fn nothing_was_readable(report: &IngestReport) -> bool {
    report.files_seen > 0 && report.files_unrecognised + report.unreadable.len() as u64 >= report.files_seen
}

/// What a person names is there, or the name is wrong.
fn there(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    for path in paths {
        std::fs::metadata(path)
            .with_context(|| format!("cannot read {}; name a transcript or a directory with them", path.display()))?;
    }
    Ok(paths.to_vec())
}

/// A bar on a terminal, nothing anywhere else.
fn bar(json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: IngestProgress) {
    bar.set_length(progress.bytes_total);
    bar.set_position(progress.bytes_done);
    bar.set_message(format!("{}/{} files", progress.files_done, progress.files_total));
}

/// One line for a person.
fn summary(report: &IngestReport, seconds: f64) -> String {
    let mut parts = vec![
        counted(report.sessions_new, "new session", "new sessions"),
        format!("{} continued", report.sessions_updated),
        counted(report.messages, "message", "messages"),
        counted(report.tool_calls, "tool call", "tool calls"),
        format!("{} of {} read", report.files_read, counted::files(report.files_seen)),
        format!("{:.1} MB in {seconds:.1} s", report.bytes as f64 / 1e6),
    ];
    let mut also = |count: u64, one: &str, many: &str, what: &str| {
        if count > 0 {
            parts.push(format!("{} {what}", counted(count, one, many)));
        }
    };
    also(report.copies, "copy", "copies", "left out");
    also(report.redacted.values().sum(), "secret", "secrets", "taken out");
    also(report.skipped.values().sum(), "record", "records", "not understood");
    also(report.files_excluded, "file", "files", "of excluded projects");
    also(report.files_unrecognised, "file", "files", "of no known agent");
    also(report.unreadable.len() as u64, "file", "files", "unreadable");
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_only_what_there_is() {
        let mut report =
            IngestReport { sessions_new: 2, messages: 7, files_seen: 3, files_read: 2, ..IngestReport::default() };
        report.bytes = 1_500_000;
        assert_eq!(
            summary(&report, 0.25),
            "2 new sessions, 0 continued, 7 messages, 0 tool calls, 2 of 3 files read, 1.5 MB in 0.2 s"
        );
        report.files_unrecognised = 1;
        assert!(summary(&report, 0.25).ends_with(", 1 file of no known agent"));
        report.skipped.insert("not JSON".to_owned(), 3);
        assert!(summary(&report, 0.25).contains(", 3 records not understood, "));
        assert!(!nothing_was_readable(&report));
        report.files_unrecognised = 3;
        assert!(nothing_was_readable(&report));
    }
}

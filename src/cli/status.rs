//! `status`: how much there is.

use clap::Args;
use serde_json::json;

use super::queue_state::{QueueState, schedule_line};
use super::{App, print_json, print_line};
use crate::embed;
use crate::store::{MemoryStore, SessionStore};

/// Arguments of `status`.
#[derive(Args)]
pub(super) struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &StatusArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    let counts = store.counts(&app.settings.model)?;
    let skipped = store.skipped()?;
    let queue = QueueState::of(app, &store)?;
    let model = embed::is_installed(&app.paths.models().join(&app.settings.model));
    let size = std::fs::metadata(app.paths.database()).map_or(0, |metadata| metadata.len());
    if args.json {
        let skipped: Vec<_> =
            skipped.iter().map(|skipped| json!({ "why": skipped.why, "count": skipped.count })).collect();
        return print_json(&json!({
            "home": app.paths.home(),
            "database_bytes": size,
            "counts": counts,
            "model": { "name": app.settings.model, "installed": model },
            "recall": app.settings.recall,
            "queue": queue,
            "schedule": schedule_line(app),
            "skipped": skipped,
        }));
    }
    print_line(format_args!("home        {}", app.paths.home().display()));
    print_line(format_args!("database    {:.1} MB", size as f64 / 1e6));
    print_line(format_args!("sessions    {}", counts.sessions));
    print_line(format_args!("messages    {}", counts.messages));
    print_line(format_args!("tool calls  {}", counts.tool_calls));
    print_line(format_args!("memories    {} ({} without a vector)", counts.memories, counts.unembedded));
    print_line(format_args!("recalls     {}", counts.recalls));
    print_line(format_args!("votes       {}", counts.votes));
    print_line(format_args!("queue       {}", queue.backlog()));
    print_line(format_args!("last run    {}", queue.last()));
    print_line(format_args!("schedule    {}", schedule_line(app)));
    let installed = if model { "" } else { " (not installed: `memory-lane model add`)" };
    print_line(format_args!("model       {}{installed}", app.settings.model));
    for record in skipped.iter().take(10) {
        print_line(format_args!("skipped     {} × {}", record.count, record.why));
    }
    Ok(())
}

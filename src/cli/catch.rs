//! `memory-lane catch`: finds memories in what was ingested.

use anyhow::Context;

use indicatif::ProgressBar;
use serde_json::json;

use super::distil::{self, Starter};
use super::{App, print_json, print_line};
use crate::config::Backend;
use crate::pipeline::{self, CatchReport};
use crate::store::{DistilFilter, MemoryStore};

/// Options of `memory-lane catch`.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct CatchArgs {
    /// Who words the memories: rules, claude, anthropic, openai or ollama; all but rules send what was said to a model
    #[arg(long, value_name = "NAME")]
    pub distiller: Option<Backend>,
    /// Say what the distiller would read and cost, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Catches from everything not caught from yet, embeds what is new, and says in one line what came of it.
pub(super) fn run(args: &CatchArgs, app: &App) -> anyhow::Result<()> {
    let mut store = app.open_store()?;
    let filter = DistilFilter::default();
    if args.dry_run {
        let offers = distil::offers(&mut store, app, args.distiller, &filter)?;
        if args.json {
            return print_json(&offers);
        }
        offers.iter().for_each(print_line);
        return Ok(());
    }
    let report = pipeline::catch(&mut store, app.now, &mut |_, _| {}).context("catch memories")?;
    let backend = args.distiller.unwrap_or_default();
    let distilled = distil::run(&mut store, app, backend, filter, Starter::Person, &ProgressBar::new(0))
        .with_context(|| format!("distil with {backend}; what the rules caught is stored"))?;
    pipeline::embed(&mut store, &app.paths, &app.settings.model, &mut |_, _| {})
        .context("the memories are stored, but not all their vectors")?;
    store.tidy()?;
    if args.json {
        return match &distilled {
            None => print_json(&report),
            Some(distilled) => print_json(&json!({"rules": report, "distiller": distilled})),
        };
    }
    print_line(summary(&report));
    if let Some(distilled) = &distilled {
        print_line(distil::summary(distilled));
    }
    Ok(())
}

fn summary(report: &CatchReport) -> String {
    let sessions = counted(report.sessions, "session");
    let memories = if report.memories == 1 { "1 memory".to_owned() } else { format!("{} memories", report.memories) };
    let kinds: Vec<String> = report.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    format!("read {sessions}, added {memories}{kinds}")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use crate::model::MemoryKind;

    use super::*;

    #[test]
    fn the_summary_is_one_line() {
        let mut report = CatchReport { sessions: 1, ..CatchReport::default() };
        assert_eq!(summary(&report), "read 1 session, added 0 memories");
        report.sessions = 12;
        report.memories = 3;
        report.by_kind = [(MemoryKind::Decision, 1), (MemoryKind::Correction, 2)].into();
        assert_eq!(summary(&report), "read 12 sessions, added 3 memories: 1 decision, 2 correction");
    }
}

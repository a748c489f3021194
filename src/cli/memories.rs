//! `memories`: list, show, edit, pin, unpin, retire, restore, forget, merge, promote.

mod promote;
mod show;

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

pub(super) use self::show::MOST_RELATED;
use super::error::NothingFound;
use super::sessions::{memory_session, project_key};
use super::{App, print_json, print_line};
use crate::model::{Category, Memory, MemoryId, MemoryKind, MemoryStatus, exchange};
use crate::store::{MemoryEdit, MemoryFilter, MemoryStore, StoreError};
use crate::{pipeline, redact, text};

/// Arguments of `memories`.
#[derive(Args)]
pub(super) struct MemoriesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List memories, latest first
    List(ListArgs),
    /// Show one memory with its source, reasons and recalls
    Show {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change title, body or kind
    Edit {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
        /// New title
        #[arg(long)]
        title: Option<String>,
        /// New body
        #[arg(long)]
        body: Option<String>,
        /// New kind
        #[arg(long)]
        kind: Option<MemoryKind>,
    },
    /// Keep it in use for good
    Pin {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Take the pin away: it counts as any other again
    Unpin {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Keep it, but never recall it
    Retire {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Recall a retired or quarantined one again
    Restore {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Delete it for good, and never catch it again
    Forget {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Make one memory of two that say the same
    Merge {
        /// The one that goes; its evidence stays
        #[arg(value_parser = number)]
        from: i64,
        /// The one that takes its place
        #[arg(value_parser = number)]
        into: i64,
    },
    /// Write the draft of an idea or a skill from it
    Promote(promote::PromoteArgs),
}

#[derive(Args)]
struct ListArgs {
    /// Only this kind
    #[arg(long)]
    kind: Option<MemoryKind>,
    /// Only about this: technical, systems, relationship, process, preference or product
    #[arg(long)]
    category: Option<Category>,
    /// Only of this project: key, name or directory
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Only of this confidence or a higher one, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(..=100))]
    min_confidence: Option<u32>,
    /// Only caught from this session: its id or the start of it
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only with this status
    #[arg(long)]
    status: Option<MemoryStatus>,
    /// Only with these words
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// At most so many; 0 for all [default: 50, all with --json]
    #[arg(long)]
    limit: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &MemoriesArgs, app: &App) -> anyhow::Result<()> {
    match &args.action {
        Action::List(list_args) => list(list_args, app),
        Action::Show { id, json } => show::run(MemoryId(*id), *json, app),
        Action::Edit { id, title, body, kind } => {
            if title.is_none() && body.is_none() && kind.is_none() {
                bail!("nothing to change; give --title, --body or --kind");
            }
            for (name, text) in [("title", title), ("body", body)] {
                let is_empty = text.as_deref().is_some_and(|text| text.trim().is_empty());
                ensure!(!is_empty, "--{name} is empty; `memory-lane memories forget {id}` deletes a memory");
            }
            let clean = |text: &Option<String>| text.as_deref().map(|text| redact::redact(text).into_owned());
            edit(*id, &MemoryEdit { title: clean(title), body: clean(body), kind: *kind, status: None }, app)
        }
        Action::Pin { id } => set_status(*id, MemoryStatus::Pinned, app),
        Action::Unpin { id } => back_in_use(MemoryId(*id), &[MemoryStatus::Pinned], app),
        Action::Retire { id } => set_status(*id, MemoryStatus::Retired, app),
        Action::Restore { id } => back_in_use(MemoryId(*id), &[MemoryStatus::Retired, MemoryStatus::Quarantined], app),
        Action::Forget { id } => forget(MemoryId(*id), app),
        Action::Merge { from, into } => merge(MemoryId(*from), MemoryId(*into), app),
        Action::Promote(promote_args) => promote::run(promote_args, app),
    }
}

fn list(args: &ListArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    let filter = MemoryFilter {
        kind: args.kind,
        category: args.category,
        least_confidence: args.min_confidence.map(|percent| percent as f32 / 100.0),
        project: args.project.as_deref().map(|name| project_key(name, &store)).transpose()?,
        session: args.session.as_deref().map(|id| memory_session(id, &store)).transpose()?,
        status: args.status,
        text: args.text.clone(),
        limit: args.limit.unwrap_or(if args.json { 0 } else { 50 }),
    };
    let memories = store.memories(&filter)?;
    let all = MemoryFilter { limit: 1, ..MemoryFilter::default() };
    let none_fits = memories.is_empty() && filter.narrows() && !store.memories(&all)?.is_empty();
    if args.json {
        let values: Vec<_> = memories.iter().map(exchange::to_json).collect();
        print_json(&json!({ "memories": values }))?;
        return if none_fits { Err(NothingFound.into()) } else { Ok(()) };
    }
    if none_fits {
        print_line("no memory fits this; `memory-lane memories list` shows them all");
        return Err(NothingFound.into());
    }
    for memory in &memories {
        print_line(summary(memory));
    }
    if memories.is_empty() {
        print_line("no memories; `memory-lane ingest` and `memory-lane catch` make some");
    }
    Ok(())
}

/// One memory on one line.
pub(super) fn summary(memory: &Memory) -> String {
    let draft = &memory.draft;
    let status = if draft.status == MemoryStatus::Active { String::new() } else { format!(" [{}]", draft.status) };
    format!(
        "#{:<5} {:10} {}  {:>3.0} %  {}{status}",
        memory.id.0,
        draft.kind.as_str(),
        draft.formed_at.date(),
        draft.confidence * 100.0,
        text::one_line(&draft.title, 100)
    )
}

fn set_status(id: i64, status: MemoryStatus, app: &App) -> anyhow::Result<()> {
    edit(id, &MemoryEdit { status: Some(status), ..MemoryEdit::default() }, app)
}

/// Makes a memory active that is in one of these states; of another one it says why not.
fn back_in_use(id: MemoryId, from: &[MemoryStatus], app: &App) -> anyhow::Result<()> {
    let memory = app.open_store_to_read()?.memory(id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let status = memory.draft.status;
    if let Some(newer) = memory.superseded_by.filter(|_| status == MemoryStatus::Superseded) {
        bail!("#{newer} stands in the place of memory {id}");
    }
    let wanted: Vec<String> = from.iter().map(ToString::to_string).collect();
    ensure!(from.contains(&status), "memory {id} is {status}, not {}", wanted.join(" or "));
    set_status(id.0, MemoryStatus::Active, app)
}

/// The number of a memory as a person gives it, with or without its `#`.
pub(super) fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| "a memory has a number, as `memory-lane memories list` shows them: 12".to_owned())
}

fn edit(id: i64, change: &MemoryEdit, app: &App) -> anyhow::Result<()> {
    let id = MemoryId(id);
    let mut store = app.open_store()?;
    store.edit_memory(id, change)?;
    pipeline::embed(&mut store, &app.paths, &app.settings.model, &mut |_, _| {})
        .context("the change is stored, but its vector is not")?;
    let memory = store.memory(id)?.ok_or(StoreError::NoSuchMemory(id))?;
    print_line(summary(&memory));
    Ok(())
}

fn forget(id: MemoryId, app: &App) -> anyhow::Result<()> {
    app.open_store()?.forget_memory(id, app.now)?;
    print_line(format_args!("forgotten #{id}"));
    Ok(())
}

fn merge(from: MemoryId, into: MemoryId, app: &App) -> anyhow::Result<()> {
    let mut store = app.open_store()?;
    if from == into {
        bail!("memory {from} cannot be merged into itself");
    }
    for id in [from, into] {
        let memory = store.memory(id)?.ok_or(StoreError::NoSuchMemory(id))?;
        if let Some(newer) = memory.superseded_by.filter(|_| memory.draft.status == MemoryStatus::Superseded) {
            bail!("#{newer} stands in the place of memory {id} already; merge with that one");
        }
    }
    store.merge_memories(from, into, app.now)?;
    let memory = store.memory(into)?.ok_or(StoreError::NoSuchMemory(into))?;
    print_line(summary(&memory));
    Ok(())
}

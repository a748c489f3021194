//! `entities`: what memories are about, and what people say about it.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::counted::counted;
use super::{App, print_json, print_line};
use crate::model::{Entity, EntityId, EntityKind, MemoryId};
use crate::pipeline;
use crate::store::sqlite::SqliteStore;
use crate::store::{EntityDetail, EntityStore, MemoryStore, StoreError};
use crate::text;

/// Arguments of `entities`.
#[derive(Args)]
pub(super) struct EntitiesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List entities, most mentioned first
    List {
        /// Only this kind: person, project, file, document, event, identifier, reminder
        #[arg(long, value_parser = kind)]
        kind: Option<EntityKind>,
        /// At most so many; 0 for all
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one entity with its names, files and memories
    Show {
        /// Its number or name
        entity: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List mentions that may be somebody else: a first name that several bear, a name spelt nearly like another
    Queue {
        /// At most so many; 0 for all
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say whom a mention in the queue means; the name itself stays open
    Resolve {
        /// The mention's number or name
        mention: String,
        /// Number or full name of the one that is meant
        entity: String,
        /// Only in this memory
        #[arg(long, value_name = "ID")]
        memory: Option<i64>,
    },
    /// Make one entity another name of the other, now and later
    Merge {
        /// The number or name that goes
        from: String,
        /// The number or name that stays
        into: String,
    },
    /// Move memories of one entity to another one of its own
    Split {
        /// The entity's number or name
        entity: String,
        /// Full name of the other
        name: String,
        /// A memory that is about the other (may be given several times)
        #[arg(long = "memory", value_name = "ID", required = true)]
        memories: Vec<i64>,
    },
    /// Give an entity a further name
    Alias {
        /// Its number or name
        entity: String,
        /// The further name
        alias: String,
    },
    /// Say that this is no entity; it is not made again
    Ignore {
        /// Its number or name
        entity: String,
    },
    /// List what was changed by hand, latest first
    Changes {
        /// At most so many; 0 for all
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take the latest change back; again for the one before
    Undo,
    /// Read the names in the files and directories of the setting `entity_sources` now
    Sync,
}

fn kind(name: &str) -> Result<EntityKind, String> {
    let known = || EntityKind::ALL.map(EntityKind::as_str).join(", ");
    EntityKind::parse(name).ok_or_else(|| format!("`{name}` is none of: {}", known()))
}

pub(super) fn run(args: &EntitiesArgs, app: &App) -> anyhow::Result<()> {
    let mut store = app.open_store()?;
    match &args.action {
        Action::List { kind, limit, json } => list(&store, *kind, *limit, *json),
        Action::Show { entity, json } => show(&store, find(&store, entity)?, *json),
        Action::Queue { limit, json } => queue(&store, *limit, *json),
        Action::Resolve { mention, entity, memory } => {
            let (mention, entity) = (find(&store, mention)?, find(&store, entity)?);
            store.resolve_mention(mention, entity, memory.map(MemoryId), app.now)?;
            said(&store)
        }
        Action::Merge { from, into } => {
            let (from, into) = (find(&store, from)?, find(&store, into)?);
            store.merge_entities(from, into, app.now)?;
            said(&store)
        }
        Action::Split { entity, name, memories } => {
            let memories: Vec<MemoryId> = memories.iter().copied().map(MemoryId).collect();
            let from = find(&store, entity)?;
            store.split_entity(from, name, &memories, app.now)?;
            said(&store)
        }
        Action::Alias { entity, alias } => {
            let entity = find(&store, entity)?;
            store.alias_entity(entity, alias, app.now)?;
            said(&store)
        }
        Action::Ignore { entity } => {
            let entity = find(&store, entity)?;
            store.ignore_entity(entity, app.now)?;
            said(&store)
        }
        Action::Changes { limit, json } => changes(&store, *limit, *json),
        Action::Undo => undo(&mut store, app),
        Action::Sync => {
            let taken = pipeline::take_in_names(&mut store, &app.settings.entity_sources)?;
            let sources = counted(app.settings.entity_sources.len(), "source", "sources");
            print_line(format_args!("{} from {sources}", counted(taken, "name", "names")));
            Ok(())
        }
    }
}

/// By number, or by a name that only one bears.
fn find(store: &SqliteStore, which: &str) -> anyhow::Result<EntityId> {
    if let Ok(number) = which.trim_start_matches('#').parse() {
        let id = EntityId(number);
        return Ok(store.entity(id)?.ok_or(StoreError::NoSuchEntity(id))?.entity.id);
    }
    let found = store.entities_named(which)?;
    match &found[..] {
        [] => bail!("no entity is called {which:?}; `memory-lane entities list` shows what there is"),
        [one] => Ok(one.id),
        several => {
            let numbers: Vec<String> =
                several.iter().map(|entity| format!("#{} {}", entity.id.0, entity.name)).collect();
            bail!("{which:?} is the name of several; give a number: {}", numbers.join(", "))
        }
    }
}

fn list(store: &SqliteStore, kind: Option<EntityKind>, limit: usize, as_json: bool) -> anyhow::Result<()> {
    let entities = store.entities_of(kind, limit)?;
    if as_json {
        return print_json(&json!({ "entities": entities }));
    }
    for entity in &entities {
        print_line(line(entity));
    }
    if entities.is_empty() {
        print_line("no entities; they come with memories");
    }
    Ok(())
}

fn line(entity: &Entity) -> String {
    let note = if entity.note.is_empty() { String::new() } else { format!("  ({})", text::one_line(&entity.note, 60)) };
    format!(
        "#{:<6} {:10} {:>4}  {}{note}",
        entity.id.0,
        entity.kind.as_str(),
        entity.memories,
        text::one_line(&entity.name, 100)
    )
}

fn show(store: &SqliteStore, id: EntityId, as_json: bool) -> anyhow::Result<()> {
    let detail: EntityDetail = store.entity(id)?.ok_or(StoreError::NoSuchEntity(id))?;
    if as_json {
        return print_json(&detail);
    }
    print_line(line(&detail.entity));
    for (name, values) in [("also", &detail.aliases), ("files", &detail.files)] {
        if !values.is_empty() {
            print_line(format_args!("{name:6} {}", text::one_line(&values.join(", "), 200)));
        }
    }
    if let Some(source) = &detail.source {
        print_line(format_args!("source {}", text::one_line(source, 200)));
    }
    for id in &detail.mentioned_in {
        if let Some(memory) = store.memory(*id)? {
            print_line(super::memories::summary(&memory));
        }
    }
    Ok(())
}

fn queue(store: &SqliteStore, limit: usize, as_json: bool) -> anyhow::Result<()> {
    let unresolved = store.unresolved(limit)?;
    if as_json {
        return print_json(&json!({ "unresolved": unresolved }));
    }
    for open in &unresolved {
        print_line(line(&open.mention));
        for candidate in &open.candidates {
            print_line(format_args!("    may be {}", line(candidate)));
        }
        if let Some(memory) = open.example.map(|id| store.memory(id)).transpose()?.flatten() {
            print_line(format_args!("    as in  {}", super::memories::summary(&memory)));
        }
    }
    if unresolved.is_empty() {
        print_line("nothing is open");
    } else {
        print_line(
            "`entities resolve MENTION ENTITY`, `entities merge` for the same under two names, `entities ignore`",
        );
    }
    Ok(())
}

/// Says what was just changed, in the words that the list of changes keeps.
fn said(store: &SqliteStore) -> anyhow::Result<()> {
    if let Some(change) = store.entity_changes(1)?.first() {
        let summary = text::one_line(&change.summary, 200);
        print_line(format_args!("{}: {summary}; `memory-lane entities undo` takes it back", change.what));
    }
    Ok(())
}

fn changes(store: &SqliteStore, limit: usize, as_json: bool) -> anyhow::Result<()> {
    let changes = store.entity_changes(limit)?;
    if as_json {
        return print_json(&json!({ "changes": changes }));
    }
    for change in &changes {
        let undone = if change.undone_at.is_some() { "  [undone]" } else { "" };
        let summary = text::one_line(&change.summary, 120);
        print_line(format_args!("{} {:8} {summary}{undone}", change.at.date(), change.what));
    }
    if changes.is_empty() {
        print_line("nothing was changed by hand");
    }
    Ok(())
}

fn undo(store: &mut SqliteStore, app: &App) -> anyhow::Result<()> {
    match store.undo_entity_change(app.now)? {
        Some(change) => print_line(format_args!("undone: {} {}", change.what, text::one_line(&change.summary, 200))),
        None => print_line("there is nothing to undo"),
    }
    Ok(())
}

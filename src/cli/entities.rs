//! `entities`: what memories are about.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{App, print_json, print_line};
use crate::store::MemoryStore;
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
        /// At most so many; 0 for all
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &EntitiesArgs, app: &App) -> anyhow::Result<()> {
    let Action::List { limit, json } = &args.action;
    let entities = app.open_store()?.entities(*limit)?;
    if *json {
        return print_json(&json!({ "entities": entities }));
    }
    for entity in &entities {
        print_line(format_args!(
            "{:10} {:>4}  {}",
            entity.kind.as_str(),
            entity.memories,
            text::one_line(&entity.name, 100)
        ));
    }
    if entities.is_empty() {
        print_line("no entities; they come with memories");
    }
    Ok(())
}

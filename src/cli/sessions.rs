//! `sessions`: what was taken in, to look at and to search.

mod edit;
mod find;
mod forget;
mod list;
pub(super) mod page;
pub(super) mod search;
pub(super) mod show;
pub(super) mod transcript;

use clap::{Args, Subcommand};

use super::app::App;

pub(super) use find::{memory_session, project_key, resolve, session_id};

/// Look at the sessions that were taken in.
#[derive(Args, Debug)]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List sessions, latest first
    List(list::ListArgs),
    /// Show what was said and done in one session, whole or in pages
    Show(show::ShowArgs),
    /// Search what was said and done
    Search(search::SearchArgs),
    /// Pin a session, so that `list --pinned` shows it
    Pin(edit::PinArgs),
    /// Take a pin away
    Unpin(edit::PinArgs),
    /// Give a session a title
    Title(edit::TitleArgs),
    /// Delete a session for good, and never take it in again
    Forget(forget::ForgetArgs),
}

/// Lists, shows, searches or changes.
pub(super) fn run(args: &SessionsArgs, app: &App) -> anyhow::Result<()> {
    let mut store = match args.command {
        Command::List(_) | Command::Show(_) | Command::Search(_) => app.open_store_to_read()?,
        Command::Pin(_) | Command::Unpin(_) | Command::Title(_) | Command::Forget(_) => app.open_store()?,
    };
    match &args.command {
        Command::List(args) => list::run(args, app, &store),
        Command::Show(args) => show::run(args, &store),
        Command::Search(args) => search::run(args, app, &mut store),
        Command::Pin(args) => edit::pin(args, Some(app.now), &mut store),
        Command::Unpin(args) => edit::pin(args, None, &mut store),
        Command::Title(args) => edit::title(args, app, &mut store),
        Command::Forget(args) => forget::run(args, app, &mut store),
    }
}

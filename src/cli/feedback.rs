//! `feedback`: a thumb up or down for a recalled memory; it counts where the situation is like the one it was given in.

use clap::{Args, ValueEnum};

use super::{App, memories, print_line};
use crate::model::{MemoryId, SessionId};
use crate::store::{RecallStore, VoteRecord};

/// Arguments of `feedback`.
#[derive(Args)]
pub(super) struct FeedbackArgs {
    /// The memory's number, as it stands in the recalled text
    #[arg(value_parser = memories::number)]
    id: i64,
    /// Did it help
    vote: Thumb,
    /// The session it was recalled in; without it, the latest one that it was recalled in
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Thumb {
    /// It helped
    Up,
    /// It did not
    Down,
}

pub(super) fn run(args: &FeedbackArgs, app: &App) -> anyhow::Result<()> {
    let session = args.session.as_ref().map(|id| SessionId(id.clone()));
    print_line(vote(MemoryId(args.id), matches!(args.vote, Thumb::Up), session, app)?);
    Ok(())
}

/// Stores a vote; says so.
pub(super) fn vote(memory: MemoryId, up: bool, session: Option<SessionId>, app: &App) -> anyhow::Result<String> {
    app.open_store()?.vote(&VoteRecord { memory, up, session, at: app.now })?;
    Ok(format!("noted: #{memory} {}", if up { "helped" } else { "did not help" }))
}

//! `feedback`: a thumb up or down for a recalled memory; it counts where the situation is like the one it was given in.

use clap::{Args, ValueEnum};

use super::{App, print_line};
use crate::model::{MemoryId, SessionId};
use crate::store::{RecallStore, VoteRecord};

/// Arguments of `feedback`.
#[derive(Args)]
pub(super) struct FeedbackArgs {
    /// The memory's number, as it stands in the recalled text
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
    let up = matches!(args.vote, Thumb::Up);
    let vote = VoteRecord {
        memory: MemoryId(args.id),
        up,
        session: args.session.as_ref().map(|id| SessionId(id.clone())),
        at: app.now,
    };
    app.open_store()?.vote(&vote)?;
    print_line(format_args!("noted: #{} {}", args.id, if up { "helped" } else { "did not help" }));
    Ok(())
}

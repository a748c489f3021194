//! `sessions pin`, `unpin` and `title`: what a person says about a session. Transcripts are never changed.

use anyhow::bail;
use clap::Args;

use super::session_id;
use crate::cli::output::print_line;
use crate::model::{SessionId, Timestamp};
use crate::store::{SessionEdit, SessionStore};
use crate::{redact, text};

#[derive(Args, Debug)]
pub(super) struct PinArgs {
    /// The session's id or the start of it
    id: String,
}

#[derive(Args, Debug)]
pub(super) struct TitleArgs {
    /// The session's id or the start of it
    id: String,
    /// The title; without one, the session's own counts again
    title: Vec<String>,
}

pub(super) fn pin(args: &PinArgs, at: Option<Timestamp>, store: &mut dyn SessionStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    edit(&id, &SessionEdit::Pin(at), store)?;
    print_line(format_args!("{} {}", if at.is_some() { "pinned" } else { "no longer pinned:" }, id.native()));
    Ok(())
}

pub(super) fn title(args: &TitleArgs, store: &mut dyn SessionStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    let title = text::one_line(&redact::redact(&args.title.join(" ")), 200);
    let title = (!title.is_empty()).then_some(title);
    edit(&id, &SessionEdit::Title(title.clone()), store)?;
    print_line(match title {
        Some(title) => format!("{} is now called {title}", id.native()),
        None => format!("{} has its own title again", id.native()),
    });
    Ok(())
}

fn edit(id: &SessionId, edit: &SessionEdit, store: &mut dyn SessionStore) -> anyhow::Result<()> {
    if !store.edit_session(id, edit)? {
        bail!("session {id} is gone");
    }
    Ok(())
}

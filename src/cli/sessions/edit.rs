//! `sessions pin`, `unpin` and `title`: what a person says about a session. Transcripts are never changed.

use anyhow::bail;
use clap::Args;

use super::session_id;
use crate::cli::output::print_line;
use crate::cli::{App, distil};
use crate::config::Backend;
use crate::model::{SessionId, Timestamp};
use crate::pipeline::Titled;
use crate::store::sqlite::SqliteStore;
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
    /// Let the distiller of the settings, or this one, name the session
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, conflicts_with = "title")]
    distil: Option<Option<Backend>>,
}

pub(super) fn pin(args: &PinArgs, at: Option<Timestamp>, store: &mut dyn SessionStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    edit(&id, &SessionEdit::Pin(at), store)?;
    print_line(format_args!("{} {}", if at.is_some() { "pinned" } else { "no longer pinned:" }, shown(&id)));
    Ok(())
}

/// The id as it is shown: it comes from a file.
fn shown(id: &SessionId) -> String {
    text::one_line(id.native(), 60)
}

pub(super) fn title(args: &TitleArgs, app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    if let Some(backend) = args.distil {
        return distilled_title(&id, backend.unwrap_or(app.settings.distiller.backend), app, store);
    }
    let title = text::one_line(&redact::redact(&args.title.join(" ")), 200);
    let title = (!title.is_empty()).then_some(title);
    edit(&id, &SessionEdit::Title(title.clone()), store)?;
    print_line(match title {
        Some(title) => format!("{} is now called {title}", shown(&id)),
        None => format!("{} has its own title again", shown(&id)),
    });
    Ok(())
}

/// Asks for a title, unless one that goes before it is there: it would be paid for and not be seen.
fn distilled_title(id: &SessionId, backend: Backend, app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    let native = shown(id);
    if let Some(own) = store.own_title(id)? {
        bail!(
            "{native} has a title of its own: {}; give another with `sessions title {native} TITLE`",
            text::one_line(&own, 200)
        );
    }
    match distil::name_session(store, app, backend, id)? {
        Titled::Named(title) => print_line(format_args!("{native} is now called {title}")),
        Titled::Untold => bail!("too little was said in {native} to name it"),
        Titled::Unanswered => bail!("{backend} gave no usable title for {native}"),
    }
    Ok(())
}

fn edit(id: &SessionId, edit: &SessionEdit, store: &mut dyn SessionStore) -> anyhow::Result<()> {
    if !store.edit_session(id, edit)? {
        bail!("session {id} is gone");
    }
    Ok(())
}

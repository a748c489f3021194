//! Titles for sessions that have none of their own: neither the person nor the agent gave one. A distiller makes them, from
//! the same budget as everything else.

use anyhow::Context;

use super::catch::distilled_title;
use crate::distiller::{Gate, Refusal};
use crate::model::SessionId;
use crate::store::{DistilFilter, Store};

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TitleReport {
    /// Sessions that got a title.
    pub titled: usize,
    /// Why the run ended before every session had one, if it did.
    pub stopped: Option<String>,
}

/// Has titles made for the sessions that match, latest first, with at most `calls` calls.
///
/// # Errors
/// When the store fails. A distiller that may not be asked ends the run without one.
pub fn title_sessions<S: Store>(
    store: &mut S,
    gate: &Gate<'_>,
    filter: &DistilFilter,
    calls: usize,
) -> anyhow::Result<TitleReport> {
    let mut report = TitleReport::default();
    let mut asked = 0;
    for id in store.untitled(filter).context("list the sessions without a title")? {
        if asked == calls {
            break;
        }
        match title_session(store, gate, &id) {
            Ok(Titled::Untold) => {}
            Ok(Titled::Named(_)) => (asked, report.titled) = (asked + 1, report.titled + 1),
            Ok(Titled::Unanswered) => asked += 1,
            Err(error) => match error.downcast::<Refusal>() {
                Ok(Refusal::Store(error)) => return Err(error.into()),
                Ok(refusal) => {
                    report.stopped = Some(refusal.to_string());
                    break;
                }
                Err(error) => return Err(error),
            },
        }
    }
    Ok(report)
}

/// What came of asking for a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Titled {
    /// The session is called this now.
    Named(String),
    /// Nobody was asked: too little was said in the session.
    Untold,
    /// No usable reply came. That is noted, so that the same is not asked again and again.
    Unanswered,
}

/// Has one session named and keeps the name. What the person or the agent called it goes before it all the same.
///
/// # Errors
/// When the store fails, or [`Refusal`] when the distiller may not be asked.
pub fn title_session<S: Store>(store: &mut S, gate: &Gate<'_>, id: &SessionId) -> anyhow::Result<Titled> {
    let Some(made) = distilled_title(store, gate, id)? else { return Ok(Titled::Untold) };
    store.put_made_title(id, made.as_deref().unwrap_or_default())?;
    match made {
        Ok(title) => {
            gate.note_usable(store)?;
            Ok(Titled::Named(title))
        }
        Err(_) => {
            gate.note_unusable(store)?;
            Ok(Titled::Unanswered)
        }
    }
}

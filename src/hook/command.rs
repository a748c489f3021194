//! Before a command runs: a warning, if the person wants warnings and the command has failed before.

use std::io::Write;

use super::Answer;
use super::event::Place;
use super::journal::Journal;
use super::respond::{Surroundings, open, scope};
use crate::config::RecallMode;
use crate::model::Project;
use crate::recall;
use crate::store::sqlite::SqliteStore;
use crate::store::{RecallRecord, RecallStore, StoreError};
use crate::text;

/// Characters of the command that are kept with a recall.
const TRIGGER_CHARS: usize = 200;

/// Says what is known of a command. It never decides whether the command runs.
pub(super) fn warn(
    place: &Place,
    command: &str,
    project: &Project,
    surroundings: &Surroundings<'_>,
    out: &mut dyn Write,
) {
    if surroundings.settings.recall != RecallMode::On {
        return;
    }
    let Some(mut store) = open(surroundings) else { return };
    match warning(place, command, project, surroundings, &mut store) {
        Ok(Some(answer)) => answer.write(out),
        Ok(None) => {}
        Err(error) => Journal::new(surroundings.paths).log(surroundings.now, &format!("PreToolUse: {error}")),
    }
    store.leak();
}

fn warning(
    place: &Place,
    command: &str,
    project: &Project,
    surroundings: &Surroundings<'_>,
    store: &mut SqliteStore,
) -> Result<Option<Answer>, StoreError> {
    let scope = scope(place, project, surroundings.now);
    let Some(warning) = recall::warning(command, &scope, store)? else { return Ok(None) };
    // Once a session: an agent that runs it again has weighed the warning.
    if !store.claim_warning(&place.session, &warning.command, surroundings.now)? {
        return Ok(None);
    }
    if let Some(memory) = &warning.solved {
        let trigger = text::one_line(&warning.command, TRIGGER_CHARS);
        let why = format!("this command failed in {} earlier sessions", warning.sessions);
        let record = RecallRecord::given(memory.id, &place.session, "PreToolUse", trigger, why, surroundings.now);
        store.record_recalls(&[record], &warning.command, &surroundings.settings.model, None)?;
    }
    let message = surroundings
        .settings
        .announce
        .then(|| format!("memory lane: `{}` failed before", text::one_line(&warning.command, 60)));
    Ok(Some(Answer { event: "PreToolUse", context: warning.block(), message }))
}

//! The start of a session: the thread that it takes up, and the lessons that stand.

use std::io::Write;

use super::Answer;
use super::event::{Place, Source};
use super::journal::Journal;
use super::respond::{Surroundings, open, scope};
use crate::config::RecallMode;
use crate::model::Project;
use crate::recall::{self, Lesson};
use crate::store::sqlite::SqliteStore;
use crate::store::{RecallRecord, RecallStore, SessionFilter, SessionStore, StoreError};
use crate::trace;

/// Branches that every thread starts from and returns to.
const TRUNKS: [&str; 5] = ["main", "master", "trunk", "develop", "development"];
/// Earlier sessions that are named.
const THREAD_SESSIONS: usize = 3;

/// Acts on the start of a session; after a compaction or a clear everything may be shown again.
pub(super) fn start(
    place: &Place,
    source: Source,
    project: &Project,
    surroundings: &Surroundings<'_>,
    out: &mut dyn Write,
) {
    let Some(mut store) = open(surroundings) else { return };
    if source == Source::Fresh
        && let Err(error) = store.rearm(&place.session)
    {
        Journal::new(surroundings.paths).log(surroundings.now, &format!("cannot re-arm {}: {error}", place.session));
    }
    if source != Source::Resume && surroundings.settings.recall == RecallMode::On {
        match primer(place, project, surroundings, &mut store) {
            Ok(Some(answer)) => answer.write(out),
            Ok(None) => {}
            Err(error) => Journal::new(surroundings.paths).log(surroundings.now, &format!("SessionStart: {error}")),
        }
    }
    store.leak();
}

/// What the session is given: the thread of its branch, and lessons in the room that is left.
fn primer(
    place: &Place,
    project: &Project,
    surroundings: &Surroundings<'_>,
    store: &mut SqliteStore,
) -> Result<Option<Answer>, StoreError> {
    let scope = scope(place, project, surroundings.now);
    let thread = thread(place, project, store)?;
    let lines = thread.as_ref().map_or(0, |thread| thread.chars().count() + 1);
    let room = surroundings.settings.session_budget_chars.saturating_sub(lines);
    let mut lessons = recall::standing(&scope, store, room)?;
    if !lessons.is_empty() {
        let records: Vec<RecallRecord> =
            lessons.iter().map(|lesson| standing_record(lesson, place, surroundings)).collect();
        let claimed = store.record_recalls(&records, "", &surroundings.settings.model, None)?;
        lessons.retain(|lesson| claimed.contains(&lesson.memory.id));
    }
    let context = recall::session_block(thread.as_deref(), &lessons);
    Ok((!context.is_empty()).then_some(Answer { event: "SessionStart", context, message: None }))
}

/// The earlier sessions on the branch at hand, latest first. On the trunk all sessions meet, and none is the thread.
fn thread(place: &Place, project: &Project, store: &SqliteStore) -> Result<Option<String>, StoreError> {
    let Some(branch) = trace::project::branch(&place.cwd).filter(|branch| !TRUNKS.contains(&branch.as_str())) else {
        return Ok(None);
    };
    let filter = SessionFilter {
        project: Some(project.key.clone()),
        branch: Some(branch.clone()),
        with_steps: true,
        limit: THREAD_SESSIONS + 1,
        ..SessionFilter::default()
    };
    let mut sessions = store.sessions(&filter)?;
    sessions.retain(|session| session.id != place.session);
    sessions.truncate(THREAD_SESSIONS);
    Ok((!sessions.is_empty()).then(|| recall::thread(&branch, &sessions)))
}

fn standing_record(lesson: &Lesson, place: &Place, surroundings: &Surroundings<'_>) -> RecallRecord {
    let trigger = "start of the session".to_owned();
    let why = format!("said in {} sessions", lesson.sessions);
    RecallRecord::given(lesson.memory.id, &place.session, "SessionStart", trigger, why, surroundings.now)
}

//! The start of a session: the thread that it takes up, and the lessons that stand.

use std::io::Write;

use super::Answer;
use super::event::{HookEvent, Place, Source};
use super::journal::Journal;
use super::respond::{Surroundings, scope, try_open};
use crate::config::{RecallMode, SettingsError};
use crate::model::Project;
use crate::recall::{self, Lesson};
use crate::store::sqlite::SqliteStore;
use crate::store::{RecallRecord, RecallStore, SessionFilter, SessionStore, StoreError, spool};
use crate::{text, trace};

/// Most characters of what the person is told.
const TOLD_CHARS: usize = 600;
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
    let mut store = match try_open(surroundings) {
        Ok(store) => store,
        Err(error) => return tell_of(&error, source, out),
    };
    if source == Source::Fresh
        && let Err(error) = store.rearm(&place.session)
    {
        Journal::new(surroundings.paths).log(surroundings.now, &format!("cannot re-arm {}: {error}", place.session));
    }
    if source != Source::Resume && surroundings.settings.recall == RecallMode::On {
        match primer(place, project, surroundings, &mut store) {
            Ok(Some(answer)) => answer.write(out),
            Ok(None) => {}
            Err(error) => {
                Journal::new(surroundings.paths).log(surroundings.now, &format!("SessionStart: {error}"));
                tell_of(&error, source, out);
            }
        }
    }
    store.leak();
}

/// Tells the person once, as a session begins, what keeps the program from working, unless it passes by itself: no
/// database yet, one that the worker brings up to date in a moment, another process at work.
fn tell_of(error: &StoreError, source: Source, out: &mut dyn Write) {
    match error {
        StoreError::Newer { .. } | StoreError::Corrupt { .. } | StoreError::Engine { .. } | StoreError::Io { .. } => {
            tell(&error.to_string(), source, out);
        }
        _ => {}
    }
}

/// Says that the settings cannot be used, if this is the event to say it at. Without them nothing else may be done: they
/// may say that nothing is to be.
pub fn refuse(event: &HookEvent, error: &SettingsError, out: &mut dyn Write) {
    if let HookEvent::Start { source, .. } = event {
        tell(&error.to_string(), *source, out);
    }
}

/// Not after a compaction or a clear: it was said when the session began.
fn tell(why: &str, source: Source, out: &mut dyn Write) {
    if source != Source::Fresh {
        let why = text::one_line(why, TOLD_CHARS);
        let message = format!("Memory Lane recalls nothing: {why} (`memory-lane doctor` shows the whole state)");
        Answer { event: "SessionStart", context: String::new(), message: Some(message) }.write(out);
    }
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
    lessons.retain(|lesson| lesson.memory.draft.confidence >= surroundings.settings.least_confidence);
    if !lessons.is_empty() {
        let records: Vec<RecallRecord> =
            lessons.iter().map(|lesson| standing_record(lesson, place, surroundings)).collect();
        let model = &surroundings.settings.model;
        match store.record_recalls(&records, "", model, None) {
            Ok(claimed) => lessons.retain(|lesson| claimed.contains(&lesson.memory.id)),
            // Most often somebody else is writing: they are given all the same, and noted when he is done.
            Err(error) => {
                spool::append(&surroundings.paths.spool(), &records, "", model, None).map_err(|_| error)?;
            }
        }
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

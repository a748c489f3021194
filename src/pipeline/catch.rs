//! Memories out of what was ingested: store → catcher → store.

mod distilled;
mod graduate;
mod known;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Context;
use serde::Serialize;

pub(super) use self::distilled::distilled_title;
pub use self::distilled::{DistilReport, Distilling, distil, estimate};
pub(super) use self::graduate::graduate;
use self::known::Known;
use super::Meaning;
use crate::catcher::{EarlierPrompt, Excerpt, Judge, MESSAGES_AROUND, VERSION, catch as catch_in};
use crate::model::{Memory, MemoryDraft, MemoryKind, MemoryStatus, Session, SessionId, Timestamp, Trigger, Turn};
use crate::store::{CatchWork, MemoryFilter, MemoryStore, SessionStore};

/// Turns read again before the first new one: what a correction corrects, and the context of its memory.
const OVERLAP_TURNS: u32 = 4;

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CatchReport {
    /// Sessions read.
    pub sessions: usize,
    /// New memories.
    pub memories: usize,
    /// Memories that were said again in a further session.
    pub observed: usize,
    /// Memories that new ones took the place of.
    pub superseded: usize,
    /// New memories by kind; kinds without one are missing.
    pub by_kind: BTreeMap<MemoryKind, usize>,
    /// Sessions that could not be read, with the reason. They stay unread.
    pub failed: Vec<String>,
}

/// Reads everything the catcher has not read and stores what it finds. Running again adds nothing.
///
/// `progress` is told how many sessions are done and how many there are, before each session and at the end.
pub fn catch<S: SessionStore + MemoryStore + ?Sized>(
    store: &mut S,
    meaning: &Meaning,
    now: Timestamp,
    progress: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<CatchReport> {
    let works = store.uncaught(VERSION).context("list the sessions to catch from")?;
    let report = catch_from(store, &works, meaning, now, MESSAGES_AROUND, &mut |_, report| {
        progress(report.sessions + report.failed.len(), works.len());
        Ok(ControlFlow::Continue(()))
    })?;
    progress(works.len(), works.len());
    Ok(report)
}

/// Reads these sessions, in this order, each in one transaction: breaking off between two of them, or in one, loses
/// nothing. A session that cannot be read is named in the report, and the others are read all the same.
///
/// `meaning` is asked about prompts that words alone do not settle; each memory shows `around` messages on either side.
/// `before_each` is given the store and what came of the run so far; it may renew a lease, wait, or end the run.
pub fn catch_from<S: SessionStore + MemoryStore + ?Sized>(
    store: &mut S,
    works: &[CatchWork],
    meaning: &Meaning,
    now: Timestamp,
    around: usize,
    before_each: &mut dyn FnMut(&mut S, &CatchReport) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<CatchReport> {
    let mut report = CatchReport::default();
    let mut asked = Asked { now, around, projects: HashMap::new() };
    let mut known = Known::default();
    let embed = |text: &str| meaning.vector(text);
    let judge = Judge::by_meaning(meaning.model(), &embed);
    for work in works {
        if before_each(store, &report)?.is_break() {
            break;
        }
        // A fault in the reading of one session must not keep all later ones from being read, now and at every run.
        let read =
            catch_unwind(AssertUnwindSafe(|| catch_session(store, work, &judge, &mut asked, &mut known, &mut report)));
        let failed = match read {
            Ok(Ok(added)) => {
                report.sessions += 1;
                for memory in added {
                    report.memories += 1;
                    *report.by_kind.entry(memory.draft.kind).or_default() += 1;
                }
                continue;
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "a fault of the program; please report it".to_owned(),
        };
        report.failed.push(format!("session {}: {failed}", work.session));
        known = Known::default();
    }
    Ok(report)
}

fn catch_session<S: SessionStore + MemoryStore + ?Sized>(
    store: &mut S,
    work: &CatchWork,
    judge: &Judge<'_>,
    asked: &mut Asked,
    known: &mut Known,
    report: &mut CatchReport,
) -> anyhow::Result<Vec<Memory>> {
    let session = store.session(&work.session)?;
    let turns = store.turns(&work.session, work.from_turn.saturating_sub(OVERLAP_TURNS))?;
    let project = session.as_ref().and_then(|session| session.project.clone());
    let earlier = asked.elsewhere(store, session.as_ref(), project.as_deref())?;
    let known_here = places(store, &work.session)?;
    let excerpt = Excerpt {
        session: &work.session,
        project: project.as_deref(),
        turns: &turns,
        from_turn: work.from_turn,
        caught_before: known_here.len(),
        earlier: &earlier,
        judge,
        around: asked.around,
    };
    // Leaves out what an earlier run made of the same message. The store knows the same moment by its trigger and title;
    // a turn that has grown since may give the same message another trigger.
    let mut drafts = catch_in(&excerpt);
    drafts.retain(|draft| !known_here.contains(&place(draft)));
    if let Some(session) = &session {
        settle(&mut drafts, session, &turns);
    }
    let found = known.sort(store, &work.session, drafts)?;
    let recorded = store.record_caught(work, VERSION, &found, asked.now)?;
    for (id, _) in &found.again {
        graduate(store, *id)?;
    }
    let mut added = Vec::with_capacity(recorded.new.len());
    for &id in &recorded.new {
        added.extend(store.memory(id)?);
    }
    report.observed += recorded.observed;
    report.superseded += recorded.superseded.len();
    known.learn(&added, &recorded.superseded);
    Ok(added)
}

/// Makes what was caught fit the session as a whole. What a program opens a session with is no person's wish; who answers
/// the agent after that, by whatever program, has seen what it did.
fn settle(drafts: &mut Vec<MemoryDraft>, session: &Session, turns: &[Turn]) {
    let opening = turns.first().filter(|turn| turn.number == 0).and_then(|turn| turn.prompt.as_ref());
    if let Some(opening) = opening.filter(|_| session.headless) {
        drafts.retain(|draft| draft.trigger == Trigger::Recovery || draft.provenance.seq != Some(opening.seq));
    }
    drafts.iter_mut().for_each(|draft| draft.project = session.holds_in());
}

/// Where in its session a memory stands: the message, and whether it is about the calls of the turn.
type Place = (bool, Option<u32>);

fn place(draft: &MemoryDraft) -> Place {
    (draft.trigger == Trigger::Recovery, draft.provenance.seq)
}

/// The places of the session that have given memories.
fn places<S: MemoryStore + ?Sized>(store: &S, session: &SessionId) -> anyhow::Result<HashSet<Place>> {
    let mut places = HashSet::new();
    // Without a status the filter leaves out what was superseded, which must not come back either.
    for status in [None, Some(MemoryStatus::Superseded)] {
        let filter = MemoryFilter { session: Some(session.clone()), status, ..MemoryFilter::default() };
        places.extend(store.memories(&filter)?.iter().map(|memory| place(&memory.draft)));
    }
    Ok(places)
}

/// What was asked in each project, read and analysed once a run; and how the run is to be done.
struct Asked {
    now: Timestamp,
    around: usize,
    projects: HashMap<String, Vec<EarlierPrompt>>,
}

impl Asked {
    /// The prompts of the project's other sessions.
    fn elsewhere<S: SessionStore + ?Sized>(
        &mut self,
        store: &S,
        session: Option<&Session>,
        project: Option<&str>,
    ) -> anyhow::Result<Vec<EarlierPrompt>> {
        let (Some(session), Some(project)) = (session, project) else { return Ok(Vec::new()) };
        if !self.projects.contains_key(project) {
            // No session bears an empty id: the whole project's prompts, once.
            let prompts = store.prompts(project, &SessionId(String::new()), self.now)?;
            let analysed = prompts.into_iter().filter_map(|(id, at, text)| EarlierPrompt::new(id, at, &text));
            self.projects.insert(project.to_owned(), analysed.collect());
        }
        let prompts = self.projects.get(project).map(Vec::as_slice).unwrap_or_default();
        let until = session.ended_at.unwrap_or(self.now);
        let elsewhere = prompts.iter().filter(|prompt| prompt.session != session.id && prompt.at <= until);
        Ok(elsewhere.cloned().collect())
    }
}

//! Memories out of what was ingested: store → catcher → store.

mod distilled;
mod known;

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context;
use serde::Serialize;

pub use self::distilled::{DistilReport, Distilling, distil, distilled_title, estimate};
use self::known::Known;
use crate::catcher::{EarlierPrompt, Excerpt, VERSION, catch as catch_in};
use crate::model::{Memory, MemoryDraft, MemoryKind, MemoryStatus, Session, SessionId, Timestamp, Trigger};
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
}

/// Reads everything the catcher has not read and stores what it finds. Running again adds nothing.
///
/// `progress` is told how many sessions are done and how many there are, before each session and at the end.
pub fn catch<S: SessionStore + MemoryStore + ?Sized>(
    store: &mut S,
    now: Timestamp,
    progress: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<CatchReport> {
    let works = store.uncaught(VERSION).context("list the sessions to catch from")?;
    let mut report = CatchReport::default();
    let mut asked = Asked { now, projects: HashMap::new() };
    let mut known = Known::default();
    for (done, work) in works.iter().enumerate() {
        progress(done, works.len());
        let added = catch_session(store, work, &mut asked, &mut known, &mut report)
            .with_context(|| format!("catch memories from session {}", work.session))?;
        report.sessions += 1;
        for memory in added {
            report.memories += 1;
            *report.by_kind.entry(memory.draft.kind).or_default() += 1;
        }
    }
    progress(works.len(), works.len());
    Ok(report)
}

fn catch_session<S: SessionStore + MemoryStore + ?Sized>(
    store: &mut S,
    work: &CatchWork,
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
    };
    // Leaves out what an earlier run made of the same message. The store knows the same moment by its trigger and title;
    // a turn that has grown since may give the same message another trigger.
    let drafts = catch_in(&excerpt).into_iter().filter(|draft| !known_here.contains(&place(draft))).collect();
    let sorted = known.sort(store, &work.session, drafts)?;
    let ids = store.record_caught(work, VERSION, &sorted.new, asked.now)?;
    let mut added = Vec::with_capacity(ids.len());
    for id in ids {
        added.extend(store.memory(id)?);
    }
    report.observed += sorted.observed;
    report.superseded += known.settle(store, &sorted, &added, asked.now)?;
    Ok(added)
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

/// What was asked in each project, read and analysed once a run.
struct Asked {
    now: Timestamp,
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

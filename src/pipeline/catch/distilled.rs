//! Memories worded by a language model: store → windows → distiller → proof → store, one window at a time. What is done is
//! marked in the transaction that stores what came of it, so a run may end anywhere.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Serialize;

use super::OVERLAP_TURNS;
use super::known::Known;
use crate::catcher::{Conversation, detect};
use crate::distiller::{
    Accepted, DeadLetter, DeadLetters, Estimate, Failure, Gate, Prompt, Refusal, Rejections, Request, Source, Stamp,
    Window, accept, schema, title, unpack, windows,
};
use crate::model::{Memory, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, SessionId, Trigger};
use crate::store::{DistilFilter, DistilWork, MemoryFilter, MemoryStore, Store};

const LEASE: &str = "distiller";
/// Longer than any call with its waits.
const LEASE_MS: i64 = 10 * 60 * 1000;
/// How often a window is halved that is too large for the model.
const MOST_SPLITS: u32 = 2;
/// The same where replies are cut off or have the wrong form: with two tries for the whole that is four calls at most.
const MOST_SPLITS_FOR_REPLY: u32 = 1;

/// A run of a distiller.
pub struct Distilling<'a> {
    /// The way to it.
    pub gate: Gate<'a>,
    /// What it is told.
    pub prompt: &'a Prompt,
    /// Where unusable replies go.
    pub letters: &'a DeadLetters,
    /// Which sessions it reads.
    pub filter: DistilFilter,
    /// Who runs it: one at a time may.
    pub holder: &'a str,
    /// Messages that a memory shows above and below its moment.
    pub around: usize,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DistilReport {
    /// Sessions read to their end.
    pub sessions: usize,
    /// Windows that got a usable reply.
    pub windows: usize,
    /// New memories.
    pub memories: usize,
    /// How many of these a person must look at before they are recalled.
    pub quarantined: usize,
    /// Memories that were said again in a further session.
    pub observed: usize,
    /// Memories that new ones took the place of.
    pub superseded: usize,
    /// New memories by kind; kinds without one are missing.
    pub by_kind: BTreeMap<MemoryKind, usize>,
    /// What the model said and could not be proved, by reason.
    pub rejected: Rejections,
    /// Windows without a usable reply, kept as dead letters.
    pub dead_letters: usize,
    /// Why the run ended before everything was read, if it did.
    pub stopped: Option<String>,
}

/// Lets the distiller read what none has read, latest sessions first.
///
/// # Errors
/// When the store or the file of dead letters fails. A server that does not answer, a used-up budget and the like end the
/// run without one: see [`DistilReport::stopped`].
pub fn distil<S: Store>(
    store: &mut S,
    run: &Distilling<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<DistilReport> {
    let mut reading = Reading { run, known: Known::default(), report: DistilReport::default() };
    if !reading.holds_lease(store)? {
        reading.report.stopped = Some("another run is at it".to_owned());
        return Ok(reading.report);
    }
    let outcome = reading.all(store, progress);
    store.release_lease(LEASE, run.holder)?;
    match outcome {
        Ok(()) => {}
        Err(Stop::Refused(Refusal::Store(error))) => return Err(error.into()),
        Err(Stop::Refused(refusal)) => reading.report.stopped = Some(refusal.to_string()),
        Err(Stop::Broken(error)) => return Err(error),
    }
    Ok(reading.report)
}

/// What reading everything that matches would take, in the windows that would be sent.
///
/// # Errors
/// When the store fails.
pub fn estimate<S: Store>(store: &S, filter: &DistilFilter, prompt: &Prompt) -> anyhow::Result<Estimate> {
    let mut estimate = Estimate::default();
    for work in store.undistilled(filter).context("list the sessions to distil")? {
        let turns = store.turns(&work.session, work.from_turn.saturating_sub(OVERLAP_TURNS))?;
        let conversation = Conversation::new(&turns);
        let windows = windows(&conversation, &detect(&conversation, &[]), work.from_seq, work.upto_seq);
        let mut worth_reading = windows.iter().filter(|window| window.is_worth_reading()).peekable();
        estimate.sessions += u64::from(worth_reading.peek().is_some());
        worth_reading.for_each(|window| estimate.add(&prompt.text, window));
    }
    Ok(estimate)
}

/// A title for a session, from the first window that says something; none when there is none. The inner error means that
/// no usable reply came.
///
/// # Errors
/// When the store fails, or [`Refusal`] when the distiller may not be asked.
pub(in crate::pipeline) fn distilled_title<S: Store>(
    store: &mut S,
    gate: &Gate<'_>,
    session: &SessionId,
) -> anyhow::Result<Option<Result<String, Failure>>> {
    let turns = store.turns(session, 0)?;
    let conversation = Conversation::new(&turns);
    let windows = windows(&conversation, &[], 0, u32::MAX);
    let Some(first) = windows.iter().find(|window| window.is_worth_reading()) else { return Ok(None) };
    Ok(Some(title(gate, store, first)?))
}

/// Why a run ends.
enum Stop {
    Refused(Refusal),
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        match error.into().downcast::<Refusal>() {
            Ok(refusal) => Self::Refused(refusal),
            Err(error) => Self::Broken(error),
        }
    }
}

struct Reading<'a> {
    run: &'a Distilling<'a>,
    known: Known,
    report: DistilReport,
}

/// The session that a window is of.
struct Place<'a> {
    work: &'a DistilWork,
    source: Source<'a>,
}

impl Reading<'_> {
    fn holds_lease<S: Store>(&self, store: &mut S) -> anyhow::Result<bool> {
        Ok(store.take_lease(LEASE, self.run.holder, self.run.gate.clock.now(), LEASE_MS)?)
    }

    fn all<S: Store>(&mut self, store: &mut S, progress: &mut dyn FnMut(usize, usize)) -> Result<(), Stop> {
        let works = store.undistilled(&self.run.filter).context("list the sessions to distil")?;
        for (done, work) in works.iter().enumerate() {
            progress(done, works.len());
            self.session(store, work)?;
            self.report.sessions += 1;
        }
        progress(works.len(), works.len());
        Ok(())
    }

    fn session<S: Store>(&mut self, store: &mut S, work: &DistilWork) -> Result<(), Stop> {
        let session = store.session(&work.session)?;
        let turns = store.turns(&work.session, work.from_turn.saturating_sub(OVERLAP_TURNS))?;
        let conversation = Conversation::new(&turns);
        let moments = detect(&conversation, &[]);
        let project = session.and_then(|session| session.holds_in());
        let source = Source {
            session: &work.session,
            project: project.as_deref(),
            conversation: &conversation,
            moments: &moments,
            around: self.run.around,
        };
        let place = Place { work, source };
        for window in windows(&conversation, &moments, work.from_seq, work.upto_seq) {
            if window.is_worth_reading() {
                self.window(store, &place, &window, 0)?;
            } else {
                self.mark(store, &place, window.upto_seq)?;
            }
        }
        self.mark(store, &place, work.upto_seq)
    }

    /// Reads one window: again with the complaint when the reply has the wrong form, then in halves, then not at all.
    fn window<S: Store>(&mut self, store: &mut S, place: &Place<'_>, window: &Window, splits: u32) -> Result<(), Stop> {
        let schema = schema();
        let text = window.render();
        let mut asked = text.clone();
        let mut failure;
        let mut tries = if splits == 0 { 2 } else { 1 };
        loop {
            tries -= 1;
            self.holds_lease(store)?;
            let request = Request { system: &self.run.prompt.text, text: &asked, schema: &schema };
            let reply = self.run.gate.ask(store, &request)?;
            match reply.and_then(|reply| unpack(&reply.value, &reply.raw)) {
                Ok(items) => {
                    self.run.gate.note_usable(store)?;
                    let stamp = self.stamp();
                    let accepted = accept(&items, window, &place.source, &stamp);
                    return self.keep(store, place, window.upto_seq, accepted);
                }
                Err(why) => failure = why,
            }
            match &failure {
                Failure::Malformed { why, .. } if tries > 0 => {
                    asked = format!("{text}\nYour last reply to this could not be used: {why}. Answer again.");
                }
                _ => break,
            }
        }
        let most = match &failure {
            Failure::Refused { .. } => 0,
            Failure::Malformed { .. } | Failure::Truncated { .. } => MOST_SPLITS_FOR_REPLY,
            _ => MOST_SPLITS,
        };
        match window.split().filter(|_| splits < most) {
            Some((first, second)) => {
                self.window(store, place, &first, splits + 1)?;
                self.window(store, place, &second, splits + 1)
            }
            None => self.give_up(store, place, window, failure),
        }
    }

    fn stamp(&self) -> Stamp<'_> {
        let distiller = self.run.gate.distiller;
        Stamp { distiller: distiller.backend().as_str(), model: distiller.model(), prompt: &self.run.prompt.version }
    }

    /// Stores what was proved and marks the window as read, in one step.
    fn keep<S: Store>(
        &mut self,
        store: &mut S,
        place: &Place<'_>,
        upto_seq: u32,
        accepted: Accepted,
    ) -> Result<(), Stop> {
        let now = self.run.gate.clock.now();
        let session = &place.work.session;
        let sorted_out = accepted.drafts.into_iter().map(|draft| (twins(store, session, &draft), draft));
        let (mut direct, mut compared) = (Vec::new(), Vec::new());
        for (twins, draft) in sorted_out {
            let twins = twins?;
            // What waits for a person confirms nothing and replaces nothing.
            if draft.status == MemoryStatus::Quarantined {
                direct.push((draft, Vec::new()));
            } else if twins.is_empty() {
                compared.push(draft);
            } else {
                direct.push((draft, twins));
            }
        }
        let found = self.known.sort(store, session, compared)?;
        let mut drafts = found.new.clone();
        let pairs = found.replaces.iter().flat_map(|(at, old)| old.iter().map(|old| (*at, *old)));
        let mut replaced: Vec<(usize, MemoryId)> = pairs.collect();
        for (draft, twins) in direct {
            let untaken = twins.into_iter().filter(|twin| replaced.iter().all(|(_, taken)| taken != twin));
            let pairs: Vec<(usize, MemoryId)> = untaken.map(|twin| (drafts.len(), twin)).collect();
            replaced.extend(pairs);
            drafts.push(draft);
        }
        let ids = store.record_distilled(session, upto_seq, &drafts, &replaced, now)?;
        let mut added: Vec<Memory> = Vec::new();
        for id in ids.iter().flatten() {
            added.extend(store.memory(*id)?);
        }
        let taken = |at: usize| ids.get(at).copied().flatten();
        let mut gone: Vec<MemoryId> =
            replaced.iter().filter(|(at, _)| taken(*at).is_some()).map(|(_, twin)| *twin).collect();
        // What is noted here is noted once, however often: a run that breaks off before loses nothing.
        for (id, again) in &found.again {
            self.report.observed += usize::from(store.observe_again(*id, again)?);
        }
        for (at, newer) in &found.replaced {
            let Some(id) = taken(*at) else { continue };
            if store.supersede(id, *newer, now)? {
                gone.push(id);
            }
        }
        self.known.learn(&added, &gone);
        self.report.superseded += gone.len();
        self.count(&added, accepted.rejected);
        Ok(())
    }

    fn count(&mut self, added: &[Memory], rejected: Rejections) {
        self.report.windows += 1;
        for memory in added {
            self.report.memories += 1;
            self.report.quarantined += usize::from(memory.draft.status == MemoryStatus::Quarantined);
            *self.report.by_kind.entry(memory.draft.kind).or_default() += 1;
        }
        for (why, count) in rejected {
            *self.report.rejected.entry(why).or_default() += count;
        }
    }

    fn mark<S: Store>(&self, store: &mut S, place: &Place<'_>, upto_seq: u32) -> Result<(), Stop> {
        store.record_distilled(&place.work.session, upto_seq, &[], &[], self.run.gate.clock.now())?;
        Ok(())
    }

    /// Keeps the reply for a person and goes on: what the rules caught there stays.
    fn give_up<S: Store>(
        &mut self,
        store: &mut S,
        place: &Place<'_>,
        window: &Window,
        failure: Failure,
    ) -> Result<(), Stop> {
        let why = failure.to_string();
        let raw = match failure {
            Failure::Truncated { raw } | Failure::Refused { raw } | Failure::Malformed { raw, .. } => raw,
            _ => String::new(),
        };
        let stamp = self.stamp();
        let new = window.lines.iter().find(|line| !line.context);
        let letter = DeadLetter {
            at: self.run.gate.clock.now(),
            distiller: stamp.distiller.to_owned(),
            model: stamp.model.to_owned(),
            session: place.work.session.to_string(),
            from_seq: new.map_or(window.upto_seq, |line| line.seq),
            upto_seq: window.upto_seq,
            why,
            raw,
        };
        self.run.letters.add(letter).context("keep an unusable reply as a dead letter")?;
        self.report.dead_letters += 1;
        self.mark(store, place, window.upto_seq)?;
        self.run.gate.note_unusable(store)?;
        Ok(())
    }
}

/// What the rules made of the same message: the model's wording takes its place.
fn twins<S: MemoryStore + ?Sized>(
    store: &S,
    session: &SessionId,
    draft: &MemoryDraft,
) -> anyhow::Result<Vec<MemoryId>> {
    let filter =
        MemoryFilter { session: Some(session.clone()), status: Some(MemoryStatus::Active), ..MemoryFilter::default() };
    let by_rules = |memory: &Memory| {
        !memory.draft.extra.contains_key("distiller")
            && !matches!(memory.draft.trigger, Trigger::Manual | Trigger::Import)
            && memory.draft.provenance.seq == draft.provenance.seq
    };
    Ok(store.memories(&filter)?.into_iter().filter(by_rules).map(|memory| memory.id).collect())
}

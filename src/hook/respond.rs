//! From an event to what is said about it: the path of a prompt, in order.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::deadline::Deadline;
use super::event::{HookEvent, Place};
use super::journal::{Journal, StageTiming};
use super::vector::{NoVector, PendingVector};
use super::{Answer, cited, command, start, worker};
use crate::config::{Paths, RecallMode, Settings};
use crate::embed;
use crate::model::{Occasion, Outcome, Project, Timestamp};
use crate::recall::{self, Budget, Hit, Moment, Query, Recall, Situation, Weights, WindowMessage};
use crate::store::sqlite::SqliteStore;
use crate::store::{RecallRecord, RecallStore, Scope, StoreError, spool};
use crate::trace::{self, TailMessage};
use crate::{redact, text};

/// Messages of the conversation that are looked at.
const WINDOW: usize = 5;
/// Characters of the prompt that are kept with a recall.
const TRIGGER_CHARS: usize = 200;

/// What an event is answered with and from.
pub struct Surroundings<'a> {
    /// Where everything is.
    pub paths: &'a Paths,
    /// What the person set.
    pub settings: &'a Settings,
    /// When the event came.
    pub now: Timestamp,
    /// When the process started.
    pub started: Instant,
    /// This program, to start the worker with.
    pub program: Option<PathBuf>,
}

/// Acts on an event. The answer, if any, goes to `out` in one piece before anything else is written anywhere.
pub fn respond(event: &HookEvent, surroundings: &Surroundings<'_>, out: &mut dyn Write) {
    // Before every command of the agent: without the setting nothing is looked at.
    if matches!(event, HookEvent::Command { .. }) && !surroundings.settings.warn_before_commands {
        return;
    }
    let place = event.place();
    let project = trace::project::identify(&place.cwd);
    if surroundings.settings.excludes(&project.key, &place.cwd) {
        return;
    }
    match event {
        HookEvent::Settled { place, occasion } => start_worker(surroundings, *occasion, Some(place)),
        HookEvent::Start { place, source } => {
            start::start(place, *source, &project, surroundings, out);
            start_worker(surroundings, Occasion::Start, None);
        }
        _ if surroundings.settings.recall == RecallMode::Off => {}
        HookEvent::Command { place, command } => command::warn(place, command, &project, surroundings, out),
        HookEvent::File { .. } if !surroundings.settings.recall_on_files => {}
        _ => answer_query(event, &project, surroundings, out),
    }
}

fn start_worker(surroundings: &Surroundings<'_>, occasion: Occasion, place: Option<&Place>) {
    let Some(program) = &surroundings.program else { return };
    if let Err(error) = worker::detach(program, occasion, place) {
        let what = format!("cannot start the worker {}: {error}", program.display());
        Journal::new(surroundings.paths).log(surroundings.now, &what);
    }
}

/// Opens the store as hooks do. Why it cannot is in the log.
pub(super) fn open(surroundings: &Surroundings<'_>) -> Option<SqliteStore> {
    try_open(surroundings).ok()
}

/// The same with the reason; a missing store is the normal state before the first ingest, and not in the log.
pub(super) fn try_open(surroundings: &Surroundings<'_>) -> Result<SqliteStore, StoreError> {
    let opened = SqliteStore::open_for_hook(&surroundings.paths.database());
    if let Err(error) = &opened
        && !matches!(error, StoreError::Missing { .. })
    {
        Journal::new(surroundings.paths).log(surroundings.now, &error.to_string());
    }
    opened
}

/// Recall for a prompt, a file or a failure.
fn answer_query(event: &HookEvent, project: &Project, surroundings: &Surroundings<'_>, out: &mut dyn Write) {
    let deadline = Deadline::new(surroundings.started, surroundings.settings.deadline_ms);
    let mut timing =
        StageTiming { at: surroundings.now.to_string(), event: event.name().to_owned(), ..StageTiming::default() };
    let mut query = query(event, project, surroundings.now);
    timing.read_us = micros(deadline);
    if query.is_silent() && !recall::may_answer(&query.text) {
        return;
    }
    let Some(mut store) = open(surroundings) else { return };
    if query.moment.is_said() {
        take_answer(&mut query, surroundings, &mut store);
    }
    if query.is_silent() {
        return store.leak();
    }
    timing.open_us = micros(deadline) - timing.read_us;
    let root = Path::new(&project.root);
    let weights = Weights::default();
    let mut attempt = Attempt { event, query: &query, root, surroundings, weights, deadline, degraded: None };
    match attempt.recall(&store) {
        Ok(mut recalled) => {
            let before = deadline.spent();
            attempt.record(&mut recalled, &mut store);
            attempt.remember_names(&recalled, &mut store);
            timing.record_us = (deadline.spent() - before).as_micros() as u64;
            timing.injected = recalled.injected().count();
            attempt.say(&recalled, out);
            note_stages(&mut timing, &recalled);
        }
        Err(error) => attempt.degraded = Some(error.to_string()),
    }
    timing.total_us = micros(deadline);
    timing.degraded = attempt.degraded;
    let journal = Journal::new(surroundings.paths);
    if let Some(why) = &timing.degraded {
        journal.log(surroundings.now, &format!("{}: {why}", event.name()));
    }
    journal.timing(&timing);
    store.leak();
}

fn micros(deadline: Deadline) -> u64 {
    deadline.spent().as_micros() as u64
}

fn note_stages(timing: &mut StageTiming, recalled: &Recall) {
    let times = recalled.times;
    timing.lexical_us = times.lexical.as_micros() as u64;
    timing.vector_wait_us = times.vector_wait.as_micros() as u64;
    timing.search_us = times.search.as_micros() as u64;
    timing.rank_us = times.rank.as_micros() as u64;
}

/// A prompt may answer what was asked at the one before ("which Adam?"): it then asks that again, of the one meant.
fn take_answer(query: &mut Query, surroundings: &Surroundings<'_>, store: &mut SqliteStore) {
    let Some(session) = query.session.clone() else { return };
    let noted = match recall::take_answer(query, store, surroundings.now) {
        Ok(Some(name)) => store.note_name(&session, &name),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        Journal::new(surroundings.paths).log(surroundings.now, &format!("the answer is not kept: {error}"));
    }
}

/// The question that an event puts.
fn query(event: &HookEvent, project: &Project, now: Timestamp) -> Query {
    let place = event.place();
    let (moment, text, files) = match event {
        HookEvent::File { path, change, .. } => {
            let file = project.relative(path);
            (Moment::File, format!("{file}\n{change}"), vec![file, path.clone()])
        }
        HookEvent::Failure { command, error, .. } => (Moment::Failure, format!("$ {command}\n{error}"), Vec::new()),
        HookEvent::Prompt { prompt, .. } => (Moment::Prompt, recall::looked_at(prompt).into_owned(), Vec::new()),
        HookEvent::Command { .. } | HookEvent::Start { .. } | HookEvent::Settled { .. } => {
            (Moment::Prompt, String::new(), Vec::new())
        }
    };
    let window = place.transcript.as_deref().map(|path| trace::tail(path, WINDOW)).unwrap_or_default();
    let moment = if moment == Moment::Prompt && window.is_empty() { Moment::Opening } else { moment };
    Query {
        moment,
        text,
        window: window.iter().map(window_message).collect(),
        files,
        scope: scope(place, project, now),
        session: Some(place.session.clone()),
    }
}

/// A message of the conversation, which may be as long as a prompt.
fn window_message(message: &TailMessage) -> WindowMessage {
    WindowMessage { role: message.role, text: recall::looked_at(&message.text).into_owned() }
}

/// Everything that the project may be answered from but what the session itself has brought.
pub(super) fn scope(place: &Place, project: &Project, now: Timestamp) -> Scope {
    // What was caught from this very session is in its context anyway.
    Scope { project: Some(project.key.clone()), before: now, not_session: Some(place.session.clone()) }
}

/// One recall on its way, and why it uses less than everything, if it does.
struct Attempt<'a> {
    event: &'a HookEvent,
    query: &'a Query,
    /// Of the project.
    root: &'a Path,
    surroundings: &'a Surroundings<'a>,
    weights: Weights,
    deadline: Deadline,
    degraded: Option<String>,
}

impl Attempt<'_> {
    fn recall(&mut self, store: &SqliteStore) -> Result<Recall, StoreError> {
        let settings = self.surroundings.settings;
        let chars = match self.query.moment {
            Moment::File => settings.file_budget_chars,
            Moment::Prompt | Moment::Opening | Moment::Failure => settings.prompt_budget_chars,
        };
        let weights = self.weights.clone();
        let situation = Situation {
            query: self.query,
            model: &settings.model,
            weights: &weights,
            budget: Budget { memories: settings.most_memories, chars },
            least_confidence: settings.least_confidence,
            now: self.surroundings.now,
        };
        // At a file the look-up by path decides first whether the model is worth starting.
        let mut pending = if self.query.moment == Moment::File { None } else { self.start_vector() };
        let root = self.root;
        let mut vector = || {
            let pending = pending.take().or_else(|| self.start_vector())?;
            match pending.wait(self.deadline.left_for_vector()) {
                Ok(vector) => Some(vector),
                Err(NoVector::Model(error)) => self.degrade(error.to_string()),
                Err(late @ NoVector::Late) => self.degrade(late.to_string()),
            }
        };
        recall::recall(&situation, store, &mut vector, &|citations| cited::stale_files(citations, root, store))
    }

    fn start_vector(&mut self) -> Option<PendingVector> {
        let pack = self.surroundings.paths.models().join(&self.surroundings.settings.model);
        if !embed::is_installed(&pack) {
            return None;
        }
        Some(PendingVector::start(pack, self.query.text_to_embed(), self.weights.tokens(self.query.moment)))
    }

    fn degrade<T>(&mut self, why: String) -> Option<T> {
        self.degraded = Some(why);
        None
    }

    /// Records what was considered; memories that a parallel hook has just shown are taken back.
    fn record(&mut self, recalled: &mut Recall, store: &mut SqliteStore) {
        let shadow = self.surroundings.settings.recall == RecallMode::Shadow;
        let asked = redact::redact(&self.query.text);
        let records: Vec<RecallRecord> = recalled
            .hits
            .iter()
            .filter(|hit| hit.explanation.outcome != Outcome::Dropped)
            .map(|hit| self.record_of(hit, &asked, shadow))
            .collect();
        if records.is_empty() {
            return;
        }
        let model = &self.surroundings.settings.model;
        let vector = recalled.vector.as_deref();
        match store.record_recalls(&records, &asked, model, vector) {
            Ok(claimed) if !shadow => recalled.keep_only(&claimed),
            Ok(_) => {}
            Err(error) => {
                let spooled = spool::append(&self.surroundings.paths.spool(), &records, &asked, model, vector);
                let lost =
                    spooled.err().map_or_else(String::new, |error| format!("; the spool cannot be written: {error}"));
                self.degraded = Some(format!("recall recorded later: {error}{lost}"));
            }
        }
    }

    /// Keeps what names mean in this session, and what is asked about them.
    fn remember_names(&mut self, recalled: &Recall, store: &mut SqliteStore) {
        if self.surroundings.settings.recall == RecallMode::Shadow {
            return;
        }
        let now = self.surroundings.now;
        let asked = recalled.question.as_ref().map(|question| question.open(self.query, now));
        for mut name in recalled.learned.iter().cloned().chain(asked) {
            name.asked = redact::redact(&name.asked).into_owned();
            if let Err(error) = store.note_name(&self.event.place().session, &name) {
                self.degraded = Some(format!("what {} means is not kept: {error}", name.name));
            }
        }
    }

    fn record_of(&self, hit: &Hit, asked: &str, shadow: bool) -> RecallRecord {
        let explanation = &hit.explanation;
        let prompt_id = match self.event {
            HookEvent::Prompt { prompt_id, .. } => prompt_id.clone(),
            _ => None,
        };
        RecallRecord {
            memory: explanation.memory,
            session: self.event.place().session.clone(),
            event: self.event.name().to_owned(),
            trigger: text::one_line(asked, TRIGGER_CHARS),
            prompt_id,
            // What the agent reads; the final score also holds what age adds, which says nothing of relevance.
            score: explanation.probability,
            floor: explanation.floor,
            signals: explanation.signals.clone(),
            outcome: match explanation.outcome {
                Outcome::Injected if shadow => Outcome::Shadowed,
                outcome => outcome,
            },
            why: explanation.why.clone(),
            at: self.surroundings.now,
        }
    }

    fn say(&self, recalled: &Recall, out: &mut dyn Write) {
        let context = recall::block(recalled);
        if context.is_empty() || self.surroundings.settings.recall == RecallMode::Shadow {
            return;
        }
        let message = self.surroundings.settings.announce.then(|| recall::announcement(recalled));
        Answer { event: self.event.name(), context, message }.write(out);
    }
}

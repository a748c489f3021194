//! Documents: files that are read as a whole and may hold several sessions.
//!
//! Each session has a state of its own, whatever file it came from, so that the same conversation in a second export or
//! in another of its agent's files is known again. Of two that differ the fuller one is kept: nothing kept is lost to a
//! shorter copy. The file itself has a state too, only to tell whether it changed.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::append::{Part, Surroundings};
use super::file::Event;
use crate::model::{Agent, ModelUse, SessionId, Step, Timestamp, ToolStatus};
use crate::store::{Append, SessionHead, TranscriptState};
use crate::trace::{DocumentReader, DocumentSession, Parsed, SessionSink};

/// What the state of a session is called, in place of a file's path.
const PREFIX: &str = "session:";

/// The sessions of documents that are stored, by the name of their state.
#[derive(Default)]
pub(super) struct Taken(HashMap<String, TranscriptState>);

impl Taken {
    pub(super) fn new(states: &[TranscriptState]) -> Self {
        let of_sessions = states.iter().filter(|state| state.path.starts_with(PREFIX));
        Self(of_sessions.map(|state| (state.path.clone(), state.clone())).collect())
    }

    /// Whether this state says something new: other content, and not less of it. None when it does not, else whether it
    /// replaces something.
    pub(super) fn replaces(&self, new: &TranscriptState) -> Option<bool> {
        match self.0.get(&new.path) {
            None => Some(false),
            Some(old) => (old.prefix_hash != new.prefix_hash && old.offset <= new.offset).then_some(true),
        }
    }

    pub(super) fn knows(&self, state: &TranscriptState) -> bool {
        self.0.contains_key(&state.path)
    }

    pub(super) fn note(&mut self, state: &TranscriptState) {
        self.0.insert(state.path.clone(), state.clone());
    }

    fn has(&self, id: &SessionId, changed: Timestamp) -> bool {
        self.0.get(&name(id)).is_some_and(|state| state.mtime_ns == nanos(changed))
    }
}

fn name(id: &SessionId) -> String {
    format!("{PREFIX}{id}")
}

fn nanos(at: Timestamp) -> i64 {
    at.millis().saturating_mul(1_000_000)
}

/// Reads a document and sends its sessions on. False when nobody listens any more.
pub(super) fn read(
    reader: &dyn DocumentReader,
    path: &Path,
    surroundings: &Surroundings<'_>,
    send: &mut dyn FnMut(Event) -> bool,
) -> std::io::Result<bool> {
    let mut sending = Sending { surroundings, send, listening: true, last: None, excluded: false };
    let read = reader.sessions(path, &mut sending);
    let Sending { send, listening, last, excluded, .. } = sending;
    // What was given before an error is good, but the file must be read again.
    read?;
    if !listening {
        return Ok(false);
    }
    Ok(send(if last.is_none() && excluded { Event::Excluded } else { Event::DocumentRead(last) }))
}

/// Sends sessions on as they are read.
struct Sending<'a> {
    surroundings: &'a Surroundings<'a>,
    send: &'a mut dyn FnMut(Event) -> bool,
    listening: bool,
    last: Option<(Agent, SessionId, bool)>,
    excluded: bool,
}

impl SessionSink for Sending<'_> {
    fn has(&self, agent: Agent, native: &str, changed: Timestamp) -> bool {
        self.surroundings.taken.has(&SessionId::new(agent, native), changed)
    }

    fn take(&mut self, session: DocumentSession) -> bool {
        let DocumentSession { agent, changed, parsed } = session;
        if parsed.steps.is_empty() || parsed.facts.native.is_empty() {
            return true;
        }
        if self.surroundings.excludes(&parsed.facts) {
            self.excluded = true;
            return true;
        }
        let state = state(agent, changed, &parsed);
        self.last = Some((agent, state.session.clone(), parsed.facts.subagent));
        // The store decides; this only saves making ready what it would not take.
        if let Some(restart) = self.surroundings.taken.replaces(&state) {
            let part = self.surroundings.part(agent, parsed, state, restart, 0);
            self.listening = (self.send)(Event::Session(Box::new(part)));
        }
        self.listening
    }
}

/// The state of a session read from a document: in place of bytes read stands how much it holds.
fn state(agent: Agent, changed: Option<Timestamp>, parsed: &Parsed) -> TranscriptState {
    let session = SessionId::new(agent, &parsed.facts.native);
    TranscriptState {
        path: name(&session),
        session,
        offset: fullness(parsed),
        prefix_hash: digest(parsed),
        size: 0,
        mtime_ns: changed.map_or(0, nanos),
        next_seq: parsed.next_seq,
    }
}

/// Steps, and once more each call whose end is known: of two copies of a session one may lack all results.
fn fullness(parsed: &Parsed) -> u64 {
    let ended = |step: &Step| matches!(step, Step::Called(call) if call.status != ToolStatus::Pending);
    (parsed.steps.len() + parsed.steps.iter().filter(|step| ended(&step.step)).count()) as u64
}

fn digest(parsed: &Parsed) -> [u8; 32] {
    struct Feed(Sha256);
    impl Write for Feed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut feed = Feed(Sha256::new());
    // Writing into a hash does not fail.
    let _written = write!(feed, "{parsed:?}");
    feed.0.finalize().into()
}

/// An append without steps that notes the file's size and time.
pub(super) fn file_state(path: String, size: u64, mtime_ns: i64, last: (Agent, SessionId, bool)) -> Append {
    let (agent, session, subagent) = last;
    let head = SessionHead {
        id: session.clone(),
        agent,
        parent: None,
        subagent,
        headless: false,
        project: None,
        cwd: None,
        branch: None,
        commit: None,
        usage: ModelUse::default(),
        custom_title: None,
        agent_title: None,
        client_version: None,
        started_at: None,
        ended_at: None,
        interrupts: 0,
        compactions: 0,
        pull_requests: Vec::new(),
    };
    let state = TranscriptState { path, session, offset: 0, prefix_hash: [0; 32], size, mtime_ns, next_seq: 0 };
    Append { state, restart: false, head, steps: Vec::new(), results: Vec::new(), skipped: Vec::new(), raw: Vec::new() }
}

/// Whether a part is of a document's session that its own agent's transcript gave already, under that agent's name.
pub(super) fn is_copy_of(part: &Part, others: &[SessionId]) -> bool {
    let id = &part.append.head.id;
    others.iter().any(|other| other != id && other.native() == id.native())
}

//! One transcript file, from what was read of it before to its present end.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use super::append::{Part, Surroundings};
use super::document;
use super::lines::Lines;
use super::prefix::Prefix;
use crate::distiller::MARK;
use crate::model::{Agent, SessionId, Step};
use crate::store::TranscriptState;
use crate::trace::{self, Growth, Parsed, TraceParser, TraceReader};

/// How much goes to the store as one part, at least, unless the file ends before.
const PART_BYTES: u64 = 2 * 1024 * 1024;

/// What stands in the store between a file's path and the name of one of the other sessions in it.
pub(super) const OTHER_MARK: char = '#';

/// A file to be read.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) mtime_ns: i64,
    pub(super) known: Option<TranscriptState>,
    /// The other sessions that the file held when it was last read.
    pub(super) known_others: Vec<TranscriptState>,
}

/// What reading a file gives, in order.
pub(super) enum Event {
    /// A part to be stored.
    Part(Box<Part>),
    /// A whole session of a document, to be stored if it says something new.
    Session(Box<Part>),
    /// A document was read to its end; its last session, if it has any.
    DocumentRead(Option<(Agent, SessionId, bool)>),
    /// Read to the end of its last whole line, which the parts before (if any) did not say.
    Finished,
    /// No agent's transcript.
    Unrecognised,
    /// Of a project that is left out.
    Excluded,
    /// Reading ended with this.
    Unreadable(String),
}

/// How the file stands to what was read of it before.
struct Start {
    parser: Box<dyn TraceParser>,
    prefix: Prefix,
    offset: u64,
    restart: bool,
}

impl Job {
    /// Looks at a file without opening it.
    pub(super) fn new(path: PathBuf, known: &BTreeMap<&str, &TranscriptState>) -> Result<Self, String> {
        let (size, mtime_ns) = trace::measure(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.to_string_lossy().into_owned();
        let others = format!("{name}{OTHER_MARK}");
        let others = known.range(others.as_str()..).take_while(|(name, _)| name.starts_with(&others));
        let known_others = others.map(|(_, &state)| state.clone()).collect();
        let known = known.get(name.as_str()).map(|&state| state.clone());
        Ok(Self { path, size, mtime_ns, known, known_others })
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.known.as_ref().is_some_and(|state| state.size == self.size && state.mtime_ns == self.mtime_ns)
    }

    pub(super) fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// Bytes that are probably new.
    pub(super) fn bytes(&self) -> u64 {
        self.size.saturating_sub(self.known.as_ref().map_or(0, |state| state.offset))
    }

    /// The path as the store has it.
    pub(super) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Reads what is new and sends it on, by way of a buffer that files share. False when nobody listens any more.
    pub(super) fn read(
        &self,
        surroundings: &Surroundings<'_>,
        buffer: &mut Vec<u8>,
        send: &mut dyn FnMut(Event) -> bool,
    ) -> bool {
        match self.try_read(surroundings, buffer, send) {
            Ok(listening) => listening,
            Err(error) => send(Event::Unreadable(format!("{}: {error}", self.path.display()))),
        }
    }

    fn try_read(
        &self,
        surroundings: &Surroundings<'_>,
        buffer: &mut Vec<u8>,
        send: &mut dyn FnMut(Event) -> bool,
    ) -> std::io::Result<bool> {
        let mut lines = Lines::new(File::open(&self.path)?, buffer);
        let head = lines.head()?;
        if let Some(reader) = trace::recognise_document(&self.path, head) {
            return document::read(reader, &self.path, surroundings, send);
        }
        let Some(reader) = trace::recognise(head) else {
            return Ok(head.is_empty() || send(Event::Unrecognised));
        };
        if reader.growth(&self.path) == Growth::Rewritten {
            return self.read_whole(reader, &mut lines.file, surroundings, send);
        }
        let Start { mut parser, mut prefix, mut offset, mut restart } = self.start(reader, &mut lines)?;
        lines.go_to(offset, self.size)?;
        let mut is_finished = false;
        while !is_finished {
            let (mut parsed, mut length) = (Parsed::default(), 0);
            while length < PART_BYTES
                && let Some(block) = lines.next(&*parser)?
            {
                length += block.len() as u64;
                prefix.update(block);
                parsed.append(parser.read(block));
            }
            if length == 0 {
                break;
            }
            offset += length;
            if surroundings.excludes(&parsed.facts) || is_of_distiller(&parsed) {
                return Ok(send(Event::Excluded));
            }
            is_finished = lines.is_at_end();
            let state = TranscriptState {
                path: self.name(),
                session: SessionId::new(reader.agent(), &parsed.facts.native),
                offset,
                prefix_hash: prefix.stored(),
                // Until the last part is in, the file must not look unchanged to a later run.
                size: if is_finished { self.size } else { offset },
                mtime_ns: self.mtime_ns,
                next_seq: parsed.next_seq,
            };
            let is_restart = std::mem::take(&mut restart);
            let part = surroundings.part(reader.agent(), parsed, state, is_restart, length);
            if !send(Event::Part(Box::new(part))) {
                return Ok(false);
            }
        }
        Ok(is_finished || send(Event::Finished))
    }

    /// Brings a parser to where reading stopped, if the file still starts with the bytes that were read then.
    fn start(&self, reader: &dyn TraceReader, lines: &mut Lines<'_>) -> std::io::Result<Start> {
        let fresh = |restart| Start { parser: reader.parser(&self.path), prefix: Prefix::new(), offset: 0, restart };
        let Some(known) = &self.known else { return Ok(fresh(false)) };
        if self.size < known.offset {
            return Ok(fresh(true));
        }
        let mut start = Start { prefix: Prefix::comparable_with(&known.prefix_hash), ..fresh(false) };
        lines.go_to(0, known.offset)?;
        while let Some(block) = lines.next(&*start.parser)? {
            start.prefix.update(block);
            start.offset += block.len() as u64;
            start.parser.replay(block);
        }
        let is_prefix = start.prefix.comes_to(&known.prefix_hash) && start.offset == known.offset;
        Ok(if is_prefix { start } else { fresh(true) })
    }
}

/// Whether the session starts with a request that this program made: a client that kept it must not feed it back.
fn is_of_distiller(parsed: &Parsed) -> bool {
    let first = parsed.steps.first().filter(|step| step.turn == 0);
    first.is_some_and(|step| matches!(&step.step, Step::Said(message) if message.text.starts_with(MARK)))
}

//! One transcript file, from what was read of it before to its present end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use memchr::memrchr;

use super::append::{Part, Surroundings};
use super::document;
use super::prefix::Prefix;
use crate::distiller::MARK;
use crate::model::{Agent, SessionId, Step};
use crate::store::TranscriptState;
use crate::trace::{self, Growth, HEAD_BYTES, Parsed, TraceParser, TraceReader};

/// How much is read and parsed at a time: as much as stays in the processor's second cache between being read, hashed and
/// parsed. With twice as much, reading alone takes four times as long.
const BLOCK_BYTES: usize = 128 * 1024;

/// How much goes to the store as one part, at least, unless the file ends before.
const PART_BYTES: u64 = 2 * 1024 * 1024;

/// Longest line that is read; a record with images is a few megabytes.
const MOST_LINE_BYTES: usize = 64 * 1024 * 1024;

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
        let mut file = File::open(&self.path)?;
        buffer.clear();
        buffer.reserve(HEAD_BYTES);
        Read::by_ref(&mut file).take(HEAD_BYTES as u64).read_to_end(buffer)?;
        let head = &*buffer;
        if let Some(reader) = trace::recognise_document(&self.path, head) {
            drop(file);
            return document::read(reader, &self.path, surroundings, send);
        }
        let Some(reader) = trace::recognise(head) else {
            return Ok(head.is_empty() || send(Event::Unrecognised));
        };
        if reader.growth(&self.path) == Growth::Rewritten {
            return self.read_whole(reader, &mut file, surroundings, send);
        }
        let Start { mut parser, mut prefix, mut offset, mut restart } = self.start(reader, &mut file, buffer)?;
        let mut lines = Lines::new(&mut file, offset, self.size, buffer)?;
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
            is_finished = lines.ended;
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
    fn start(&self, reader: &dyn TraceReader, file: &mut File, buffer: &mut Vec<u8>) -> std::io::Result<Start> {
        let fresh = |restart| Start { parser: reader.parser(&self.path), prefix: Prefix::new(), offset: 0, restart };
        let Some(known) = &self.known else { return Ok(fresh(false)) };
        if self.size < known.offset {
            return Ok(fresh(true));
        }
        let mut start = Start { prefix: Prefix::comparable_with(&known.prefix_hash), ..fresh(false) };
        let mut lines = Lines::new(file, 0, known.offset, buffer)?;
        while let Some(block) = lines.next(&*start.parser)? {
            start.prefix.update(block);
            start.offset += block.len() as u64;
            start.parser.replay(block);
        }
        let is_prefix = start.prefix.comes_to(&known.prefix_hash) && start.offset == known.offset;
        Ok(if is_prefix { start } else { fresh(true) })
    }
}

/// Blocks of whole lines between two places of a file.
struct Lines<'a> {
    file: std::io::Take<&'a mut File>,
    /// Starts with what was read: the last block and the start of the line that it ended before.
    bytes: &'a mut Vec<u8>,
    /// Length of what was read.
    held: usize,
    /// Length of the last block.
    given: usize,
    /// Whether everything has been read.
    ended: bool,
}

impl<'a> Lines<'a> {
    fn new(file: &'a mut File, from: u64, to: u64, buffer: &'a mut Vec<u8>) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(from))?;
        Ok(Self { file: file.take(to.saturating_sub(from)), bytes: buffer, held: 0, given: 0, ended: false })
    }

    /// The next lines. A last line without a line end waits for it, unless it is a whole record already.
    fn next(&mut self, parser: &dyn TraceParser) -> std::io::Result<Option<&[u8]>> {
        self.bytes.copy_within(self.given..self.held, 0);
        self.held -= self.given;
        self.given = 0;
        while !self.ended && self.given == 0 {
            let start = self.held;
            let end = start + BLOCK_BYTES;
            if self.bytes.len() < end {
                self.bytes.resize(end, 0);
            }
            let got = match self.file.read(&mut self.bytes[start..end]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                got => got?,
            };
            self.held += got;
            self.ended = self.file.limit() == 0 || got == 0;
            self.given = memrchr(b'\n', &self.bytes[start..self.held]).map_or(0, |end| start + end + 1);
            if self.given == 0 && self.held > MOST_LINE_BYTES {
                let limit = MOST_LINE_BYTES / (1024 * 1024);
                return Err(std::io::Error::other(format!(
                    "a line is longer than {limit} MB; the lines before it are kept"
                )));
            }
        }
        if self.ended && parser.is_whole(&self.bytes[self.given..self.held]) {
            self.given = self.held;
        }
        Ok((self.given > 0).then(|| &self.bytes[..self.given]))
    }
}

/// Whether the session starts with a request that this program made: a client that kept it must not feed it back.
fn is_of_distiller(parsed: &Parsed) -> bool {
    let first = parsed.steps.first().filter(|step| step.turn == 0);
    first.is_some_and(|step| matches!(&step.step, Step::Said(message) if message.text.starts_with(MARK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parser to which every line that ends with a brace is whole.
    struct Braces;

    impl TraceParser for Braces {
        fn replay(&mut self, _: &[u8]) {}

        fn read(&mut self, _: &[u8]) -> Parsed {
            Parsed::default()
        }

        fn is_whole(&self, line: &[u8]) -> bool {
            line.ends_with(b"}")
        }
    }

    fn check(content: &[u8], expected: &[usize]) {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), content).unwrap();
        let mut file = File::open(path.path()).unwrap();
        let mut buffer = b"of another file".to_vec();
        let mut lines = Lines::new(&mut file, 0, content.len() as u64, &mut buffer).unwrap();
        let mut lengths = Vec::new();
        let mut read = Vec::new();
        while let Some(block) = lines.next(&Braces).unwrap() {
            lengths.push(block.len());
            read.extend(block);
        }
        assert_eq!(lengths, expected);
        assert!(content.starts_with(&read) && lines.ended);
    }

    #[test]
    fn blocks_end_at_line_ends() {
        check(b"", &[]);
        check(b"one\ntwo\n", &[8]);
        check(b"one\ntw", &[4]);
        check(b"tw", &[]);
        check(b"one\n{}", &[6]);
        check(b"{}", &[2]);
        let mut large = vec![b'x'; BLOCK_BYTES - 1];
        large.push(b'\n');
        check(&large, &[BLOCK_BYTES]);
        large.extend(b"y\nz");
        check(&large, &[BLOCK_BYTES, 2]);
        let mut long = vec![b'x'; BLOCK_BYTES * 2 + 7];
        long.push(b'\n');
        check(&long, &[BLOCK_BYTES * 2 + 8]);
    }
}

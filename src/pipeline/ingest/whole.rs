//! Files of which any part can change: read as one part, which replaces what they gave before.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::append::Surroundings;
use super::file::{Event, Job, OTHER_MARK};
use crate::model::{Agent, SessionId};
use crate::store::TranscriptState;
use crate::trace::{Parsed, SessionFacts, TraceReader};

/// Largest file that is read as one part. The longest seen are a few megabytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// What all parts of one file have in common.
struct Whole<'a> {
    job: &'a Job,
    agent: Agent,
    prefix_hash: [u8; 32],
    bytes: u64,
    surroundings: &'a Surroundings<'a>,
}

impl Job {
    /// Reads the whole file and sends on the sessions in it, if it differs from when it was last read.
    ///
    /// A step is stored once, under the first session that has it, and one that the conversation now shares with a
    /// branch must not be kept by the branch: so all branches are emptied, then come the conversation and the branches
    /// as they are now. Until the last part is in, the file must not look unchanged to a later run.
    pub(super) fn read_whole(
        &self,
        reader: &dyn TraceReader,
        file: &mut File,
        surroundings: &Surroundings<'_>,
        send: &mut dyn FnMut(Event) -> bool,
    ) -> std::io::Result<bool> {
        if self.size > MOST_BYTES {
            let limit = MOST_BYTES / (1024 * 1024);
            return Err(std::io::Error::other(format!("longer than {limit} MB and not readable in parts")));
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        let prefix_hash: [u8; 32] = Sha256::digest(&bytes).into();
        if self.known.as_ref().is_some_and(|known| known.size > 0 && known.prefix_hash == prefix_hash) {
            return Ok(send(Event::Finished));
        }
        let mut parser = reader.parser(&self.path);
        let conversation = parser.read(&bytes);
        if surroundings.excludes(&conversation.facts) {
            return Ok(send(Event::Excluded));
        }
        let whole = Whole { job: self, agent: reader.agent(), prefix_hash, bytes: bytes.len() as u64, surroundings };
        for known in &self.known_others {
            let facts = SessionFacts { native: known.session.native().to_owned(), ..SessionFacts::default() };
            if !whole.send(Parsed { facts, ..Parsed::default() }, known.path.clone(), 0, send) {
                return Ok(false);
            }
        }
        if !whole.send(conversation, self.name(), whole.bytes, send) {
            return Ok(false);
        }
        for other in parser.others() {
            let name = format!("{}{OTHER_MARK}{}", self.name(), other.facts.native);
            if !whole.send(other, name, 0, send) {
                return Ok(false);
            }
        }
        Ok(send(Event::Finished))
    }
}

impl Whole<'_> {
    /// Sends one session as a part that counts for `bytes`. False when nobody listens any more.
    fn send(&self, parsed: Parsed, path: String, bytes: u64, send: &mut dyn FnMut(Event) -> bool) -> bool {
        let is_known = self.job.known.is_some();
        let state = TranscriptState {
            path,
            session: SessionId::new(self.agent, &parsed.facts.native),
            offset: self.bytes,
            prefix_hash: self.prefix_hash,
            size: 0,
            mtime_ns: self.job.mtime_ns,
            next_seq: parsed.next_seq,
        };
        send(Event::Part(Box::new(self.surroundings.part(self.agent, parsed, state, is_known, bytes))))
    }
}

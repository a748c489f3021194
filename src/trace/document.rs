//! Files that are no list of lines: one JSON document, a database, Markdown, an archive. They are read as a whole, may
//! hold several sessions, and change anywhere, so each of their sessions is compared and replaced as a whole.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Reader;
use super::parsed::Parsed;
use crate::model::{Agent, Timestamp};

/// Reads one program's documents.
pub trait DocumentReader: Reader {
    /// Gives every session in the file to `sink`, in an order that depends on the file's content alone.
    ///
    /// # Errors
    /// When the file cannot be read; sessions given before that are good.
    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()>;
}

/// One session of a document, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentSession {
    /// Whose it is: an archive may hold several programs' sessions.
    pub agent: Agent,
    /// When the document says it was last changed, if it says so.
    pub changed: Option<Timestamp>,
    /// Its content.
    pub parsed: Parsed,
}

/// Takes a document's sessions.
pub trait SessionSink {
    /// Whether this session was taken as of `changed` by an earlier run, so that it need not be read again.
    fn has(&self, agent: Agent, native: &str, changed: Timestamp) -> bool;

    /// Takes a session; false when no more are wanted.
    fn take(&mut self, session: DocumentSession) -> bool;
}

/// Keeps every session: for callers that read one file by itself.
impl SessionSink for Vec<DocumentSession> {
    fn has(&self, _: Agent, _: &str, _: Timestamp) -> bool {
        false
    }

    fn take(&mut self, session: DocumentSession) -> bool {
        self.push(session);
        true
    }
}

/// Size in bytes and modification time in nanoseconds since the epoch, by which a changed file is known.
///
/// A database's newest content stands in the log beside it, which counts as part of it.
///
/// # Errors
/// When the file is not there.
pub fn measure(path: &Path) -> std::io::Result<(u64, i64)> {
    let meta = std::fs::metadata(path)?;
    let (mut size, mut mtime_ns) = (meta.len(), modified_ns(&meta));
    if path.extension().is_some_and(|extension| extension == "db" || extension == "vscdb") {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // An empty one says nothing, not even when it was written: reading makes it anew.
        if let Some(log) = std::fs::metadata(PathBuf::from(log)).ok().filter(|log| log.len() > 0) {
            size += log.len();
            mtime_ns = mtime_ns.max(modified_ns(&log));
        }
    }
    Ok((size, mtime_ns))
}

fn modified_ns(meta: &std::fs::Metadata) -> i64 {
    let since = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

/// When the file was last written: the time of what has no time of its own.
pub(super) fn written_at(path: &Path) -> Timestamp {
    Timestamp(measure(path).map_or(0, |(_, mtime_ns)| mtime_ns / 1_000_000))
}

/// A path's last part as text.
pub(super) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

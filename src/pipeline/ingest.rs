//! Takes transcripts into the store: only new bytes, redacted, in parts that each go in as a whole.
//!
//! Files are read and parsed on all cores and stored one after the other in a fixed order, many parts in one transaction,
//! so that an interrupted run and the one after it leave the same store as a single undisturbed one.

mod append;
mod document;
mod file;
mod lines;
mod prefix;
mod whole;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::Serialize;

use crate::config::host_name;
use crate::model::{Project, SessionId};
use crate::store::{Append, Appended, SessionFilter, SessionStore, TranscriptState};
use crate::trace;
use append::{Part, Surroundings};
use document::Taken;
use file::{Event, Job};

/// Parts of one file that may wait for the store, and files of which any may. This bounds the memory used, and lets the
/// readers go on while the store syncs: in 40 ms they read about 30 files.
const WAITING_PARTS: usize = 8;
const WAITING_FILES: usize = 32;

/// How far the readers stand back behind the one thread that writes, for which all wait: on two cores it got half of one.
#[cfg(target_os = "linux")]
const BEHIND_WRITER: i32 = 5;

/// Transcript bytes that are stored in one transaction. Each writes the pages of the indexes anew, whose ids lie all over
/// them. It lasts as long as reading them does, about an eighth of a second, and what a hook has to note meanwhile goes
/// to the spool.
const STORED_AT_ONCE: u64 = 128 * 1024 * 1024;

/// How far an ingest has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestProgress {
    /// Changed files stored.
    pub files_done: u64,
    /// Changed files in all.
    pub files_total: u64,
    /// Bytes stored.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes_total: u64,
}

/// What an ingest did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IngestReport {
    /// Files found.
    pub files_seen: u64,
    /// Files with something new in them.
    pub files_read: u64,
    /// Files not opened, or opened and found to hold nothing new.
    pub files_unchanged: u64,
    /// Files that are no transcripts of an agent we know.
    pub files_unrecognised: u64,
    /// Files of excluded projects.
    pub files_excluded: u64,
    /// Files that could not be read to their end, with the reason.
    pub unreadable: Vec<String>,
    /// Bytes newly read.
    pub bytes: u64,
    /// Sessions seen for the first time.
    pub sessions_new: u64,
    /// Sessions that got longer.
    pub sessions_updated: u64,
    /// Messages stored.
    pub messages: u64,
    /// Tool calls stored.
    pub tool_calls: u64,
    /// Steps left out because the store or the file had them already.
    pub copies: u64,
    /// Records not understood, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Secrets taken out, by rule.
    pub redacted: BTreeMap<String, u64>,
}

/// Takes in every transcript under `roots` (files or directories), except those of `excluded` projects (keys or paths).
///
/// # Errors
/// When the store fails. What cannot be read or understood is no error but part of the report.
pub fn ingest(
    store: &mut dyn SessionStore,
    roots: &[PathBuf],
    excluded: &[String],
    progress: &mut dyn FnMut(IngestProgress),
) -> anyhow::Result<IngestReport> {
    let mut report = IngestReport::default();
    let known = store.transcripts().context("list the transcripts read so far")?;
    let jobs = changed_files(&known, roots, &mut report);
    let surroundings = Surroundings::new(excluded, Taken::new(&known));
    let taken = Taken::new(&known);
    let mut writer = Writer::new(store, report, taken);
    let mut at = IngestProgress {
        files_total: jobs.len() as u64,
        bytes_total: jobs.iter().map(Job::bytes).sum(),
        ..IngestProgress::default()
    };
    let (queue, surroundings) = (&Mutex::new(jobs.iter()), &surroundings);
    let (taken_files, files) = sync_channel(WAITING_FILES);
    let stored = std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len()) {
            let taken_files = taken_files.clone();
            scope.spawn(move || read_files(queue, &taken_files, surroundings));
        }
        drop(taken_files);
        // Dropping the receivers on an error makes every reader stop.
        for (job, events) in files {
            writer.take(job, &events, &mut |bytes| {
                at.bytes_done += bytes;
                progress(at);
            })?;
            at.files_done += 1;
            progress(at);
        }
        anyhow::Ok(())
    });
    let claimed = writer.store.claim_sessions(&host_name()).context("note which machine the sessions are of");
    // What was stored before an error is whole.
    let committed = writer.commit();
    stored.and(claimed).and(committed)?;
    let mut report = writer.report;
    report.sessions_new = writer.new.len() as u64;
    report.sessions_updated = writer.updated.difference(&writer.new).count() as u64;
    Ok(report)
}

/// The files that are new or differ in size or time from when they were last looked at, oldest first: a fork is then
/// read after the session whose records it copies.
fn changed_files(known: &[TranscriptState], roots: &[PathBuf], report: &mut IngestReport) -> Vec<Job> {
    let known: BTreeMap<&str, &TranscriptState> = known.iter().map(|state| (state.path.as_str(), state)).collect();
    let mut seen = HashSet::new();
    let mut jobs = Vec::new();
    for path in roots.iter().flat_map(|root| trace::discover(&absolute(root))) {
        if !seen.insert(path.clone()) {
            continue;
        }
        report.files_seen += 1;
        match Job::new(path, &known) {
            Ok(job) if job.is_unchanged() => report.files_unchanged += 1,
            Ok(job) => jobs.push(job),
            Err(reason) => report.unreadable.push(reason),
        }
    }
    jobs.sort_by(|a, b| (a.mtime_ns, &a.path).cmp(&(b.mtime_ns, &b.path)));
    jobs
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// One reading thread: takes the next file until none is left. Files are given to the writer in the order in which they
/// are taken.
fn read_files<'a>(
    queue: &Mutex<impl Iterator<Item = &'a Job>>,
    taken_files: &SyncSender<(&'a Job, Receiver<Event>)>,
    surroundings: &Surroundings<'_>,
) {
    #[cfg(target_os = "linux")]
    let _as_before_if_refused = rustix::process::nice(BEHIND_WRITER);
    let mut buffer = Vec::new();
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, events) = sync_channel(WAITING_PARTS);
        let job = queue.next()?;
        taken_files.send((job, events)).ok()?;
        Some((job, sender))
    };
    while let Some((job, sender)) = next() {
        if !job.read(surroundings, &mut buffer, &mut |event| sender.send(event).is_ok()) {
            return;
        }
    }
}

/// The one thread that writes.
struct Writer<'a> {
    store: &'a mut dyn SessionStore,
    /// Transcript bytes in the transaction.
    uncommitted: u64,
    report: IngestReport,
    /// The project of each working directory, as far as the store knows them.
    known: Option<HashMap<String, String>>,
    /// Sessions of documents as they stand in the store.
    taken: Taken,
    new: HashSet<SessionId>,
    updated: HashSet<SessionId>,
}

impl<'a> Writer<'a> {
    fn new(store: &'a mut dyn SessionStore, report: IngestReport, taken: Taken) -> Self {
        let (new, updated) = (HashSet::new(), HashSet::new());
        Self { store, uncommitted: 0, report, known: None, taken, new, updated }
    }

    /// Stores everything that one file gives.
    fn take(&mut self, job: &Job, events: &Receiver<Event>, stored: &mut dyn FnMut(u64)) -> anyhow::Result<()> {
        let mut has_news = false;
        for event in events {
            match event {
                Event::Part(part) => {
                    has_news = true;
                    stored(part.bytes);
                    self.take_part(*part)?;
                }
                Event::Session(part) => has_news |= self.take_session(*part)?,
                Event::DocumentRead(last) => {
                    if let Some(last) = last {
                        let state = document::file_state(job.name(), job.size, job.mtime_ns, last);
                        self.store.append(&state).with_context(|| format!("note that {} was read", job.name()))?;
                    }
                    self.report.bytes += if has_news { job.size } else { 0 };
                    stored(job.size);
                    self.report.files_unchanged += u64::from(!has_news);
                }
                Event::Finished => {
                    if has_news || job.is_known() {
                        self.store
                            .touch_transcript(&job.name(), job.size, job.mtime_ns)
                            .context("note a file's time")?;
                    }
                    self.report.files_unchanged += u64::from(!has_news);
                }
                Event::Unrecognised => self.report.files_unrecognised += 1,
                Event::Excluded => self.report.files_excluded += 1,
                Event::Unreadable(reason) => self.report.unreadable.push(reason),
            }
        }
        self.report.files_read += u64::from(has_news);
        Ok(())
    }

    fn take_part(&mut self, mut part: Part) -> anyhow::Result<()> {
        self.settle_project(&mut part.append)?;
        self.store.begin().context("begin to store")?;
        let appended = self.store.append(&part.append);
        let appended = appended.with_context(|| format!("store {}", part.append.state.path))?;
        self.uncommitted += part.bytes;
        self.count(part, appended);
        if self.uncommitted < STORED_AT_ONCE { Ok(()) } else { self.commit() }
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        self.uncommitted = 0;
        self.store.commit().context("store what was read")
    }

    /// Stores a document's session unless an earlier file gave as much of it, or its own agent's transcript did.
    fn take_session(&mut self, mut part: Part) -> anyhow::Result<bool> {
        let state = part.append.state.clone();
        let Some(restart) = self.taken.replaces(&state) else { return Ok(false) };
        if !self.taken.knows(&state) {
            let native = state.session.native();
            let others = self.store.sessions_starting(native).with_context(|| format!("look for session {native}"))?;
            if document::is_copy_of(&part, &others) {
                self.report.copies += part.append.steps.len() as u64;
                return Ok(false);
            }
        }
        part.append.restart = restart;
        self.take_part(part)?;
        self.taken.note(&state);
        Ok(true)
    }

    fn count(&mut self, part: Part, done: Appended) {
        let Part { append, redacted, copies, bytes } = part;
        if done.forgotten {
            return;
        }
        if done.new_session {
            self.new.insert(append.head.id)
        } else {
            self.updated.insert(append.head.id)
        };
        self.report.messages += u64::from(done.messages);
        self.report.tool_calls += u64::from(done.calls);
        self.report.copies += u64::from(done.copies) + u64::from(copies);
        self.report.bytes += bytes;
        for (rule, count) in redacted {
            *self.report.redacted.entry(rule.to_owned()).or_default() += count;
        }
        for skipped in append.skipped {
            *self.report.skipped.entry(skipped.why).or_default() += skipped.count;
        }
    }

    /// Gives a session whose directory is gone the project that earlier sessions of that directory had.
    fn settle_project(&mut self, append: &mut Append) -> anyhow::Result<()> {
        let (Some(project), Some(cwd)) = (&mut append.head.project, &append.head.cwd) else { return Ok(()) };
        if !trace::project::is_by_path(project) || Path::new(cwd).exists() {
            return Ok(());
        }
        if self.known.is_none() {
            let all = SessionFilter { subagents: true, ..SessionFilter::default() };
            let sessions = self.store.sessions(&all).context("list the sessions' projects")?;
            let pairs = sessions.into_iter().filter_map(|session| Some((session.cwd?, session.project?)));
            self.known = Some(pairs.filter(|(cwd, key)| cwd != key).collect());
        }
        if let Some(key) = self.known.as_ref().and_then(|known| known.get(cwd)) {
            *project = Project { root: std::mem::take(&mut project.root), ..Project::named(key) };
        }
        Ok(())
    }
}

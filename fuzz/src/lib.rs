//! What every reader promises, whatever is in the file: it ends without a panic, numbers its steps without gaps, and
//! gives the same for a file read in parts as for one read in one go. What it keeps raw is counted and bounded.

use std::path::{Path, PathBuf};

use memory_lane::model::{Agent, RAW_SESSION_RECORDS, Step, ToolStatus};
use memory_lane::trace::{
    DocumentSession, Growth, Parsed, TraceReader, TracedStep, document_readers, line_readers,
};
use rusqlite::Connection;

/// Reads `data` as the lines of a transcript of `agent` that lies at `path`.
pub fn transcript(agent: Agent, path: &str, data: &[u8]) {
    let reader = line_readers().find(|reader| reader.agent() == agent).expect("a reader for the agent");
    let path = Path::new(path);
    let _either = reader.recognises(path, data);
    let mut parser = reader.parser(path);
    let whole = parser.read(data);
    check_order(&whole, 0);
    for other in parser.others() {
        check_order(&other, first_position(&other));
    }
    if reader.growth(path) == Growth::Appended {
        check_parts(reader, path, data, whole);
    }
}

/// A file cut in the middle, at a line's end, gives what it gives whole.
fn check_parts(reader: &dyn TraceReader, path: &Path, data: &[u8], whole: Parsed) {
    let Some(cut) = data[..data.len() / 2].iter().rposition(|&byte| byte == b'\n') else { return };
    let (before, after) = data.split_at(cut + 1);
    let mut parser = reader.parser(path);
    let first = parser.read(before);
    let second = parser.read(after);
    assert_eq!(first.facts.interrupts + second.facts.interrupts, whole.facts.interrupts);
    assert_eq!(first.copies + second.copies, whole.copies);
    assert_eq!(steps([first, second]), steps([whole]));
}

/// The steps without what results say of calls: of an id that is used twice, as only damage has it, one of them.
fn steps<const N: usize>(parts: [Parsed; N]) -> Vec<TracedStep> {
    let mut steps: Vec<TracedStep> = parts.into_iter().flat_map(|part| part.steps).collect();
    for step in &mut steps {
        if let Step::Called(call) = &mut step.step {
            call.output.clear();
            call.status = ToolStatus::Pending;
            call.patch = None;
        }
    }
    steps
}

fn first_position(parsed: &Parsed) -> u32 {
    parsed.steps.first().map_or(parsed.next_seq, |first| first.step.seq())
}

fn check_order(parsed: &Parsed, first: u32) {
    for (number, step) in (first..).zip(&parsed.steps) {
        assert_eq!(step.step.seq(), number);
    }
    assert!(parsed.raw.len() <= RAW_SESSION_RECORDS, "more is kept than there is room for");
    assert!(parsed.raw.iter().all(|raw| parsed.skipped.contains_key(&raw.why)), "kept and not counted");
    assert!(parsed.steps.windows(2).all(|pair| pair[0].turn <= pair[1].turn), "turns go back");
    assert_eq!(parsed.next_seq, first + u32::try_from(parsed.steps.len()).expect("a file of less than 2^32 steps"));
}

/// A file in memory where there is one, so that the disk does not set the pace.
pub struct File {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    /// One of this name, which may have directories in it, and nothing in it.
    pub fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let dir = dir.expect("a directory for one file");
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(dir.path())).expect("its directories");
        Self { _dir: dir, path }
    }

    /// Reads `data` as a document of this name.
    pub fn document(&self, data: &[u8]) {
        std::fs::write(&self.path, data).expect("a file to read");
        self.read(data);
    }

    /// Reads rows as a database of this name. `data` is the values of the rows in order, parted by zero bytes.
    pub fn database(&self, schema: &str, insert: &str, data: &[u8]) {
        let _none = std::fs::remove_file(&self.path);
        let db = Connection::open(&self.path).expect("a database");
        db.execute_batch(&format!("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {schema}"))
            .expect("its tables");
        for (number, row) in (0_i64..64).zip(data.split(|&byte| byte == 0)) {
            let (key, value) = row.split_at(row.iter().position(|&byte| byte == b'\n').unwrap_or(0));
            let key = String::from_utf8_lossy(key);
            db.execute(insert, (number, key, value)).expect("a row");
        }
        db.execute_batch("COMMIT").expect("a commit");
        drop(db);
        self.read(b"SQLite format 3\0");
    }

    fn read(&self, head: &[u8]) {
        for reader in document_readers().filter(|reader| reader.may_hold(&self.path)) {
            let _either = reader.recognises(&self.path, head);
            let mut found: Vec<DocumentSession> = Vec::new();
            let _error = reader.sessions(&self.path, &mut found);
            found.iter().for_each(|session| check_order(&session.parsed, 0));
        }
    }
}

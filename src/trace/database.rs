//! Other programs' SQLite databases, read without disturbing them.

use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How a database file starts.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// How long a lock of the program that owns the database is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens a database for reading, content in its write-ahead log included.
///
/// Nothing is written and nobody kept waiting: each session is read in a transaction of its own, which takes
/// milliseconds, so that a session is seen as it was at one moment.
pub(super) fn open(path: &Path) -> io::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let first = Connection::open_with_flags(uri(path, "mode=ro"), flags).and_then(checked);
    match first {
        // A database with a write-ahead log but without one at hand cannot be opened in a directory that is read-only,
        // such as a backup. Without the log nobody has it open, so its file is all there is.
        Err(_) if !log_of(path).exists() => {
            Connection::open_with_flags(uri(path, "mode=ro&immutable=1"), flags).and_then(checked).map_err(failed)
        }
        other => other.map_err(failed),
    }
}

fn checked(db: Connection) -> rusqlite::Result<Connection> {
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "query_only", true)?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(db)
}

/// Whether the database has these tables; one that cannot be opened has none.
pub(super) fn has_tables(path: &Path, names: &[&str]) -> bool {
    let Ok(db) = open(path) else { return false };
    names.iter().all(|name| db.table_exists(None, *name).unwrap_or(false))
}

/// A database's error as one of reading.
pub(super) fn failed(error: rusqlite::Error) -> io::Error {
    io::Error::other(error)
}

fn log_of(path: &Path) -> std::path::PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// A path as SQLite's URI; characters with a meaning there are encoded.
fn uri(path: &Path, parameters: &str) -> String {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    format!("{uri}?{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_only_in_the_log_and_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("odd#name?100%.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
        let reader = open(&path).unwrap();
        assert_eq!(reader.query_row("SELECT a FROM t", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        assert!(reader.execute("INSERT INTO t VALUES (2)", []).is_err());
        // The owner writes on while we read.
        let transaction = reader.unchecked_transaction().unwrap();
        transaction.query_row("SELECT a FROM t", [], |_| Ok(())).unwrap();
        writer.execute("INSERT INTO t VALUES (3)", []).unwrap();
        assert_eq!(transaction.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        assert!(has_tables(&path, &["t"]) && !has_tables(&path, &["t", "u"]));
    }

    #[test]
    fn a_closed_database_is_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        drop(writer);
        let before = std::fs::read(&path).unwrap();
        assert!(has_tables(&path, &["t"]));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_is_no_database_has_no_tables() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        std::fs::write(&path, "SQLite format 3\0 but not really").unwrap();
        assert!(!has_tables(&path, &["t"]));
        assert!(!has_tables(&dir.path().join("none.db"), &["t"]));
        assert!(!dir.path().join("none.db").exists());
    }
}

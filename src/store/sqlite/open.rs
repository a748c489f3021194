//! Opening connections: the order of settings matters, so it is all here.

use std::fs::{DirBuilder, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::failure::{Attempt, Failure};
use crate::store::StoreError;

/// How much of the file is mapped into memory. The whole of a large one would count as the hook's own memory.
const MAPPED_BYTES: i64 = 32 << 20;
/// Pages that a writer keeps in memory, in KiB (negative, as the engine wants it): the indexes of uuids are hit all over.
const WRITER_CACHE: i64 = -(32 << 10);
/// Bytes of a page of a new file. With the engine's usual 4096 storing takes a third more time: most rows hold a text
/// longer than that, and each page is a call to the system.
const PAGE_BYTES: i64 = 16 << 10;
/// Bytes of the log at which a writer folds it into the file: each time costs two syncs, during which ingest's readers go
/// on. Who opens the database first after a crash reads the whole log, at about 1 GB/s.
const LOG_BYTES: i64 = 8 << 20;
/// Prepared statements kept per connection; the program has fewer than this.
const KEPT_STATEMENTS: usize = 128;

/// Makes the directory of the database, for its owner only.
pub(super) fn directory_for(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| StoreError::Io { path: directory.to_owned(), source })
}

/// Makes the file of the database, for its owner only, whoever may look into its directory. The engine gives the files
/// beside it the same permissions. Where it cannot be made, the engine says why.
fn make_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _there_already = options.open(path);
}

/// Opens or makes the file.
pub(super) fn connect(path: &Path) -> Attempt<Connection> {
    make_private(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Settings of a connection that writes; whether there is nothing in the file yet.
///
/// A new file is filled with a rollback journal, which holds what was there before and so next to nothing: by way of the
/// log every page is written twice, and taking in a first history takes a tenth more time. The log is turned on with the
/// first write that is not part of that, as all of memories are, or when the store is dropped. Who reads before may have
/// to wait for a transaction to end, and would find no memory.
pub(super) fn prepare_writer(connection: &Connection, wait: Duration) -> Attempt<bool> {
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    // Changes nothing where there is a file.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let is_new = connection.pragma_query_value(None, "page_count", |row| row.get(0)).map(|pages: i64| pages == 0)?;
    if !is_new {
        use_write_ahead_log(connection, wait)?;
    }
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_BYTES / page_bytes)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Without this the engine plans statements anew whenever a parameter differs from the last.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What is forgotten is to be gone from the file as well.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    Ok(is_new)
}

/// Turns the write-ahead log on. The busy handler is not asked for this change, so two processes that make the file at
/// the same time must wait by themselves.
pub(super) fn use_write_ahead_log(connection: &Connection, wait: Duration) -> Attempt<()> {
    let started = Instant::now();
    loop {
        let outcome = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match outcome.map_err(Failure::from) {
            Ok(_) => return Ok(()),
            Err(failure) if failure.code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < wait => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Opens an existing file, without the right to write if that is all there is.
pub(super) fn connect_for_hook(path: &Path, wait: Duration) -> Attempt<Connection> {
    // The engine itself falls back to reading when the file cannot be written.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).map_err(Failure::from).and_then(|connection| {
        prepare_hook(&connection, wait)?;
        Ok(connection)
    });
    match opened {
        Err(failure) if failure.is_refused_write() => connect_immutable(path, wait),
        other => other,
    }
}

/// Opens a file in a directory where the log's index cannot be made. What the log holds is not seen then.
fn connect_immutable(path: &Path, wait: Duration) -> Attempt<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable_uri(path), flags)?;
    prepare_hook(&connection, wait)?;
    Ok(connection)
}

fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '%' | '?' | '#' => uri.push_str(&format!("%{:02X}", u32::from(c))),
            '\\' if cfg!(windows) => uri.push('/'),
            c => uri.push(c),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

fn prepare_hook(connection: &Connection, wait: Duration) -> Attempt<()> {
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    // Folding the log is for ingest: in a hook it would cost a sync.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_query_value(None, "user_version", |_| Ok(()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_escaped_in_uris() {
        assert_eq!(immutable_uri(Path::new("/a b/50%?#.db")), "file:/a b/50%25%3F%23.db?immutable=1");
    }
}

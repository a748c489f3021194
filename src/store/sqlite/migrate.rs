//! The schema and its versions. Files once released never change; a change of the schema is a further file.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure::Attempt;
use super::outcome;
use crate::store::StoreError;

/// What brings the schema from version n to n + 1, counted from 0 in this order: the numbers of the files only order them,
/// and there is no 0005 or 0012.
const MIGRATIONS: [&str; 15] = [
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_observations.sql"),
    include_str!("migrations/0003_names.sql"),
    include_str!("migrations/0004_distilling.sql"),
    include_str!("migrations/0006_queue.sql"),
    include_str!("migrations/0007_sessions.sql"),
    include_str!("migrations/0008_models.sql"),
    include_str!("migrations/0009_kin.sql"),
    include_str!("migrations/0010_raw_and_calls.sql"),
    include_str!("migrations/0011_quotas.sql"),
    include_str!("migrations/0013_forgotten.sql"),
    include_str!("migrations/0014_categories.sql"),
    include_str!("migrations/0015_headless.sql"),
    include_str!("migrations/0016_message_index.sql"),
    include_str!("migrations/0017_one_order.sql"),
];

/// What all of them come to, for a new file: it takes half as long.
const SCHEMA: &str = include_str!("schema.sql");

/// The version this program writes.
const CURRENT: u32 = MIGRATIONS.len() as u32;

/// Brings the schema up to date, in one transaction.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Attempt<()> {
    if known_version(connection, path)? == CURRENT {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited for the lock.
    let version = known_version(&transaction, path)?;
    if version < CURRENT {
        let missing = if version == 0 { &[SCHEMA][..] } else { &MIGRATIONS[version as usize..] };
        missing.iter().try_for_each(|statements| transaction.execute_batch(statements))?;
        transaction.pragma_update(None, "user_version", CURRENT)?;
        outcome::settle(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Accepts only a schema of this program's version, as a hook must not migrate.
pub(super) fn check_current(connection: &Connection, path: &Path) -> Attempt<()> {
    match known_version(connection, path)? {
        CURRENT => Ok(()),
        0 => Err(StoreError::Missing { path: path.to_owned() }.into()),
        found => Err(StoreError::Older { path: path.to_owned(), found, known: CURRENT }.into()),
    }
}

fn known_version(connection: &Connection, path: &Path) -> Attempt<u32> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > CURRENT {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: CURRENT }.into());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// SHA-256 of every released migration. A line is added for a new file, never changed.
    const RELEASED: [&str; 15] = [
        "c9c3b210134089235738a4c8fd360c213c46b094ab2c62d985944947ffcf1023",
        "3ca873c345c755187c787e3f4c9c022d7ccf03500b47e0c71d93d7ee34a710eb",
        "76ba92bc4ffb2da114dbee0b97fae38e5bbbc6514e95cef15affeb81f085d2f2",
        "e8d8f5d1f92254b08cff4b373559c5ac950487993ee7d23d16ff18a9c775bf62",
        "6a4f2f216b620cd441a7e11dd97c2e60b60d274a83fad955639cb5414fdb1a85",
        "e199ff337c72c1413035ae520b20caa44881e5b7fce61cd453945d25fd321c06",
        "5a9a3911a27cb682fc75b3d454e15cab0c83f9e9e30fec2dfb80838f67eea24d",
        "c55ab7cd865a773f7b065be3ca444ad36444a195be4cfd2fea474ea6aa03624c",
        "1d7a533f40feed0d7fd11a9f4b9635c9164dcc130c66a86c86f1e289d5a45d6f",
        "83c474a327a6a1ecec7ed3c1fa55b116b80d07d836adbbe023b7d74f0ff8250e",
        "c3c8bed89ce326be75fc6771ac66c8a6b02df96e8e416f462814c6194def733b",
        "a44823ab4c8da67b99077f630637b20c5dbe639d37e3207ed6007c1152278ce4",
        "b8c3f026fbc34ca9a90eb86b7c78ad8c567233bfc180a321fc81eb0b71295913",
        "76cc80ba204a6453ae50c06d39ed572fa9583a4dde428a93b12334dc8c2f96c5",
        "c5ba6a1ec27f78c510e6eeea05b4922a3899ffabc29fdc361227486604377bdb",
    ];

    #[test]
    fn released_migrations_are_unchanged() {
        for (number, (statements, expected)) in MIGRATIONS.iter().zip(RELEASED).enumerate() {
            let found: String = Sha256::digest(statements).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, expected, "migration {} was changed; add a new file instead", number + 1);
        }
    }

    /// What stands in a database, without comments and white space.
    fn content(connection: &Connection) -> Vec<(String, String)> {
        let schema = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT name, CAST(value AS TEXT) FROM facts";
        let bare = |line: &str| line.split("--").next().unwrap_or_default().split_whitespace().collect::<String>();
        let mut found: Vec<(String, String)> = connection
            .prepare(schema)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.lines().map(bare).collect())))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        found.sort();
        found
    }

    #[test]
    fn the_schema_is_what_the_migrations_come_to() {
        let (migrated, new) = (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
        MIGRATIONS.iter().for_each(|statements| migrated.execute_batch(statements).unwrap());
        new.execute_batch(SCHEMA).unwrap();
        assert_eq!(content(&new), content(&migrated), "change schema.sql as the last migration says");
    }

    #[test]
    fn a_version_is_applied_once() {
        let connection = Connection::open_in_memory().unwrap();
        let path = Path::new(":memory:");
        migrate(&connection, path).unwrap();
        migrate(&connection, path).unwrap();
        assert_eq!(known_version(&connection, path).unwrap(), CURRENT);
    }
}

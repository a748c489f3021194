//! The store in one SQLite file.

use std::path::Path;

use super::Result;

/// One open database.
pub struct SqliteStore {}

impl SqliteStore {
    /// Opens the database for reading and writing, making and migrating it if need be.
    pub fn open(_path: &Path) -> Result<Self> {
        Ok(Self {})
    }
}

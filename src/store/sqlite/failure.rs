//! What goes wrong inside, and how it is told outside.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// Result of an operation inside the SQLite store.
pub(super) type Attempt<T> = Result<T, Failure>;

/// An operation that did not happen: the engine's word, or one of ours.
#[derive(Debug)]
pub(super) enum Failure {
    /// The engine reports it.
    Engine(rusqlite::Error),
    /// We found it ourselves.
    Ours(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<rusqlite::types::FromSqlError> for Failure {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Ours(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Engine(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl Failure {
    /// The kind of error the engine reports, if it is one of the engine itself.
    pub(super) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Engine(error) => error.sqlite_error_code(),
            Self::Ours(_) => None,
        }
    }

    /// Whether the engine could not write, or make a file beside the database, where reading alone may still go.
    pub(super) fn is_refused_write(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    }

    /// The error as the caller sees it.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let code = self.code();
        let error = match self {
            Self::Ours(error) => return error,
            Self::Engine(error) => error,
        };
        let path = path.to_owned();
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt { path, reason: error.to_string() }
            }
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
            _ => StoreError::Engine { path, reason: error.to_string() },
        }
    }
}

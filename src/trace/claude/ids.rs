//! Ids of records, sessions and steps.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Ids of one record's steps.
pub(super) struct StepIds {
    uuid: Option<String>,
    used: u32,
}

impl StepIds {
    pub(super) fn of(uuid: Option<String>) -> Self {
        Self { uuid, used: 0 }
    }

    /// The record's own id, then that with a number.
    pub(super) fn next(&mut self) -> Option<String> {
        let uuid = self.uuid.as_ref()?;
        self.used += 1;
        Some(if self.used == 1 { uuid.clone() } else { format!("{uuid}#{}", self.used - 1) })
    }
}

/// Whether a file's name is a session's id.
pub(super) fn is_uuid(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A short stand-in for an id.
pub(super) fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

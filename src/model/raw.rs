//! Records that no reader understood.

use serde::Serialize;

/// Most bytes kept of one such record: a few pages of text.
pub const RAW_BYTES: usize = 64 * 1024;
/// Most bytes kept of one session's, and most records: one odd file must not fill the store.
pub const RAW_SESSION_BYTES: usize = 1024 * 1024;
/// See [`RAW_SESSION_BYTES`].
pub const RAW_SESSION_RECORDS: usize = 1000;

/// A record that was not understood, kept for a later version that may understand it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RawRecord {
    /// Why, as it is counted: `unknown type worktree-state`.
    pub why: String,
    /// Its line in the transcript, from 1; in a document about which step it stands before.
    pub line: u64,
    /// How long it is, in bytes; more than `text` has when that was cut.
    pub bytes: u64,
    /// As it was written.
    pub text: String,
}

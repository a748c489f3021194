//! How much time is left before the hook answers with what it has.

use std::time::{Duration, Instant};

/// A point in time by which the answer must be out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    started: Instant,
    allowed: Duration,
}

impl Deadline {
    /// `allowed_ms` after `started`.
    pub(super) fn new(started: Instant, allowed_ms: u64) -> Self {
        Self { started, allowed: Duration::from_millis(allowed_ms) }
    }

    /// Time left; zero when it has passed.
    pub(super) fn left(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed())
    }

    /// Time since the process started.
    pub(super) fn spent(&self) -> Duration {
        self.started.elapsed()
    }
}

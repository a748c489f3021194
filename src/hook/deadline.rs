//! How much time is left before the hook answers with what it has.

use std::time::{Duration, Instant};

/// Part of the time that is kept for what comes after the vector: search, ranking, writing down. With eight hooks on two
/// cores that takes up to 40 ms of 300.
const KEPT_FOR_THE_REST: u32 = 6;

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

    /// Time that may still pass until the vector is there; zero when none is left.
    pub(super) fn left_for_vector(&self) -> Duration {
        (self.allowed - self.allowed / KEPT_FOR_THE_REST).saturating_sub(self.started.elapsed())
    }

    /// Time since the process started.
    pub(super) fn spent(&self) -> Duration {
        self.started.elapsed()
    }
}

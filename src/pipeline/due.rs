//! When a session is caught from: not at every turn, so that a moment is seen with what came of it.

use crate::model::Timestamp;
use crate::store::Waiting;

/// A session in which nothing happened for so long is left, for now at least.
const IDLE_MS: i64 = 10 * 60 * 1000;
/// So many unread prompts are enough to go on with.
const MANY_PROMPTS: u32 = 6;

/// Why a session's turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It ended, or is about to be compacted.
    Closed,
    /// There is much to read.
    Prompts,
    /// Nothing happened in it for a while.
    Idle,
}

/// Whether a session is to be caught from now, and why; `closed` says that it ended or is about to be compacted.
///
/// A session without a time, or with one in the future beyond any clock's error, counts as left: otherwise it would wait
/// for ever.
pub fn due(waiting: &Waiting, closed: bool, now: Timestamp) -> Option<Due> {
    let quiet_ms = waiting.last_at.map_or(IDLE_MS, |last| (now.millis() - last.millis()).abs());
    if closed {
        Some(Due::Closed)
    } else if waiting.prompts >= MANY_PROMPTS {
        Some(Due::Prompts)
    } else {
        (quiet_ms >= IDLE_MS).then_some(Due::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;
    use crate::store::CatchWork;

    const NOW: i64 = 1_800_000_000_000;
    const MINUTE: i64 = 60_000;

    fn check(prompts: u32, last_at: Option<i64>, closed: bool, expected: Option<Due>) {
        let work = CatchWork { session: SessionId("claude-code/s".to_owned()), from_turn: 0, upto_seq: 9 };
        let waiting = Waiting { work, prompts, last_at: last_at.map(Timestamp) };
        assert_eq!(due(&waiting, closed, Timestamp(NOW)), expected, "{prompts} prompts, {last_at:?}, {closed}");
    }

    #[test]
    fn a_running_session_waits_until_it_ends_grows_or_rests() {
        check(1, Some(NOW), false, None);
        check(5, Some(NOW - 9 * MINUTE), false, None);
        check(6, Some(NOW), false, Some(Due::Prompts));
        check(1, Some(NOW - 10 * MINUTE), false, Some(Due::Idle));
        check(0, Some(NOW - 10 * MINUTE), false, Some(Due::Idle));
        check(1, Some(NOW), true, Some(Due::Closed));
    }

    #[test]
    fn no_clock_keeps_a_session_waiting_for_ever() {
        check(1, None, false, Some(Due::Idle));
        check(1, Some(NOW + 2 * MINUTE), false, None);
        check(1, Some(NOW + 24 * 60 * MINUTE), false, Some(Due::Idle));
    }
}

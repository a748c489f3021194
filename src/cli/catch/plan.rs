//! What a run of `catch` is going to read.

use std::cmp::Reverse;
use std::fmt;

use anyhow::Context;
use serde::Serialize;

use crate::catcher::VERSION;
use crate::cli::counted;
use crate::model::Timestamp;
use crate::store::{CatchWork, QueueStore, Waiting};

/// The sessions of a run, in the order in which they are read.
pub(super) struct Plan {
    pub(super) works: Vec<CatchWork>,
    /// Unread sessions that the limit leaves to a later run.
    pub(super) left_out: usize,
    prompts: u64,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
}

/// What a dry run says.
#[derive(Serialize)]
pub(super) struct Summary {
    sessions: usize,
    prompts: u64,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
    left_out: usize,
}

impl Plan {
    /// The unread sessions with a record at or after `since`: a backfill's newest first, so that what matters most is
    /// there first, any other's oldest first.
    pub(super) fn new(
        store: &dyn QueueStore,
        since: Option<Timestamp>,
        newest_first: bool,
        limit: Option<usize>,
    ) -> anyhow::Result<Self> {
        let mut waiting = store.waiting(VERSION).context("list the sessions to catch from")?;
        waiting.retain(|one| since.is_none_or(|since| one.last_at.is_some_and(|last| last >= since)));
        Ok(Self::of(waiting, newest_first, limit))
    }

    fn of(mut waiting: Vec<Waiting>, newest_first: bool, limit: Option<usize>) -> Self {
        if newest_first {
            waiting.sort_by_key(|one| Reverse(one.last_at));
        }
        let all = waiting.len();
        waiting.truncate(limit.unwrap_or(all));
        Self {
            left_out: all - waiting.len(),
            prompts: waiting.iter().map(|one| u64::from(one.prompts)).sum(),
            earliest: waiting.iter().filter_map(|one| one.last_at).min(),
            latest: waiting.iter().filter_map(|one| one.last_at).max(),
            works: waiting.into_iter().map(|one| one.work).collect(),
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            sessions: self.works.len(),
            prompts: self.prompts,
            earliest: self.earliest,
            latest: self.latest,
            left_out: self.left_out,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sessions, prompts) = (counted::sessions(self.sessions), self.prompts);
        write!(f, "would read {sessions} with {prompts} prompts")?;
        if let (Some(earliest), Some(latest)) = (self.earliest, self.latest) {
            write!(f, ", last used {} to {}", earliest.date(), latest.date())?;
        }
        if self.left_out > 0 {
            write!(f, "; {} left for the next run", counted::sessions(self.left_out))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;

    fn waiting(name: &str, last_at: Option<i64>) -> Waiting {
        let work = CatchWork { session: SessionId(name.to_owned()), from_turn: 0, upto_seq: 1 };
        Waiting { work, prompts: 2, last_at: last_at.map(Timestamp) }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.works.iter().map(|work| work.session.0.as_str()).collect()
    }

    #[test]
    fn a_backfill_starts_with_what_is_newest() {
        let all = || vec![waiting("old", Some(1)), waiting("timeless", None), waiting("new", Some(86_400_000))];
        assert_eq!(names(&Plan::of(all(), false, None)), ["old", "timeless", "new"]);
        let plan = Plan::of(all(), true, Some(2));
        assert_eq!(names(&plan), ["new", "old"]);
        let said = plan.summary().to_string();
        assert_eq!(
            said,
            "would read 2 sessions with 4 prompts, last used 1970-01-01 to 1970-01-02; 1 session left for the next run"
        );
    }
}

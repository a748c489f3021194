//! How a session ended and how much is in it, told from its steps.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::failure::Attempt;
use crate::model::{Role, SessionOutcome, ToolStatus};

/// The end of a session.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// Who spoke last, and where.
    said: Option<(Role, u32)>,
    /// How the last two calls of the last turn that has any ended, latest first, and where the latest stands.
    calls: [Option<ToolStatus>; 2],
    called: Option<u32>,
    /// More interrupts than prompts that followed one.
    stopped: bool,
}

impl End {
    fn outcome(self) -> SessionOutcome {
        let calls_last = self.called.is_some_and(|call| self.said.is_none_or(|(_, said)| said < call));
        let asked_last = !calls_last && matches!(self.said, Some((Role::User, _)));
        match self.calls {
            [Some(ToolStatus::Pending | ToolStatus::Cancelled), _] if calls_last => SessionOutcome::Interrupted,
            _ if self.stopped && (calls_last || asked_last) => SessionOutcome::Interrupted,
            [Some(ToolStatus::Failed), _] if calls_last => SessionOutcome::Failed,
            _ if asked_last => SessionOutcome::Failed,
            // The agent spoke last, and did not get the thing to work.
            [Some(ToolStatus::Failed), Some(ToolStatus::Failed)] => SessionOutcome::Failed,
            _ => SessionOutcome::Ended,
        }
    }
}

/// Settles the sessions that were stored before outcomes were kept.
pub(super) fn settle(db: &Connection) -> Attempt<()> {
    let unsettled: Vec<i64> = db
        .prepare("SELECT id FROM sessions WHERE outcome IS NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    unsettled.into_iter().try_for_each(|session| recount(db, session))
}

/// Counts a session's steps anew: what it says of itself never drifts from what is there.
pub(super) fn recount(db: &Connection, session: i64) -> Attempt<()> {
    let statement = "UPDATE sessions SET
             user_messages = (SELECT count(*) FROM messages WHERE session = :id AND role = 'user'),
             agent_messages = (SELECT count(*) FROM messages WHERE session = :id AND role = 'agent'),
             tool_calls = (SELECT count(*) FROM tool_calls WHERE session = :id),
             failed_calls = (SELECT count(*) FROM tool_calls WHERE session = :id AND status = 'failed'),
             turns = (SELECT count(*) FROM (SELECT turn FROM messages WHERE session = :id
                                            UNION SELECT turn FROM tool_calls WHERE session = :id)),
             files = (SELECT count(DISTINCT f.path) FROM tool_calls c JOIN tool_call_files f ON f.call = c.id
                      WHERE c.session = :id),
             next_seq = MAX((SELECT COALESCE(MAX(seq) + 1, 0) FROM messages WHERE session = :id),
                            (SELECT COALESCE(MAX(seq) + 1, 0) FROM tool_calls WHERE session = :id)),
             outcome = :outcome
         WHERE id = :id";
    let outcome = end(db, session)?.outcome();
    db.prepare_cached(statement)?.execute(named_params! { ":id": session, ":outcome": outcome })?;
    Ok(())
}

fn end(db: &Connection, session: i64) -> Attempt<End> {
    let said = "SELECT role, seq FROM messages WHERE session = ? ORDER BY seq DESC, id DESC LIMIT 1";
    let said = db.prepare_cached(said)?.query_row([session], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let mut end = End { said, ..End::default() };
    let calls = "SELECT status, seq, turn FROM tool_calls WHERE session = ? ORDER BY seq DESC, id DESC LIMIT 2";
    let calls: Vec<(ToolStatus, u32, u32)> = db
        .prepare_cached(calls)?
        .query_map([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let last_turn = "SELECT MAX(turn) FROM messages WHERE session = ?";
    let last_turn: Option<u32> = db.prepare_cached(last_turn)?.query_row([session], |row| row.get(0))?;
    for (place, &(status, seq, turn)) in calls.iter().enumerate() {
        if last_turn.is_none_or(|last| turn >= last) {
            end.calls[place] = Some(status);
            end.called = end.called.or(Some(seq));
        }
    }
    let stopped = "SELECT COALESCE(MAX(interrupts), 0) >
             (SELECT count(*) FROM messages WHERE session = ?1 AND role = 'user' AND after_interrupt)
         FROM transcripts WHERE session = ?1";
    end.stopped = db.prepare_cached(stopped)?.query_row(params![session], |row| row.get(0))?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_steps_decide() {
        use SessionOutcome::{Ended, Failed, Interrupted};
        use ToolStatus as Call;
        let check = |said: Option<(Role, u32)>, calls: &[Call], called: Option<u32>, stopped, expected| {
            let calls = [calls.first().copied(), calls.get(1).copied()];
            let end = End { said, calls, called, stopped };
            assert_eq!(end.outcome(), expected, "{end:?}");
        };
        let agent = |seq| Some((Role::Agent, seq));
        let user = |seq| Some((Role::User, seq));
        check(None, &[], None, false, Ended);
        check(agent(5), &[], None, false, Ended);
        check(agent(5), &[Call::Failed, Call::Ok], Some(4), false, Ended);
        check(agent(5), &[Call::Failed, Call::Failed], Some(4), false, Failed);
        check(agent(3), &[Call::Failed, Call::Ok], Some(4), false, Failed);
        check(user(3), &[], None, false, Failed);
        check(user(3), &[], None, true, Interrupted);
        check(agent(3), &[Call::Pending], Some(4), false, Interrupted);
        check(agent(3), &[Call::Cancelled, Call::Failed], Some(4), true, Interrupted);
        check(agent(3), &[Call::Ok], Some(4), true, Interrupted);
        check(agent(5), &[Call::Ok], Some(4), true, Ended);
    }
}

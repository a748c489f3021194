//! How a session ended and how much is in it, told from its steps.

use rusqlite::{Connection, params};

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

/// What a session's steps come to.
#[derive(Default)]
struct Tally {
    user_messages: u32,
    agent_messages: u32,
    tool_calls: u32,
    failed_calls: u32,
    /// The turn of each step.
    turns: Vec<u32>,
    next_seq: u32,
    end: End,
}

/// Counts a session's steps anew: what it says of itself never drifts from what is there.
pub(super) fn recount(db: &Connection, session: i64) -> Attempt<()> {
    let mut tally = Tally::default();
    add_messages(db, session, &mut tally)?;
    add_calls(db, session, &mut tally)?;
    tally.turns.sort_unstable();
    tally.turns.dedup();
    let statement = "UPDATE sessions SET
             user_messages = ?, agent_messages = ?, tool_calls = ?, failed_calls = ?, turns = ?, next_seq = ?,
             outcome = ?,
             files = (SELECT count(DISTINCT f.path) FROM tool_calls c JOIN tool_call_files f ON f.call = c.id
                      WHERE c.session = sessions.id)
         WHERE id = ?";
    let Tally { user_messages, agent_messages, tool_calls, failed_calls, turns, next_seq, end } = tally;
    db.prepare_cached(statement)?.execute(params![
        user_messages,
        agent_messages,
        tool_calls,
        failed_calls,
        u32::try_from(turns.len()).unwrap_or(u32::MAX),
        next_seq,
        end.outcome(),
        session
    ])?;
    Ok(())
}

fn add_messages(db: &Connection, session: i64, tally: &mut Tally) -> Attempt<()> {
    let statement = "SELECT role, seq, turn, after_interrupt FROM messages WHERE session = ? ORDER BY seq, id";
    let mut statement = db.prepare_cached(statement)?;
    let mut rows = statement.query([session])?;
    let mut resumed = 0;
    while let Some(row) = rows.next()? {
        let (role, seq, turn) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match role {
            Role::User => {
                tally.user_messages += 1;
                resumed += u32::from(row.get::<_, bool>(3)?);
            }
            Role::Agent => tally.agent_messages += 1,
        }
        tally.end.said = Some((role, seq));
        tally.next_seq = seq + 1;
        tally.turns.push(turn);
    }
    let interrupts = "SELECT COALESCE(MAX(interrupts), 0) FROM transcripts WHERE session = ?";
    let interrupts: u32 = db.prepare_cached(interrupts)?.query_row([session], |row| row.get(0))?;
    tally.end.stopped = interrupts > resumed;
    Ok(())
}

/// A call, as far as it tells how the session ended.
#[derive(Clone, Copy)]
struct Called {
    /// Its position in the session and, where two have the same, its number.
    place: (u32, i64),
    turn: u32,
    status: ToolStatus,
}

/// To be called after the messages were added.
fn add_calls(db: &Connection, session: i64, tally: &mut Tally) -> Attempt<()> {
    let last_turn = tally.turns.iter().max().copied();
    let mut statement = db.prepare_cached("SELECT seq, id, turn, status FROM tool_calls WHERE session = ?")?;
    let mut rows = statement.query([session])?;
    let mut latest: [Option<Called>; 2] = [None; 2];
    while let Some(row) = rows.next()? {
        let call = Called { place: (row.get(0)?, row.get(1)?), turn: row.get(2)?, status: row.get(3)? };
        tally.tool_calls += 1;
        tally.failed_calls += u32::from(call.status == ToolStatus::Failed);
        tally.turns.push(call.turn);
        let is_after = |other: Option<Called>| other.is_none_or(|other| call.place > other.place);
        if is_after(latest[0]) {
            latest = [Some(call), latest[0]];
        } else if is_after(latest[1]) {
            latest[1] = Some(call);
        }
    }
    tally.next_seq = tally.next_seq.max(latest[0].map_or(0, |call| call.place.0 + 1));
    for (ended, call) in tally.end.calls.iter_mut().zip(latest) {
        if let Some(Called { place, turn, status }) = call
            && last_turn.is_none_or(|last| turn >= last)
        {
            *ended = Some(status);
            tally.end.called = tally.end.called.or(Some(place.0));
        }
    }
    Ok(())
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

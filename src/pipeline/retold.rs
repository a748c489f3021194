//! What agents had stored with `remember`: out of quarantine once the session is there and bears it out.

use anyhow::Context;

use crate::distiller::doubt;
use crate::model::{Memory, MemoryStatus, Origin, Timestamp, ToolCall, Trigger, Turn};
use crate::store::{MemoryEdit, MemoryFilter, MemoryStore, SessionFilter, SessionStore, call_text};
use crate::text::squeezed;

/// What is older waits for a person.
const LOOKED_FOR_MS: i64 = 7 * 24 * 3_600_000;
/// The transcript's time of the call may lie so far from the store's; servers answer while the agent still writes.
const SLACK_MS: i64 = 10 * 60_000;
/// Characters by which the call is known: the store keeps the start of a tool's input.
const KNOWN_BY: usize = 300;

/// Looks up what agents have stored lately. Returns how many memories may be recalled from now on.
///
/// # Errors
/// When the store fails.
pub fn bear_out<S: SessionStore + MemoryStore + ?Sized>(store: &mut S, now: Timestamp) -> anyhow::Result<usize> {
    let filter = MemoryFilter { status: Some(MemoryStatus::Quarantined), ..MemoryFilter::default() };
    let mut borne_out = 0;
    for memory in store.memories(&filter).context("list what agents have stored")? {
        let of_agent = memory.draft.trigger == Trigger::Manual && memory.draft.origin == Origin::Agent;
        if !of_agent || now.millis() - memory.saved_at.millis() > LOOKED_FOR_MS {
            continue;
        }
        let Some(before) = turns_before(store, &memory)? else { continue };
        if doubt(&memory.draft.body, &before).is_none() {
            let edit = MemoryEdit { status: Some(MemoryStatus::Active), ..MemoryEdit::default() };
            store.edit_memory(memory.id, &edit)?;
            borne_out += 1;
        }
    }
    Ok(borne_out)
}

/// The session up to the call that stored the memory; none while no session with it was taken in.
fn turns_before<S: SessionStore + ?Sized>(store: &S, memory: &Memory) -> anyhow::Result<Option<Vec<Turn>>> {
    let around = |by: i64| Some(Timestamp(memory.saved_at.millis() + by));
    let filter = SessionFilter {
        project: memory.draft.project.clone(),
        since: around(-SLACK_MS),
        before: around(SLACK_MS),
        with_steps: true,
        ..SessionFilter::default()
    };
    for session in store.sessions(&filter)? {
        let mut turns = store.turns(&session.id, 0)?;
        let stores = |call: &&ToolCall| stores(call, &memory.draft.body);
        let Some(seq) = turns.iter().flat_map(Turn::calls).find(stores).map(|call| call.seq) else { continue };
        for turn in &mut turns {
            turn.steps.retain(|step| step.seq() < seq);
        }
        turns.retain(|turn| turn.prompt.as_ref().is_some_and(|prompt| prompt.seq < seq) || !turn.steps.is_empty());
        return Ok(Some(turns));
    }
    Ok(None)
}

/// Whether the call is the one that stored this text.
fn stores(call: &ToolCall, text: &str) -> bool {
    let is_remember = call.name.ends_with("memory-lane__remember")
        || call
            .command
            .as_deref()
            .is_some_and(|command| command.contains("memory-lane") && command.contains("remember"));
    let start: String = squeezed(text).chars().take(KNOWN_BY).collect();
    is_remember && squeezed(&call_text(call)).contains(&start)
}

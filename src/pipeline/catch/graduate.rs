//! What is put off again and again is no promise any more, it is a pattern.

use crate::catcher::puts_off;
use crate::model::{MemoryId, MemoryKind};
use crate::store::{MemoryEdit, MemoryStore};

/// Sessions in which the same was put off, from which it is a pattern.
const PATTERN_FROM: u32 = 3;

/// Makes what was put off often enough a pattern; other memories stay what they are.
pub(in crate::pipeline) fn graduate<S: MemoryStore + ?Sized>(store: &mut S, id: MemoryId) -> anyhow::Result<()> {
    let Some(memory) = store.memory(id)? else { return Ok(()) };
    let draft = &memory.draft;
    let is_choice = matches!(draft.kind, MemoryKind::Commitment | MemoryKind::Decision);
    if is_choice && draft.times_observed >= PATTERN_FROM && puts_off(&draft.quote) {
        store.edit_memory(id, &MemoryEdit { kind: Some(MemoryKind::Pattern), ..MemoryEdit::default() })?;
    }
    Ok(())
}

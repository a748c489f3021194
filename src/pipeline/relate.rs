//! Memories that mean the same become one, and those about the same thing are linked: what words alone do not show.

use anyhow::Context;

use super::catch::graduate;
use crate::catcher::{Embed, mean_the_same};
use crate::model::{Memory, MemoryId, MemoryStatus};
use crate::store::MemoryStore;

/// Cosine of two memories' vectors from which they are about the same thing. Of 24 pairs of real memories between 0.60 and
/// 0.63 half were, of the ten above 0.72 nine.
const RELATED: f32 = 0.65;
/// Memories that one is compared with.
const NEAREST: usize = 20;
/// Memories compared in one run: each is one pass over all vectors.
const MOST: usize = 500;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// Memories compared.
    pub compared: usize,
    /// How many of these said again what another says, and became evidence of it.
    pub merged: usize,
    /// Pairs linked.
    pub linked: usize,
}

/// Compares memories that are new with the nearest of their project. Running again changes nothing. `model` says whose
/// vectors are compared, `embed` is that model.
///
/// # Errors
/// When the store fails.
pub fn relate<S: MemoryStore + ?Sized>(store: &mut S, model: &str, embed: &Embed<'_>) -> anyhow::Result<Related> {
    let mut related = Related::default();
    for id in store.uncompared(model, MOST).context("list the memories to compare")? {
        // Merged meanwhile.
        let Some(memory) = store.memory(id)?.filter(|memory| memory.draft.status.recallable()) else { continue };
        let near = near(store, &memory, model)?;
        let same = near.iter().find(|(other, _)| mean_the_same(&memory.draft, &other.draft, embed));
        let links: Vec<(MemoryId, f32)> = near.iter().map(|(other, likeness)| (other.id, *likeness)).collect();
        store.link(id, &links)?;
        related.compared += 1;
        related.linked += links.iter().filter(|(other, _)| *other < id).count();
        if let Some((from, into)) = same.and_then(|(other, _)| which_stays(&memory, other)) {
            store.merge_memories(from.id, into.id, from.draft.formed_at)?;
            graduate(store, into.id)?;
            related.merged += 1;
        }
    }
    Ok(related)
}

/// The recallable memories of the same project that are about the same thing, nearest first.
fn near<S: MemoryStore + ?Sized>(store: &S, memory: &Memory, model: &str) -> anyhow::Result<Vec<(Memory, f32)>> {
    let mut near = Vec::new();
    for (id, likeness) in store.neighbours(memory.id, model, NEAREST)? {
        let other = store.memory(id)?.filter(|_| likeness >= RELATED);
        near.extend(
            other
                .filter(|other| other.draft.status.recallable() && other.draft.project == memory.draft.project)
                .map(|other| (other, likeness)),
        );
    }
    Ok(near)
}

/// The later one becomes evidence of the earlier; what a person pinned stays.
fn which_stays<'a>(a: &'a Memory, b: &'a Memory) -> Option<(&'a Memory, &'a Memory)> {
    let pinned = |memory: &Memory| memory.draft.status == MemoryStatus::Pinned;
    let order = |memory: &Memory| (memory.draft.formed_at, memory.id);
    let (earlier, later) = if order(a) <= order(b) { (a, b) } else { (b, a) };
    match (pinned(earlier), pinned(later)) {
        (true, true) => None,
        (false, true) => Some((earlier, later)),
        _ => Some((later, earlier)),
    }
}

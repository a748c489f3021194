//! What a session should know from its start: lessons that were said in session after session.
//!
//! Likeness to a prompt comes too late for them: of the things users had to say again, a list by recurrence brings 42 % in
//! time, a search with the conversation before it 3 %.

use std::collections::HashSet;

use super::query::topics;
use super::render;
use crate::model::{Memory, MemoryId};
use crate::store::{RecallStore, Result, Scope};

/// Lessons considered.
const CANDIDATES: usize = 60;
/// Words that name a topic, of which a lesson needs this many: "yes, do that" recurs as well.
const TOPICS: usize = 2;

/// A standing lesson, and in how many sessions it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The memory that says it best: the heaviest of its kin.
    pub memory: Memory,
    /// In how many sessions.
    pub sessions: u32,
}

/// The standing lessons of a scope, heaviest first, no two of them saying the same, as many as fit into `chars`
/// characters.
pub fn standing(scope: &Scope, store: &dyn RecallStore, chars: usize) -> Result<Vec<Lesson>> {
    let mut said: HashSet<MemoryId> = HashSet::new();
    let mut lessons = Vec::new();
    let mut room = chars;
    for candidate in store.standing(scope, CANDIDATES)? {
        if said.contains(&candidate.memory) {
            continue;
        }
        let Some(found) = store.fetch(&[candidate.memory], scope)?.pop() else { continue };
        if topics(&found.memory.draft.index_text()) < TOPICS {
            continue;
        }
        let needed = render::standing_length(&found.memory);
        if needed > room {
            break;
        }
        room -= needed;
        said.insert(candidate.memory);
        said.extend(candidate.kin);
        lessons.push(Lesson { memory: found.memory, sessions: candidate.sessions });
    }
    Ok(lessons)
}

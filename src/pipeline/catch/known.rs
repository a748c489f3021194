//! The memories that drafts are compared with, and what comes of the comparison.

use std::collections::{HashMap, HashSet};

use crate::catcher::{Fate, Remembered, fate};
use crate::model::{Memory, MemoryDraft, MemoryId, SessionId, Timestamp};
use crate::store::{MemoryFilter, MemoryStore, Observation};

/// The memories of each project, read once a run and kept up with what the run adds.
#[derive(Default)]
pub(super) struct Known {
    projects: HashMap<Option<String>, Vec<Remembered>>,
}

/// The drafts of one session after the comparison.
#[derive(Default)]
pub(super) struct Sorted {
    /// What becomes a memory.
    pub(super) new: Vec<MemoryDraft>,
    /// Which memories each of these takes the place of, by its index in `new`.
    replaced: Vec<(usize, Vec<MemoryId>)>,
    /// How many memories were seen in a further session.
    pub(super) observed: usize,
}

impl Known {
    /// Compares the drafts with the project's memories and among themselves. What is said again is noted at once:
    /// noting it twice changes nothing, so a run that breaks off here loses nothing.
    pub(super) fn sort<S: MemoryStore + ?Sized>(
        &mut self,
        store: &mut S,
        session: &SessionId,
        drafts: Vec<MemoryDraft>,
    ) -> anyhow::Result<Sorted> {
        let mut sorted = Sorted::default();
        for draft in drafts {
            let remembered = self.of_project(store, draft.project.as_deref())?;
            match fate(&draft, remembered) {
                Fate::Again(id) => {
                    sorted.observed += usize::from(store.observe_again(id, &observation(session, &draft))?);
                    continue;
                }
                Fate::Instead(old) => sorted.replaced.push((sorted.new.len(), old)),
                Fate::New => {}
            }
            if !is_repeated(&draft, &sorted.new) {
                sorted.new.push(draft);
            } else if sorted.replaced.last().is_some_and(|(at, _)| *at == sorted.new.len()) {
                sorted.replaced.pop();
            }
        }
        Ok(sorted)
    }

    /// Lets the new memories take their places; returns how many old ones are replaced.
    pub(super) fn settle<S: MemoryStore + ?Sized>(
        &mut self,
        store: &mut S,
        sorted: &Sorted,
        added: &[Memory],
        now: Timestamp,
    ) -> anyhow::Result<usize> {
        let mut gone = HashSet::new();
        for (at, old) in &sorted.replaced {
            let draft = &sorted.new[*at];
            let same = |memory: &&Memory| {
                memory.draft.provenance == draft.provenance
                    && memory.draft.trigger == draft.trigger
                    && memory.draft.title == draft.title
            };
            let Some(new) = added.iter().find(same) else { continue };
            for id in old {
                if store.supersede(*id, new.id, now)? {
                    gone.insert(*id);
                }
            }
        }
        for memory in added {
            if let Some(remembered) = self.projects.get_mut(&memory.draft.project) {
                remembered.extend(Remembered::new(memory));
            }
        }
        self.remove(&gone);
        Ok(gone.len())
    }

    /// Leaves out memories that others took the place of.
    pub(super) fn remove(&mut self, gone: &HashSet<MemoryId>) {
        for remembered in self.projects.values_mut() {
            remembered.retain(|known| !gone.contains(&known.id));
        }
    }

    fn of_project<S: MemoryStore + ?Sized>(
        &mut self,
        store: &S,
        project: Option<&str>,
    ) -> anyhow::Result<&[Remembered]> {
        let key = project.map(str::to_owned);
        if !self.projects.contains_key(&key) {
            let filter = MemoryFilter { project: key.clone(), ..MemoryFilter::default() };
            let memories = store.memories(&filter)?;
            let own = memories.iter().filter(|memory| memory.draft.project == key);
            self.projects.insert(key.clone(), own.filter_map(Remembered::new).collect());
        }
        Ok(self.projects.get(&key).map(Vec::as_slice).unwrap_or_default())
    }
}

/// Whether a draft of the same session says it already.
fn is_repeated(draft: &MemoryDraft, new: &[MemoryDraft]) -> bool {
    let remembered: Vec<Remembered> = new.iter().filter_map(|earlier| Remembered::new(&unsaved(earlier))).collect();
    matches!(fate(draft, &remembered), Fate::Again(_))
}

fn unsaved(draft: &MemoryDraft) -> Memory {
    Memory { id: MemoryId(0), draft: draft.clone(), saved_at: draft.formed_at, recall_count: 0, superseded_by: None }
}

fn observation(session: &SessionId, draft: &MemoryDraft) -> Observation {
    let place = || draft.provenance.seq.map(|seq| format!("#{seq}")).unwrap_or_default();
    let message = draft.provenance.message.clone().unwrap_or_else(place);
    Observation { session: session.clone(), message, at: draft.formed_at, quote: draft.quote.clone() }
}

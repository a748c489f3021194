//! The memories that drafts are compared with, and what comes of the comparison.

use std::collections::HashMap;

use crate::catcher::{Fate, Remembered, fate};
use crate::model::{Memory, MemoryDraft, MemoryId, SessionId};
use crate::store::{Found, MemoryFilter, MemoryStore, Observation};

/// The memories of each project, read once a run and kept up with what the run adds.
#[derive(Default)]
pub(super) struct Known {
    projects: HashMap<Option<String>, Vec<Remembered>>,
}

impl Known {
    /// Compares the drafts with the project's memories and among themselves.
    pub(super) fn sort<S: MemoryStore + ?Sized>(
        &mut self,
        store: &S,
        session: &SessionId,
        drafts: Vec<MemoryDraft>,
    ) -> anyhow::Result<Found> {
        let mut found = Found::default();
        for draft in drafts {
            let remembered = self.of_project(store, draft.project.as_deref())?;
            match fate(&draft, remembered) {
                Fate::Again(id) => {
                    found.again.push((id, observation(session, &draft)));
                    continue;
                }
                Fate::Instead(old) => found.replaces.push((found.new.len(), old)),
                Fate::New => {}
            }
            if !is_repeated(&draft, &found.new) {
                found.new.push(draft);
            } else if found.replaces.last().is_some_and(|(at, _)| *at == found.new.len()) {
                found.replaces.pop();
            }
        }
        Ok(found)
    }

    /// Keeps up with what the store took in.
    pub(super) fn learn(&mut self, added: &[Memory], superseded: &[MemoryId]) {
        for memory in added {
            if let Some(remembered) = self.projects.get_mut(&memory.draft.project) {
                remembered.extend(Remembered::new(memory));
            }
        }
        for remembered in self.projects.values_mut() {
            remembered.retain(|known| !superseded.contains(&known.id));
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

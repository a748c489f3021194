//! The memories that drafts are compared with, and what comes of the comparison.

use std::collections::HashMap;

use crate::catcher::{Fate, Remembered, fate, may_replace};
use crate::model::{Memory, MemoryDraft, MemoryId, SessionId};
use crate::store::{Found, MemoryFilter, MemoryStore, Observation};

/// The memories of each project, read once a run and kept up with what the run adds.
#[derive(Default)]
pub(super) struct Known {
    projects: HashMap<Option<String>, OfProject>,
}

#[derive(Default)]
struct OfProject {
    remembered: Vec<Remembered>,
    /// Those that may say that another is over.
    replacing: Vec<Memory>,
}

impl OfProject {
    fn add(&mut self, memory: &Memory) {
        let Some(remembered) = Remembered::new(memory) else { return };
        self.remembered.push(remembered);
        if may_replace(&memory.draft) {
            self.replacing.push(memory.clone());
        }
    }

    /// The memory that says that the draft is over, as it was said later though it was read earlier.
    fn replaces(&self, draft: &MemoryDraft) -> Option<MemoryId> {
        let old = [Remembered::new(&unsaved(draft))?];
        let says_so = |newer: &&Memory| matches!(fate(&newer.draft, &old), Fate::Instead(_));
        self.replacing
            .iter()
            .filter(|newer| newer.draft.formed_at > draft.formed_at)
            .find(says_so)
            .map(|newer| newer.id)
    }
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
            let project = self.of_project(store, draft.project.as_deref())?;
            match fate(&draft, &project.remembered) {
                Fate::Again(id) => {
                    found.again.push((id, observation(session, &draft)));
                    continue;
                }
                Fate::Instead(old) => found.replaces.push((found.new.len(), old)),
                Fate::New => found.replaced.extend(project.replaces(&draft).map(|newer| (found.new.len(), newer))),
            }
            if !is_repeated(&draft, &found.new) {
                found.new.push(draft);
            } else {
                let at = found.new.len();
                found.replaces.retain(|(draft, _)| *draft != at);
                found.replaced.retain(|(draft, _)| *draft != at);
            }
        }
        Ok(found)
    }

    /// Keeps up with what the store took in.
    pub(super) fn learn(&mut self, added: &[Memory], superseded: &[MemoryId]) {
        for memory in added {
            if let Some(project) = self.projects.get_mut(&memory.draft.project) {
                project.add(memory);
            }
        }
        for project in self.projects.values_mut() {
            project.remembered.retain(|known| !superseded.contains(&known.id));
            project.replacing.retain(|known| !superseded.contains(&known.id));
        }
    }

    fn of_project<S: MemoryStore + ?Sized>(&mut self, store: &S, project: Option<&str>) -> anyhow::Result<&OfProject> {
        let key = project.map(str::to_owned);
        if !self.projects.contains_key(&key) {
            let filter = MemoryFilter { project: key.clone(), ..MemoryFilter::default() };
            let memories = store.memories(&filter)?;
            let mut project = OfProject::default();
            memories.iter().filter(|memory| memory.draft.project == key).for_each(|memory| project.add(memory));
            self.projects.insert(key.clone(), project);
        }
        Ok(self.projects.entry(key).or_default())
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

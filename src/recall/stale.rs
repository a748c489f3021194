//! Memories that cite files which are gone or were changed since. Which to ask about and what the answer is worth is
//! decided here; who has a disk looks ([`Citation`] out, [`StaleFile`] back).
//!
//! Only files count that the memory's text names: those that were merely at hand say nothing of whether it still holds.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::candidates::Candidates;
use super::fuse::Ranked;
use super::{Situation, kinds, select};
use crate::model::{MemoryDraft, MemoryId, SessionId, Timestamp};
use crate::text;

/// Candidates that are looked at, best first: more than are ever injected.
const LOOKED_AT: usize = 10;

/// A memory about to be shown, and the files that its text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// Which memory.
    pub memory: MemoryId,
    /// The session it was caught from: only files that it had seen can be missed.
    pub session: SessionId,
    /// When it was formed.
    pub formed_at: Timestamp,
    /// Relative to the project's root.
    pub files: Vec<String>,
}

/// What became of a file since a memory cited it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It was there and is not any more.
    Gone,
    /// It was changed after the memory's session.
    Changed,
}

/// A file that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleFile {
    /// The memory that cites it.
    pub memory: MemoryId,
    /// The file, as the memory has it.
    pub path: String,
    /// What became of it.
    pub state: FileState,
}

/// What is worth a look: the first candidates of this project that reach the floor and cite files.
pub(super) fn citations(ranked: &[Ranked], situation: &Situation<'_>, candidates: &Candidates) -> Vec<Citation> {
    let best = select::best(ranked);
    ranked
        .iter()
        .filter(|candidate| candidate.relevance >= select::floor(candidate, situation, candidates, best))
        .take(LOOKED_AT)
        .filter_map(|candidate| citation(candidate, situation))
        .collect()
}

fn citation(candidate: &Ranked, situation: &Situation<'_>) -> Option<Citation> {
    let draft = &candidate.found.memory.draft;
    let session = draft.provenance.session.clone()?;
    if draft.project.is_none() || draft.project != situation.query.scope.project {
        return None;
    }
    let files = cited(draft);
    let memory = candidate.found.memory.id;
    (!files.is_empty()).then_some(Citation { memory, session, formed_at: draft.formed_at, files })
}

/// The memory's files that its text names, but for those outside of the project.
fn cited(draft: &MemoryDraft) -> Vec<String> {
    if draft.files.is_empty() {
        return Vec::new();
    }
    let text = draft.index_text();
    draft.files.iter().filter(|path| is_inside(path) && text.contains(name(path))).cloned().collect()
}

fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

fn is_inside(path: &str) -> bool {
    let absolute = path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1) == Some(&b':');
    !absolute && !path.split(['/', '\\']).any(|part| part == "..")
}

/// Takes from each memory what its stale files cost it, says why, and puts all in order again.
pub(super) fn weigh(mut ranked: Vec<Ranked>, stale: &[StaleFile], at_hand: &[String]) -> Vec<Ranked> {
    if stale.is_empty() {
        return ranked;
    }
    for candidate in &mut ranked {
        let of = |state: FileState| -> Vec<&str> {
            let mine = stale.iter().filter(|file| file.memory == candidate.found.memory.id && file.state == state);
            mine.map(|file| file.path.as_str()).collect()
        };
        let (gone, mut changed) = (of(FileState::Gone), of(FileState::Changed));
        // The change that is being made is no news.
        changed.retain(|path| !at_hand.iter().any(|file| file == path));
        if gone.is_empty() && changed.is_empty() {
            continue;
        }
        let draft = &candidate.found.memory.draft;
        let (traits, cited) = (kinds::traits(draft), cited(draft).len().max(1) as f32);
        if !gone.is_empty() && !speaks_of_absence(draft) {
            let share = gone.len() as f32 / cited;
            candidate.age("gone", share, 1.0 - traits.gone * share);
            candidate.notes.push(format!("cites {}, which {} gone", listed(&gone), are(&gone)));
        }
        if !changed.is_empty() && traits.changed > 0.0 {
            let share = changed.len() as f32 / cited;
            candidate.age("changed", share, 1.0 - traits.changed * share);
            candidate.notes.push(format!("cites {}, changed since", listed(&changed)));
        }
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.found.memory.id.cmp(&b.found.memory.id)));
    ranked
}

fn listed(paths: &[&str]) -> String {
    paths.iter().take(3).map(|path| text::one_line(path, 80)).collect::<Vec<_>>().join(" and ")
}

fn are(paths: &[&str]) -> &'static str {
    if paths.len() == 1 { "is" } else { "are" }
}

/// Whether the memory itself says that something is no longer there, or shall not be: then it holds all the more.
fn speaks_of_absence(draft: &MemoryDraft) -> bool {
    static ABSENCE: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let words = "delete deleted deletion remove removed removal rename renamed move moved recreate restore \
            resurrect gone obsolete deprecated superseded";
        words.split_whitespace().flat_map(text::terms).collect()
    });
    text::terms(&draft.index_text()).iter().any(|term| ABSENCE.contains(term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Memory, MemoryKind};
    use crate::recall::candidates::Evidence;
    use crate::store::FoundMemory;

    fn draft(kind: MemoryKind, text: &str, files: &[&str]) -> MemoryDraft {
        let mut draft = MemoryDraft::new(kind, text, "", Timestamp(0));
        draft.files = files.iter().map(|path| (*path).to_owned()).collect();
        draft
    }

    fn ranked(id: i64, draft: MemoryDraft) -> Ranked {
        let id = MemoryId(id);
        let memory = Memory { id, draft, saved_at: Timestamp(0), recall_count: 0, superseded_by: None };
        let found = FoundMemory { memory, in_scope: true };
        let mut ranked = Ranked::new(found, Evidence::default());
        ranked.add("text", 1.0, 1.0);
        ranked.lift(0.0, 0.1);
        ranked
    }

    fn stale(path: &str, state: FileState) -> StaleFile {
        StaleFile { memory: MemoryId(1), path: path.to_owned(), state }
    }

    fn check(kind: MemoryKind, text: &str, state: FileState, expected: f32, note: &str) {
        let one = ranked(1, draft(kind, text, &["src/ports.rs"]));
        let weighed = weigh(vec![one], &[stale("src/ports.rs", state)], &[]).remove(0);
        assert!((weighed.relevance - expected).abs() < 1e-5, "{text}: {}", weighed.relevance);
        assert!((weighed.score - 1.1 * expected).abs() < 1e-5, "{text}: {}", weighed.score);
        assert_eq!(weighed.notes.join("; "), note, "{text}");
    }

    #[test]
    fn what_is_gone_costs_and_what_changed_hardly_does() {
        use FileState::{Changed, Gone};
        let gone = "cites src/ports.rs, which is gone";
        check(MemoryKind::Insight, "ports.rs reads the table twice", Gone, 0.65, gone);
        check(MemoryKind::Workflow, "run src/ports.rs before a release", Gone, 0.65, gone);
        check(MemoryKind::Correction, "never edit ports.rs by hand", Gone, 0.8, gone);
        check(MemoryKind::Insight, "ports.rs reads the table", Changed, 0.97, "cites src/ports.rs, changed since");
    }

    #[test]
    fn a_rule_stands_when_its_file_changes_and_a_removal_when_it_is_gone() {
        check(MemoryKind::Correction, "never edit ports.rs by hand", FileState::Changed, 1.0, "");
        check(MemoryKind::Decision, "we deleted ports.rs, keep it so", FileState::Gone, 1.0, "");
        check(MemoryKind::Correction, "do not restore ports.rs", FileState::Gone, 1.0, "");
    }

    #[test]
    fn a_part_that_is_gone_costs_a_part() {
        let one = ranked(1, draft(MemoryKind::Insight, "a.rs feeds b.rs", &["src/a.rs", "src/b.rs"]));
        let other = ranked(2, draft(MemoryKind::Insight, "the table feeds itself", &[]));
        let weighed = weigh(vec![one, other], &[stale("src/a.rs", FileState::Gone)], &[]);
        assert_eq!(weighed[0].found.memory.id, MemoryId(2), "what holds comes first");
        assert!((weighed[1].relevance - 0.825).abs() < 1e-5, "{}", weighed[1].relevance);
    }

    #[test]
    fn the_change_at_hand_is_no_news() {
        let one = ranked(1, draft(MemoryKind::Insight, "ports.rs reads the table", &["src/ports.rs"]));
        let changed = [stale("src/ports.rs", FileState::Changed)];
        let weighed = weigh(vec![one.clone()], &changed, &["src/ports.rs".to_owned()]);
        assert_eq!(weighed, [one]);
    }

    #[test]
    fn files_that_are_not_named_or_lie_elsewhere_are_not_cited() {
        let files = ["src/ports.rs", "/etc/ports.rs", "../ports.rs", "C:/ports.rs", "docs/other.md"];
        assert_eq!(cited(&draft(MemoryKind::Insight, "ports.rs, see other notes", &files)), ["src/ports.rs"]);
    }
}

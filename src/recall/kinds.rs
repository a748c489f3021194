//! What a memory's kind says of its rank: how much it is worth by itself, how fast it ages, and whether it outlives the
//! files that it names. One table, read by `rerank` and `stale`.

use crate::model::{MemoryDraft, MemoryKind, Trigger};

/// What is known of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KindTraits {
    /// Factor on the relevance. Narrow, so that a kind never drowns what was asked.
    pub(super) prior: f32,
    /// Half-life as a multiple of [`super::Weights::half_life_days`].
    pub(super) ages: f64,
    /// Share of its relevance that it loses when every file it cites is gone.
    pub(super) gone: f32,
    /// The same when they were merely changed since.
    pub(super) changed: f32,
}

/// The traits of a memory, by its kind.
///
/// The half-lives are judgement, not a fit: judged sets know one kind only. They change the order among equals alone, so
/// that an error here costs a place, never a memory. What is neither rule nor errand keeps the half-life that the sets
/// were measured with.
pub(super) fn traits(draft: &MemoryDraft) -> KindTraits {
    // Prior, ages, gone, changed.
    let row = match draft.kind {
        // Cost the user most when they are missed. They stand until they are taken back, and are often about files that
        // come and go: what is generated, what must not be there.
        MemoryKind::Correction => (1.05, 4.0, 0.2, 0.0),
        // Hold until the next decision, and that supersedes them by itself, whatever their age.
        MemoryKind::Decision => (1.03, 4.0, 0.2, 0.0),
        // A standing preference is a rule, a promise an errand: done or dropped within days.
        MemoryKind::Commitment if draft.trigger == Trigger::Preference => (1.03, 4.0, 0.2, 0.0),
        MemoryKind::Commitment => (1.03, 0.5, 0.35, 0.0),
        // Describes how something is, as do learnings; code moves on.
        MemoryKind::Insight => (1.0, 1.0, 0.35, 0.03),
        // Found out in passing, mostly about versions and machines as they were that week.
        MemoryKind::Learning => (1.0, 0.7, 0.35, 0.03),
        // Was seen several times over weeks, so it is no matter of days.
        MemoryKind::Pattern => (0.99, 3.0, 0.2, 0.0),
        // Outlives weeks; but a way that leads through a script which is gone leads nowhere.
        MemoryKind::Workflow => (0.99, 3.0, 0.35, 0.0),
        // Gets filled or forgotten, and a change of the file it names may have filled it.
        MemoryKind::Gap => (0.97, 0.5, 0.35, 0.03),
    };
    let (prior, ages, gone, changed) = row;
    KindTraits { prior, ages, gone, changed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn of(kind: MemoryKind, trigger: Trigger) -> KindTraits {
        traits(&MemoryDraft { trigger, ..MemoryDraft::new(kind, "t", "", Timestamp(0)) })
    }

    #[test]
    fn rules_age_slowly_and_errands_fast() {
        let rules = [
            of(MemoryKind::Correction, Trigger::Correction),
            of(MemoryKind::Decision, Trigger::Decision),
            of(MemoryKind::Commitment, Trigger::Preference),
            of(MemoryKind::Workflow, Trigger::Manual),
        ];
        let passing = [
            of(MemoryKind::Commitment, Trigger::Commitment),
            of(MemoryKind::Gap, Trigger::Gap),
            of(MemoryKind::Learning, Trigger::Recovery),
        ];
        let usual = of(MemoryKind::Insight, Trigger::Manual).ages;
        assert!(rules.iter().all(|rule| rule.ages > 2.0 * usual && rule.changed == 0.0));
        assert!(passing.iter().all(|passing| passing.ages < usual));
    }

    #[test]
    fn no_kind_drowns_what_was_asked() {
        for kind in MemoryKind::ALL {
            let traits = of(*kind, Trigger::Manual);
            assert!((0.95..=1.05).contains(&traits.prior), "{kind}");
            assert!(traits.changed < traits.gone && traits.gone < 0.5, "{kind}");
        }
    }
}

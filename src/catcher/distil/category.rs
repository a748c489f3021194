//! What area of life a memory is of, where that is plain.

use crate::model::{Category, EntityKind, MemoryDraft, MemoryKind, Trigger};

/// The category; none rather than a guess.
pub(super) fn category(draft: &MemoryDraft) -> Option<Category> {
    let names = |kind: EntityKind| draft.entities.iter().any(|mention| mention.kind == kind);
    match (draft.kind, draft.trigger) {
        _ if names(EntityKind::Person) => Some(Category::Relationship),
        (_, Trigger::Recovery) => Some(Category::Technical),
        (_, Trigger::Preference | Trigger::Enthusiasm) => Some(Category::Preference),
        (MemoryKind::Workflow, _) | (_, Trigger::Repeat | Trigger::Commitment) => Some(Category::Process),
        _ if names(EntityKind::File) || names(EntityKind::Identifier) => Some(Category::Technical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mention, Timestamp};

    #[test]
    fn only_what_is_plain_has_one() {
        let check = |trigger, mention: Option<Mention>, expected| {
            let mut draft = MemoryDraft::new(MemoryKind::Decision, "t", "b", Timestamp(0));
            (draft.trigger, draft.entities) = (trigger, mention.into_iter().collect());
            assert_eq!(category(&draft), expected, "{:?}", draft.entities);
        };
        check(Trigger::Decision, None, None);
        check(Trigger::Decision, Some(Mention::new(EntityKind::File, "src/a.rs")), Some(Category::Technical));
        check(Trigger::Decision, Some(Mention::new(EntityKind::Person, "Amy Pond")), Some(Category::Relationship));
        check(Trigger::Preference, Some(Mention::new(EntityKind::File, "src/a.rs")), Some(Category::Preference));
        check(Trigger::Repeat, None, Some(Category::Process));
        check(Trigger::Recovery, None, Some(Category::Technical));
    }
}

//! Words that tell which kind of memory a prompt asks for.

use crate::model::MemoryKind::{self, Commitment, Correction, Decision, Gap, Insight, Learning, Pattern, Workflow};
use crate::text;

/// Words and the kinds they ask for; compared stemmed.
const INTENTS: &[(&str, &[MemoryKind])] = &[
    ("decision decide decided chose chosen choose choice", &[Decision]),
    ("preference prefer prefers preferred like likes style", &[Commitment, Correction, Decision]),
    ("always usually convention rule policy", &[Commitment, Pattern]),
    ("mistake mistakes wrong error errors incorrect", &[Correction, Gap]),
    ("issue issues problem problems trouble", &[Correction, Gap, Learning]),
    ("pattern patterns habit habits routine recurring", &[Pattern, Commitment]),
    ("learned learnt realized realised discovered lesson lessons", &[Learning, Insight]),
    ("workflow procedure steps process release deploy", &[Workflow, Learning]),
    ("missing lacking todo gap gaps", &[Gap]),
    ("promise promised agreed commitment", &[Commitment, Decision]),
];

/// The kinds that a prompt's words ask for, without repeats.
pub(super) fn kinds(prompt: &str) -> Vec<MemoryKind> {
    let terms = text::terms(prompt);
    let mut kinds = Vec::new();
    for (words, asked) in INTENTS {
        if text::terms(words).iter().any(|word| terms.contains(word)) {
            kinds.extend(asked.iter().filter(|kind| !kinds.contains(*kind)).copied().collect::<Vec<_>>());
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ask_for_kinds() {
        for (prompt, expected) in [
            ("What mistakes have we made with the memory system?", &[Correction, Gap][..]),
            ("why did we choose sqlite", &[Decision]),
            ("rename this function", &[]),
            ("how do we usually name branches", &[Commitment, Pattern]),
        ] {
            assert_eq!(kinds(prompt), expected, "{prompt}");
        }
    }
}

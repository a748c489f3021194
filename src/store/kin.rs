//! Which memories say nearly the same, by their words alone.
//!
//! People repeat themselves in other words each time, but the rare ones recur: the name of a board, of a tool, of a rule. The cosine of
//! the two texts' words, each weighted by its rarity, finds such repetitions better than their vectors do (shares of
//! standing lessons found before the user said them again: 42 % by words, 13 % by vectors, 36 % by half of each).

use std::collections::HashMap;

use crate::model::MemoryId;
use crate::text;

/// Likeness from which two memories count as saying the same.
const SAME: f32 = 0.5;
/// Longer texts are about too much to be one lesson, in terms.
const MOST_TERMS: usize = 60;
/// "Proceed" is said often and teaches nothing.
const LEAST_TERMS: usize = 2;
/// A word in more texts than this share leads nowhere, and costs most of the time.
const TOO_COMMON: f32 = 0.2;
/// But never fewer texts than this, and never more than that: with the number of followed pairs bounded, the work grows
/// with the number of memories and not with its square.
const ALWAYS_FOLLOWED: usize = 20;
const MOST_FOLLOWED: usize = 500;

/// A memory as far as likeness is concerned.
#[derive(Clone, Debug)]
pub struct Wording {
    /// Which memory.
    pub id: MemoryId,
    /// Its indexed text.
    pub text: String,
}

/// Pairs of one project's memories that say nearly the same, the later one first, with their likeness (0.5 to 1). Only
/// pairs of which at least one is after `from`; `wordings` holds all recallable memories of the project, by number.
pub fn kin(wordings: &[Wording], from: MemoryId) -> Vec<(MemoryId, MemoryId, f32)> {
    let texts: Vec<Vec<String>> = wordings.iter().map(|wording| terms(&wording.text)).collect();
    let mut holding: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, terms) in texts.iter().enumerate() {
        for term in terms {
            holding.entry(term).or_default().push(at);
        }
    }
    let worth: HashMap<&str, f32> =
        holding.iter().map(|(term, texts)| (*term, text::rarity(term, texts.len(), wordings.len()))).collect();
    let lengths: Vec<f32> = texts
        .iter()
        .map(|terms| terms.iter().map(|term| worth[term.as_str()].powi(2)).sum::<f32>().sqrt().max(f32::MIN_POSITIVE))
        .collect();
    let followed = ((wordings.len() as f32 * TOO_COMMON) as usize).clamp(ALWAYS_FOLLOWED, MOST_FOLLOWED);
    let mut pairs = Vec::new();
    for (at, terms) in texts.iter().enumerate().filter(|(at, _)| wordings[*at].id > from) {
        let mut shared: HashMap<usize, f32> = HashMap::new();
        for term in terms {
            let texts = &holding[term.as_str()];
            if texts.len() > followed {
                continue;
            }
            for other in texts.iter().take_while(|other| **other < at) {
                *shared.entry(*other).or_default() += worth[term.as_str()].powi(2);
            }
        }
        pairs.extend(shared.into_iter().filter_map(|(other, shared)| {
            let likeness = shared / (lengths[at] * lengths[other]);
            (likeness >= SAME).then_some((wordings[at].id, wordings[other].id, likeness.min(1.0)))
        }));
    }
    pairs.sort_by_key(|&(a, b, _)| (a, b));
    pairs
}

/// The content terms of a text; none of one too long to be a single lesson, or too short to be any.
fn terms(text: &str) -> Vec<String> {
    if text::terms(text).len() > MOST_TERMS {
        return Vec::new();
    }
    let terms = text::content_terms(text);
    if terms.len() < LEAST_TERMS { Vec::new() } else { terms }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wordings(texts: &[&str]) -> Vec<Wording> {
        (1..).zip(texts).map(|(id, text)| Wording { id: MemoryId(id), text: (*text).to_owned() }).collect()
    }

    fn pairs(texts: &[&str], from: i64) -> Vec<(i64, i64)> {
        kin(&wordings(texts), MemoryId(from)).into_iter().map(|(a, b, _)| (a.0, b.0)).collect()
    }

    #[test]
    fn the_same_in_other_words_is_kin() {
        let texts = [
            "file a ticket in the Heron board for that, please",
            "the parser drops trailing commas",
            "we should log a ticket on the Heron board",
        ];
        assert_eq!(pairs(&texts, 0), [(3, 1)]);
    }

    #[test]
    fn only_pairs_with_something_new_are_made() {
        let texts = ["ship it with make heron", "ship it with make heron", "ship it with make heron"];
        assert_eq!(pairs(&texts, 0), [(2, 1), (3, 1), (3, 2)]);
        assert_eq!(pairs(&texts, 2), [(3, 1), (3, 2)]);
        assert!(pairs(&texts, 3).is_empty());
    }

    #[test]
    fn long_texts_have_no_kin() {
        let long = "heron board ".repeat(60);
        assert!(pairs(&[&long, &long], 0).is_empty());
    }
}

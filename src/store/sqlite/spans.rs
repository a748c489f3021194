//! How close together the words of a query stand in a memory.

use std::collections::HashMap;

use crate::model::MemoryId;
use crate::store::SPAN_TERMS;

/// Memories whose spans are computed: the best by BM25. Further down, closeness no longer lifts one into sight.
const MOST_MEMORIES: usize = 100;

/// Where the words of a query stand, memory by memory.
#[derive(Default)]
pub(super) struct Spans {
    /// Place, number of the term, what the term is worth.
    places: HashMap<MemoryId, Vec<(u32, usize, f32)>>,
    terms: usize,
}

impl Spans {
    /// Notes where one more term stands in a memory.
    pub(super) fn add(&mut self, memory: MemoryId, worth: f32, places: &[u32]) {
        let term = self.terms;
        self.terms += 1;
        self.places.entry(memory).or_default().extend(places.iter().map(|place| (*place, term, worth)));
    }

    /// The worth of the best stretch of each of the best memories.
    pub(super) fn best(mut self, scores: &HashMap<MemoryId, f32>) -> HashMap<MemoryId, f32> {
        let mut order: Vec<(MemoryId, f32)> = scores.iter().map(|(id, score)| (*id, *score)).collect();
        if order.len() > MOST_MEMORIES {
            order.select_nth_unstable_by(MOST_MEMORIES, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            order.truncate(MOST_MEMORIES);
        }
        order
            .into_iter()
            .filter_map(|(id, _)| {
                let mut places = self.places.remove(&id)?;
                places.sort_unstable_by_key(|&(place, term, _)| (place, term));
                Some((id, best_stretch(&places)))
            })
            .collect()
    }
}

/// The most that the distinct terms within [`SPAN_TERMS`] words are worth; `places` in order.
fn best_stretch(places: &[(u32, usize, f32)]) -> f32 {
    let mut held: HashMap<usize, usize> = HashMap::new();
    let (mut best, mut worth, mut first) = (0.0_f32, 0.0_f32, 0);
    for &(place, term, value) in places {
        let count = held.entry(term).or_default();
        *count += 1;
        if *count == 1 {
            worth += value;
        }
        while places[first].0 + SPAN_TERMS as u32 <= place {
            let (_, gone, value) = places[first];
            first += 1;
            if let Some(count) = held.get_mut(&gone) {
                *count -= 1;
                if *count == 0 {
                    worth -= value;
                }
            }
        }
        best = best.max(worth);
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_count_once_and_only_together() {
        let near = [(3, 0, 2.0), (5, 1, 1.0), (6, 0, 2.0)];
        assert!((best_stretch(&near) - 3.0).abs() < 1e-6);
        let far = [(3, 0, 2.0), (3 + SPAN_TERMS as u32, 1, 1.0)];
        assert!((best_stretch(&far) - 2.0).abs() < 1e-6);
        assert!(best_stretch(&[]).abs() < f32::EPSILON);
    }

    proptest! {
        #[test]
        fn the_best_stretch_is_that_of_a_full_search(raw in proptest::collection::vec((0u32..120, 0usize..5), 0..40)) {
            let mut places: Vec<(u32, usize, f32)> = raw.iter().map(|&(p, t)| (p, t, 1.0 + t as f32)).collect();
            places.sort_by_key(|&(p, t, _)| (p, t));
            let full = (0..120u32).map(|start| {
                (0..5usize)
                    .filter(|t| raw.iter().any(|&(p, x)| x == *t && p >= start && p < start + SPAN_TERMS as u32))
                    .map(|t| 1.0 + t as f32)
                    .sum::<f32>()
            }).fold(0.0, f32::max);
            prop_assert!((best_stretch(&places) - full).abs() < 1e-3);
        }
    }
}

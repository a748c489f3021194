//! How signals count. Every number here has its source or the measurement that set it.

use serde::{Deserialize, Serialize};

use super::Moment;

/// Constants of ranking and selection. `eval --weights` takes any of them as JSON, to see what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Share of the cosine in the base score; the rest is text.
    pub meaning: f32,
    /// BM25 that fills the text half, unless the query's words are worth less: about three rare words.
    pub text_full: f32,
    /// Worth of the query's words from which it takes more to fill it, by the square root: a long text shares words with
    /// anything.
    pub text_long: f32,
    /// Least BM25 that fills it, however little the query's words are worth: one word in common is not everything.
    pub text_least: f32,
    /// Most that the text half is filled: a memory may say the query's words more than once.
    pub text_most: f32,
    /// The same as `text_full` for failures, whose long output shares much with any other.
    pub failure_full: f32,
    /// Added when the prompt's intent asks for the memory's kind: 66 becomes 81.
    pub intent: f32,
    /// Base score below which no intent helps.
    pub intent_from: f32,
    /// Added when the prompt names an entity of the memory.
    pub entity: f32,
    /// Added when the memory is about the file at hand and its text names that file.
    pub file_named: f32,
    /// Added when the memory merely came from work on the file at hand.
    pub file_touched: f32,
    /// Most that age takes away: 0.15 leaves age a tie-breaker.
    pub recency: f32,
    /// Age in days at which half of that is gone.
    pub half_life_days: f64,
    /// What a vote does in exactly the same situation.
    pub vote: f32,
    /// Cosine between two situations from which a vote begins to count; it counts fully at `vote_same`.
    pub vote_from: f32,
    /// Cosine between two situations that count as the same.
    pub vote_same: f32,
    /// Bounds of the product of all votes.
    pub vote_bounds: (f32, f32),
    /// Factor for a memory that the same was asked before, when it is asked again.
    pub echo: f32,
    /// Share of the words asked then from which it is the same.
    pub echo_from: f32,
    /// Factor for memories of other projects.
    pub elsewhere: f32,
    /// Floor for a prompt whose words are worth 15 (two or three rare ones), in a scope of 800 memories.
    pub floor: f32,
    /// What the floor grows for each e-fold of the words' worth: long texts are like everything a little.
    pub floor_growth: f32,
    /// The same two for failures.
    pub failure_floor: f32,
    /// See `floor_growth`.
    pub failure_floor_growth: f32,
    /// Factor on the floor when an entity of the memory is named.
    pub entity_floor: f32,
    /// Floor at file events.
    pub file_floor: f32,
    /// Least cosine of a memory that comes by an entity or a file, when there is a vector: a mention alone is not enough.
    pub mention_cosine: f32,
    /// How many standard deviations above the mean cosine of the store a memory found by meaning alone must lie.
    pub deviations: f32,
    /// Smallest number of compared vectors for which that is worth computing.
    pub deviations_from: usize,
    /// Share of the best score that a further memory must reach.
    pub share_of_best: f32,
    /// Floor without a vector, on the text share alone.
    pub text_floor: f32,
    /// Overlap of content words from which two memories say the same.
    pub same_words: f32,
    /// Most tokens of a query that are embedded: a fresh process takes about 40 ms at 64 tokens, 57 at 128, 90 at 256.
    pub query_tokens: usize,
    /// The same for failures: nobody waits at a prompt then, and errors tell late what they are about.
    pub failure_tokens: usize,
    /// How many candidates each search gives.
    pub candidates: usize,
    /// How many postings a text search may read: about a microsecond each.
    pub postings: usize,
    /// How many memories one entity or file gives.
    pub mentions: usize,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            meaning: 0.42,
            text_full: 16.0,
            text_long: 30.0,
            text_least: 6.0,
            text_most: 1.7,
            failure_full: 25.0,
            intent: 0.15,
            intent_from: 0.30,
            entity: 0.05,
            file_named: 0.30,
            file_touched: 0.10,
            recency: 0.15,
            half_life_days: 30.0,
            vote: 0.05,
            vote_from: 0.3,
            vote_same: 0.9,
            vote_bounds: (0.5, 1.3),
            echo: 0.25,
            echo_from: 0.7,
            elsewhere: 0.85,
            floor: 0.69,
            floor_growth: 0.13,
            failure_floor: 0.84,
            failure_floor_growth: 0.09,
            entity_floor: 0.85,
            file_floor: 0.36,
            mention_cosine: 0.15,
            deviations: 2.0,
            deviations_from: 50,
            share_of_best: 0.6,
            text_floor: 0.60,
            same_words: 0.8,
            query_tokens: 96,
            failure_tokens: 256,
            candidates: 100,
            postings: 6_000,
            mentions: 50,
        }
    }
}

impl Weights {
    /// The score that a memory of the scope must reach, for a query whose words are worth `total` among `memories`.
    ///
    /// Fitted to the best scores of prompts and failures asked in a project that they have nothing to do with. Among
    /// fewer memories a prompt finds less by chance, so its floor sinks; the same failure looks the same in any store.
    pub fn floor_of(&self, moment: Moment, total: f32, memories: usize) -> f32 {
        let length = (total.clamp(10.0, 300.0) / 15.0).ln();
        match moment {
            Moment::Failure => self.failure_floor + self.failure_floor_growth * length,
            Moment::Prompt | Moment::File => (self.floor + self.floor_growth * length) * crowding(memories),
        }
    }

    /// Most tokens that are embedded of a query of this moment.
    pub fn tokens(&self, moment: Moment) -> usize {
        match moment {
            Moment::Failure => self.failure_tokens,
            Moment::Prompt | Moment::File => self.query_tokens,
        }
    }
}

/// How high the best score by chance lies among so many memories, as a share of that among 800.
fn crowding(memories: usize) -> f32 {
    let size = (memories.max(1) as f32).ln() / 800_f32.ln();
    if size < 1.0 { 0.4 + 0.6 * size.powi(2) } else { 1.0 + 0.3 * (size - 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_grows_with_the_store_and_with_the_query() {
        let weights = Weights::default();
        let floor = |total, memories| weights.floor_of(Moment::Prompt, total, memories);
        assert!(floor(20.0, 1) < floor(20.0, 100) && floor(20.0, 100) < floor(20.0, 10_000));
        assert!(floor(10.0, 100) < floor(200.0, 100));
        assert!((floor(15.0, 800) - weights.floor).abs() < 1e-6);
        assert!((floor(15.0, 0) - weights.floor * 0.4).abs() < 1e-6);
    }
}

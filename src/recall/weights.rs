//! How signals count. Every number here has its source or the measurement that set it.

use serde::{Deserialize, Serialize};

/// Constants of ranking and selection. `eval --weights` takes any of them as JSON, to see what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Share of the cosine in the base score; the rest is text. At or above reciprocal rank fusion on eleven sets.
    pub meaning: f32,
    /// BM25 at which the text half is half full: `b / (b + saturation)`.
    pub saturation: f32,
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
    /// Factor for memories of other projects.
    pub elsewhere: f32,
    /// Floor for prompts and failures.
    pub floor: f32,
    /// Floor when an entity of the memory is named.
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
    /// Floor without a vector, on the text half alone.
    pub text_floor: f32,
    /// Overlap of content words from which two memories say the same.
    pub same_words: f32,
    /// Most tokens of a query that are embedded: a fresh process takes about 40 ms at 64 tokens, 57 at 128, 90 at 256.
    pub query_tokens: usize,
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
            meaning: 0.5,
            saturation: 8.0,
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
            elsewhere: 0.85,
            floor: 0.42,
            entity_floor: 0.36,
            file_floor: 0.36,
            mention_cosine: 0.15,
            deviations: 2.0,
            deviations_from: 50,
            share_of_best: 0.6,
            text_floor: 0.50,
            same_words: 0.8,
            query_tokens: 96,
            candidates: 100,
            postings: 6_000,
            mentions: 50,
        }
    }
}

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
    /// Added when all of the query's words stand in one stretch of a sentence's length.
    pub span: f32,
    /// Most that is added for the same lines of output; half of it when they are worth `same_output_half`, which is one
    /// line seen nowhere else.
    pub same_output: f32,
    /// See `same_output`.
    pub same_output_half: f32,
    /// Added when the same command failed.
    pub same_command: f32,
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
    /// Added at that file for a memory that came of work on it alone: a correction of an edit is about the file, whether it
    /// names it or not. Just under the floor, so that something of the meaning must fit.
    pub file_alone: f32,
    /// Most that youth adds, as a share of the relevance: 0.15 leaves age a tie-breaker.
    pub recency: f32,
    /// Age in days at which half of that is gone, for a memory that describes something; other kinds age more slowly or
    /// faster.
    pub half_life_days: f64,
    /// Most that youth adds at the first prompt of a session: about as much as the best match.
    pub opening: f32,
    /// Age in days at which half of that is gone.
    pub opening_half_life_days: f64,
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
    /// Overlap of content words from which two memories say the same.
    pub same_words: f32,
    /// Most tokens of a query that are embedded: each takes 0.4 ms.
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
            span: 0.5,
            same_output: 0.6,
            same_output_half: 6.0,
            same_command: 0.2,
            intent: 0.15,
            intent_from: 0.30,
            entity: 0.05,
            file_named: 0.30,
            file_touched: 0.10,
            file_alone: 0.34,
            recency: 0.15,
            half_life_days: 10.0,
            opening: 1.6,
            opening_half_life_days: 2.0,
            vote: 0.05,
            vote_from: 0.3,
            vote_same: 0.9,
            vote_bounds: (0.5, 1.3),
            echo: 0.25,
            echo_from: 0.7,
            elsewhere: 0.85,
            entity_floor: 0.85,
            file_floor: 0.36,
            mention_cosine: 0.15,
            deviations: 2.0,
            deviations_from: 50,
            share_of_best: 0.6,
            same_words: 0.8,
            query_tokens: 66,
            failure_tokens: 256,
            candidates: 100,
            postings: 6_000,
            mentions: 50,
        }
    }
}

impl Weights {
    /// Most tokens that are embedded of a query of this moment.
    pub fn tokens(&self, moment: Moment) -> usize {
        match moment {
            Moment::Failure => self.failure_tokens,
            Moment::Prompt | Moment::Opening | Moment::File => self.query_tokens,
        }
    }
}

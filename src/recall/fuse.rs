//! One absolute base score from text and meaning.
//!
//! `meaning · cosine + (1 - meaning) · text`, both parts filled in for every candidate. `text` is the share of what the
//! query's words are worth that the memory holds: BM25 over the sum of their inverse frequencies, within bounds. It lives
//! on an absolute scale and can therefore be held against a floor, which reciprocal ranks cannot. To it comes how close
//! together the words stand, and for failures what of the output and the command is the same. `make eval` measures it.

use super::candidates::{Candidates, Evidence};
use super::{Moment, Weights};
use crate::model::Signal;
use crate::store::FoundMemory;

/// A candidate on its way through ranking.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ranked {
    pub(super) found: FoundMemory,
    pub(super) evidence: Evidence,
    pub(super) signals: Vec<Signal>,
    /// How well it answers: what the floor is held against.
    pub(super) relevance: f32,
    /// Where it stands among the others: relevance and age.
    pub(super) score: f32,
    /// What a person should know of it beside that.
    pub(super) notes: Vec<String>,
}

impl Ranked {
    /// Not scored yet.
    pub(super) fn new(found: FoundMemory, evidence: Evidence) -> Self {
        Self { found, evidence, signals: Vec::new(), relevance: 0.0, score: 0.0, notes: Vec::new() }
    }

    /// Adds to relevance and score, and notes it.
    pub(super) fn add(&mut self, name: &'static str, value: f32, effect: f32) {
        self.relevance += effect;
        self.score = self.relevance;
        self.signals.push(Signal { name: name.into(), value, effect });
    }

    /// Multiplies relevance and score and notes it, unless the factor is 1.
    pub(super) fn scale(&mut self, name: &'static str, value: f32, factor: f32) {
        if (factor - 1.0).abs() > f32::EPSILON {
            self.relevance *= factor;
            self.score = self.relevance;
            self.signals.push(Signal { name: name.into(), value, effect: factor });
        }
    }

    /// Lifts it among the others by its age, last of all: what is recent is not more relevant for it.
    pub(super) fn lift(&mut self, age_days: f32, lift: f32) {
        self.score = self.relevance + lift;
        self.signals.push(Signal { name: "recency".into(), value: age_days, effect: lift });
    }

    /// Takes a share of it away as the world has moved on: of its relevance, and of what its youth adds.
    pub(super) fn age(&mut self, name: &'static str, value: f32, factor: f32) {
        self.relevance *= factor;
        self.score *= factor;
        self.signals.push(Signal { name: name.into(), value, effect: factor });
    }
}

/// Gives every candidate that may be returned its base score.
pub(super) fn fuse(candidates: &Candidates, found: Vec<FoundMemory>, moment: Moment, weights: &Weights) -> Vec<Ranked> {
    let meaning = if candidates.embedded { weights.meaning } else { 0.0 };
    found
        .into_iter()
        .map(|found| {
            let evidence = candidates.found.get(&found.memory.id).cloned().unwrap_or_default();
            let mut ranked = Ranked::new(found, evidence);
            if let Some(cosine) = ranked.evidence.cosine {
                ranked.add("cosine", cosine, meaning * cosine.max(0.0));
            }
            let Evidence { bm25, span, lines, command, .. } = ranked.evidence;
            if bm25 > 0.0 {
                ranked.add("text", bm25, (1.0 - meaning) * text_share(bm25, candidates.text_total, moment, weights));
            }
            if span > 0.0 && moment != Moment::Failure {
                ranked.add("span", span, weights.span * span / text_full(candidates.text_total, weights));
            }
            if lines > 0.0 {
                ranked.add("same_output", lines, weights.same_output * lines / (lines + weights.same_output_half));
            }
            if command > 0.0 {
                ranked.add("same_command", command, weights.same_command * command);
            }
            ranked
        })
        .collect()
}

/// How much of what the query asks for stands in the memory, 0 to `text_most`.
///
/// A failure's output is long and much of it is common to all failures of a program, so there the share saturates.
fn text_share(bm25: f32, total: f32, moment: Moment, weights: &Weights) -> f32 {
    if moment == Moment::Failure {
        let share = bm25 / total.clamp(weights.text_least, weights.failure_full);
        return 1.5 * share / (share + 0.5);
    }
    (bm25 / text_full(total, weights)).min(weights.text_most)
}

/// What fills the text half, for a query whose words are worth `total`.
fn text_full(total: f32, weights: &Weights) -> f32 {
    let long = (total / weights.text_long).max(1.0).sqrt();
    total.clamp(weights.text_least, weights.text_full) * long
}

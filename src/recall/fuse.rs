//! One absolute base score from text and meaning.
//!
//! `meaning · cosine + (1 - meaning) · b / (b + saturation)`, both parts filled in for every candidate. It lives on an
//! absolute scale and can therefore be held against a floor, which reciprocal ranks cannot.

use super::Weights;
use super::candidates::{Candidates, Evidence};
use crate::model::Signal;
use crate::store::FoundMemory;

/// A candidate on its way through ranking.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ranked {
    pub(super) found: FoundMemory,
    pub(super) evidence: Evidence,
    pub(super) signals: Vec<Signal>,
    pub(super) score: f32,
}

impl Ranked {
    /// Adds to the score and notes it.
    pub(super) fn add(&mut self, name: &'static str, value: f32, effect: f32) {
        self.score += effect;
        self.signals.push(Signal { name: name.into(), value, effect });
    }

    /// Multiplies the score and notes it, unless the factor is 1.
    pub(super) fn scale(&mut self, name: &'static str, value: f32, factor: f32) {
        if (factor - 1.0).abs() > f32::EPSILON {
            self.score *= factor;
            self.signals.push(Signal { name: name.into(), value, effect: factor });
        }
    }
}

/// Gives every candidate that may be returned its base score.
pub(super) fn fuse(candidates: &Candidates, found: Vec<FoundMemory>, weights: &Weights) -> Vec<Ranked> {
    let meaning = if candidates.embedded { weights.meaning } else { 0.0 };
    found
        .into_iter()
        .map(|found| {
            let evidence = candidates.found.get(&found.memory.id).cloned().unwrap_or_default();
            let mut ranked = Ranked { found, evidence, signals: Vec::new(), score: 0.0 };
            if let Some(cosine) = ranked.evidence.cosine {
                ranked.add("cosine", cosine, meaning * cosine.max(0.0));
            }
            let bm25 = ranked.evidence.bm25;
            if bm25 > 0.0 {
                ranked.add("text", bm25, (1.0 - meaning) * bm25 / (bm25 + weights.saturation));
            }
            ranked
        })
        .collect()
}

//! Why a candidate got its rank: made by the ranking itself and shown everywhere as it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::MemoryId;

/// One part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Which part: `cosine`, `text`, `intent`, `votes`.
    pub name: Cow<'static, str>,
    /// The raw measure, in the signal's own unit.
    pub value: f32,
    /// What it did to the score: added for base signals, multiplied for the others.
    pub effect: f32,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Put into the context.
    Injected,
    /// Would have been, but recall is in shadow mode.
    Shadowed,
    /// Good enough, but left out: shown before, too alike another, or over the budget.
    KeptBack,
    /// Below the floor.
    Dropped,
}

impl Outcome {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Shadowed => "shadowed",
            Self::KeptBack => "kept_back",
            Self::Dropped => "dropped",
        }
    }
}

/// The whole reason for one candidate's rank and outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Which memory.
    pub memory: MemoryId,
    /// Where it stands among the others, higher is better: relevance, and what its age adds.
    pub score: f32,
    /// How well it answers, 0 to about 2: what holds all the words close together and the meaning too lies above 1.
    pub relevance: f32,
    /// How likely it is to be useful, 0 to 1: relevance measured against what chance brings in a store of this size.
    pub probability: f32,
    /// The floor that its relevance had to reach.
    pub floor: f32,
    /// Every part of the score.
    pub signals: Vec<Signal>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words for a person.
    pub why: String,
}

impl Explanation {
    /// The score as people read it, 0 to 100: what holds all the words and the meaning may score a little above 1.
    pub fn percent(&self) -> f32 {
        percent(self.probability)
    }
}

/// A score as people read it, 0 to 100.
pub fn percent(score: f32) -> f32 {
    (score * 100.0).clamp(0.0, 100.0)
}

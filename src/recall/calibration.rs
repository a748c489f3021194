//! From relevance to the probability of being useful, and where silence begins. `make calibrate` fits the numbers to the
//! judged sets; `evals/calibrate.py` says how.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Moment;

/// Size of a store in which the excess is the relevance itself.
const USUAL_MEMORIES: f32 = 800.0;

/// The fitted numbers of one kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Fit {
    /// Of the logistic model, per unit of excess.
    steepness: f32,
    intercept: f32,
    /// What chance adds to the best relevance with every e-fold of memories.
    by_chance: f32,
    /// Least probability that is worth the reader's attention.
    floor: f32,
}

#[derive(Deserialize)]
struct Calibration {
    prompt: Fit,
    failure: Fit,
}

static CALIBRATION: LazyLock<Option<Calibration>> =
    LazyLock::new(|| serde_json::from_str(include_str!("calibration.json")).ok());

impl Fit {
    /// Of a moment. Without numbers nothing is ever sure enough; a test holds that they are there.
    fn of(moment: Moment) -> Self {
        const SILENT: Fit = Fit { steepness: 1.0, intercept: -1e6, by_chance: 0.0, floor: 0.5 };
        CALIBRATION.as_ref().map_or(SILENT, |calibration| match moment {
            Moment::Failure => calibration.failure,
            Moment::Prompt | Moment::Opening | Moment::File => calibration.prompt,
        })
    }

    /// What chance brings among so many memories, relative to a store of the usual size.
    fn chance(self, memories: usize) -> f32 {
        self.by_chance * (memories.max(1) as f32 / USUAL_MEMORIES).ln()
    }
}

/// How likely a memory of this relevance is to be useful among so many, 0 to 1, where as many questions have an answer as
/// have none.
pub(super) fn probability(moment: Moment, relevance: f32, memories: usize) -> f32 {
    let fit = Fit::of(moment);
    let excess = relevance - fit.chance(memories);
    1.0 / (1.0 + (-(fit.steepness * excess + fit.intercept)).exp())
}

/// The relevance from which a memory is worth the reader's attention among so many.
pub(super) fn floor(moment: Moment, memories: usize) -> f32 {
    let fit = Fit::of(moment);
    let log_odds = (fit.floor / (1.0 - fit.floor)).ln();
    (log_odds - fit.intercept) / fit.steepness + fit.chance(memories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_there_and_sensible() {
        for moment in [Moment::Prompt, Moment::Opening, Moment::Failure] {
            let usual = floor(moment, 800);
            assert!((0.5..2.0).contains(&usual), "{moment:?}: {usual}");
            assert!(probability(moment, 0.1, 800) < 0.1 && probability(moment, 2.2, 800) > 0.9, "{moment:?}");
        }
    }

    #[test]
    fn the_floor_is_one_probability_whatever_the_size() {
        for memories in [0, 1, 30, 800, 100_000] {
            let at = |moment| probability(moment, floor(moment, memories), memories);
            assert!((at(Moment::Prompt) - at(Moment::Opening)).abs() < 1e-6);
            assert!((at(Moment::Failure) - Fit::of(Moment::Failure).floor).abs() < 1e-3);
            assert!((at(Moment::Prompt) - Fit::of(Moment::Prompt).floor).abs() < 1e-3);
        }
    }

    #[test]
    fn the_floor_grows_with_the_store() {
        assert!(floor(Moment::Prompt, 1) < floor(Moment::Prompt, 100));
        assert!(floor(Moment::Prompt, 100) < floor(Moment::Prompt, 10_000));
    }
}

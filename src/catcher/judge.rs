//! Weighs what speaks for a moment: a logistic model over the word lists and the situation.
//!
//! The weights are data (`judge/weights.json`), made by `make train-triggers`, which also prints how well the model does on
//! sessions it has not seen. One sentence may hit many lists; the model knows which of them mean little.

mod features;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub(crate) use features::{Situation, features};

const WEIGHTS: &str = include_str!("judge/weights.json");

/// What the model makes of one prompt: how far each probability lies above the threshold, in log-odds; negative is no.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// The user sets the agent right.
    pub(crate) correction: f32,
    /// The user settles something.
    pub(crate) decision: f32,
    /// It would change what an agent does in another session.
    pub(crate) memorable: f32,
}

/// One logistic regression.
#[derive(Deserialize)]
struct Model {
    /// Log-odds without any feature.
    bias: f32,
    /// Log-odds from which the answer is yes.
    threshold: f32,
    /// By name of the feature; what is not named weighs nothing.
    weights: BTreeMap<String, f32>,
}

impl Model {
    fn margin(&self, features: &[(&str, f32)]) -> f32 {
        let weighed = features.iter().filter_map(|(name, value)| Some(self.weights.get(*name)? * value));
        self.bias + weighed.sum::<f32>() - self.threshold
    }
}

#[derive(Deserialize)]
struct Models {
    correction: Model,
    decision: Model,
    memorable: Model,
}

/// None when the weights cannot be read, which a test rules out.
static MODELS: LazyLock<Option<Models>> = LazyLock::new(|| serde_json::from_str(WEIGHTS).ok());

/// The model's opinion of one prompt.
pub(crate) fn judge(situation: &Situation<'_>) -> Verdict {
    let Some(models) = MODELS.as_ref() else { return Verdict::default() };
    let features = features(situation);
    Verdict {
        correction: models.correction.margin(&features),
        decision: models.decision.margin(&features),
        memorable: models.memorable.margin(&features),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_read_and_name_known_features() {
        let models = MODELS.as_ref().unwrap();
        let turns = super::super::trigger::reply_to_agent("No, use the other one");
        let conversation = super::super::Conversation::new(&turns);
        let heard = conversation.heard().last().unwrap();
        let known: Vec<&str> = features(&heard.situation()).into_iter().map(|(name, _)| name).collect();
        for model in [&models.correction, &models.decision, &models.memorable] {
            assert!(model.weights.keys().all(|name| known.contains(&name.as_str())), "{:?}", model.weights.keys());
            assert!(model.bias.is_finite() && model.threshold.is_finite());
        }
    }
}

//! Weighs what speaks for a moment: a logistic model over the word lists, the situation and, where an embedding model is at
//! hand, the meaning of the words.
//!
//! The weights are data (`judge/weights.json`), made by `make train-triggers`, which also prints how well the model does on
//! sessions it has not seen. One sentence may hit many lists; the model knows which of them mean little.
//!
//! What a prompt means is told by its likeness to sentences written for this purpose (`evals/prototypes.txt`): a weight for
//! each. A weighted sum of cosines is itself one cosine, so only one direction for each question is kept here, and asking
//! it costs one embedding and no more.

mod features;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

pub(crate) use features::{Situation, features};

use super::prose::Sentence;
use crate::model::Message;

const WEIGHTS: &str = include_str!("judge/weights.json");

/// Beneath this, in log-odds under the threshold, the words alone settle it: the meaning of none of the training messages
/// changed the answer from there.
const PLAINLY_NOT: f32 = -2.5;

/// Makes a vector of unit length of a text; `None` where that is not possible.
pub type Embed<'a> = dyn Fn(&str) -> Option<Vec<f32>> + 'a;

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

impl Verdict {
    fn highest(self) -> f32 {
        self.correction.max(self.decision).max(self.memorable)
    }
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
    /// What the vector of the words is multiplied with; empty when meaning does not count.
    #[serde(default, deserialize_with = "numbers")]
    direction: Vec<f32>,
}

impl Model {
    fn margin(&self, features: &[(&str, f32)], vector: &[f32]) -> f32 {
        let weighed = features.iter().filter_map(|(name, value)| Some(self.weights.get(*name)? * value));
        let meant = self.direction.iter().zip(vector).map(|(weight, value)| weight * value);
        self.bias + weighed.sum::<f32>() + meant.sum::<f32>() - self.threshold
    }
}

/// Numbers with spaces between, which keeps hundreds of them on one line of the file.
fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.split_whitespace().map(|number| number.parse().map_err(serde::de::Error::custom)).collect()
}

#[derive(Deserialize)]
struct Models {
    correction: Model,
    decision: Model,
    memorable: Model,
}

impl Models {
    fn verdict(&self, features: &[(&str, f32)], vector: &[f32]) -> Verdict {
        Verdict {
            correction: self.correction.margin(features, vector),
            decision: self.decision.margin(features, vector),
            memorable: self.memorable.margin(features, vector),
        }
    }
}

#[derive(Deserialize)]
struct Weights {
    /// For words alone.
    words: Models,
    /// For words and meaning together.
    meaning: Models,
    /// The embedding model that the directions belong to.
    model: String,
}

/// None when the weights cannot be read, which a test rules out.
static WEIGHED: LazyLock<Option<Weights>> = LazyLock::new(|| serde_json::from_str(WEIGHTS).ok());

/// What weighs prompts.
#[derive(Default)]
pub struct Judge<'a> {
    embed: Option<&'a Embed<'a>>,
    other: Option<Weights>,
}

impl<'a> Judge<'a> {
    /// Goes by words alone.
    pub fn by_words() -> Self {
        Self::default()
    }

    /// Goes by words and meaning; `model` is the name of the embedding model behind `embed`. Of a model that the weights
    /// were not made for nothing is asked.
    pub fn by_meaning(model: &str, embed: &'a Embed<'a>) -> Self {
        let known = WEIGHED.as_ref().is_some_and(|weights| weights.model == model);
        Self { embed: known.then_some(embed), other: None }
    }

    /// The same with other weights, as JSON of the form that the trainer writes: for a report on sessions not seen.
    ///
    /// # Errors
    /// When the JSON has another form.
    pub fn with_weights(self, json: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { other: Some(serde_json::from_str(json)?), ..self })
    }

    /// How likely some sentences of a prompt alone would be worth remembering, in log-odds above the threshold, by their words.
    pub(crate) fn worth(&self, prompt: &Message, own: &[Sentence]) -> f32 {
        let Some(weights) = self.weights() else { return 0.0 };
        let situation = Situation { prompt, own, answer: "", turn: 1 };
        weights.words.verdict(&features(&situation), &[]).memorable
    }

    fn weights(&self) -> Option<&Weights> {
        self.other.as_ref().or(WEIGHED.as_ref())
    }

    /// The opinion of one prompt. `unread` is false for what is there for context only, which no model need be asked about.
    pub(crate) fn verdict(&self, situation: &Situation<'_>, unread: bool) -> Verdict {
        let Some(weights) = self.weights() else { return Verdict::default() };
        let features = features(situation);
        let by_words = weights.words.verdict(&features, &[]);
        let embed = self.embed.filter(|_| unread && by_words.highest() > PLAINLY_NOT);
        match embed.and_then(|embed| embed(&situation.own_text())) {
            Some(vector) => weights.meaning.verdict(&features, &vector),
            None => by_words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trigger::reply_to_agent;
    use super::*;

    fn known() -> Vec<&'static str> {
        let turns = reply_to_agent("No, use the other one");
        let conversation = super::super::Conversation::new(&turns);
        let heard = conversation.heard().last().unwrap();
        features(&heard.situation()).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_weights_are_read_and_name_known_features() {
        let weights = WEIGHED.as_ref().unwrap();
        let known = known();
        for models in [&weights.words, &weights.meaning] {
            for model in [&models.correction, &models.decision, &models.memorable] {
                assert!(model.weights.keys().all(|name| known.contains(&name.as_str())), "{:?}", model.weights.keys());
                assert!(model.bias.is_finite() && model.threshold.is_finite());
                assert!(model.direction.iter().all(|number| number.is_finite()));
            }
        }
        assert!(weights.words.correction.direction.is_empty());
        assert_eq!(weights.meaning.correction.direction.len(), 384, "all-MiniLM-L6-v2 has as many");
    }

    #[test]
    fn a_model_is_asked_once_for_each_unread_prompt_that_could_matter() {
        let asked = std::cell::RefCell::new(Vec::new());
        let embed = |text: &str| {
            asked.borrow_mut().push(text.to_owned());
            None
        };
        let turns = reply_to_agent("No, that is wrong.\n```\nlog\n```\nUse the other launcher");
        let judge = Judge::by_meaning("all-MiniLM-L6-v2", &embed);
        super::super::Conversation::judged(&turns, &judge, 1);
        assert_eq!(*asked.borrow(), ["No, that is wrong. Use the other launcher"], "the user's own words only");
        super::super::Conversation::judged(&turns, &judge, 2);
        super::super::Conversation::judged(&turns, &Judge::by_meaning("another", &embed), 1);
        assert_eq!(asked.borrow().len(), 1);
    }

    #[test]
    fn meaning_counts_where_it_is_known() {
        let weights = WEIGHED.as_ref().unwrap();
        let toward = &weights.meaning.correction.direction;
        let length = toward.iter().map(|number| number * number).sum::<f32>().sqrt();
        let vector: Vec<f32> = toward.iter().map(|number| number / length).collect();
        let (like, unlike) = (|_: &str| Some(vector.clone()), |_: &str| Some(vector.iter().map(|n| -n).collect()));
        let turns = reply_to_agent("The launcher starts before the loader, but it needs the settings");
        let verdict = |embed: &Embed<'_>| {
            let judge = Judge::by_meaning(&weights.model, embed);
            super::super::Conversation::judged(&turns, &judge, 0).heard().last().unwrap().verdict.correction
        };
        assert!(verdict(&like) > verdict(&unlike) + 1.0);
    }
}

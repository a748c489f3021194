//! The user asks for the same thing again: in this session, or in session after session.

use std::collections::{HashMap, HashSet};

use super::{Conversation, Heard, Moment, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::moment::{Evidence, Recurrence};
use crate::catcher::prose::own_sentences;
use crate::model::{SessionId, Timestamp, Trigger};
use crate::text::content_terms;

/// Fewer shared words are small talk about work: "commit this".
const FEWEST_SHARED: usize = 3;
/// Shared weight over joint weight from which two requests are the same.
const SAME_REQUEST: f32 = 0.6;
/// Requests with more words are descriptions of one task.
const MOST_TERMS: usize = 40;
/// In how many sessions, this one included, a request is noted: seldom enough not to repeat itself.
const NOTED_AT: [usize; 5] = [3, 6, 12, 24, 48];

/// A prompt of another session of the project.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierPrompt {
    /// Its session.
    pub session: SessionId,
    /// When it was asked.
    pub at: Timestamp,
    terms: HashSet<String>,
}

impl EarlierPrompt {
    /// The prompt, analysed; `None` when it says too little or too much to be recognised again.
    pub fn new(session: SessionId, at: Timestamp, text: &str) -> Option<Self> {
        let own = own_sentences(text, "");
        let terms = terms_of(own.iter().map(|sentence| &text[sentence.span.clone()]))?;
        Some(Self { session, at, terms })
    }
}

fn terms_of<'a>(sentences: impl Iterator<Item = &'a str>) -> Option<HashSet<String>> {
    let own: Vec<&str> = sentences.collect();
    let terms: HashSet<String> = content_terms(&own.join("\n")).into_iter().collect();
    (FEWEST_SHARED..=MOST_TERMS).contains(&terms.len()).then_some(terms)
}

/// Prompts that say themselves that they are a repetition.
pub(super) fn detect_here(conversation: &Conversation<'_>) -> Vec<Moment> {
    let heard = conversation.heard().filter(|heard| !heard.opens_session());
    heard.filter_map(|heard| said_again(&heard)).collect()
}

fn said_again(heard: &Heard<'_>) -> Option<Moment> {
    let hits = hits_in(heard.own, &LEXICON.repeat, |sentence| !LEXICON.repeat_not.matches(&sentence.plain));
    let hits = (!hits.is_empty()).then_some(hits)?;
    let lasting = heard.is_memorable() && heard.content() >= 5;
    Some(Moment::of_prompt(Trigger::Repeat, heard.turn.number, hits).lasting_if(lasting))
}

/// Prompts that were put in much the same words in other sessions before.
pub(super) fn detect_across(conversation: &Conversation<'_>, earlier: &[EarlierPrompt]) -> Vec<Moment> {
    if earlier.is_empty() {
        return Vec::new();
    }
    let weights = Weights::over(earlier);
    conversation.heard().filter_map(|heard| asked_before(&heard, earlier, &weights)).collect()
}

fn asked_before(heard: &Heard<'_>, earlier: &[EarlierPrompt], weights: &Weights<'_>) -> Option<Moment> {
    let terms = terms_of(heard.own.iter().map(|sentence| &heard.prompt.text[sentence.span.clone()]))?;
    let same: Vec<&EarlierPrompt> =
        earlier.iter().filter(|prompt| prompt.at < heard.prompt.at && weights.alike(&terms, &prompt.terms)).collect();
    let sessions = same.iter().map(|prompt| &prompt.session).collect::<HashSet<_>>().len() + 1;
    if !NOTED_AT.contains(&sessions) {
        return None;
    }
    let first = same.iter().min_by_key(|prompt| (prompt.at, &prompt.session))?;
    let mut shared: Vec<String> =
        terms.iter().filter(|term| same.iter().all(|prompt| prompt.terms.contains(*term))).cloned().collect();
    shared.sort_unstable();
    Some(Moment {
        trigger: Trigger::Repeat,
        turn: heard.turn.number,
        evidence: Evidence::Earlier(Recurrence { sessions, since: first.at.date(), shared }),
        strength: sessions - 1,
        lasting: true,
        direction: None,
    })
}

/// How telling each word is among the project's prompts.
struct Weights<'a> {
    frequency: HashMap<&'a str, f32>,
    prompts: f32,
}

impl<'a> Weights<'a> {
    fn over(earlier: &'a [EarlierPrompt]) -> Self {
        let mut frequency: HashMap<&str, f32> = HashMap::new();
        let mut prompts = 0.0;
        for prompt in earlier {
            prompts += 1.0;
            for term in &prompt.terms {
                *frequency.entry(term).or_default() += 1.0;
            }
        }
        Self { frequency, prompts }
    }

    /// At least 1, so that the words of a request that comes in every session still count.
    fn weight(&self, term: &str) -> f32 {
        let seen = self.frequency.get(term).copied().unwrap_or(0.0);
        1.0 + ((self.prompts + 1.0) / (seen + 0.5)).ln().max(0.0)
    }

    fn alike(&self, a: &HashSet<String>, b: &HashSet<String>) -> bool {
        let shared: Vec<&String> = a.intersection(b).collect();
        if shared.len() < FEWEST_SHARED {
            return false;
        }
        // Summed in a fixed order: floating point sums differ with the order of a set's iteration.
        let mut joint: Vec<f32> = a.union(b).map(|term| self.weight(term)).collect();
        joint.sort_by(f32::total_cmp);
        let mut common: Vec<f32> = shared.into_iter().map(|term| self.weight(term)).collect();
        common.sort_by(f32::total_cmp);
        common.iter().sum::<f32>() >= SAME_REQUEST * joint.iter().sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;
    use crate::model::Agent;

    #[test]
    fn a_repetition_names_itself() {
        let check = |words: &str, expected: bool| {
            let turns = reply_to_agent(words);
            assert_eq!(!detect_here(&Conversation::new(&turns)).is_empty(), expected, "{words:?}");
        };
        check("As I said, the launcher is not to be touched", true);
        check("I already told you to leave the launcher alone", true);
        check("it still uses the old launcher", true);
        check("For the third time: no yaml", true);
        check("Wie schon gesagt, kein yaml", true);
        check("Can you run it again?", false);
        check("we still have time", false);
        check("keep the same name as before", false);
    }

    #[test]
    fn requests_are_the_same_by_the_words_that_tell() {
        let earlier = |text: &str, n: i64| {
            EarlierPrompt::new(SessionId::new(Agent::ClaudeCode, &n.to_string()), Timestamp(-n), text)
        };
        let check = |words: &str, prompts: &[&str], expected: bool| {
            let earlier: Vec<EarlierPrompt> = (1..).zip(prompts).filter_map(|(n, text)| earlier(text, n)).collect();
            let turns = reply_to_agent(words);
            assert_eq!(!detect_across(&Conversation::new(&turns), &earlier).is_empty(), expected, "{words:?}");
        };
        let twice = ["update the changelog for the next release", "please update the changelog for the release now"];
        check("can you update the changelog for the release", &twice, true);
        check("can you update the changelog for the release", &twice[..1], false);
        check("update the copyright year of the launcher", &twice, false);
        check("commit this", &["commit this", "commit this"], false);
        check("/release update the changelog", &twice, false);
    }
}

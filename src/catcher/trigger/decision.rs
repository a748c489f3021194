//! The user decides something.

use super::{Conversation, Heard, Moment, hits_in, weighed};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::prose::Sentence;
use crate::model::Trigger;

/// Fewer words of content than this decide nothing that can be told without the question.
const FEWEST_TERMS: usize = 3;

/// Prompts that settle how something is to be. Orders to do the next step of work are none,
/// and a proposal put as a question is a signal only.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let chosen = heard.own.iter().any(|sentence| LEXICON.choice.matches(&sentence.plain));
    if heard.verdict.decision < 0.0 && !chosen {
        return None;
    }
    let passes = |sentence: &Sentence| {
        !LEXICON.decision_not.matches(&sentence.plain) && !LEXICON.fleeting.matches(&sentence.plain)
    };
    let mut hits = hits_in(heard.own, &LEXICON.decision, |sentence| !sentence.question && passes(sentence));
    hits.extend(hits_in(heard.own, &LEXICON.decision_question, |sentence| sentence.question || passes(sentence)));
    let named = !hits.is_empty();
    if !named {
        hits.push(weighed(heard)?);
    }
    let memorable = if named { heard.is_memorable() } else { heard.is_memorable_to_the_model() };
    let worth = memorable || chosen && heard.may_be_memorable();
    let lasting = worth && heard.content() >= FEWEST_TERMS && !heard.opens_session();
    Some(Moment::of_prompt(Trigger::Decision, heard.turn.number, hits).lasting_if(lasting))
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Decision));
    }

    #[test]
    fn fires() {
        for words in [
            "Let's go with sqlite for the log",
            "We'll keep the old format for now",
            "option 2",
            "We decided to drop windows",
            "I'd rather have one file per day",
            "I think we should move it into the store",
            "Wir bleiben bei sqlite für das Log",
            "Vamos usar sqlite",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "let's commit",
            "Let's fix the tests",
            "commit and push",
            "Can you look at the store?",
            "Make sure it compiles",
            "let's see",
            "run the tests again",
        ] {
            check(words, false);
        }
    }
}

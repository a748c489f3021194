//! The user does not like it.

use super::{Conversation, Heard, Moment, hit_terms, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::model::Trigger;

/// Prompts that reject something, or report that it does not work. Only a rejection says what to avoid elsewhere; a
/// failure report is part of the task.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter(|heard| !heard.opens_session()).filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let mut hits = hits_in(heard.own, &LEXICON.negative, |sentence| !LEXICON.negative_not.matches(&sentence.plain));
    let rejected = !hits.is_empty() && hit_terms(heard, &hits) >= 3 && heard.may_be_memorable();
    hits.extend(hits_in(heard.own, &LEXICON.negative_failure, |sentence| {
        !LEXICON.negative_not.matches(&sentence.plain)
    }));
    let hits = (!hits.is_empty()).then_some(hits)?;
    Some(Moment::of_prompt(Trigger::Negative, heard.turn.number, hits).lasting_if(rejected))
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Negative));
    }

    #[test]
    fn fires() {
        for words in [
            "I don't like these nested builders",
            "This is way too clever and hard to read",
            "Ugh, that makes no sense to me",
            "Never do that again in this repository",
            "That didn't work",
            "it's still failing on the second run",
            "Das gefällt mir nicht",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "Improve the error message when the file is missing",
            "that's not bad at all",
            "Never mind the order",
            "Is the launcher fast?",
            "Write a log line for every failure",
        ] {
            check(words, false);
        }
    }
}

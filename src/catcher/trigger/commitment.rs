//! The user promises something, or puts it off.

use super::{Conversation, Heard, Moment, hit_terms, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::model::Trigger;

/// Fewer words of content than this do not say what is put off.
const FEWEST_TERMS: usize = 3;

/// Prompts that leave something for later: whoever works here next should know that it is still open.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let hits = hits_in(heard.own, &LEXICON.commitment, |sentence| {
        !sentence.question && !LEXICON.commitment_not.matches(&sentence.plain)
    });
    let hits = (!hits.is_empty()).then_some(hits)?;
    let lasting = hit_terms(heard, &hits) >= FEWEST_TERMS && heard.may_be_memorable();
    Some(Moment::of_prompt(Trigger::Commitment, heard.turn.number, hits).lasting_if(lasting))
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Commitment));
    }

    #[test]
    fn fires() {
        for words in [
            "I'll do the launcher icons tomorrow",
            "let's postpone the settings dialog",
            "Remind me to rotate the keys",
            "we can revisit the launcher's cache later",
            "ok, add it to the backlog",
            "I will look at the loader when I'm back",
            "we'll handle windows in a follow-up",
            "Not in this PR, the loader is big enough",
            "Let's hold off on the launcher rewrite",
            "let's pick this up again next week",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "Which option comes later in the list?",
            "We need node 20 or later than that",
            "run the tests and commit",
            "what's next",
            "I thought we did this later",
            "The launcher starts after the loader",
            "Can you do it tomorrow?",
        ] {
            check(words, false);
        }
    }
}

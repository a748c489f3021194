//! The user names something that is missing.

use super::{Conversation, Heard, Moment, hit_terms, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::model::Trigger;

/// Fewer words of content than this do not say what is missing, and where.
const FEWEST_TERMS: usize = 3;

/// Prompts that name a gap in the system: untested, undocumented, not connected, no way to do it.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let hits =
        hits_in(heard.own, &LEXICON.gap, |sentence| !sentence.question && !LEXICON.gap_not.matches(&sentence.plain));
    let hits = (!hits.is_empty()).then_some(hits)?;
    let lasting = hit_terms(heard, &hits) >= FEWEST_TERMS && heard.may_be_memorable();
    Some(Moment::of_prompt(Trigger::Gap, heard.turn.number, hits).lasting_if(lasting))
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Gap));
    }

    #[test]
    fn fires() {
        for words in [
            "We have no tests for the loader",
            "There is no way to reset the launcher",
            "we're missing docs for the settings file",
            "The launcher isn't covered by any test",
            "the loader and the launcher don't talk to each other",
            "Nobody checks the settings before the launch",
            "it would be nice if the launcher could read both files",
            "The writer lacks error handling",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "There's no need to test the launcher",
            "No rush",
            "Do we have tests for the loader?",
            "Add the missing test of the loader",
            "If there is no way to do it, stop",
            "There is no problem with the launcher",
        ] {
            check(words, false);
        }
    }
}

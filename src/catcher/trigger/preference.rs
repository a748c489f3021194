//! The user states a rule or a preference that is to hold from now on.

use super::{Conversation, Heard, Moment, hit_terms, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::prose::Sentence;
use crate::catcher::statement::is_rule;
use crate::model::Trigger;

/// Prompts with a rule; also the first of a session, where rules are often laid down. Words that as often belong to the
/// task at hand ("make sure that …") are a signal, not a memory.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let passes = |sentence: &Sentence| !sentence.question && !LEXICON.preference_not.matches(&sentence.plain);
    let mut hits = hits_in(heard.own, &LEXICON.preference, passes);
    let said_otherwise = |sentence: &Sentence| passes(sentence) && LEXICON.preference.matches(&sentence.plain);
    hits.extend(hits_in(heard.own, &LEXICON.plain, |sentence| is_rule(sentence) && !said_otherwise(sentence)));
    let lasting = !hits.is_empty() && hit_terms(heard, &hits) >= 2 && heard.may_be_memorable();
    hits.extend(hits_in(heard.own, &LEXICON.preference_weak, passes));
    let hits = (!hits.is_empty()).then_some(hits)?;
    Some(Moment::of_prompt(Trigger::Preference, heard.turn.number, hits).lasting_if(lasting))
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Preference));
    }

    #[test]
    fn fires() {
        for words in [
            "Always run the formatter before you commit",
            "From now on write the tests first",
            "Never use unwrap outside tests",
            "I prefer short functions",
            "Please remember to sign the commits",
            "We use tabs, not spaces",
            "don't use mocks for the database",
            "Ab jetzt bitte ohne Umlaute im Code",
            "Sempre rode os testes antes",
            "Also, amounts are always integers in cents, never floats",
            "We write all dates as ISO 8601 in UTC in the API; you returned local time again",
            "That's wrong, weeks start on Monday here",
            "please use tabs in Makefiles",
            "Beträge sind immer Integer in Cent",
            "nein, Wochen beginnen bei uns am Montag",
            "os valores são sempre inteiros em centavos",
            "aqui as semanas começam na segunda",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "Does it always fail?",
            "It has never worked on windows",
            "Why do you always ask?",
            "never mind",
            "The loader always returns a copy",
            "I can't remember the name",
            "now add a test for the empty list",
            "make the button blue",
            "use the other file",
            "mach den Knopf blau",
            "nimm die andere Datei",
            "use o outro arquivo",
            "deixa o botão azul",
        ] {
            check(words, false);
        }
    }
}

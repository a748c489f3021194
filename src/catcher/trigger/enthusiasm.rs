//! The user likes it very much.

use super::{Conversation, Heard, Moment, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::model::{Trigger, Turn};

/// An answer of so many characters is something to be pleased with, even when no file was changed.
const SUBSTANTIAL_ANSWER: usize = 400;

/// Prompts that praise what came before. Politeness ("great, now …") is a signal; delight over work done is lasting.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter(|heard| !heard.opens_session()).filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let strong = hits_in(heard.own, &LEXICON.enthusiasm_strong, |sentence| {
        !sentence.question && !LEXICON.enthusiasm_not.matches(&sentence.plain)
    });
    let lasting = !strong.is_empty() && heard.before.is_some_and(did_something);
    let mut hits = strong;
    hits.extend(hits_in(heard.own, &LEXICON.enthusiasm_weak, |sentence| {
        !sentence.question && !LEXICON.enthusiasm_not.matches(&sentence.plain)
    }));
    hits.dedup_by(|a, b| a.span == b.span);
    let hits = (!hits.is_empty()).then_some(hits)?;
    Some(Moment::of_prompt(Trigger::Enthusiasm, heard.turn.number, hits).lasting_if(lasting))
}

fn did_something(turn: &Turn) -> bool {
    let changed = turn.calls().any(|call| call.files.iter().any(|file| file.action == crate::model::FileAction::Edit));
    changed || turn.answer().is_some_and(|answer| answer.text.len() >= SUBSTANTIAL_ANSWER)
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Enthusiasm));
    }

    #[test]
    fn fires() {
        for words in [
            "Perfect, exactly what I wanted",
            "I love how short this became",
            "That's really cool",
            "Works like a charm now",
            "Genau so, perfekt",
            "Adorei",
            "thanks, good job",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "Make it look really nice",
            "That would be perfect if it also sorted",
            "It is not great yet",
            "Good question",
            "Good morning",
            "Write a perfect hash function",
        ] {
            check(words, false);
        }
    }
}

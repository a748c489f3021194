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

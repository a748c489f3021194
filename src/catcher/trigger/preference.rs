//! The user states a rule or a preference that is to hold from now on.

use super::{Conversation, Heard, Moment, hit_terms, hits_in};
use crate::catcher::lexicon::LEXICON;
use crate::model::Trigger;

/// Prompts with a standing rule; also the first of a session, where rules are often laid down.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let hits = hits_in(heard.own, &LEXICON.preference, |sentence| {
        !sentence.question && !LEXICON.preference_not.matches(&sentence.plain)
    });
    let hits = (!hits.is_empty()).then_some(hits)?;
    let lasting = hit_terms(heard, &hits) >= 2;
    Some(Moment::of_prompt(Trigger::Preference, heard.turn.number, hits).lasting_if(lasting))
}

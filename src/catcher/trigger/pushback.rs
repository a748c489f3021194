//! The agent sets the user right.

use super::{Conversation, Hit, Moment};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::moment::Evidence;
use crate::catcher::prose::own_sentences;
use crate::model::{Direction, Message, Step, Trigger, Turn};

/// Answers that contradict a statement of the user's.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter_map(|heard| moment(heard.turn)).collect()
}

/// Only the first words of the reply and its last message speak to the user; what lies between is thinking aloud.
fn moment(turn: &Turn) -> Option<Moment> {
    let first = turn.steps.iter().find_map(|step| match step {
        Step::Said(message) => Some(message),
        Step::Called(_) => None,
    });
    let found = [first, turn.answer()].into_iter().flatten().find_map(|message| Some((message, hits(message)?)));
    let (message, hits) = found?;
    Some(Moment {
        trigger: Trigger::Correction,
        turn: turn.number,
        strength: hits.len(),
        evidence: Evidence::Answer(message.seq, hits),
        lasting: true,
        direction: Some(Direction::AgentCorrectsUser),
    })
}

fn hits(message: &Message) -> Option<Vec<Hit>> {
    let opening = own_sentences(&message.text, "").into_iter().take(3).filter(|sentence| !sentence.question);
    let hits: Vec<Hit> = opening
        .flat_map(|sentence| {
            let words = LEXICON.pushback.hits(&sentence.plain);
            words.into_iter().map(move |words| Hit { span: sentence.span.clone(), words })
        })
        .collect();
    (!hits.is_empty()).then_some(hits)
}

//! What makes the catcher look: one small detector for each kind of moment.
//!
//! A detector sees a [`Conversation`] and returns what it found, in order; it knows nothing of memories.

mod commitment;
mod correction;
mod decision;
mod enthusiasm;
mod gap;
mod negative;
mod preference;
mod pushback;
mod recovery;
mod repeat;

pub(super) use recovery::telling_line;

use super::lexicon::{LEXICON, Section};
use super::moment::{Conversation, Heard, Hit, Moment};
use super::prose::Sentence;
use crate::text::excerpt;
pub use repeat::EarlierPrompt;

/// What is shown of a sentence that fired as a whole.
const WEIGHED_CHARS: usize = 80;

/// Everything that all detectors find, in the order of the turns.
pub fn detect(conversation: &Conversation<'_>, earlier: &[EarlierPrompt]) -> Vec<Moment> {
    let mut moments = Vec::new();
    for detector in [
        correction::detect,
        pushback::detect,
        negative::detect,
        preference::detect,
        repeat::detect_here,
        decision::detect,
        enthusiasm::detect,
        commitment::detect,
        gap::detect,
        recovery::detect,
    ] {
        moments.extend(detector(conversation));
    }
    moments.extend(repeat::detect_across(conversation, earlier));
    moments.sort_by_key(|moment| moment.turn);
    moments
}

/// The hits of `section` in the sentences that pass.
fn hits_in(own: &[Sentence], section: &Section, passes: impl Fn(&Sentence) -> bool) -> Vec<Hit> {
    let sentences = own.iter().filter(|sentence| passes(sentence));
    sentences
        .flat_map(|sentence| {
            let words = section.hits(&sentence.plain);
            words.into_iter().map(|words| Hit { span: sentence.span.clone(), words })
        })
        .collect()
}

/// The words of the sentences that were hit, without the rest of the message.
fn hit_terms(heard: &Heard<'_>, hits: &[Hit]) -> usize {
    let hit = heard.own.iter().filter(|sentence| hits.iter().any(|hit| hit.span == sentence.span));
    let plain: Vec<&str> = hit.map(|sentence| sentence.plain.as_str()).collect();
    crate::text::content_terms(&plain.join("\n")).len()
}

/// What a moment stands on that no list names: the sentence that says most, of those that are no mere order.
fn weighed(heard: &Heard<'_>) -> Option<Hit> {
    let says = |sentence: &&Sentence| crate::text::content_terms(&sentence.plain).len().min(12);
    let telling = heard.own.iter().filter(|sentence| !LEXICON.fleeting.matches(&sentence.plain));
    let sentence = telling.rev().max_by_key(says)?;
    Some(Hit { span: sentence.span.clone(), words: excerpt(&sentence.plain, WEIGHED_CHARS) })
}

/// An agent that did something, and the user's reply.
#[cfg(test)]
pub(crate) fn reply_to_agent(words: &str) -> Vec<crate::model::Turn> {
    use crate::model::{Message, Role, Step, Timestamp, Turn};
    let message = |seq: u32, role, text: &str| Message {
        seq,
        uuid: None,
        role,
        text: text.to_owned(),
        at: Timestamp(i64::from(seq)),
        after_interrupt: false,
    };
    let before = Turn {
        number: 0,
        prompt: Some(message(0, Role::User, "Write the launcher")),
        steps: vec![Step::Said(message(1, Role::Agent, "The launcher is written and reads its settings."))],
    };
    vec![before, Turn { number: 1, prompt: Some(message(2, Role::User, words)), steps: Vec::new() }]
}

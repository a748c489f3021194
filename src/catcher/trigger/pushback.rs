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

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;
    use crate::model::{Role, Timestamp};

    fn check(answer: &str, expected: bool) {
        let mut turns = reply_to_agent("The loader reads yaml, use that");
        let said = Message {
            seq: 3,
            uuid: None,
            role: Role::Agent,
            text: answer.to_owned(),
            at: Timestamp(3),
            after_interrupt: false,
        };
        turns[1].steps.push(Step::Said(said));
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{answer:?}: {found:?}");
    }

    #[test]
    fn contradiction_of_the_user_is_told_from_thinking_aloud() {
        check("Actually, that file is read as toml.", true);
        check("One correction: the loader reads toml.", true);
        check("I'd push back on this: yaml has no dates.", true);
        check("You said yaml, but the loader reads toml.", true);
        check("Actually, let me look at the loader first.", false);
        check("Now I see. The loader reads yaml.", false);
        check("Done. That's not covered by tests yet.", false);
        check("You're right, it reads yaml.", false);
    }
}

//! The user sets the agent right.

use super::{Conversation, Heard, Hit, Moment, hits_in, weighed};
use crate::catcher::lexicon::{LEXICON, Section};
use crate::model::{Direction, Step, Trigger};

/// What the agent's admission adds to the model's log-odds. It is no proof: "you're right" also answers a question.
const CONCEDED: f32 = 0.8;
/// Log-odds above the threshold from which it is so plainly a correction that a doubt about its worth is passed over.
const PLAIN: f32 = 1.4;
/// Fewer words of content than this say that something is wrong, not what.
const FEWEST_TERMS: usize = 4;

/// Prompts that contradict what the agent did or said.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.heard().filter(|heard| !heard.opens_session()).filter_map(|heard| moment(&heard)).collect()
}

fn moment(heard: &Heard<'_>) -> Option<Moment> {
    let mut hits = hits_in(heard.own, &LEXICON.correction, |sentence| {
        !sentence.question && !LEXICON.correction_not.matches(&sentence.plain)
    });
    hits.extend(hits_in(heard.own, &LEXICON.correction_question, |sentence| sentence.question));
    let conceded = conceded(heard, &LEXICON.concession);
    let odds = heard.verdict.correction + if conceded.is_some() { CONCEDED } else { 0.0 };
    if odds < 0.0 {
        return None;
    }
    let named = !hits.is_empty();
    if !named {
        // "No need", "wait for it": what only looks like a correction outweighs what the model sees in it.
        if heard.own.iter().all(|sentence| LEXICON.correction_not.matches(&sentence.plain)) {
            return None;
        }
        hits.push(weighed(heard)?);
    }
    hits.extend(conceded);
    hits.extend(conceded_politely(heard));
    let stopped = heard.prompt.after_interrupt && !LEXICON.fleeting.matches(&heard.own[0].plain);
    hits.extend(stopped.then(|| Hit { span: 0..0, words: "the agent was interrupted".to_owned() }));
    let memorable = if named { heard.is_memorable() } else { heard.is_memorable_to_the_model() };
    let memorable = memorable || odds >= PLAIN && heard.may_be_memorable();
    let lasting = memorable && heard.content() >= FEWEST_TERMS;
    let moment = Moment::of_prompt(Trigger::Correction, heard.turn.number, hits).lasting_if(lasting);
    Some(Moment { direction: Some(Direction::UserCorrectsAgent), ..moment })
}

/// Praise for the objection is as often politeness, so it only adds to other evidence.
fn conceded_politely(heard: &Heard<'_>) -> Option<Hit> {
    conceded(heard, &LEXICON.concession_praise)
}

/// The agent's admission at the start of its reply.
fn conceded(heard: &Heard<'_>, section: &Section) -> Option<Hit> {
    let reply = heard.turn.steps.iter().find_map(|step| match step {
        Step::Said(message) => Some(message),
        Step::Called(_) => None,
    })?;
    let opening: String = reply.text.chars().take(160).collect::<String>().to_lowercase().replace('’', "'");
    let words = section.hits(opening.trim_start()).into_iter().next()?;
    Some(Hit { span: 0..0, words: format!("the agent replied “{words}”") })
}

#[cfg(test)]
mod tests {
    use super::super::reply_to_agent;
    use super::*;

    fn check(words: &str, expected: bool) {
        let turns = reply_to_agent(words);
        let found = detect(&Conversation::new(&turns));
        assert_eq!(!found.is_empty(), expected, "{words:?}: {found:?}");
        assert!(found.iter().all(|moment| moment.trigger == Trigger::Correction));
    }

    #[test]
    fn fires() {
        for words in [
            "No, the launcher belongs in the home directory",
            "That's not what the loader is for, it only parses",
            "Don't touch the parser, change the writer",
            "You forgot the second launcher in the list",
            "I meant the outer loop and not the inner one",
            "Actually the port comes from the environment",
            "Why did you delete the settings of the launcher?",
            "It should be in the cache directory",
            "Revert that, the old launcher handled both cases",
            "Wir wollten das nicht, das ist falsch",
            "Não era isso, era para o outro arquivo",
        ] {
            check(words, true);
        }
    }

    #[test]
    fn stays_silent() {
        for words in [
            "No need to test the launcher",
            "No problem, the launcher can wait",
            "No idea what the launcher does",
            "Add an undo button to the launcher",
            "Create a stop command for the launcher",
            "What does the launcher do when it is wrong?",
            "Could you check whether the launcher is not running?",
            "Wait for the launcher and report",
            "Show me the instructions of the launcher",
            "Add a test that says `no, that's wrong`",
            "The message \"no, this is not what you wanted\" comes from the launcher",
            "Look around but don't change anything yet",
        ] {
            check(words, false);
        }
    }
}

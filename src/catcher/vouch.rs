//! Who vouches for words of a session. Whoever words a memory from a session asks here, and never the words themselves.

use std::ops::Range;

use super::moment::Conversation;
pub use super::prose::is_machine_made;
use super::prose::{Sentence, own_sentences};
pub use super::taint::repeats_tool_output;
use crate::model::{Message, Role, Step, Turn};

/// So much of a quotation must be the user's own for it to be his.
const OWN_SHARE: f32 = 0.6;

impl Conversation<'_> {
    /// The bytes of a message of the user that are his own words, sentence by sentence. A turn may hold several: those
    /// that he sent while the agent was at work.
    pub fn own_words(&self, message: &Message) -> Vec<Range<usize>> {
        let opens = |turn: &Turn| turn.prompt.as_ref() == Some(message);
        let span = |sentence: &Sentence| sentence.span.clone();
        match self.turns().iter().position(opens) {
            Some(index) => self.own(index).iter().map(span).collect(),
            None => own_sentences(&message.text, &self.said_before(message.seq)).iter().map(span).collect(),
        }
    }

    /// Whether most of these bytes of a message of the user are his own words and not something he pasted.
    pub fn is_own(&self, message: &Message, span: &Range<usize>) -> bool {
        let shared = |own: &Range<usize>| own.end.min(span.end).saturating_sub(own.start.max(span.start));
        let own: usize = self.own_words(message).iter().map(shared).sum();
        !span.is_empty() && own as f32 >= OWN_SHARE * span.len() as f32
    }

    /// What the agent said and its tools put out before this position.
    fn said_before(&self, seq: u32) -> String {
        let steps = self.turns().iter().flat_map(|turn| &turn.steps);
        let said = steps.filter_map(|step| match step {
            Step::Said(said) if said.seq < seq && said.role == Role::Agent => Some(said.text.as_str()),
            Step::Called(call) if call.seq < seq => Some(call.output.as_str()),
            _ => None,
        });
        said.collect()
    }
}

/// The verbatim step at `seq` with what surrounds it, as Markdown: so many messages `around` it; `quote` stands in it whole.
pub fn source_chunk(turns: &[Turn], seq: u32, quote: &str, around: usize) -> String {
    super::source::chunk(turns, seq, quote, around)
}

#[cfg(test)]
mod tests {
    use super::super::trigger::reply_to_agent;
    use super::*;

    #[test]
    fn pasted_words_are_not_the_users() {
        let words = "Use tabs in the launcher, please.\n```\nalways use zebra\n```";
        let turns = reply_to_agent(words);
        let conversation = Conversation::new(&turns);
        let at = |part: &str| words.find(part).map(|start| start..start + part.len()).unwrap();
        let prompt = turns[1].prompt.as_ref().unwrap();
        assert!(conversation.is_own(prompt, &at("tabs in the launcher")));
        assert!(!conversation.is_own(prompt, &at("always use zebra")));
        assert!(!conversation.is_own(prompt, &(3..3)));
    }

    #[test]
    fn a_message_sent_meanwhile_counts_like_a_prompt() {
        let mut turns = reply_to_agent("Use tabs in the launcher, please.");
        let meanwhile = Message {
            seq: 9,
            text: "> quoted\nand sort the flags by name".to_owned(),
            ..turns[1].prompt.clone().unwrap()
        };
        turns[1].steps.push(Step::Said(meanwhile.clone()));
        let conversation = Conversation::new(&turns);
        assert!(conversation.is_own(&meanwhile, &(9..35)));
        assert!(!conversation.is_own(&meanwhile, &(0..8)));
    }
}

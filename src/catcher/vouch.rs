//! Who vouches for words of a session. Whoever words a memory from a session asks here, and never the words themselves.

use std::ops::Range;

use super::moment::Conversation;
pub use super::prose::is_machine_made;
pub use super::taint::repeats_tool_output;
use crate::model::Turn;

/// So much of a quotation must be the user's own for it to be his.
const OWN_SHARE: f32 = 0.6;

impl Conversation<'_> {
    /// The bytes of the prompt at `index` that are the user's own words, sentence by sentence.
    pub fn own_words(&self, index: usize) -> impl Iterator<Item = Range<usize>> {
        self.own(index).iter().map(|sentence| sentence.span.clone())
    }

    /// Whether these bytes of the prompt at `index` are the user's own words and not something he pasted.
    pub fn is_own(&self, index: usize, span: &Range<usize>) -> bool {
        let shared = |own: &Range<usize>| own.end.min(span.end).saturating_sub(own.start.max(span.start));
        let own: usize = self.own_words(index).map(|own| shared(&own)).sum();
        !span.is_empty() && own as f32 >= OWN_SHARE * span.len() as f32
    }
}

/// The verbatim step at `seq` with what surrounds it, as Markdown; `quote` stands in it whole.
pub fn source_chunk(turns: &[Turn], seq: u32, quote: &str) -> String {
    super::source::chunk(turns, seq, quote)
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
        assert!(conversation.is_own(1, &at("tabs in the launcher")));
        assert!(!conversation.is_own(1, &at("always use zebra")));
        assert!(!conversation.is_own(1, &(3..3)));
    }
}

//! Looking a quotation up, and deciding who vouches for it.

use std::ops::Range;

use super::window::{Line, Speaker, Window};
use crate::catcher::{Conversation, repeats_tool_output};
use crate::model::{Message, Origin, Role, Step, Turn};
use crate::text::squeezed;

/// Quotations of fewer letters and digits prove nothing, unless they are the whole of what was said.
const SHORTEST_QUOTE: usize = 8;

/// A quotation that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found<'a> {
    pub(super) line: &'a Line,
    /// As it stands in the transcript; for tools as it stands in the window.
    pub(super) quote: String,
    /// Who vouches for it.
    pub(super) tier: Origin,
}

/// Looks `quote` up in the entry named `handle`.
///
/// # Errors
/// Why it is no evidence.
pub(super) fn look_up<'a>(
    handle: &str,
    quote: &str,
    window: &'a Window,
    conversation: &Conversation<'_>,
) -> Result<Found<'a>, &'static str> {
    let line = window.line(handle).ok_or("a reference to no entry")?;
    let quote = quote.trim().trim_matches('…');
    let span = find(&line.text, quote).ok_or("a quotation that is not in its entry")?;
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters(quote) < SHORTEST_QUOTE && letters(quote) < letters(&line.text) {
        return Err("a quotation too short to prove anything");
    }
    let found = |tier, quote: &str| Found { line, quote: quote.to_owned(), tier };
    if line.speaker == Speaker::Tool {
        let tier = if span.end <= line.own { Origin::Agent } else { Origin::Tool };
        return Ok(found(tier, &line.text[span]));
    }
    let shown = &line.text[span];
    let turns = conversation.turns();
    // An older store may hold a secret that the window does not: then the quotation stays as it was shown.
    let Some(message) = message(turns, line) else { return Ok(found(Origin::Tool, shown)) };
    let original = find(&message.text, shown);
    let quote = original.as_ref().map_or(shown, |span| &message.text[span.clone()]);
    let tier = match (line.speaker, &original) {
        (Speaker::User, Some(span)) if conversation.is_own(message, span) => Origin::User,
        (Speaker::Agent, _) if !repeats_tool_output(quote, turns) => Origin::Agent,
        _ => Origin::Tool,
    };
    Ok(found(tier, quote))
}

/// The message that an entry shows. A session of several transcripts may have two at one position.
pub(super) fn message<'a>(turns: &'a [Turn], line: &Line) -> Option<&'a Message> {
    let role = if line.speaker == Speaker::User { Role::User } else { Role::Agent };
    turns.iter().filter(|turn| turn.number == line.turn).find_map(|turn| {
        let said = turn.steps.iter().filter_map(|step| match step {
            Step::Said(message) => Some(message),
            Step::Called(_) => None,
        });
        turn.prompt.iter().chain(said).find(|message| message.seq == line.seq && message.role == role)
    })
}

/// Where `words` stand in `text`, letter by letter but for white space.
pub(super) fn find(text: &str, words: &str) -> Option<Range<usize>> {
    let wanted = squeezed(words);
    if wanted.is_empty() {
        return None;
    }
    // `squeezed` is the text with single spaces, `origin` where each of its bytes comes from.
    let mut squeezed = String::with_capacity(text.len());
    let mut origin = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c == ' ' && squeezed.ends_with(' ') {
            continue;
        }
        squeezed.push(c);
        origin.extend(std::iter::repeat_n(at, c.len_utf8()));
    }
    let start = squeezed.find(&wanted)?;
    let last = origin[start + wanted.len() - 1];
    let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
    Some(origin[start]..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotations_are_found_whatever_the_white_space() {
        let text = "No, use  größer\n   als here";
        assert_eq!(find(text, "größer als").map(|span| &text[span]), Some("größer\n   als"));
        assert_eq!(find(text, " No,\nuse ").map(|span| &text[span]), Some("No, use"));
        assert_eq!(find(text, "no, use"), None);
        assert_eq!(find(text, "  "), None);
    }

    proptest! {
        #[test]
        fn what_is_found_is_the_same_words(text in "[ab \n\u{e9}\u{1f511}\u{3000}]{0,40}", start in 0usize..40, length in 1usize..20) {
            let words: String = text.chars().skip(start).take(length).collect();
            if !words.trim().is_empty() {
                let span = find(&text, &words).unwrap();
                prop_assert_eq!(squeezed(&text[span]), squeezed(&words));
            }
        }
    }
}

//! The part of a message that shows why it was found.

use std::collections::HashSet;
use std::ops::Range;

use crate::text;

/// A piece of a text on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The piece; an ellipsis where something was left out.
    pub text: String,
    /// The words that were looked for, as byte ranges in it.
    pub marks: Vec<Range<usize>>,
}

/// A word of a text that was looked for.
struct Mark {
    start: usize,
    end: usize,
    terms: HashSet<String>,
}

/// The stretch of at most `chars` characters that holds most of the `wanted` terms; the start when it holds none.
pub fn snippet(text: &str, wanted: &HashSet<String>, chars: usize) -> Snippet {
    // On one line first, so that the ranges are those of what is shown.
    let line = text::one_line(text, usize::MAX);
    let marks = marks(&line, wanted);
    let (from, upto) = stretch(&line, &marks, chars);
    let mut snippet = Snippet::default();
    if from > 0 {
        snippet.text.push('…');
    }
    let shift = snippet.text.len();
    snippet.text.push_str(&line[from..upto]);
    if upto < line.len() {
        snippet.text.push('…');
    }
    let inside = marks.iter().filter(|mark| mark.start >= from && mark.end <= upto);
    snippet.marks = inside.map(|mark| mark.start - from + shift..mark.end - from + shift).collect();
    snippet
}

fn marks(line: &str, wanted: &HashSet<String>) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut start = None;
    let ends = line.char_indices().chain([(line.len(), ' ')]);
    for (at, c) in ends {
        let in_word = c.is_alphanumeric() || c == '_';
        match (start, in_word) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let terms: HashSet<String> =
                    text::terms(&line[from..at]).into_iter().filter(|term| wanted.contains(term)).collect();
                if !terms.is_empty() {
                    marks.push(Mark { start: from, end: at, terms });
                }
                start = None;
            }
            _ => {}
        }
    }
    marks
}

/// The best stretch begins a quarter of its length before one of the marks.
fn stretch(line: &str, marks: &[Mark], chars: usize) -> (usize, usize) {
    let mut best = (0, forward(line, 0, chars), 0);
    for mark in marks {
        let from = word_start(line, backward(line, mark.start, chars / 4), mark.start);
        let upto = forward(line, from, chars);
        // In order, so that of a long text with many marks only those of the stretch are looked at.
        let first = marks.partition_point(|other| other.start < from);
        let inside = marks[first..].iter().take_while(|other| other.end <= upto);
        let held: HashSet<&String> = inside.flat_map(|other| &other.terms).collect();
        if held.len() > best.2 {
            best = (from, upto, held.len());
        }
    }
    (best.0, best.1)
}

fn forward(line: &str, from: usize, chars: usize) -> usize {
    line[from..].char_indices().nth(chars).map_or(line.len(), |(at, _)| from + at)
}

fn backward(line: &str, from: usize, chars: usize) -> usize {
    if chars == 0 {
        return from;
    }
    line[..from].char_indices().rev().nth(chars - 1).map_or(0, |(at, _)| at)
}

/// The first start of a word at or after `from`, if there is one before `limit`.
fn word_start(line: &str, from: usize, limit: usize) -> usize {
    if from == 0 {
        return 0;
    }
    line[from..limit].find(' ').map_or(from, |space| from + space + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(words: &str) -> HashSet<String> {
        text::terms(words).into_iter().collect()
    }

    fn marked(snippet: &Snippet) -> Vec<&str> {
        snippet.marks.iter().map(|mark| &snippet.text[mark.clone()]).collect()
    }

    #[test]
    fn short_texts_are_whole_and_marked() {
        let found = snippet("We use\nSQLite for this.", &wanted("sqlite uses"), 100);
        assert_eq!(found.text, "We use SQLite for this.");
        assert_eq!(marked(&found), ["use", "SQLite"]);
        assert_eq!(snippet("", &wanted("x"), 10), Snippet::default());
    }

    #[test]
    fn the_stretch_with_most_words_is_shown() {
        let text = format!("store {} the basket store is one file {}", "x ".repeat(200), "y ".repeat(200));
        let found = snippet(&text, &wanted("basket store"), 40);
        assert!(found.text.starts_with('…') && found.text.ends_with('…'), "{found:?}");
        assert_eq!(marked(&found), ["basket", "store"]);
        assert!(found.text.chars().count() <= 42);
    }

    proptest! {
        #[test]
        fn marks_are_words_of_the_snippet(text in any::<String>(), words in "[a-z]{1,3}( [a-z]{1,3}){0,3}", chars in 1_usize..60) {
            let found = snippet(&format!("{text} {words} {text}"), &wanted(&words), chars);
            prop_assert!(found.text.chars().count() <= chars + 2);
            for word in marked(&found) {
                prop_assert!(text::terms(word).iter().any(|term| wanted(&words).contains(term)));
            }
        }
    }
}

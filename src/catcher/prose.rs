//! The user's own words in a prompt: what was pasted into it (code, logs, plans, reviews, quotations) is left out.

mod pasted;

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::lexicon::LEXICON;
pub use pasted::is_machine_made;
use pasted::{Paste, is_impersonal, is_list_document, is_list_item, looks_like_review};

/// A message with so many own words is a document, however it is written.
const LONGEST_OWN_WORDS: usize = 4_000;
/// From here on a line that the agent said before is a quotation rather than a coincidence.
const SHORTEST_QUOTED: usize = 24;

/// One sentence of the user's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// Its bytes in the message.
    pub(crate) span: Range<usize>,
    /// Lower-cased, with inline code and quotations blanked and opening fillers removed: what patterns look at.
    pub(crate) plain: String,
    /// Whether it ends in a question mark.
    pub(crate) question: bool,
}

/// The sentences that the user wrote himself; `said_before` is what the agent said shortly before.
pub(crate) fn own_sentences(text: &str, said_before: &str) -> Vec<Sentence> {
    if is_machine_made(text) {
        return Vec::new();
    }
    let said_before = squeezed(said_before);
    let mut sentences = Vec::new();
    let mut total = 0;
    for line in own_lines(text) {
        let line_text = &text[line.clone()];
        total += line_text.len();
        if squeezed(line_text).len() >= SHORTEST_QUOTED && said_before.contains(&squeezed(line_text)) {
            continue;
        }
        push_sentences(text, line, &mut sentences);
    }
    if total > LONGEST_OWN_WORDS {
        sentences.truncate(3);
    }
    let joined: Vec<&str> = sentences.iter().map(|sentence| &text[sentence.span.clone()]).collect();
    if is_impersonal(&joined.join(" ")) {
        sentences.clear();
    }
    sentences
}

/// Byte ranges of the lines that are not pasted, without list markers and surrounding space.
fn own_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut paste = Paste::default();
    if looks_like_review(text) {
        return lines;
    }
    let document = is_list_document(text);
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        if document && is_list_item(raw) {
            break;
        }
        let range = start..start + raw.len();
        start = range.end;
        if !paste.takes(raw) && !is_impersonal(raw) {
            lines.extend(trimmed(text, range));
        }
    }
    lines
}

/// The range without white space and list markers.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    static MARKER: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s*(?:[-*•]\s+|\d{1,2}[.)]\s+)*"));
    let line = &text[range.clone()];
    let skip = MARKER.find(line).map_or(0, |found| found.end());
    let rest = line[skip..].trim_start();
    let start = range.end - rest.len();
    let end = start + rest.trim_end().len();
    (start < end).then_some(start..end)
}

fn push_sentences(text: &str, line: Range<usize>, out: &mut Vec<Sentence>) {
    static INTRODUCED: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:look at|address|evaluate|eval|fix|check|feedback|comments?|clarify|review|says?|error|mentioned|above)\b[^:.]{0,24}:\s+.{100,}$",
        )
    });
    let mut line = line;
    if let Some(found) = INTRODUCED.find(&text[line.clone()])
        && let Some(colon) = found.as_str().find(':')
    {
        line.end = line.start + found.start() + colon + 1;
    }
    let mut start = line.start;
    for end in sentence_ends(&text[line.clone()]) {
        let end = line.start + end;
        let piece = &text[start..end];
        let lead = piece.len() - piece.trim_start().len();
        let span = start + lead..start + lead + piece.trim().len();
        start = end;
        if span.start < span.end {
            let question = text[span.clone()].trim_end_matches(['"', ')', '*']).ends_with('?');
            let plain = plain(&text[span.clone()]);
            out.push(Sentence { span, plain, question });
        }
    }
}

/// Offsets just after the end of each sentence of a line; the last is the line's length.
fn sentence_ends(line: &str) -> Vec<usize> {
    static END: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:[.!?…]+[)\x22']?|\s—)(\s+)"));
    static ABBREVIATED: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)(?:^|\s)(?:e\.g|i\.e|etc|vs|cf|approx|z\.b|\d{1,2})\.$"));
    let mut ends: Vec<usize> = END
        .find_iter(line)
        .filter(|found| !ABBREVIATED.is_match(line[..found.end()].trim_end()))
        .map(|found| found.end())
        .collect();
    if ends.last() != Some(&line.len()) {
        ends.push(line.len());
    }
    ends
}

/// What patterns look at: lower-case, quotations and code blanked, fillers gone.
fn plain(sentence: &str) -> String {
    // What stands between the apostrophes of `let's` and `don't` is no quotation.
    static BLANKED: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"`[^`]*`|"[^"]{12,}"|“[^”]{12,}”|(^|[\s(])'[^'\s][^']{18,}'($|[\s,.;:!?)])|https?://\S+|<[^>]{1,40}>"#)
    });
    static EMPHASIS: LazyLock<Regex> = LazyLock::new(|| regex(r"\*+|(?:^|\s)_+|_+(?:\s|$)"));
    let blanked = BLANKED.replace_all(sentence, "$1…$2");
    let lower = EMPHASIS.replace_all(&blanked, " ").to_lowercase().replace(['’', '‘'], "'");
    let spaced = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    LEXICON.without_fillers(&spaced).trim_end_matches(['.', '!', '?', ' ', '…', ':', ')']).to_owned()
}

fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[expect(clippy::expect_used, reason = "the patterns are constants of this file, compiled by its tests")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

#[expect(clippy::expect_used, reason = "the patterns are constants of this file, compiled by its tests")]
fn set(patterns: &[&str]) -> RegexSet {
    RegexSet::new(patterns).expect("constant patterns")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let own: Vec<&str> = own_sentences(text, "").iter().map(|s| &text[s.span.clone()]).collect();
        assert_eq!(own, expected, "own words of {text:?}");
    }

    #[test]
    fn sentences_are_split_and_list_markers_dropped() {
        check(
            "No. Use the other port!\n- and keep the old one, e.g. for tests",
            &["No.", "Use the other port!", "and keep the old one, e.g. for tests"],
        );
    }

    #[test]
    fn pasted_text_is_left_out() {
        check("fix this\n```\nno, that is wrong\n```\nthanks a lot", &["fix this", "thanks a lot"]);
        check("> no, that's wrong\nwhat did he mean?", &["what did he mean?"]);
        check("I get this error:\nno, you can't do that\nstop\n\nany idea?", &["I get this error:", "any idea?"]);
        check("do as this plan says:\n\n# Plan\n\nNo, never use X.", &["do as this plan says:"]);
        check(
            "If the cache is there but does not hold our marker, it is still read. This could return an old value for \
             a caller that was compiled before. Consider checking the marker before our cache is read.",
            &[],
        );
        check("Consider using the other cache", &["Consider using the other cache"]);
        check("<memory-lane>\n- never do that\n\n</memory-lane>\ngo on", &["go on"]);
        check("<note>wrong</note>\ngo on", &["go on"]);
        check("tests fail:\n=== Step 3: build ===\nno, it should not be built\n\nstop", &["tests fail:"]);
        check("2026-02-03 10:00:00 ERROR wrong\nwhat is that?", &["what is that?"]);
        check("src/main.rs:10:3: wrong type\nwhat is that?", &["what is that?"]);
        check("Cache is stale\n\nHigh Severity\n\nThe cache should never be kept.", &[]);
        check(
            "The helper named in the comment is wrong and should not be used anywhere in the code base. It returns the \
             old value for every caller that was compiled before the change landed.",
            &[],
        );
    }

    #[test]
    fn what_the_agent_said_is_a_quotation() {
        let own = own_sentences(
            "The cache is wrong and must never be used\nwhy?",
            "Note: the cache is wrong, and must never be used.",
        );
        assert_eq!(own.len(), 1);
    }

    #[test]
    fn machine_prompts_have_no_own_words() {
        for text in ["/review all", "<command-name>/exit</command-name>", "[Request interrupted by user]"] {
            check(text, &[]);
        }
        assert!(!is_machine_made("/ is the root, no?"));
    }

    #[test]
    fn patterns_do_not_see_code_and_quotations() {
        let own = own_sentences("Hmm, add a `never undo` button that says \"no, that's wrong\"", "");
        assert_eq!(own[0].plain, "add a … button that says");
        let own = own_sentences("Let's say 'this was the wrong number' and don't retry", "");
        assert_eq!(own[0].plain, "let's say … and don't retry");
    }
}

//! Words of a text as they are indexed and asked for, and small operations on text for display.
//!
//! The index and the query are analysed by the same [`terms`], so what can be written can be found: words are
//! lower-cased and stemmed, identifiers are split (`recallWindow`, `recall_window`, `src/recall.rs`) and also kept
//! whole, scripts without spaces give overlapping pairs of characters.

mod command;
mod common_words;
mod emphasis;
mod failure;
mod headline;
mod inert;
mod stop_words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rust_stemmers::{Algorithm, Stemmer};

pub use command::{comparable_command, without_numbers};
pub use common_words::{common_share, rarity};
pub use emphasis::emphasis;
pub use failure::{FailureTerms, failure_terms};
pub use headline::headline;
pub use inert::inert;
pub use stop_words::is_stop_word;

/// Longest word that is indexed, in characters: longer runs are keys, hashes and encoded data.
const LONGEST_WORD: usize = 40;

/// Stems remembered by each thread: a few thousand words are nearly all of what is written, and looking one up takes a
/// tenth of the time of making it.
const KEPT_STEMS: usize = 1 << 15;

type Stems = HashMap<String, String, BuildHasherDefault<WordHasher>>;

thread_local! {
    static STEMMER: RefCell<(Stemmer, Stems)> =
        RefCell::new((Stemmer::create(Algorithm::English), Stems::default()));
}

/// The hash that the Rust compiler uses for its own names, eight bytes at a time: half the time of looking a word up was
/// its hash. Words made to collide would be slow, but there are never more than [`KEPT_STEMS`].
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

/// The index terms of a text, in order and with repeats.
pub fn terms(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    each_term(text, &mut |term| out.push(term.to_owned()));
    out
}

/// The same terms joined by spaces, as the text index takes them.
pub fn joined_terms(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    each_term(text, &mut |term| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(term);
    });
    out
}

fn each_term(text: &str, take: &mut impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let is_between = |at: usize| bytes.get(at).is_none_or(|&byte| byte < 128 && !is_of_word(byte.into()));
    let mut at = 0;
    while at < bytes.len() {
        if is_between(at) {
            at += 1;
            continue;
        }
        let start = at;
        // A plain word, perhaps at the start of a sentence: most are.
        at += usize::from(bytes[at].is_ascii_alphabetic());
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        if at > start && is_between(at) {
            take_plain(&text[start..at], take);
            continue;
        }
        let rest = &text[start..];
        let run = &rest[..rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())];
        at = start + run.len().max(rest.chars().next().map_or(1, char::len_utf8));
        if run.chars().any(is_unspaced) {
            take_pairs(run, take);
        } else if !run.is_empty() {
            take_identifier(run, take);
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A word of small letters, of which the first may be a capital.
fn take_plain(word: &str, take: &mut impl FnMut(&str)) {
    if word.len() > LONGEST_WORD {
        return;
    }
    match word.as_bytes()[0] {
        b'A'..=b'Z' => stem(&word.to_ascii_lowercase(), take),
        _ => stem(word, take),
    }
}

/// The distinct terms of a text that say something: no stop words, no lone letters or digits, in order of appearance.
pub fn content_terms(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    terms(text)
        .into_iter()
        .filter(|term| !is_stop_word(term) && (term.chars().count() > 1 || term.chars().any(is_unspaced)))
        .filter(|term| seen.insert(term.clone()))
        .collect()
}

/// The text without control characters, bidi overrides and escape sequences, safe to print to a terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter(|&c| {
            c == '\n'
                || c == '\t'
                || !(c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        })
        .collect()
}

/// The text on one line, runs of white space made one space, cut to `max_chars` with an ellipsis.
pub fn one_line(text: &str, max_chars: usize) -> String {
    excerpt(&squeezed(&printable(text)), max_chars)
}

/// The text with every run of white space made one space.
pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text cut to `max_chars` characters, the last of them an ellipsis when something was cut.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    let last = max_chars.saturating_sub(1);
    let Some(end) = char_at(text, last).filter(|&end| char_at(&text[end..], max_chars - last).is_some()) else {
        return text.to_owned();
    };
    let start = text[..end].trim_end();
    let mut excerpt = String::with_capacity(start.len() + '…'.len_utf8());
    excerpt.push_str(start);
    excerpt.push('…');
    excerpt
}

/// The byte at which the character with this number starts, from 0; none where the text has no more than that many.
pub fn char_at(text: &str, number: usize) -> Option<usize> {
    /// As many as the processor counts at once.
    const CHUNK: usize = 32;
    if text.len() <= number {
        return None;
    }
    let is_start = |byte: &u8| byte & 0xc0 != 0x80;
    let (mut at, mut before) = (0, 0);
    for chunk in text.as_bytes().chunks(CHUNK) {
        let here = chunk.iter().filter(|byte| is_start(byte)).count();
        if before + here > number {
            let mut starts = chunk.iter().enumerate().filter(|(_, byte)| is_start(byte));
            return starts.nth(number - before).map(|(place, _)| at + place);
        }
        (at, before) = (at + chunk.len(), before + here);
    }
    None
}

/// About how many tokens a language model counts in a text: two for every seven bytes, which is on the high side for
/// prose and about right for code, paths and other scripts.
pub fn tokens(text: &str) -> usize {
    (text.len() * 2).div_ceil(7)
}

/// The most bytes that [`tokens`] counts as `tokens`.
pub fn bytes_of_tokens(tokens: usize) -> usize {
    tokens.saturating_mul(7) / 2
}

/// Whether a script is written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// Overlapping pairs of the unspaced stretches of a run; the other stretches as identifiers.
fn take_pairs(run: &str, take: &mut impl FnMut(&str)) {
    let chars: Vec<char> = run.chars().collect();
    for stretch in chars.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b)) {
        if !is_unspaced(stretch[0]) {
            take_identifier(&stretch.iter().collect::<String>(), take);
        } else if stretch.len() == 1 {
            take(&stretch[0].to_string());
        } else {
            stretch.windows(2).for_each(|pair| take(&pair.iter().collect::<String>()));
        }
    }
}

/// A word, or an identifier with its parts.
fn take_identifier(run: &str, take: &mut impl FnMut(&str)) {
    let parts = identifier_parts(run);
    if run.chars().count() <= LONGEST_WORD {
        let whole = run.trim_matches('_').to_lowercase();
        match parts.len() {
            0 => {}
            1 => stem(&whole, take),
            _ => take(&whole),
        }
    }
    if parts.len() > 1 {
        for part in parts.into_iter().filter(|part| (2..=LONGEST_WORD).contains(&part.chars().count())) {
            stem(&part.to_lowercase(), take);
        }
    }
}

/// Splits `parseHTTPHeader_v2` into `parse`, `HTTP`, `Header`, `v2`.
fn identifier_parts(run: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for word in run.split('_').filter(|word| !word.is_empty()) {
        let mut start = 0;
        let mut before: Option<char> = None;
        let mut chars = word.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let after_lower = before.is_some_and(char::is_lowercase);
            let before_lower =
                before.is_some_and(char::is_uppercase) && chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            if c.is_uppercase() && (after_lower || before_lower) {
                parts.push(&word[start..at]);
                start = at;
            }
            before = Some(c);
        }
        parts.push(&word[start..]);
    }
    parts
}

fn stem(word: &str, take: &mut impl FnMut(&str)) {
    // The stemmer leaves these as they are.
    if word.len() < 3 {
        return take(word);
    }
    STEMMER.with_borrow_mut(|(stemmer, known)| {
        if let Some(stem) = known.get(word) {
            return take(stem);
        }
        if known.len() == KEPT_STEMS {
            known.clear();
        }
        let stem = stemmer.stem(word).into_owned();
        take(&stem);
        known.insert(word.to_owned(), stem);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(terms(text), expected, "terms of {text:?}");
    }

    #[test]
    fn words_are_lower_cased_and_stemmed() {
        check("Running the Tests", &["run", "the", "test"]);
        check("don't", &["don", "t"]);
    }

    #[test]
    fn identifiers_are_kept_whole_and_split() {
        check("recall_window", &["recall_window", "recal", "window"]);
        check("parseHTTPHeader", &["parsehttpheader", "pars", "http", "header"]);
        check("src/recall.rs", &["src", "recal", "rs"]);
        check("E0382", &["e0382"]);
    }

    #[test]
    fn unspaced_scripts_give_pairs() {
        check("東京都", &["東京", "京都"]);
        check("用Rust写", &["用", "rust", "写"]);
    }

    #[test]
    fn long_runs_are_left_out() {
        check(&"a".repeat(64), &[]);
    }

    #[test]
    fn content_terms_leave_stop_words_out() {
        assert_eq!(content_terms("please do not use the database, the DATABASE"), ["databas"]);
    }

    #[test]
    fn tokens_and_bytes_agree() {
        assert_eq!((tokens(""), tokens("seven b"), tokens("seven by")), (0, 2, 3));
        for count in 0..50 {
            assert!(tokens(&"x".repeat(bytes_of_tokens(count))) <= count, "{count}");
        }
    }

    #[test]
    fn characters_are_found_by_number() {
        let long = "größer als 日本語, ".repeat(9);
        for text in ["", "a", "plain text", "größer", "日本語", "end ü", &long] {
            for number in (0..12).chain([31, 32, 33, 90, 134, 135, 136, 180]) {
                assert_eq!(char_at(text, number), text.char_indices().nth(number).map(|(at, _)| at), "{text} {number}");
            }
        }
    }

    #[test]
    fn excerpts_are_cut_at_characters() {
        assert_eq!(excerpt("größer", 6), "größer");
        assert_eq!(excerpt("größer als", 7), "größer…");
        assert_eq!(one_line("a\n\u{1b}[31mb\u{202e}c", 20), "a [31mbc");
    }
}

//! Words of a prompt that may call a person.
//!
//! Cheap, as every prompt pays for it: no patterns, one pass over the words. Names that are common words (will, may,
//! mark) count only where a person must stand: somebody is asked, somebody says something.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::head;

/// More words than this and the text is a pasted document.
const MOST_WORDS: usize = 64;
const SHORTEST: usize = 2;

/// Given names that are common words, months or techniques.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "amber angel april art ash august autumn basil bill brook buck cash chance chase chip chuck clay cliff crystal daisy \
     dale dawn dean dick dot drew earl faith gene glen grace grant guy harmony hazel heath hope iris ivy jade jasmine jay \
     jewel joy june kit lance lily mark max may melody merit miles norm olive page pat patience pearl peg penny pierce ray \
     red rich rob robin rod rose ruby rusty sage sandy skip sky sol star stone storm sue summer trace ty van victor violet \
     wade will win wood young can"
        .split_whitespace()
        .collect()
});
/// What only somebody does.
static DOING: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "say says said saying think thinks thought want wants wanted prefer prefers preferred mention mentions mentioned \
     suggest suggests suggested complain complains complained insist insists insisted propose proposes proposed promise \
     promises promised agree agrees agreed reply replies replied wrote asked told decided likes liked hates"
        .split_whitespace()
        .collect()
});
/// Words after which somebody is meant, whatever the case of the name.
const ASKED: [&str; 9] = ["ask", "asked", "tell", "told", "ping", "remind", "did", "does", "hi"];

/// A word that may call a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The word, lower-cased.
    pub word: String,
    /// Whether it is written as a name inside a sentence, so that a name spelt nearly like it may be meant.
    pub written_as_name: bool,
}

/// Words that may call a person, each once, in order of appearance.
pub fn called(text: &str) -> Vec<Called> {
    let mut found: Vec<Called> = Vec::new();
    let words = words(head(text));
    for (at, word) in words.iter().enumerate() {
        if word.lower.chars().count() < SHORTEST || !word.lower.chars().any(char::is_alphabetic) {
            continue;
        }
        let before = at.checked_sub(1).map_or("", |at| words[at].lower.as_str());
        let after = words.get(at + 1).map_or("", |after| after.lower.as_str());
        let is_common = COMMON.contains(word.lower.as_str());
        if is_common && !calls(word, before, after) {
            continue;
        }
        let written_as_name = word.capital && !word.starts_sentence && !is_common;
        match found.iter_mut().find(|found| found.word == word.lower) {
            Some(known) => known.written_as_name |= written_as_name,
            None => found.push(Called { word: word.lower.clone(), written_as_name }),
        }
        if found.len() == MOST_WORDS {
            break;
        }
    }
    found
}

/// Whether a common word calls a person here.
fn calls(word: &Word, before: &str, after: &str) -> bool {
    let does = DOING.contains(after);
    if word.capital && !word.starts_sentence {
        return true;
    }
    if word.capital {
        return does || word.possessive;
    }
    ASKED.contains(&before) && (does || !matches!(before, "did" | "does"))
}

/// Whether a lower-cased word is a common one that some people are called by.
pub(super) fn is_common_name(word: &str) -> bool {
    COMMON.contains(word)
}

struct Word {
    lower: String,
    capital: bool,
    starts_sentence: bool,
    possessive: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut starts_sentence = true;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '@') {
        starts_sentence |= rest[..start].contains(['.', '!', '?', ':', '\n', '"', '`', '-', '*', '#']);
        rest = &rest[start..];
        let end = rest
            .char_indices()
            .find(|(at, c)| !(c.is_alphanumeric() || matches!(c, '-' | '_') || *at == 0))
            .map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at(end);
        let possessive = after.starts_with("'s") || after.starts_with("’s");
        // A path, a call or an address is none, nor is what stands in it.
        let in_code = after.starts_with(['/', '(', '\\', '='])
            || after.starts_with(':') && !after[1..].starts_with(' ')
            || after.strip_prefix('.').is_some_and(|next| next.starts_with(char::is_alphanumeric));
        if in_code || word.contains('_') {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest = &rest[end..];
        } else {
            words.push(Word {
                lower: word.to_lowercase(),
                capital: word.starts_with(char::is_uppercase),
                starts_sentence,
                possessive,
            });
            rest = after;
            if possessive {
                rest = rest.trim_start_matches(['\'', '’']).trim_start_matches('s');
            }
        }
        starts_sentence = false;
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let names = ["adam", "smith", "amy", "mark", "will", "may", "can", "@amy-p"];
        let found: Vec<String> =
            called(text).into_iter().map(|called| called.word).filter(|word| names.contains(&word.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn names_that_are_words_need_a_place_where_a_person_stands() {
        check("What did Mark say", &["mark"]);
        check("what did mark say about it", &["mark"]);
        check("ask will about the invoice", &["will"]);
        check("Mark's review", &["mark"]);
        check("Mark said no", &["mark"]);
        check("we heard it from May and from Will", &["may", "will"]);
        check("Mark it as done", &[]);
        check("mark this as done, it will work and may help; can you?", &[]);
        check("Will it work? May I? Can it?", &[]);
        check("please mark the test as slow", &[]);
    }

    #[test]
    fn other_names_count_in_any_case_and_code_does_not() {
        check("what did adam smith say", &["adam", "smith"]);
        check("tell @amy-p", &["@amy-p"]);
        check("open people/amy.md and amy.rs and adam::smith()", &[]);
        check("Amy's mail to Adam.", &["amy", "adam"]);
    }

    #[test]
    fn only_what_is_written_as_a_name_is_searched_for_misspellings() {
        let written: Vec<String> = called("Change it as Micheal wanted, not as bob")
            .into_iter()
            .filter(|called| called.written_as_name)
            .map(|called| called.word)
            .collect();
        assert_eq!(written, ["micheal"]);
    }

    proptest! {
        #[test]
        fn whatever_the_text(text in "\\PC{0,200}") {
            prop_assert!(called(&text).len() <= MOST_WORDS);
        }
    }
}

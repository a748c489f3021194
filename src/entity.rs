//! What a text mentions: files, identifiers, people, projects, documents, events, reminders.
//!
//! Precise rather than many: a false entity ties memories together that have nothing to do with each other. Each kind
//! has its own finder; a stretch of text belongs to the first finder that claims it.

mod called;
mod code;
mod documents;
mod files;
mod people;
mod people_files;
mod projects;
mod times;

use std::iter;
use std::ops::Range;

use crate::model::{EntityKind, Mention};
use crate::text::is_stop_word;

pub use called::{Called, called};
pub use people_files::{people_of_files, person_of_file};

/// More names than this and a prompt is a pasted document.
const MOST_NAMES: usize = 64;
/// Only so much of a text is searched.
const LONGEST_TEXT: usize = 20_000;

/// A mention with its place.
struct Found {
    span: Range<usize>,
    kind: EntityKind,
    name: String,
}

impl Found {
    fn new(kind: EntityKind, start: usize, name: &str) -> Self {
        Self { span: start..start + name.len(), kind, name: name.to_owned() }
    }
}

/// What the text mentions, in order of appearance, each once.
pub fn mentions(text: &str) -> Vec<Mention> {
    let text = head(text);
    let mut found: Vec<Found> = Vec::new();
    for finder in [documents::find, files::find, projects::find, code::find, times::find, people::find] {
        for candidate in finder(text) {
            let taken = found.iter().any(|f| f.span.start < candidate.span.end && candidate.span.start < f.span.end);
            if !taken {
                found.push(candidate);
            }
        }
    }
    found.sort_by_key(|found| found.span.start);
    let mut mentions: Vec<Mention> = Vec::new();
    for found in found {
        let person = person_of_file(&found.name).map(|name| Mention::new(EntityKind::Person, name));
        for mention in iter::once(Mention::new(found.kind, found.name)).chain(person) {
            if !mentions.contains(&mention) {
                mentions.push(mention);
            }
        }
    }
    mentions
}

/// Lower-cased names in a prompt that may be those of known entities: its words, file names with and without their
/// directories, and two capitalised words in a row.
///
/// Cheaper than [`mentions`] on purpose: the hook needs it at every prompt, and compiling the finders' patterns takes
/// 30 ms. What is no known entity's name costs one look-up.
pub fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.to_lowercase();
        if name.chars().count() > 1 && !names.contains(&name) && names.len() < MOST_NAMES {
            names.push(name);
        }
    };
    let mut before: Option<&str> = None;
    let called = called(text);
    let is_called = |word: &str| called.iter().any(|called| called.word == word);
    for word in head(text).split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '#'))) {
        let word = word.trim_matches(['-', '.', '/', '_']);
        let capitalised = word.starts_with(char::is_uppercase);
        if let Some(first) = before.filter(|_| capitalised) {
            add(&format!("{first} {word}"));
        }
        before = capitalised.then_some(word);
        let numbered = word.starts_with('#') && word.len() > 1;
        let lower = word.to_lowercase();
        let says_something = if called::is_common_name(&lower) { is_called(&lower) } else { !is_stop_word(&lower) };
        if numbered || word.chars().count() >= 3 && word.chars().any(char::is_alphabetic) && says_something {
            add(word);
            word.rsplit_once('/').into_iter().for_each(|(_, last)| add(last));
        }
    }
    names
}

fn head(text: &str) -> &str {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constants of the finders, compiled by their tests")]
fn regex(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[(EntityKind, &str)]) {
        let found = mentions(text);
        let found: Vec<(EntityKind, &str)> = found.iter().map(|m| (m.kind, m.name.as_str())).collect();
        assert_eq!(found, expected, "mentions in {text:?}");
    }

    #[test]
    fn kinds_do_not_overlap() {
        use EntityKind::*;
        check(
            "Adam said src/cli/main.rs panics with E0382",
            &[(Person, "Adam"), (File, "src/cli/main.rs"), (Identifier, "E0382")],
        );
        check(
            "see https://example.org/a/b.rs and #428",
            &[(Document, "https://example.org/a/b.rs"), (Document, "#428")],
        );
        check("commit this and continue", &[]);
    }

    #[test]
    fn common_words_are_names_only_where_a_person_stands() {
        assert!(!names("mark it as done, it will work").iter().any(|name| name == "mark" || name == "will"));
        assert!(names("What did Mark say to Will").iter().any(|name| name == "mark"));
        assert!(names("What did Mark say to Will").iter().any(|name| name == "will"));
    }

    #[test]
    fn a_persons_page_mentions_the_person() {
        use EntityKind::*;
        check("see people/amy.md", &[(Document, "people/amy.md"), (Person, "Amy")]);
    }

    #[test]
    fn names_are_lower_cased_and_cover_first_names_and_file_names() {
        let names = names("Ask Amy Pond about src/store/Sqlite.rs, bob");
        for expected in ["amy pond", "amy", "src/store/sqlite.rs", "sqlite.rs", "bob"] {
            assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
        }
    }

    proptest! {
        #[test]
        fn mentions_stand_in_the_text_and_nothing_panics(text in "\\PC{0,200}") {
            for mention in mentions(&text) {
                prop_assert!(text.contains(&mention.name) || mention.kind == EntityKind::Person);
            }
            prop_assert!(names(&text).len() <= MOST_NAMES);
        }
    }
}

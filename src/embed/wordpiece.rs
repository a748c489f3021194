//! The tokenizer of BERT's uncased models: clean, take off accents, lower-case, split at white space and punctuation,
//! then take the longest known piece from the left, again and again.
//!
//! It gives the ids that the reference implementation gives, except that `[CLS]` and its like in a text are
//! plain text here: a user must not be able to write a model's control words. The reference takes 19 ms to load.

use std::path::Path;

use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

use super::EmbedError;
use super::vocabulary::Vocabulary;

/// Words of more characters are unknown.
const LONGEST_WORD: usize = 100;

/// Turns a text into the ids a model was trained with.
pub struct WordPiece {
    vocabulary: Vocabulary,
}

impl WordPiece {
    /// With the vocabulary table of a pack.
    pub fn open(table: &Path) -> Result<Self, EmbedError> {
        Ok(Self { vocabulary: Vocabulary::open(table)? })
    }

    /// With a word list, one word in a line: the content of a `vocab.txt`.
    pub fn from_word_list(words: &str) -> Result<Self, EmbedError> {
        Ok(Self { vocabulary: Vocabulary::from_word_list(words)? })
    }

    /// The text's ids between the opening and the closing one, at most `max_tokens` (at least 2) with these. Text
    /// beyond that is not looked at.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let room = max_tokens.max(2) - 1;
        let mut ids = vec![self.vocabulary.opening];
        let mut word = Word::default();
        for character in normalised(text) {
            if ids.len() >= room {
                break;
            }
            if character.is_whitespace() {
                self.end_word(&mut word, &mut ids);
            } else if stands_alone(character) {
                self.end_word(&mut word, &mut ids);
                word.push(character);
                self.end_word(&mut word, &mut ids);
            } else {
                word.push(character);
            }
        }
        self.end_word(&mut word, &mut ids);
        ids.truncate(room);
        ids.push(self.vocabulary.closing);
        ids
    }

    fn end_word(&self, word: &mut Word, ids: &mut Vec<u32>) {
        let before = ids.len();
        if !word.text.is_empty() && (word.characters > LONGEST_WORD || !self.pieces(&word.text, ids)) {
            ids.truncate(before);
            ids.push(self.vocabulary.unknown);
        }
        word.text.clear();
        word.characters = 0;
    }

    /// Adds the ids of a word's pieces; false when some part of it has none.
    fn pieces(&self, word: &str, ids: &mut Vec<u32>) -> bool {
        let mut rest = word;
        while !rest.is_empty() {
            let inside = rest.len() < word.len();
            let mut piece = rest;
            let id = loop {
                if let Some(id) = self.vocabulary.find(piece, inside) {
                    break id;
                }
                let Some((last, _)) = piece.char_indices().next_back().filter(|(place, _)| *place > 0) else {
                    return false;
                };
                piece = &piece[..last];
            };
            ids.push(id);
            rest = &rest[piece.len()..];
        }
        true
    }
}

/// A word being read. Characters past [`LONGEST_WORD`] are counted, not kept: a line of a megabyte is one word.
#[derive(Default)]
struct Word {
    text: String,
    characters: usize,
}

impl Word {
    fn push(&mut self, character: char) {
        self.characters += 1;
        if self.characters <= LONGEST_WORD {
            self.text.push(character);
        }
    }
}

/// Without control characters and accents, in lower case, every kind of white space a blank.
fn normalised(text: &str) -> impl Iterator<Item = char> {
    let cleaned = text.chars().filter(|character| !is_dropped(*character));
    let blanked = cleaned.map(|character| if character.is_whitespace() { ' ' } else { character });
    blanked.nfd().filter(|character| !is_accent(*character)).flat_map(char::to_lowercase)
}

fn is_dropped(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        ' '..='~' => false,
        '\u{fffd}' => true,
        _ => character.is_other(),
    }
}

fn is_accent(character: char) -> bool {
    !character.is_ascii() && character.is_mark_nonspacing()
}

/// Punctuation, and the ideographs that are written without blanks between words.
fn stands_alone(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_punctuation();
    }
    is_ideograph(character) || character.is_punctuation()
}

/// The blocks that BERT splits at; Hangul and Kana are not among them.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF
        | 0x20000..=0x2A6DF
        | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF
        | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##break\n##able\ncafe\n!\n中\n[\n]\ncls\nunbreak\n";

    #[test]
    fn texts_become_ids() {
        let tokenizer = WordPiece::from_word_list(WORDS).unwrap();
        let check = |text: &str, expected: &[u32]| {
            let ids = tokenizer.encode(text, 256);
            assert_eq!(ids[1..ids.len() - 1], *expected, "{text:?}");
            assert_eq!((ids[0], ids[ids.len() - 1]), (2, 3));
        };
        check("", &[]);
        check("unbreakable", &[13, 6]);
        check("un able", &[4, 1]);
        check("Café!", &[7, 8]);
        check("caf\u{e9}\u{0}\u{200d}", &[7]);
        check("cafe\u{a0}\u{3000}cafe\t\r\n", &[7, 7]);
        check("中中!", &[9, 9, 8]);
        check("[CLS]", &[10, 12, 11]);
        check("unxable un", &[1, 4]);
        check(&"un".repeat(60), &[1]);
    }

    #[test]
    fn the_limit_counts_the_two_marks() {
        let tokenizer = WordPiece::from_word_list(WORDS).unwrap();
        assert_eq!(tokenizer.encode("cafe unbreakable cafe", 4), [2, 7, 13, 3]);
        assert_eq!(tokenizer.encode("cafe", 2), [2, 3]);
        assert_eq!(tokenizer.encode("cafe", 0), [2, 3]);
        assert_eq!(tokenizer.encode("cafe ! ! !", 6), [2, 7, 8, 8, 8, 3]);
    }
}

//! A model's vocabulary as one file that is used as it lies on disk: reading the word list into a hash map costs
//! 1.2 ms in every hook, looking up some 100 pieces in the mapped file a few page faults.
//!
//! Layout, little endian: `MLVOCAB1`; count, slots, `[UNK]`, `[CLS]`, `[SEP]`, zero (u32 each); `slots` u32 with
//! id + 1 or zero, open addressing by FNV-1a; `count + 1` u32 offsets; the words.

use std::path::Path;

use memmap2::Mmap;

use super::{EmbedError, mapped};

const MAGIC: &[u8; 8] = b"MLVOCAB1";
const HEADER: usize = 32;

/// Finds the id of a word or of a word's continuation.
pub(super) struct Vocabulary {
    bytes: Bytes,
    slots: usize,
    count: usize,
    /// `[UNK]`: a word that has no pieces.
    pub(super) unknown: u32,
    /// `[CLS]`: opens a text.
    pub(super) opening: u32,
    /// `[SEP]`: closes a text.
    pub(super) closing: u32,
}

enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Vocabulary {
    /// Maps a table that [`build_table`] made.
    pub(super) fn open(path: &Path) -> Result<Self, EmbedError> {
        Self::new(Bytes::Mapped(mapped::map(path)?)).map_err(|reason| EmbedError::damaged(path, reason))
    }

    /// From a word list, one word in a line.
    pub(super) fn from_word_list(words: &str) -> Result<Self, EmbedError> {
        Self::new(Bytes::Owned(build_table(words)?)).map_err(|reason| EmbedError::Source { reason: reason.to_owned() })
    }

    fn new(bytes: Bytes) -> Result<Self, &'static str> {
        if bytes.len() < HEADER || &bytes[..8] != MAGIC {
            return Err("not a vocabulary table of this version");
        }
        let [count, slots, unknown, opening, closing] = [0, 1, 2, 3, 4].map(|index| u32_at(&bytes, 8 + 4 * index));
        let (count, slots) = (count.unwrap_or(0) as usize, slots.unwrap_or(0) as usize);
        let (Some(unknown), Some(opening), Some(closing)) = (unknown, opening, closing) else {
            return Err("its header is cut");
        };
        if !slots.is_power_of_two() || slots <= count {
            return Err("its header is wrong");
        }
        let vocabulary = Self { bytes, slots, count, unknown, opening, closing };
        let words = u32_at(&vocabulary.bytes, vocabulary.offsets() + 4 * count).ok_or("it is cut")?;
        if vocabulary.bytes.len() != vocabulary.words() + words as usize {
            return Err("it is cut");
        }
        Ok(vocabulary)
    }

    fn offsets(&self) -> usize {
        HEADER + 4 * self.slots
    }

    fn words(&self) -> usize {
        self.offsets() + 4 * (self.count + 1)
    }

    /// The id of `piece`, taken as the inside of a word (`##piece`) when `inside`.
    pub(super) fn find(&self, piece: &str, inside: bool) -> Option<u32> {
        let prefix: &[u8] = if inside { b"##" } else { b"" };
        let mut slot = hash(&[prefix, piece.as_bytes()]) as usize & (self.slots - 1);
        for _ in 0..self.slots {
            let id = u32_at(&self.bytes, HEADER + 4 * slot)?.checked_sub(1)?;
            let word = self.word(id)?;
            if word.strip_prefix(prefix).is_some_and(|rest| rest == piece.as_bytes()) {
                return Some(id);
            }
            slot = (slot + 1) & (self.slots - 1);
        }
        None
    }

    fn word(&self, id: u32) -> Option<&[u8]> {
        let at = self.offsets() + 4 * id as usize;
        let (start, end) = (u32_at(&self.bytes, at)? as usize, u32_at(&self.bytes, at + 4)? as usize);
        self.bytes.get(self.words() + start..self.words() + end)
    }
}

/// The table of a word list; of a word that is there twice, the last counts.
pub(super) fn build_table(words: &str) -> Result<Vec<u8>, EmbedError> {
    let words: Vec<&[u8]> = words.lines().map(|line| line.trim_end().as_bytes()).collect();
    let slots = (words.len() * 2).next_power_of_two();
    let mut table = vec![0u32; slots];
    for (id, word) in (1u32..).zip(&words) {
        let mut slot = hash(&[word]) as usize & (slots - 1);
        while table[slot] != 0 && words[table[slot] as usize - 1] != *word {
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = id;
    }
    let special = |name: &str| {
        let place = words.iter().rposition(|word| *word == name.as_bytes());
        place.ok_or_else(|| EmbedError::Source { reason: format!("the word list has no {name}") }).and_then(to_u32)
    };
    let header = [to_u32(words.len())?, to_u32(slots)?, special("[UNK]")?, special("[CLS]")?, special("[SEP]")?, 0];
    let mut bytes = MAGIC.to_vec();
    let mut put = |value: u32| bytes.extend_from_slice(&value.to_le_bytes());
    header.into_iter().chain(table).for_each(&mut put);
    let mut end = 0;
    put(0);
    for word in &words {
        end += word.len();
        put(to_u32(end)?);
    }
    words.iter().for_each(|word| bytes.extend_from_slice(word));
    Ok(bytes)
}

fn to_u32(value: usize) -> Result<u32, EmbedError> {
    u32::try_from(value).map_err(|_| EmbedError::Source { reason: "the word list is too long".to_owned() })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// FNV-1a: part of the file format.
fn hash(parts: &[&[u8]]) -> u32 {
    parts
        .iter()
        .flat_map(|part| *part)
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlane\n##s\nmemory\nmemory\n";

    #[test]
    fn words_and_continuations_are_apart_and_the_last_of_two_counts() {
        let vocabulary = Vocabulary::from_word_list(WORDS).unwrap();
        let check = |piece: &str, inside: bool, expected: Option<u32>| {
            assert_eq!(vocabulary.find(piece, inside), expected, "{piece} inside: {inside}");
        };
        check("lane", false, Some(4));
        check("lane", true, None);
        check("s", true, Some(5));
        check("s", false, None);
        check("##s", false, Some(5));
        check("memory", false, Some(7));
        check("", false, None);
        assert_eq!((vocabulary.unknown, vocabulary.opening, vocabulary.closing), (1, 2, 3));
    }

    #[test]
    fn every_cut_of_the_table_is_refused() {
        let table = build_table(WORDS).unwrap();
        for length in 0..table.len() {
            assert!(Vocabulary::new(Bytes::Owned(table[..length].to_vec())).is_err(), "{length} bytes");
        }
        assert!(Vocabulary::new(Bytes::Owned(table)).is_ok());
    }

    #[test]
    fn a_damaged_table_finds_nothing_or_something_but_does_not_panic() {
        let table = build_table(WORDS).unwrap();
        for place in HEADER..table.len() {
            let mut damaged = table.clone();
            damaged[place] ^= 0xff;
            if let Ok(vocabulary) = Vocabulary::new(Bytes::Owned(damaged)) {
                let _found = vocabulary.find("memory", false).or(vocabulary.find("nothing", true));
            }
        }
    }

    #[test]
    fn a_list_without_the_special_words_is_refused() {
        let reason = build_table("lane\n").unwrap_err().to_string();
        assert!(reason.contains("[UNK]"), "{reason}");
    }
}

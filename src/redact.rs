//! Takes secrets out of text before anything is stored.
//!
//! A table of rules, each a key word and a pattern ([`rules`]); a text without any key word costs one scan. No guessing
//! by randomness alone: hashes, ids, paths and encoded images look random and are no secrets. What has no known shape
//! and no telling name beside it is not found: that risk remains.

mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use rules::RULES;

/// What a marker starts with; the rule's name and `]` follow.
const MARKER: &str = "[REDACTED:";

/// Rules whose secrets are passwords, which people and agents say again without their name.
const PASSWORDS: [&str; 6] =
    ["said-password", "named-password", "mysql-password", "url-password", "password-flag", "env-secret"];
/// Stands in the marker of a password that was known from before.
const SAID_BEFORE: &str = "password";

/// Rounds after which a text counts as clean.
const MOST_ROUNDS: usize = 8;

/// How often each rule found something.
pub type Counts = BTreeMap<&'static str, u64>;

static PREFILTER: LazyLock<Prefilter> = LazyLock::new(Prefilter::new);
static PATTERNS: [OnceLock<Option<Regex>>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// The text with every secret replaced by `[REDACTED:<rule>]`. Redacting it again changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    redact_counting(text, &mut Counts::new())
}

/// The same, counting what was found.
pub fn redact_counting<'a>(text: &'a str, counts: &mut Counts) -> Cow<'a, str> {
    redact_noting(text, counts, &mut Vec::new())
}

/// The same, noting the passwords that only a name beside them gave away: said again, nothing does.
pub fn redact_noting<'a>(text: &'a str, counts: &mut Counts, passwords: &mut Vec<String>) -> Cow<'a, str> {
    let mut clean = Cow::Borrowed(text);
    // What is left around a marker may look like a secret only now; few texts need a second round.
    for _ in 0..MOST_ROUNDS {
        match redact_once(&clean, counts, passwords) {
            Some(cleaner) => clean = Cow::Owned(cleaner),
            None => break,
        }
    }
    clean
}

/// One round; none when there was nothing to do.
fn redact_once(text: &str, counts: &mut Counts, passwords: &mut Vec<String>) -> Option<String> {
    let rules = PREFILTER.rules_for(text);
    if rules.is_empty() {
        return None;
    }
    let markers = markers(text);
    let mut found: Vec<(usize, usize, &'static str)> = Vec::new();
    for index in rules {
        collect(index, text, &markers, &mut found);
    }
    if found.is_empty() {
        return None;
    }
    // Where two rules overlap, the one that starts first keeps its name and covers both.
    found.sort_by_key(|&(start, end, _)| (start, std::cmp::Reverse(end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, name) in found {
        if start >= at {
            out.push_str(&text[at..start]);
            out.push_str(MARKER);
            out.push_str(name);
            out.push(']');
            *counts.entry(name).or_default() += 1;
            if PASSWORDS.contains(&name) && is_unmistakable(&text[start..end]) {
                passwords.push(text[start..end].to_owned());
            }
        }
        at = at.max(end);
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// The text with these passwords taken out wherever they stand.
pub fn without(mut text: String, passwords: &[String], counts: &mut Counts) -> String {
    for password in passwords {
        let times = text.matches(password.as_str()).count();
        if times > 0 {
            text = text.replace(password.as_str(), &format!("{MARKER}{SAID_BEFORE}]"));
            *counts.entry(SAID_BEFORE).or_default() += times as u64;
        }
    }
    text
}

/// Whether a password is no word that may stand for something else.
fn is_unmistakable(password: &str) -> bool {
    const LEAST_BYTES: usize = 8;
    let holds = |is: fn(&u8) -> bool| password.as_bytes().iter().any(is);
    password.len() >= LEAST_BYTES && holds(u8::is_ascii_digit) && holds(u8::is_ascii_alphabetic)
}

/// Where markers stand already.
fn markers(text: &str) -> Vec<(usize, usize)> {
    let end = |start: usize| text[start..].find(']').map_or(text.len(), |length| start + length + 1);
    text.match_indices(MARKER).map(|(start, _)| (start, end(start))).collect()
}

/// Every secret that one rule finds outside the markers.
fn collect(index: usize, text: &str, markers: &[(usize, usize)], found: &mut Vec<(usize, usize, &'static str)>) {
    let rule = &RULES[index];
    let Some(pattern) = pattern(index) else { return };
    for captures in pattern.captures_iter(text) {
        let Some(secret) = captures.name("secret").or_else(|| captures.get(0)) else { continue };
        let is_marked = markers.iter().any(|&(start, end)| secret.start() < end && start < secret.end());
        if !is_marked && rule.min_entropy <= entropy(secret.as_str()) && (rule.accept)(secret.as_str()) {
            found.push((secret.start(), secret.end(), rule.name));
        }
    }
}

/// The rule's pattern, compiled when first needed: all of them together take tens of milliseconds.
fn pattern(index: usize) -> Option<&'static Regex> {
    PATTERNS[index].get_or_init(|| Regex::new(&with_wide_start(RULES[index].pattern)).ok()).as_ref()
}

/// A pattern that starts at a word's start, made to start after an escaped line end or a colour code too: `\\nghp_…` in
/// JSON text is one word to the eye of a regex.
///
/// Boundaries of words are those of ASCII: for Unicode's the engine has no automaton and is thirty times slower on any
/// text with a letter beyond ASCII.
fn with_wide_start(pattern: &str) -> String {
    const START: &str = r"(?:(?-u:\b)|\\[nrtbf]|\[[0-9;]{1,8}m)";
    let pattern = &pattern.replace(r"\b", r"(?-u:\b)");
    let (flags, rest) = pattern.strip_prefix("(?i)").map_or(("", pattern.as_str()), |rest| ("(?i)", rest));
    match rest.strip_prefix(r"(?-u:\b)") {
        None => pattern.clone(),
        Some(rest) if rest.contains("(?P<secret>") => format!("{flags}{START}{rest}"),
        Some(rest) => format!("{flags}{START}(?P<secret>{rest})"),
    }
}

/// How often letters stand in a thousand bytes of tools' output, by their lower five bits.
const FREQUENCIES: [u32; 32] = [
    128, 38, 29, 32, 23, 79, 26, 18, 23, 76, 21, 9, 32, 28, 59, 70, 22, 10, 66, 54, 72, 21, 9, 11, 7, 10, 8, 4, 2, 9,
    1, 5,
];

/// Finds in one scan which rules are worth trying.
///
/// Of each key word the rarest three letters in a row are looked for, five bits of each, which makes no difference
/// between capital and small ones. One place in a hundred has such letters; the word is compared only there. An
/// automaton of all words is three times slower: it does not fit the processor's nearest cache.
struct Prefilter {
    /// Of each three letters, the number of the first word that they stand for, from 1.
    first: Box<[u8; 1 << 15]>,
    words: Vec<KeyWord>,
}

/// Words have numbers of one byte.
const _: () = {
    let (mut rule, mut words) = (0, 0);
    while rule < RULES.len() {
        words += RULES[rule].words.len();
        rule += 1;
    }
    assert!(words <= u8::MAX as usize);
};

struct KeyWord {
    gram: u16,
    /// Bytes of the word before its three letters' end.
    before: usize,
    word: &'static str,
    rule: usize,
}

impl Prefilter {
    fn new() -> Self {
        let all = RULES.iter().enumerate().flat_map(|(rule, row)| row.words.iter().map(move |word| (rule, *word)));
        let mut words: Vec<KeyWord> = all.filter_map(|(rule, word)| KeyWord::new(rule, word)).collect();
        words.sort_by_key(|word| word.gram);
        let mut first = Box::new([0; 1 << 15]);
        for (number, word) in (1..=u8::MAX).zip(&words).rev() {
            first[usize::from(word.gram)] = number;
        }
        Self { first, words }
    }

    fn rules_for(&self, text: &str) -> Vec<usize> {
        let bytes = text.as_bytes();
        let mut wanted = [false; RULES.len()];
        let mut at = 0;
        while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let grams = grams(*eight);
            // Without a branch for each of them.
            if grams.iter().fold(0, |any, gram| any | self.first[usize::from(*gram)]) != 0 {
                self.look_at(bytes, at, &grams, &mut wanted);
            }
            at += GRAMS;
        }
        let mut last = [0; 8];
        last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
        self.look_at(bytes, at, &grams(last), &mut wanted);
        (0..RULES.len()).filter(|&index| wanted[index]).collect()
    }

    fn look_at(&self, text: &[u8], at: usize, grams: &[u16; GRAMS], wanted: &mut [bool; RULES.len()]) {
        for (start, &gram) in (at..).zip(grams) {
            if let Some(first) = usize::from(self.first[usize::from(gram)]).checked_sub(1) {
                self.look(text, start + 3, &self.words[first..], wanted);
            }
        }
    }

    /// Notes the rules of the words, of those that start with the same three letters, whose letters end at `end`.
    fn look(&self, text: &[u8], end: usize, words: &[KeyWord], wanted: &mut [bool; RULES.len()]) {
        let same = words.iter().take_while(|word| word.gram == words[0].gram);
        for KeyWord { before, word, rule, .. } in same {
            let found = end.checked_sub(*before).and_then(|start| text.get(start..start + word.len()));
            wanted[*rule] |= found.is_some_and(|found| is_word(found, word));
        }
    }
}

fn is_word(found: &[u8], word: &str) -> bool {
    let is_same = |(found, byte): (&u8, u8)| match byte {
        b'*' => found.is_ascii_alphanumeric(),
        byte => found.eq_ignore_ascii_case(&byte),
    };
    found.iter().zip(word.bytes()).all(is_same)
}

impl KeyWord {
    fn new(rule: usize, word: &'static str) -> Option<Self> {
        let letters = word.as_bytes().windows(3).enumerate().filter(|(_, letters)| !letters.contains(&b'*'));
        let frequency =
            |letters: &[u8]| letters.iter().map(|byte| FREQUENCIES[usize::from(byte & 31)]).product::<u32>();
        let (start, rarest) = letters.min_by_key(|(_, letters)| frequency(letters))?;
        let gram = grams([rarest[0], rarest[1], rarest[2], 0, 0, 0, 0, 0])[0];
        Some(Self { gram, before: start + 3, word, rule })
    }
}

/// Runs of three in eight letters.
const GRAMS: usize = 6;

/// Five bits of each of three letters, for each three in a row of eight. Made anew at each place: one made of the last
/// would have to wait for it.
fn grams(eight: [u8; 8]) -> [u16; GRAMS] {
    let letters = u64::from_le_bytes(eight) & 0x1f1f_1f1f_1f1f_1f1f;
    std::array::from_fn(|at| {
        let three = letters >> (8 * at);
        (three & 0x1f | three >> 3 & 0x3e0 | three >> 6 & 0x7c00) as u16
    })
}

/// Shannon entropy in bits a character, over the text's own characters.
fn entropy(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests;

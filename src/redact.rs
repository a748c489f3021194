//! Takes secrets out of text before anything is stored.
//!
//! A table of rules, each a key word and a pattern ([`rules`]); a text without any key word costs one scan. No guessing
//! by randomness alone: hashes, ids, paths and encoded images look random and are no secrets. What has no known shape
//! and no telling name beside it is not found: that risk remains.

mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

use rules::{RULES, Rule};

/// What a marker starts with; the rule's name and `]` follow.
const MARKER: &str = "[REDACTED:";

/// Rounds after which a text counts as clean.
const MOST_ROUNDS: usize = 8;

/// How often each rule found something.
pub type Counts = BTreeMap<&'static str, u64>;

static PREFILTER: LazyLock<Option<Prefilter>> = LazyLock::new(Prefilter::new);
static PATTERNS: [OnceLock<Option<Regex>>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// The text with every secret replaced by `[REDACTED:<rule>]`. Redacting it again changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    redact_counting(text, &mut Counts::new())
}

/// The same, counting what was found.
pub fn redact_counting<'a>(text: &'a str, counts: &mut Counts) -> Cow<'a, str> {
    let Some(prefilter) = PREFILTER.as_ref() else { return Cow::Borrowed(text) };
    let mut clean = Cow::Borrowed(text);
    // What is left around a marker may look like a secret only now; few texts need a second round.
    for _ in 0..MOST_ROUNDS {
        match redact_once(&clean, prefilter, counts) {
            Some(cleaner) => clean = Cow::Owned(cleaner),
            None => break,
        }
    }
    clean
}

/// One round; none when there was nothing to do.
fn redact_once(text: &str, prefilter: &Prefilter, counts: &mut Counts) -> Option<String> {
    let rules = prefilter.rules_for(text);
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
        }
        at = at.max(end);
    }
    out.push_str(&text[at..]);
    Some(out)
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
    PATTERNS[index].get_or_init(|| Regex::new(RULES[index].pattern).ok()).as_ref()
}

/// Finds in one scan which rules are worth trying.
struct Prefilter {
    words: AhoCorasick,
    /// The rule of each key word.
    rules: Vec<usize>,
}

impl Prefilter {
    fn new() -> Option<Self> {
        let words = RULES.iter().flat_map(|rule: &Rule| rule.words);
        let rules = RULES.iter().enumerate().flat_map(|(index, rule)| rule.words.iter().map(move |_| index)).collect();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(aho_corasick::AhoCorasickKind::DFA))
            .build(words)
            .ok()?;
        Some(Self { words, rules })
    }

    fn rules_for(&self, text: &str) -> Vec<usize> {
        let mut wanted = [false; RULES.len()];
        for word in self.words.find_overlapping_iter(text) {
            wanted[self.rules[word.pattern().as_usize()]] = true;
        }
        (0..RULES.len()).filter(|&index| wanted[index]).collect()
    }
}

/// Shannon entropy in bits a character, over the text's own characters.
fn entropy(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len() as f32;
    counts.iter().filter(|&&count| count > 0).map(|&count| count as f32 / total).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests;

//! Takes secrets out of text before anything is stored.
//!
//! A table of rules, each a key word and a pattern ([`rules`]); a text without any key word costs one scan. No guessing
//! by randomness alone: hashes, ids, paths and encoded images look random and are no secrets. What has no known shape
//! and no telling name beside it is not found: that risk remains.

mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::AhoCorasick;
use regex::Regex;

use rules::{RULES, Rule};

/// What a marker starts with; the rule's name and `]` follow.
const MARKER: &str = "[REDACTED:";

/// Rounds after which a text counts as clean.
const MOST_ROUNDS: usize = 8;

/// How often each rule found something.
pub type Counts = BTreeMap<&'static str, u64>;

/// The first bytes that a process has to look through are searched for each key word in turn: making the automaton takes
/// a millisecond, which the one short text of a hook is not worth.
const FIRST_BYTES: usize = 4096;

static BYTES_SEEN: AtomicUsize = AtomicUsize::new(0);
static PREFILTER: OnceLock<Option<Prefilter>> = OnceLock::new();
static PATTERNS: [OnceLock<Option<Regex>>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// The text with every secret replaced by `[REDACTED:<rule>]`. Redacting it again changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    redact_counting(text, &mut Counts::new())
}

/// The same, counting what was found.
pub fn redact_counting<'a>(text: &'a str, counts: &mut Counts) -> Cow<'a, str> {
    let mut clean = Cow::Borrowed(text);
    // What is left around a marker may look like a secret only now; few texts need a second round.
    for _ in 0..MOST_ROUNDS {
        match redact_once(&clean, counts) {
            Some(cleaner) => clean = Cow::Owned(cleaner),
            None => break,
        }
    }
    clean
}

/// One round; none when there was nothing to do.
fn redact_once(text: &str, counts: &mut Counts) -> Option<String> {
    let rules = rules_for(text);
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

/// The rules that are worth trying, in their order.
fn rules_for(text: &str) -> Vec<usize> {
    if BYTES_SEEN.fetch_add(text.len(), Ordering::Relaxed).saturating_add(text.len()) > FIRST_BYTES
        && let Some(prefilter) = PREFILTER.get_or_init(Prefilter::new)
    {
        return prefilter.rules_for(text);
    }
    let text = text.to_ascii_lowercase();
    let stands = |rule: &Rule| rule.words.iter().any(|word| text.contains(&word.to_ascii_lowercase()));
    (0..RULES.len()).filter(|&index| stands(&RULES[index])).collect()
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
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests;

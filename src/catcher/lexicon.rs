//! Turns of phrase, read from the word lists beside this file and compiled once.
//!
//! The lists are data: a section's name in brackets, then one pattern a line. `^` ties a pattern to the start of a
//! sentence; otherwise it may stand anywhere between word boundaries. All languages are matched at once, because
//! people mix them in one message.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

const EN: &str = include_str!("lexicon/en.txt");
const DE: &str = include_str!("lexicon/de.txt");
const PT: &str = include_str!("lexicon/pt.txt");
const FAILURES: &str = include_str!("lexicon/failures.txt");
const CUES: &str = include_str!("lexicon/cues.txt");

/// The patterns of one section in all languages.
pub(crate) struct Section {
    patterns: Vec<Regex>,
    set: RegexSet,
}

impl Section {
    fn of(name: &str, files: &[&str]) -> Self {
        let sources: Vec<String> = files.iter().flat_map(|file| entries(file, name)).map(anchored).collect();
        let patterns = sources.iter().filter_map(|source| Regex::new(source).ok()).collect::<Vec<_>>();
        let set = RegexSet::new(patterns.iter().map(Regex::as_str)).unwrap_or_default();
        Self { patterns, set }
    }

    /// Whether anything matches.
    pub(crate) fn matches(&self, plain: &str) -> bool {
        self.set.is_match(plain)
    }

    /// The words that matched, one entry for each stretch of text, however many patterns cover it.
    pub(crate) fn hits(&self, plain: &str) -> Vec<String> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for index in &self.set.matches(plain) {
            let Some(found) = self.patterns.get(index).and_then(|pattern| pattern.find(plain)) else { continue };
            // The boundary characters belong to no phrase: two phrases may share one.
            let words = found.as_str().trim_matches(is_edge);
            let start = found.start() + (found.len() - found.as_str().trim_start_matches(is_edge).len());
            let end = start + words.len();
            if !spans.iter().any(|&(from, to)| start < to && from < end) {
                spans.push((start, end));
            }
        }
        spans.into_iter().map(|(start, end)| plain[start..end].to_owned()).collect()
    }

    /// Where the text goes on after a match at its start.
    fn end_of_prefix(&self, plain: &str) -> Option<usize> {
        let ends = self.set.matches(plain).into_iter().filter_map(|i| self.patterns.get(i)?.find(plain));
        ends.filter(|found| found.start() == 0).map(|found| found.end()).max()
    }
}

/// All sections, compiled.
pub(crate) struct Lexicon {
    filler: Section,
    lead: Section,
    pub(crate) correction: Section,
    pub(crate) correction_not: Section,
    pub(crate) correction_question: Section,
    pub(crate) negative: Section,
    pub(crate) negative_failure: Section,
    pub(crate) negative_not: Section,
    pub(crate) enthusiasm_strong: Section,
    pub(crate) enthusiasm_weak: Section,
    pub(crate) enthusiasm_not: Section,
    pub(crate) decision: Section,
    pub(crate) decision_question: Section,
    pub(crate) decision_not: Section,
    /// An answer to "which one?", too short for the model to see.
    pub(crate) choice: Section,
    pub(crate) preference: Section,
    pub(crate) preference_weak: Section,
    pub(crate) preference_not: Section,
    pub(crate) repeat: Section,
    pub(crate) repeat_not: Section,
    pub(crate) pushback: Section,
    pub(crate) concession: Section,
    pub(crate) concession_praise: Section,
    pub(crate) fleeting: Section,
    /// A rule, a decision or a correction in so many words.
    pub(crate) plain: Section,
    pub(crate) plain_not: Section,
    /// What makes a statement sound like a question.
    pub(crate) tag: Section,
    /// Thinking aloud; questions without a question mark.
    pub(crate) musing: Section,
    /// Orders about the work of the moment.
    pub(crate) chore: Section,
    /// What makes even an order hold beyond the moment.
    pub(crate) lasting: Section,
    /// News of the moment.
    pub(crate) reporting: Section,
    /// Openings that lean on the sentence before.
    pub(crate) leaning: Section,
    pub(crate) commitment: Section,
    pub(crate) commitment_not: Section,
    pub(crate) gap: Section,
    pub(crate) gap_not: Section,
    /// What the model weighs beside the sections above, by name: wide nets, then cues.
    pub(crate) weighed: Vec<(String, Section)>,
    /// Of tool output: the command or its surroundings were wrong.
    pub(crate) environment: Section,
    /// Of tool output: the code under work is wrong.
    pub(crate) code: Section,
    /// Of tool output: it only looks like a failure.
    pub(crate) no_failure: Section,
}

impl Lexicon {
    fn load() -> Self {
        let said = |name| Section::of(name, &[EN, DE, PT]);
        let failed = |name| Section::of(name, &[FAILURES]);
        Self {
            filler: Section::prefixes("filler", &[EN, DE, PT]),
            lead: Section::prefixes("lead", &[EN, DE, PT]),
            correction: said("correction"),
            correction_not: said("correction.not"),
            correction_question: said("correction.question"),
            negative: said("negative"),
            negative_failure: said("negative.failure"),
            negative_not: said("negative.not"),
            enthusiasm_strong: said("enthusiasm.strong"),
            enthusiasm_weak: said("enthusiasm.weak"),
            enthusiasm_not: said("enthusiasm.not"),
            decision: said("decision"),
            decision_question: said("decision.question"),
            decision_not: said("decision.not"),
            choice: said("choice"),
            preference: said("preference"),
            preference_weak: said("preference.weak"),
            preference_not: said("preference.not"),
            repeat: said("repeat"),
            repeat_not: said("repeat.not"),
            pushback: said("pushback"),
            concession: said("concession"),
            concession_praise: said("concession.praise"),
            fleeting: said("fleeting"),
            plain: said("plain"),
            plain_not: said("plain.not"),
            tag: said("tag"),
            musing: said("musing"),
            chore: said("chore"),
            lasting: said("lasting"),
            reporting: said("reporting"),
            leaning: said("leaning"),
            commitment: said("commitment"),
            commitment_not: said("commitment.not"),
            gap: said("gap"),
            gap_not: said("gap.not"),
            weighed: weighed(),
            environment: failed("environment"),
            code: failed("code"),
            no_failure: failed("none"),
        }
    }

    /// The sentence without the small words people open with: `hmm ok so …`.
    pub(crate) fn without_fillers<'a>(&self, plain: &'a str) -> &'a str {
        without(&[&self.filler], plain)
    }

    /// The sentence as a title has it: also without `no`, `but` and `I think`.
    pub(crate) fn without_lead<'a>(&self, plain: &'a str) -> &'a str {
        without(&[&self.filler, &self.lead], plain)
    }
}

impl Section {
    /// Patterns that are all tied to the start.
    fn prefixes(name: &str, files: &[&str]) -> Self {
        let joined = files.iter().flat_map(|file| entries(file, name)).collect::<Vec<_>>().join("|");
        let source = format!(r"^(?:{joined})(?:$|[\s,.;:!…-]+)");
        let patterns: Vec<Regex> = Regex::new(&source).into_iter().collect();
        let set = RegexSet::new(patterns.iter().map(Regex::as_str)).unwrap_or_default();
        Self { patterns, set }
    }
}

/// The text after all that the sections find at its start; never nothing.
fn without<'a>(sections: &[&Section], plain: &'a str) -> &'a str {
    let mut rest = plain.trim_start_matches(is_edge);
    while let Some(end) = sections.iter().find_map(|section| section.end_of_prefix(rest)) {
        if end == 0 || end >= rest.len() {
            break;
        }
        rest = rest[end..].trim_start_matches(is_edge);
    }
    rest
}

/// The lexicon, compiled at first use (some tens of milliseconds: never in a hook).
pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

/// The wide sections of the lists, then the cues.
fn weighed() -> Vec<(String, Section)> {
    let wide = sections(EN).filter(|name| name.ends_with(".wide")).map(|name| (name, Section::of(name, &[EN, DE, PT])));
    let cues = sections(CUES).map(|name| (name, Section::of(name, &[CUES])));
    wide.chain(cues).map(|(name, section)| (name.replace('.', "_"), section)).collect()
}

fn sections(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'))
}

fn entries<'a>(file: &'a str, section: &str) -> Vec<&'a str> {
    let header = format!("[{section}]");
    let lines = file.lines().skip_while(|line| line.trim() != header).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .map(|line| line.trim_end_matches(['\r', '\n']))
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .collect()
}

/// The pattern between word boundaries. An apostrophe is part of a word: `no` is not found in `no's`. A pattern that starts
/// with a comma stands after a word.
fn anchored(entry: &str) -> String {
    let (before, body) = match entry.strip_prefix('^') {
        Some(body) => ("^", body),
        None if entry.starts_with(',') => ("", entry),
        None => (r"(?:^|[^\w'])", entry),
    };
    let after = if body.ends_with([' ', '$', ':']) { "" } else { r"(?:$|[^\w'])" };
    format!("(?m){before}(?:{body}){after}")
}

fn is_edge(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '\'' | '`' | '(' | '[' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_every_list_compiles() {
        for file in [EN, DE, PT, FAILURES, CUES] {
            let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
            for line in lines {
                assert!(Regex::new(&anchored(line)).is_ok(), "pattern {line:?}");
            }
        }
    }

    #[test]
    fn fillers_are_taken_off_the_start_only() {
        let check = |text: &str, expected: &str| assert_eq!(LEXICON.without_fillers(text), expected, "{text:?}");
        check("hmm ok so the port is wrong", "the port is wrong");
        check("okay... no, the other one", "no, the other one");
        check("soap is fine", "soap is fine");
        check("ok", "ok");
        check("also, naja das ist falsch", "das ist falsch");
    }

    #[test]
    fn what_leads_in_is_taken_off_a_title_and_what_negates_it_is_not() {
        let check = |text: &str, expected: &str| assert_eq!(LEXICON.without_lead(text), expected, "{text:?}");
        check("no, but i think the port is wrong", "the port is wrong");
        check("no mocks in tests", "no mocks in tests");
        check("stop committing directly to main", "stop committing directly to main");
        check("stop, that is the wrong file", "that is the wrong file");
        check("não use mocks", "não use mocks");
        check("nein, keine mocks", "keine mocks");
    }

    #[test]
    fn german_and_portuguese_are_heard() {
        let check = |section: &Section, sentences: &[&str]| {
            for sentence in sentences {
                assert!(section.matches(LEXICON.without_fillers(sentence)), "{sentence:?}");
            }
        };
        check(
            &LEXICON.correction,
            &[
                "nein, der starter gehört in das heimatverzeichnis",
                "das ist so nicht gedacht",
                "du hast die zweite datei vergessen",
                "lass das weg",
                "ich wollte das nicht, ich wollte die andere",
                "die liste ist zu lang",
                "não, o lançador tem que ficar no diretório principal",
                "isso não é o que eu pedi",
                "você esqueceu o segundo arquivo",
                "não mexa no analisador",
                "está faltando o outro caso",
                "em vez disso, use a outra função",
            ],
        );
        check(
            &LEXICON.decision,
            &[
                "wir nehmen sqlite für das protokoll",
                "fürs erste reicht eine datei",
                "ich finde, wir sollten das getrennt halten",
                "vamos manter o formato antigo",
                "acho que a gente devia guardar isso no banco",
                "por enquanto um arquivo só",
            ],
        );
        check(
            &LEXICON.preference,
            &[
                "schreib die tests immer zuerst",
                "ab jetzt bitte ohne umlaute",
                "frag mich vorher",
                "nunca commite sem perguntar",
                "aqui usamos tabs",
                "de agora em diante, testes primeiro",
            ],
        );
        check(
            &LEXICON.negative,
            &[
                "das gefällt mir gar nicht",
                "das ist total unübersichtlich",
                "não gostei desse nome",
                "ficou muito confuso",
            ],
        );
        check(&LEXICON.negative_failure, &["es geht immer noch nicht", "ainda não funciona", "continua dando erro"]);
        check(&LEXICON.enthusiasm_strong, &["sehr gut gelöst", "genau so", "ficou perfeito", "mandou bem"]);
        check(
            &LEXICON.commitment,
            &["das machen wir morgen", "erinnere mich daran", "fica para depois", "vou revisar isso amanhã"],
        );
        check(
            &LEXICON.gap,
            &[
                "dafür gibt es noch keine tests",
                "niemand prüft die einstellungen",
                "não há testes para isso",
                "ninguém valida a entrada",
            ],
        );
        check(
            &LEXICON.repeat,
            &[
                "wie ich schon gesagt habe",
                "das steht immer noch da",
                "eu já disse isso",
                "você continua usando o antigo",
            ],
        );
        check(
            &LEXICON.correction_not,
            &["nicht nötig", "warte auf den test", "não precisa", "espera o teste terminar"],
        );
        check(&LEXICON.fleeting, &["mach weiter", "committe das", "continua", "roda os testes"]);
    }

    #[test]
    fn overlapping_patterns_count_once() {
        assert_eq!(LEXICON.correction.hits("that's wrong").len(), 1);
        assert!(LEXICON.correction.hits("no's of the party").is_empty());
        assert_eq!(LEXICON.correction.hits("no, that's wrong").len(), 2);
    }
}

//! What the model sees of a prompt: numbers between 0 and about 2, each with a name.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::catcher::lexicon::{LEXICON, Section};
use crate::catcher::prose::Sentence;
use crate::catcher::statement::{Bearing, leans, says_enough};
use crate::model::{EntityKind, Message};
use crate::text::content_terms;

/// Fewer words are an answer or a nod.
const FEW_WORDS: usize = 6;
/// More words are a description.
const MANY_WORDS: usize = 60;
/// So many words of content make a statement that can be understood alone.
const TELLING_TERMS: usize = 4;
/// Where an agent's closing question stands.
const END_OF_ANSWER: usize = 300;

/// What is embedded of a prompt; the model reads about as much, and the point of a prompt comes early.
const OWN_CHARS: usize = 800;

/// A prompt with what went before it.
#[derive(Clone, Copy)]
pub(crate) struct Situation<'a> {
    /// What the user asked.
    pub(crate) prompt: &'a Message,
    /// His own words in it.
    pub(crate) own: &'a [Sentence],
    /// What the agent said last before it; empty when nothing.
    pub(crate) answer: &'a str,
    /// Number of the turn.
    pub(crate) turn: u32,
}

impl Situation<'_> {
    /// The user's own words, as much as says what he means.
    pub(crate) fn own_text(&self) -> String {
        let own: Vec<&str> = self.own.iter().map(|sentence| &self.prompt.text[sentence.span.clone()]).collect();
        own.join(" ").chars().take(OWN_CHARS).collect()
    }
}

/// The features, always the same ones in the same order.
pub(crate) fn features(situation: &Situation<'_>) -> Vec<(&'static str, f32)> {
    let mut features = of_lists(situation.own);
    features.extend(of_bearing(situation.own));
    features.extend(of_words(situation));
    features.extend(of_answer(situation));
    features
}

/// Whether a condition holds, as a number.
fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

/// One hit says most, a second adds half as much; more say no more.
fn count(sentences: usize) -> f32 {
    match sentences {
        0 => 0.0,
        1 => 1.0,
        _ => 1.5,
    }
}

fn of_lists(own: &[Sentence]) -> Vec<(&'static str, f32)> {
    let lexicon = &*LEXICON;
    let any = |section: &Section| count(own.iter().filter(|sentence| section.matches(&sentence.plain)).count());
    let said = |section: &Section, veto: &Section| {
        let told = |sentence: &&Sentence| !sentence.question && !veto.matches(&sentence.plain);
        count(own.iter().filter(told).filter(|sentence| section.matches(&sentence.plain)).count())
    };
    let asked = |section: &Section| {
        let questions = own.iter().filter(|sentence| sentence.question);
        count(questions.filter(|sentence| section.matches(&sentence.plain)).count())
    };
    let mut features = vec![
        ("correction", said(&lexicon.correction, &lexicon.correction_not)),
        ("correction_not", any(&lexicon.correction_not)),
        ("correction_question", asked(&lexicon.correction_question)),
        ("negative", any(&lexicon.negative)),
        ("negative_failure", any(&lexicon.negative_failure)),
        ("enthusiasm_strong", said(&lexicon.enthusiasm_strong, &lexicon.enthusiasm_not)),
        ("enthusiasm_weak", said(&lexicon.enthusiasm_weak, &lexicon.enthusiasm_not)),
        ("decision", said(&lexicon.decision, &lexicon.decision_not)),
        ("decision_not", any(&lexicon.decision_not)),
        ("decision_question", any(&lexicon.decision_question)),
        ("preference", said(&lexicon.preference, &lexicon.preference_not)),
        ("preference_weak", said(&lexicon.preference_weak, &lexicon.preference_not)),
        ("repeat", any(&lexicon.repeat)),
        ("commitment", said(&lexicon.commitment, &lexicon.commitment_not)),
        ("gap", said(&lexicon.gap, &lexicon.gap_not)),
        ("fleeting", flag(own.iter().all(|sentence| lexicon.fleeting.matches(&sentence.plain)))),
    ];
    for (name, section) in &lexicon.weighed {
        // A wide net for questions holds no statement, and the other way round.
        let hits = match (name.contains("question"), name.ends_with("_wide")) {
            (true, _) => asked(section),
            (false, true) => said(section, &lexicon.fleeting),
            (false, false) => any(section),
        };
        features.push((name, hits));
    }
    features
}

/// What the sentences do: see [`Bearing`].
fn of_bearing(own: &[Sentence]) -> Vec<(&'static str, f32)> {
    let bearings: Vec<Bearing> = own.iter().map(Bearing::of).collect();
    let share = |bearing| bearings.iter().filter(|&&b| b == bearing).count() as f32 / own.len().max(1) as f32;
    let telling = own.iter().map(|sentence| says_enough(&sentence.plain, TELLING_TERMS));
    let said = |bearing| count(telling.clone().zip(&bearings).filter(|&(says, &b)| says && b == bearing).count());
    vec![
        ("settles", said(Bearing::Settles)),
        ("tells", said(Bearing::Tells)),
        ("muses", share(Bearing::Muses)),
        ("orders", share(Bearing::Orders)),
        ("leans", flag(own.first().is_some_and(leans))),
    ]
}

fn of_words(situation: &Situation<'_>) -> Vec<(&'static str, f32)> {
    let Situation { prompt, own, turn, .. } = *situation;
    let own_bytes: usize = own.iter().map(|sentence| sentence.span.len()).sum();
    let words: usize = own.iter().map(|sentence| sentence.plain.split_whitespace().count()).sum();
    let questions = own.iter().filter(|sentence| sentence.question).count();
    let total = prompt.text.trim().len().max(1);
    let mentions = crate::entity::mentions(&prompt.text);
    let named = |kinds: &[EntityKind]| flag(mentions.iter().any(|mention| kinds.contains(&mention.kind)));
    vec![
        ("interrupted", flag(prompt.after_interrupt)),
        ("turn", ((turn + 1) as f32).ln() / 4.0),
        ("first_turn", flag(turn == 0)),
        ("words", ((words + 1) as f32).ln() / 3.0),
        ("few_words", flag(words < FEW_WORDS)),
        ("many_words", flag(words > MANY_WORDS)),
        ("sentences", ((own.len() + 1) as f32).ln() / 2.0),
        ("question_share", questions as f32 / own.len().max(1) as f32),
        ("all_questions", flag(questions == own.len())),
        ("ends_with_question", flag(own.last().is_some_and(|sentence| sentence.question))),
        ("pasted_share", 1.0 - (own_bytes as f32 / total as f32).min(1.0)),
        ("names_file", named(&[EntityKind::File])),
        ("names_code", named(&[EntityKind::Identifier])),
        ("quotes_code", flag(prompt.text.contains('`'))),
        ("has_link", flag(prompt.text.contains("http"))),
        ("has_ellipsis", flag(prompt.text.contains("..") || prompt.text.contains('…'))),
        ("shouts", flag(shouts(prompt, own))),
        ("abbreviates", flag(abbreviates(prompt, own))),
    ]
}

/// Whether a technical term of capitals is named: those who speak of the API and its JSON speak of how things are to be
/// more often than those who speak of the PR.
fn abbreviates(prompt: &Message, own: &[Sentence]) -> bool {
    let words = own.iter().flat_map(|sentence| prompt.text[sentence.span.clone()].split_whitespace());
    let bare = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    bare.filter(|word| !matches!(*word, "OK" | "PR" | "CI" | "TODO"))
        .any(|word| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_uppercase()) && !PLAIN_CAPITALS.contains(word))
}

/// Words that stand in capitals for weight.
static PLAIN_CAPITALS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    ["NOT", "JUST", "ONLY", "NEVER", "ALWAYS", "ALL", "SAME", "USED", "DON'T", "THE", "THIS", "THAT", "VERY", "STOP"]
        .into_iter()
        .collect()
});

/// Whether a word of three letters or more stands in capitals among others that do not.
fn shouts(prompt: &Message, own: &[Sentence]) -> bool {
    let words = own.iter().flat_map(|sentence| prompt.text[sentence.span.clone()].split_whitespace());
    words.map(|word| word.trim_matches(|c: char| !c.is_alphabetic())).any(|word| PLAIN_CAPITALS.contains(word))
}

/// What links the prompt to the answer before it.
fn of_answer(situation: &Situation<'_>) -> Vec<(&'static str, f32)> {
    let answer = situation.answer.trim();
    let start = answer.char_indices().rev().nth(END_OF_ANSWER).map_or(0, |(at, _)| at);
    let end = &answer[start..];
    let plain: Vec<&str> = situation.own.iter().map(|sentence| sentence.plain.as_str()).collect();
    let mine: HashSet<String> = content_terms(&plain.join("\n")).into_iter().collect();
    let theirs: HashSet<String> = content_terms(answer).into_iter().collect();
    let shared = mine.intersection(&theirs).count() as f32 / mine.len().max(1) as f32;
    let offers = ["\n2. ", "**2.", "Option 2", "Option B", "option 2", "\n- **B", "\n2) ", "**B"];
    vec![
        ("overlap", shared),
        ("no_overlap", flag(shared == 0.0)),
        ("content", ((mine.len() + 1) as f32).ln() / 2.0),
        ("agent_asked", flag(end.contains('?'))),
        ("agent_offered", flag(end.contains('?') && offers.iter().any(|offer| answer.contains(offer)))),
        ("agent_mid_work", flag(end.ends_with(':'))),
        ("agent_silent", flag(answer.is_empty())),
    ]
}

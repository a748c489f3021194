//! "Which Adam?": whether to ask, how, and what the answer means.
//!
//! Asked only if the difference matters: at least two of those whom the name fits have memories that would be recalled
//! now, and not the same ones. Until it is answered none of theirs are given.

use std::collections::{BTreeMap, BTreeSet};

use super::named::{Ambiguous, Named};
use super::{Hit, Query};
use crate::model::{EntityId, MemoryId, Outcome, Timestamp};
use crate::store::{Bearer, Choice, RecallStore, Result, SessionName};
use crate::text;

/// More are not named in one question.
const MOST_CHOICES: usize = 5;
/// Characters of what tells a choice from the others.
const FACT_CHARS: usize = 90;
/// A prompt with more words is about more than a name.
const LONGEST_BARE: usize = 20;
/// An answer by number or by a fact is short and comes soon.
const SHORT_ANSWER: usize = 6;
const SOON_MS: i64 = 60 * 60 * 1000;

/// A question to the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The name as it was asked, lower-cased.
    pub word: String,
    /// What it may mean, best first.
    pub choices: Vec<Choice>,
}

impl Question {
    /// To be kept with the session until it is answered.
    pub fn open(&self, query: &Query, at: Timestamp) -> SessionName {
        SessionName {
            name: self.word.clone(),
            entity: None,
            choices: self.choices.clone(),
            asked: query.text.clone(),
            at,
        }
    }
}

/// Finds the first name that must be asked about, and keeps back what depends on it.
pub(super) fn decide(
    named: &Named,
    mentions: &BTreeMap<MemoryId, Vec<EntityId>>,
    query: &Query,
    hits: &mut [Hit],
) -> Option<Question> {
    named.ambiguous.iter().find_map(|ambiguous| ask(ambiguous, mentions, query, hits))
}

fn ask(
    ambiguous: &Ambiguous,
    mentions: &BTreeMap<MemoryId, Vec<EntityId>>,
    query: &Query,
    hits: &mut [Hit],
) -> Option<Question> {
    let open = is_about_the_name(query, ambiguous);
    let of = |bearer: &Bearer| -> BTreeSet<MemoryId> {
        let relevant = |hit: &&Hit| open || hit.explanation.outcome != Outcome::Dropped;
        let mentioned = |id: &MemoryId| mentions.get(id).is_some_and(|ids| ids.contains(&bearer.entity.id));
        hits.iter().filter(relevant).map(|hit| hit.found.memory.id).filter(mentioned).collect()
    };
    let of_bearers: Vec<(&Bearer, BTreeSet<MemoryId>)> =
        ambiguous.bearers.iter().map(|bearer| (bearer, of(bearer))).collect();
    let with_memories: Vec<&BTreeSet<MemoryId>> =
        of_bearers.iter().map(|(_, ids)| ids).filter(|ids| !ids.is_empty()).collect();
    if with_memories.len() < 2 || with_memories.windows(2).all(|pair| pair[0] == pair[1]) {
        return None;
    }
    let choices = choices(&of_bearers, hits);
    let dependent: BTreeSet<MemoryId> = with_memories.into_iter().flatten().copied().collect();
    for hit in hits.iter_mut().filter(|hit| dependent.contains(&hit.found.memory.id)) {
        if hit.explanation.outcome != Outcome::Dropped {
            hit.explanation.outcome = Outcome::KeptBack;
            hit.explanation.why = format!("waits for which {} is meant", titled(&ambiguous.word));
        }
    }
    Some(Question { word: ambiguous.word.clone(), choices })
}

/// Whether the prompt asks for nothing but the person: "what did Mark say".
fn is_about_the_name(query: &Query, ambiguous: &Ambiguous) -> bool {
    const SPEECH: &str = "say said says tell told think thought know mean meant talk want wanted write wrote happen about \
        answer mention ask asked latest last recent time day news remember recall up";
    if query.text.split_whitespace().nth(LONGEST_BARE).is_some() {
        return false;
    }
    let beside: Vec<String> = text::terms(&format!("{SPEECH} {}", ambiguous.word));
    text::content_terms(&query.text).iter().all(|term| beside.contains(term))
}

/// Those with memories first, in the order of their best one; what tells each from the others.
fn choices(of_bearers: &[(&Bearer, BTreeSet<MemoryId>)], hits: &[Hit]) -> Vec<Choice> {
    let place = |ids: &BTreeSet<MemoryId>| hits.iter().position(|hit| ids.contains(&hit.found.memory.id));
    let mut order: Vec<&(&Bearer, BTreeSet<MemoryId>)> = of_bearers.iter().collect();
    order.sort_by_key(|(bearer, ids)| (place(ids).unwrap_or(usize::MAX), bearer.entity.id));
    order
        .into_iter()
        .take(MOST_CHOICES)
        .map(|(bearer, ids)| {
            let shared = |id: &MemoryId| {
                of_bearers.iter().any(|(other, of)| other.entity.id != bearer.entity.id && of.contains(id))
            };
            let own = hits.iter().find(|hit| ids.contains(&hit.found.memory.id) && !shared(&hit.found.memory.id));
            Choice {
                entity: bearer.entity.id,
                name: text::one_line(&bearer.entity.name, 60),
                facts: facts(&bearer.note, own),
            }
        })
        .collect()
}

fn facts(note: &str, memory: Option<&Hit>) -> String {
    let from_memory = memory.map(|hit| {
        let draft = &hit.found.memory.draft;
        format!("{}: {}", draft.formed_at.date(), text::one_line(&draft.title, FACT_CHARS))
    });
    match (note.is_empty(), from_memory) {
        (true, Some(memory)) => memory,
        (true, None) => String::new(),
        (false, _) => text::one_line(note, FACT_CHARS),
    }
}

/// The word as a name.
pub(super) fn titled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether a prompt that asks for nothing by itself may answer a question: "the second".
pub fn may_answer(prompt: &str) -> bool {
    let words = prompt_words(prompt);
    words.len() <= SHORT_ANSWER && words.iter().any(|word| ordinal(word).is_some())
}

/// Takes a prompt as the answer to an open question of its session, if it is one: the query then asks what was asked,
/// of the one who is meant. Gives what is to be remembered.
pub fn take_answer(query: &mut Query, store: &dyn RecallStore, now: Timestamp) -> Result<Option<SessionName>> {
    let Some(session) = &query.session else { return Ok(None) };
    let open = store.session_names(session)?.into_iter().filter(|name| name.entity.is_none());
    for mut question in open {
        let Some(choice) = answer(&question, &query.text, now) else { continue };
        query.text = format!("{}\n{}", with_full_name(&question, &choice.name), query.text);
        question.entity = Some(choice.entity);
        question.at = now;
        return Ok(Some(question));
    }
    Ok(None)
}

fn with_full_name(question: &SessionName, full: &str) -> String {
    let is_name = |word: &str| word.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()) == question.name;
    let words: Vec<String> = question
        .asked
        .split(' ')
        .map(|word| if is_name(word) { word.to_lowercase().replace(&question.name, full) } else { word.to_owned() })
        .collect();
    words.join(" ")
}

/// The choice that a prompt makes: by a name that only one of them bears, by number, by what was said to tell them apart.
fn answer(question: &SessionName, prompt: &str, now: Timestamp) -> Option<Choice> {
    let choices = &question.choices;
    let words = prompt_words(prompt);
    let by_name = only(choices, |choice| {
        let others = choices.iter().filter(|other| other.entity != choice.entity);
        let theirs: BTreeSet<String> = others.flat_map(|other| prompt_words(&other.name)).collect();
        prompt_words(&choice.name).iter().any(|name| words.contains(name) && !theirs.contains(name))
    });
    // In a long prompt a name of theirs may be anything, unless the name that was asked about stands beside it.
    if by_name.is_some() && (words.len() <= 2 * SHORT_ANSWER || words.contains(&question.name)) {
        return by_name;
    }
    if words.len() > SHORT_ANSWER || now.millis() - question.at.millis() > SOON_MS {
        return None;
    }
    if let Some(number) = words.iter().find_map(|word| ordinal(word)) {
        return match number {
            Place::Number(number) => choices.get(number - 1).cloned(),
            Place::Last => choices.last().cloned(),
        };
    }
    let terms = text::content_terms(prompt);
    only(choices, |choice| text::content_terms(&choice.facts).iter().any(|term| terms.contains(term)))
}

/// The one choice of which it is true.
fn only(choices: &[Choice], is: impl Fn(&Choice) -> bool) -> Option<Choice> {
    let mut fitting = choices.iter().filter(|choice| is(choice));
    let first = fitting.next()?;
    fitting.next().is_none().then(|| first.clone())
}

fn prompt_words(prompt: &str) -> Vec<String> {
    let words = prompt.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

enum Place {
    Number(usize),
    Last,
}

fn ordinal(word: &str) -> Option<Place> {
    const NUMBERS: [&[&str]; MOST_CHOICES] = [
        &["1", "1st", "first", "former", "one"],
        &["2", "2nd", "second", "two"],
        &["3", "3rd", "third", "three"],
        &["4", "4th", "fourth", "four"],
        &["5", "5th", "fifth", "five"],
    ];
    if ["last", "latter"].contains(&word) {
        return Some(Place::Last);
    }
    NUMBERS.iter().position(|names| names.contains(&word)).map(|at| Place::Number(at + 1))
}

/// What the session is to remember of the names that were spelt out, beside a question.
pub(super) fn learned(named: &Named, query: &Query, at: Timestamp) -> Vec<SessionName> {
    let note = |(name, entity): &(String, EntityId)| SessionName {
        name: name.clone(),
        entity: Some(*entity),
        choices: Vec::new(),
        asked: String::new(),
        at,
    };
    if query.session.is_some() { named.learned.iter().map(note).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> SessionName {
        let choice = |id, name: &str, facts: &str| Choice {
            entity: EntityId(id),
            name: name.to_owned(),
            facts: facts.to_owned(),
        };
        SessionName {
            name: "mark".to_owned(),
            entity: None,
            choices: vec![
                choice(1, "Mark Weber", "designer at Acme"),
                choice(2, "Mark Olsen", "2026-11-09: The invoice of the landlord"),
                choice(3, "Mark Lee Weber", ""),
            ],
            asked: "What did Mark say?".to_owned(),
            at: Timestamp(0),
        }
    }

    fn check(prompt: &str, expected: Option<i64>) {
        let found = answer(&question(), prompt, Timestamp(1_000)).map(|choice| choice.entity.0);
        assert_eq!(found, expected, "{prompt}");
    }

    #[test]
    fn answers_are_read() {
        check("Mark Olsen", Some(2));
        check("olsen, please", Some(2));
        check("the second", Some(2));
        check("2", Some(2));
        check("the last one", Some(3));
        check("the designer", Some(1));
        check("Lee", Some(3));
        check("the landlord's Mark", Some(2));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        check("Mark Weber", None);
        check("never mind, fix the build", None);
        check("the fifth", None);
        check("in the style sheet olsen rename the class of the footer and of the header to site", None);
        check("rename the second function in the parser and run all of the tests", None);
        assert_eq!(answer(&question(), "the second", Timestamp(SOON_MS + 1)), None);
    }

    #[test]
    fn the_question_is_put_again_with_the_full_name() {
        assert_eq!(with_full_name(&question(), "Mark Olsen"), "What did Mark Olsen say?");
        assert!(may_answer("the second") && may_answer("2") && !may_answer("yes please"));
    }
}

//! What of the ranked candidates is worth the reader's attention: floors, repeats, likeness, budget.

use std::collections::HashSet;

use super::candidates::Candidates;
use super::fuse::Ranked;
use super::{Hit, Moment, Situation, calibration, render};
use crate::model::{Explanation, MemoryId, Outcome};
use crate::text;

/// Decides the outcome of every candidate, best first.
pub(super) fn select(
    ranked: Vec<Ranked>,
    situation: &Situation<'_>,
    candidates: &Candidates,
    shown: &[MemoryId],
) -> Vec<Hit> {
    let best = best(&ranked);
    let mut taken = Taken::default();
    ranked
        .into_iter()
        .map(|candidate| {
            let floor = floor(&candidate, situation, candidates, best);
            let (outcome, why) = match below(&candidate, situation, candidates, floor) {
                Some(why) => (Outcome::Dropped, why),
                None => match taken.kept_back(&candidate, situation, shown) {
                    Some(why) => (Outcome::KeptBack, why),
                    None => {
                        taken.take(&candidate);
                        (Outcome::Injected, why(&candidate, candidates))
                    }
                },
            };
            let Ranked { found, signals, relevance, score, notes, .. } = candidate;
            let why = [vec![why], notes].concat().join("; ");
            let memory = found.memory.id;
            let probability = calibration::probability(situation.query.moment, relevance, candidates.memories);
            let explanation = Explanation { memory, score, relevance, probability, floor, signals, outcome, why };
            Hit { found, explanation }
        })
        .collect()
}

/// The highest relevance.
pub(super) fn best(ranked: &[Ranked]) -> f32 {
    ranked.iter().map(|candidate| candidate.relevance).fold(0.0, f32::max)
}

/// The relevance that a candidate must reach: by kind of moment and by what speaks for it, and not far below the best.
pub(super) fn floor(candidate: &Ranked, situation: &Situation<'_>, candidates: &Candidates, best: f32) -> f32 {
    let weights = situation.weights;
    let moment = situation.query.moment;
    let absolute = match moment {
        Moment::File if !candidates.embedded => weights.file_named * 0.8,
        Moment::File => weights.file_floor,
        _ => {
            let floor = calibration::floor(moment, candidates.memories);
            if candidate.evidence.entities.is_empty() { floor } else { floor * weights.entity_floor }
        }
    };
    let here = if candidate.found.in_scope { absolute } else { absolute + 0.08 };
    here.max(weights.share_of_best * best)
}

/// Why a candidate is not good enough, if it is not.
fn below(candidate: &Ranked, situation: &Situation<'_>, candidates: &Candidates, floor: f32) -> Option<String> {
    if candidate.relevance < floor {
        return Some(format!("below the floor of {floor:.2}"));
    }
    if candidate.found.memory.draft.confidence < situation.least_confidence {
        return Some(format!("less sure than {:.0} %", situation.least_confidence * 100.0));
    }
    let evidence = &candidate.evidence;
    let cosine = evidence.cosine?;
    let mentioned = evidence.file || !evidence.entities.is_empty();
    // The path of a file that is read says little: a memory of that file alone need not be much like it.
    let about = situation.query.moment == Moment::File && candidate.found.memory.draft.files.len() == 1;
    let least = situation.weights.mention_cosine * if about { 1.0 / 3.0 } else { 1.0 };
    if mentioned && evidence.bm25 == 0.0 && cosine < least {
        return Some("only mentions the same name".to_owned());
    }
    if candidates.topic.is_beside(evidence, &candidate.found.memory.draft) {
        return Some(format!("mentions {}, but is about something else", evidence.entities.join(", ")));
    }
    if !mentioned && evidence.bm25 == 0.0 && cosine < candidates.cosine_floor {
        return Some("no nearer than much else in the store".to_owned());
    }
    None
}

/// What has been taken so far.
#[derive(Default)]
struct Taken {
    ids: Vec<MemoryId>,
    words: Vec<HashSet<String>>,
    chars: usize,
}

impl Taken {
    fn kept_back(&self, candidate: &Ranked, situation: &Situation<'_>, shown: &[MemoryId]) -> Option<String> {
        let memory = &candidate.found.memory;
        if shown.contains(&memory.id) {
            return Some("shown in this session before".to_owned());
        }
        let words = content_words(candidate);
        for (id, other) in self.ids.iter().zip(&self.words) {
            if overlap(&words, other) >= situation.weights.same_words {
                return Some(format!("says the same as #{id}"));
            }
        }
        if self.ids.len() >= situation.budget.memories {
            return Some(format!("after the first {}", situation.budget.memories));
        }
        if !self.ids.is_empty() && self.chars + render::length(memory) > situation.budget.chars {
            return Some(format!("over the budget of {} characters", situation.budget.chars));
        }
        None
    }

    fn take(&mut self, candidate: &Ranked) {
        self.ids.push(candidate.found.memory.id);
        self.words.push(content_words(candidate));
        self.chars += render::length(&candidate.found.memory);
    }
}

fn content_words(candidate: &Ranked) -> HashSet<String> {
    text::content_terms(&candidate.found.memory.draft.index_text()).into_iter().collect()
}

/// Share of the smaller set's words that the other has too.
fn overlap(a: &HashSet<String>, b: &HashSet<String>) -> f32 {
    let smaller = a.len().min(b.len());
    if smaller == 0 {
        return 0.0;
    }
    a.intersection(b).count() as f32 / smaller as f32
}

/// What speaks for an injected memory, in a few words.
fn why(candidate: &Ranked, candidates: &Candidates) -> String {
    let evidence = &candidate.evidence;
    let mut parts = Vec::new();
    if evidence.file {
        parts.push("about this file".to_owned());
    }
    if !evidence.entities.is_empty() {
        parts.push(format!("mentions {}", evidence.entities.join(", ")));
    }
    let shared = shared_words(candidate, candidates);
    if !shared.is_empty() {
        parts.push(format!("shares {}", shared.join(", ")));
    }
    if let Some(cosine) = evidence.cosine {
        parts.push(format!("meaning {:.0} %", cosine.max(0.0) * 100.0));
    }
    for signal in &candidate.signals {
        match signal.name.as_ref() {
            "intent" => parts.push(format!("a {} was asked for", candidate.found.memory.draft.kind)),
            "observed" => parts.push(format!("observed {} times", signal.value)),
            "votes" if signal.value > 0.0 => parts.push("found helpful before".to_owned()),
            _ => {}
        }
    }
    parts.join("; ")
}

/// Up to four of the query's counted words that the memory holds, as they stand in the memory.
fn shared_words(candidate: &Ranked, candidates: &Candidates) -> Vec<String> {
    if evidence_without_words(candidate) {
        return Vec::new();
    }
    let body = candidate.found.memory.draft.index_text();
    let mut shared = Vec::new();
    for term in &candidates.words {
        let word = body
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .find(|word| text::terms(word).contains(term))
            .map(str::to_lowercase);
        if let Some(word) = word.filter(|word| !shared.contains(word)) {
            shared.push(word);
        }
        if shared.len() == 4 {
            break;
        }
    }
    shared
}

fn evidence_without_words(candidate: &Ranked) -> bool {
    candidate.evidence.bm25 == 0.0
}

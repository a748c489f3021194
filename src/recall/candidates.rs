//! Which memories could matter: by text, by names and files, by meaning.

use std::collections::{BTreeMap, HashMap};

use super::named::{self, Named};
use super::topic::Topic;
use super::{Moment, Query, Weights};
use crate::model::{EntityId, EntityKind, MemoryId};
use crate::store::{RecallStore, Result, Uses, VectorHit};
use crate::text;

/// Memories that each of those that a name may mean gives at least.
const LEAST_MENTIONS: usize = 5;

/// What the searches say of one memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Cosine to the query, if both were embedded.
    pub(super) cosine: Option<f32>,
    /// BM25 to the query's words; 0 when none is in it.
    pub(super) bm25: f32,
    /// What the query's words in its best stretch are worth ([`crate::store::LexicalHits::spans`]).
    pub(super) span: f32,
    /// What the lines of output are worth that it shares with a failure.
    pub(super) lines: f32,
    /// Share of the command's names that it holds, 0 to 1.
    pub(super) command: f32,
    /// Entities of the memory that the query names.
    pub(super) entities: Vec<String>,
    /// Whether it is about a file at hand.
    pub(super) file: bool,
}

/// All candidates, and how near everything is to the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Candidates {
    /// By number, so that the order never depends on a hash.
    pub(super) found: BTreeMap<MemoryId, Evidence>,
    /// Query words that the text search counted.
    pub(super) words: Vec<String>,
    /// About the text score of a memory that holds every counted word.
    pub(super) text_total: f32,
    /// How many memories the scope holds: compared by vector, or as last counted.
    pub(super) memories: usize,
    /// Mean and standard deviation of the cosine over the scope.
    pub(super) spread: (f32, f32),
    /// Cosine that a memory found by meaning alone must reach.
    pub(super) cosine_floor: f32,
    /// Whether the query has a vector.
    pub(super) embedded: bool,
    /// What the query names.
    pub(super) named: Named,
    /// Which of the named a memory mentions.
    pub(super) mentions: BTreeMap<MemoryId, Vec<EntityId>>,
    /// What it is about beside the names.
    pub(super) topic: Topic,
    /// What became of them when they were shown before.
    pub(super) uses: BTreeMap<MemoryId, Uses>,
    /// Text scores of everything that holds a counted word, candidate or not.
    scores: HashMap<MemoryId, f32>,
    spans: HashMap<MemoryId, f32>,
}

impl Candidates {
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn entry(&mut self, id: MemoryId) -> &mut Evidence {
        self.found.entry(id).or_default()
    }
}

/// Candidates by files, entities and text: no model needed.
pub(super) fn by_words(query: &Query, weights: &Weights, store: &dyn RecallStore) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    if !query.files.is_empty() {
        for id in store.about_files(&query.files, &query.scope, weights.mentions)? {
            candidates.entry(id).file = true;
        }
    }
    if query.moment == Moment::File {
        candidates.named.entities = named::by_files(query, store)?;
        add_mentions(&mut candidates, query, weights, store)?;
        return Ok(candidates);
    }
    candidates.named = named::in_text(query, store)?;
    add_mentions(&mut candidates, query, weights, store)?;
    candidates.topic = Topic::of(query, candidates.named.entities.iter().map(|entity| entity.name.as_str()));
    let lexical = store.matching(&query.search_terms(), &query.scope, weights.postings)?;
    for (id, _) in best(&lexical.scores, weights.candidates) {
        candidates.entry(id);
    }
    if query.moment == Moment::Failure {
        add_failures(&mut candidates, query, weights, store)?;
    }
    for (id, evidence) in &mut candidates.found {
        evidence.bm25 = lexical.scores.get(id).copied().unwrap_or(0.0);
        evidence.span = lexical.spans.get(id).copied().unwrap_or(0.0);
    }
    candidates.words = lexical.counted;
    candidates.memories = lexical.memories;
    candidates.text_total = lexical.total;
    candidates.scores = lexical.scores;
    candidates.spans = lexical.spans;
    Ok(candidates)
}

/// Candidates by meaning, and the cosine of those found otherwise.
pub(super) fn by_vector(
    candidates: &mut Candidates,
    query: &Query,
    model: &str,
    vector: &[f32],
    store: &dyn RecallStore,
    weights: &Weights,
) -> Result<()> {
    candidates.embedded = true;
    if query.moment != Moment::File {
        let hits = store.nearest(model, vector, &query.scope, weights.candidates)?;
        candidates.spread = (hits.mean, hits.deviation);
        candidates.memories = candidates.memories.max(hits.compared);
        if hits.compared >= weights.deviations_from {
            candidates.cosine_floor = hits.mean + weights.deviations * hits.deviation;
        }
        for VectorHit { id, cosine } in hits.in_scope.into_iter().chain(hits.elsewhere) {
            let bm25 = candidates.scores.get(&id).copied().unwrap_or(0.0);
            let span = candidates.spans.get(&id).copied().unwrap_or(0.0);
            let evidence = candidates.entry(id);
            evidence.cosine = Some(cosine);
            (evidence.bm25, evidence.span) = (bm25, span);
        }
    }
    let without: Vec<MemoryId> =
        candidates.found.iter().filter(|(_, evidence)| evidence.cosine.is_none()).map(|(id, _)| *id).collect();
    for VectorHit { id, cosine } in store.cosines(model, vector, &without)? {
        candidates.entry(id).cosine = Some(cosine);
    }
    for evidence in candidates.found.values() {
        candidates.topic.compare(evidence);
    }
    Ok(())
}

/// Memories of the same failure: the same lines printed, or the same program run.
fn add_failures(candidates: &mut Candidates, query: &Query, weights: &Weights, store: &dyn RecallStore) -> Result<()> {
    let terms = text::failure_terms(&query.text);
    let lines = store.worth(&terms.lines, &query.scope, weights.postings)?;
    for (id, worth) in best(&lines.held, weights.candidates) {
        candidates.entry(id).lines = worth;
    }
    let commands = store.worth(&terms.commands, &query.scope, weights.postings)?;
    for (id, worth) in best(&commands.held, weights.candidates) {
        candidates.entry(id).command = worth / commands.total;
    }
    Ok(())
}

/// The highest of these, ties to the lower number.
fn best(scores: &HashMap<MemoryId, f32>, count: usize) -> Vec<(MemoryId, f32)> {
    let mut best: Vec<(MemoryId, f32)> = scores.iter().map(|(id, score)| (*id, *score)).collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(count);
    best
}

/// Memories that mention an entity that is named, or that a file at hand stands for. Files named in a prompt count as
/// files at hand.
fn add_mentions(candidates: &mut Candidates, query: &Query, weights: &Weights, store: &dyn RecallStore) -> Result<()> {
    for entity in candidates.named.entities.clone() {
        // Those that a name may mean share what one entity gives, so that a name that many bear costs no more.
        let most = (weights.mentions / candidates.named.alternatives(entity.id)).max(LEAST_MENTIONS);
        let ids = store.mentioning(&[entity.id], &query.scope, most)?;
        for id in ids {
            candidates.mentions.entry(id).or_default().push(entity.id);
            let evidence = candidates.entry(id);
            evidence.file |= entity.kind == EntityKind::File || query.moment == Moment::File;
            evidence.entities.push(entity.name.clone());
        }
    }
    Ok(())
}

//! From a situation to the few memories that matter in it, or to none.
//!
//! [`recall`] is the one path that the hook, `recall --explain` and `eval` take: query → candidates → fuse → rerank →
//! select. Everything after the candidates is pure: the same input gives the same order, ties go to the lower number. What
//! lies on the disk is asked of the caller.

mod calibration;
mod candidates;
mod fuse;
mod intent;
mod kinds;
mod named;
mod query;
mod question;
mod render;
mod rerank;
mod select;
mod stale;
mod standing;
mod topic;
mod used;
mod warning;
mod weights;

use std::time::Duration;

use crate::model::{Explanation, MemoryId, Outcome, Timestamp};
use crate::store::{FoundMemory, RecallStore, Result, SessionName};

pub use query::{Moment, Query, WindowMessage, looked_at};
pub use question::{Question, may_answer, take_answer};
pub use render::{BLOCK_CLOSE, BLOCK_OPEN, announcement, block, session_block, thread, told};
pub use stale::{Citation, FileState, StaleFile};
pub use standing::{Lesson, standing};
pub use warning::{Warning, warning};
pub use weights::Weights;

/// How much may be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most memories.
    pub memories: usize,
    /// Most characters of the whole block.
    pub chars: usize,
}

/// One candidate at the end of its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The memory.
    pub found: FoundMemory,
    /// Why it stands where it stands.
    pub explanation: Explanation,
}

/// How long each stage took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// Entities, files and text.
    pub lexical: Duration,
    /// Waiting for the query's vector.
    pub vector_wait: Duration,
    /// The search over vectors and fetching what was found.
    pub search: Duration,
    /// Fuse, rerank, select, and what became of cited files.
    pub rank: Duration,
}

/// The answer to a query.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    /// Every candidate, best first, with its outcome.
    pub hits: Vec<Hit>,
    /// What must be asked before some of them are of use.
    pub question: Option<Question>,
    /// What names were found to mean, to be remembered for the session.
    pub learned: Vec<SessionName>,
    /// The query's vector, if it was embedded in time.
    pub vector: Option<Vec<f32>>,
    /// About the text score of a memory that holds every counted word of the query.
    pub text_total: f32,
    /// How many memories the scope holds.
    pub memories: usize,
    /// Mean and standard deviation of the cosine over the scope's memories.
    pub spread: (f32, f32),
    /// How long each stage took.
    pub times: StageTimes,
}

impl Recall {
    /// What is to be injected, best first.
    pub fn injected(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.explanation.outcome == Outcome::Injected)
    }

    /// Takes back the injection of memories that another process has shown meanwhile.
    pub fn keep_only(&mut self, claimed: &[MemoryId]) {
        for hit in &mut self.hits {
            if hit.explanation.outcome == Outcome::Injected && !claimed.contains(&hit.found.memory.id) {
                hit.explanation.outcome = Outcome::KeptBack;
                hit.explanation.why = "shown in this session a moment ago".to_owned();
            }
        }
    }
}

/// Where the vector search looks, and with which model.
pub struct Situation<'a> {
    /// What is asked.
    pub query: &'a Query,
    /// Name of the model that embeds the query.
    pub model: &'a str,
    /// How signals count.
    pub weights: &'a Weights,
    /// How much may be injected.
    pub budget: Budget,
    /// Memories of a lower confidence are left out.
    pub least_confidence: f32,
    /// Now, for recency.
    pub now: Timestamp,
}

/// Finds and ranks memories for a situation.
///
/// `vector` is asked once, after the text search, for the vector of [`Query::text_to_embed`]; `None` (no model, or too
/// late) means that text, entities and files decide alone. `files` is asked what became of the files that the few
/// memories about to be shown cite; nothing means that they are as they were.
pub fn recall(
    situation: &Situation<'_>,
    store: &dyn RecallStore,
    vector: &mut dyn FnMut() -> Option<Vec<f32>>,
    files: &dyn Fn(&[Citation]) -> Vec<StaleFile>,
) -> Result<Recall> {
    let query = situation.query;
    let mut times = StageTimes::default();
    if query.is_silent() {
        return Ok(Recall::default());
    }
    let mut clock = Stopwatch::start();
    let mut candidates = candidates::by_words(query, situation.weights, store)?;
    times.lexical = clock.lap();
    if query.moment == Moment::File && candidates.is_empty() {
        return Ok(Recall { times, ..Recall::default() });
    }
    let vector = vector();
    times.vector_wait = clock.lap();
    if let Some(vector) = &vector {
        candidates::by_vector(&mut candidates, query, situation.model, vector, store, situation.weights)?;
    }
    let ids: Vec<MemoryId> = candidates.found.keys().copied().collect();
    let found = store.fetch(&ids, &query.scope)?;
    let votes = store.votes(&ids)?;
    candidates.uses = store.uses(&ids)?.into_iter().map(|uses| (uses.memory, uses)).collect();
    let shown = match &query.session {
        Some(session) => store.already_shown(session, &ids)?,
        None => Vec::new(),
    };
    times.search = clock.lap();
    let fused = fuse::fuse(&candidates, found, query.moment, situation.weights);
    let reranked = rerank::rerank(fused, situation, &candidates, &votes, vector.as_deref());
    let cited = stale::citations(&reranked, situation, &candidates);
    let found_stale = if cited.is_empty() { Vec::new() } else { files(&cited) };
    let reranked = stale::weigh(reranked, &found_stale, &query.files);
    let mut hits = select::select(reranked, situation, &candidates, &shown);
    let question = question::decide(&candidates.named, &candidates.mentions, query, &mut hits);
    let learned = question::learned(&candidates.named, query, situation.now);
    times.rank = clock.lap();
    let (text_total, memories, spread) = (candidates.text_total, candidates.memories, candidates.spread);
    Ok(Recall { hits, question, learned, vector, text_total, memories, spread, times })
}

/// Measures stages one after another.
struct Stopwatch(std::time::Instant);

impl Stopwatch {
    fn start() -> Self {
        Self(std::time::Instant::now())
    }

    fn lap(&mut self) -> Duration {
        let now = std::time::Instant::now();
        let lap = now - self.0;
        self.0 = now;
        lap
    }
}

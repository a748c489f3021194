//! One search: messages and calls by their words, and where words are not enough, messages by the meaning of what was
//! caught from them.

use std::collections::{HashMap, HashSet};

use super::snippet::{Snippet, snippet};
use crate::model::{MemoryId, SessionId, Step, Timestamp};
use crate::store::{Condition, MessageQuery, RecallStore, Result, Scope, SessionStore, StepHit, call_text};
use crate::text;

/// Most messages shown of one session, unless the query says otherwise.
const PER_SESSION: usize = 3;
/// Most calls shown of one session: the same command is run again and again.
const CALLS_PER_SESSION: usize = 2;
/// Calls are given one place in so many, and those that messages leave.
const CALLS_SHARE: usize = 4;
/// Characters of a snippet.
const SNIPPET_CHARS: usize = 220;
/// Memories looked at for their meaning.
const NEAREST: usize = 64;
/// Cosine from which a memory counts as being about the same: with all-MiniLM-L6-v2 and the memories of 288 real sessions,
/// searches for other subjects reach none, and questions about what was worked on there 0.5.
const NEAR: f32 = 0.3;
/// BM25 at which words count half; as in the fusing of memories.
const HALF_BM25: f32 = 8.0;

/// How a text becomes a vector, where a model is installed.
pub struct Meaning<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Now.
    pub now: Timestamp,
    /// The vector of a text, or none if that fails.
    pub embed: &'a mut dyn FnMut(&str) -> Option<Vec<f32>>,
}

/// A message or call that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The message or call with its session.
    pub found: StepHit,
    /// Whether it holds every word and phrase of the query.
    pub all_words: bool,
    /// The memory caught there that is near in meaning, with its cosine.
    pub near: Option<(MemoryId, f32)>,
    /// From 0 to 1, higher is better: half words, half meaning.
    pub score: f32,
    /// Why it was found.
    pub snippet: Snippet,
}

/// What a search gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Those with all words first, the best first among each.
    pub hits: Vec<Hit>,
    /// No message holds all the words, so messages with some of them are given.
    pub loosened: bool,
    /// Whether meaning was asked, too.
    pub by_meaning: bool,
}

/// Finds messages and calls. Meaning is asked only when the words alone do not fill the list: it costs as much as all the
/// rest.
///
/// # Errors
/// When the store fails.
pub fn find<S: SessionStore + RecallStore + ?Sized>(
    query: &MessageQuery,
    store: &S,
    meaning: Option<Meaning<'_>>,
) -> Result<Found> {
    let mut query = query.clone();
    if query.per_session == 0 {
        query.per_session = PER_SESSION;
    }
    let has_room = |hits: usize| query.limit == 0 || hits < query.limit;
    let mut found = Found::default();
    let mut known = HashMap::new();
    take(&mut found, &mut known, store.search_messages(&query)?, true);
    let messages = found.hits.len();
    let calls = MessageQuery { per_session: CALLS_PER_SESSION, ..query.clone() };
    take(&mut found, &mut known, store.search_calls(&calls)?, true);
    let words = text::content_terms(&query.text);
    if found.hits.is_empty() && words.len() > 1 {
        let some = MessageQuery { any_word: true, ..query.clone() };
        take(&mut found, &mut known, store.search_messages(&some)?, false);
        found.loosened = !found.hits.is_empty();
    }
    let by_words = words.is_empty() || query.asks_only_calls() || !has_room(messages);
    if let Some(mut meaning) = meaning.filter(|_| !by_words) {
        found.by_meaning = by_meaning(&mut found, &mut known, &query, store, &mut meaning)?;
    }
    for hit in &mut found.hits {
        // What was said goes before what was done: calls are short, and their words rare among calls.
        let bm25 = if is_call(hit) { hit.found.score / 2.0 } else { hit.found.score };
        let words = bm25 / (bm25 + HALF_BM25);
        hit.score = 0.5 * words + 0.5 * hit.near.map_or(0.0, |(_, cosine)| cosine);
    }
    if !query.text.is_empty() || !query.phrases.is_empty() {
        found.hits.sort_by(|a, b| b.all_words.cmp(&a.all_words).then(b.score.total_cmp(&a.score)));
    }
    if query.limit > 0 {
        cut(&mut found.hits, query.limit);
    }
    let wanted: HashSet<String> =
        words.into_iter().chain(query.phrases.iter().flat_map(|phrase| text::terms(phrase))).collect();
    for hit in &mut found.hits {
        hit.snippet = match &hit.found.step {
            Step::Said(message) => snippet(&message.text, &wanted, SNIPPET_CHARS),
            Step::Called(call) => snippet(&call_text(call), &wanted, SNIPPET_CHARS),
        };
    }
    Ok(found)
}

fn is_call(hit: &Hit) -> bool {
    matches!(hit.found.step, Step::Called(_))
}

/// Keeps `limit`: the first messages and the first calls, of which neither crowd out the other.
fn cut(hits: &mut Vec<Hit>, limit: usize) {
    let all_calls = hits.iter().filter(|hit| is_call(hit)).count();
    let messages = hits.len() - all_calls;
    let mut calls = all_calls.min((limit / CALLS_SHARE).max(limit.saturating_sub(messages)));
    let mut messages = limit - calls;
    hits.retain(|hit| {
        let left = if is_call(hit) { &mut calls } else { &mut messages };
        let is_kept = *left > 0;
        *left -= usize::from(is_kept);
        is_kept
    });
}

/// Where each message stands in the list.
type Places = HashMap<(SessionId, u32), usize>;

fn take(found: &mut Found, known: &mut Places, steps: Vec<StepHit>, all_words: bool) {
    for step in steps {
        let place = (step.session.clone(), step.step.seq());
        known.entry(place).or_insert_with(|| {
            found.hits.push(Hit { found: step, all_words, near: None, score: 0.0, snippet: Snippet::default() });
            found.hits.len() - 1
        });
    }
}

/// Adds the messages from which near memories were caught; whether the query has a vector at all.
fn by_meaning<S: SessionStore + RecallStore + ?Sized>(
    found: &mut Found,
    known: &mut Places,
    query: &MessageQuery,
    store: &S,
    meaning: &mut Meaning<'_>,
) -> Result<bool> {
    let Some(vector) = (meaning.embed)(&query.text) else { return Ok(false) };
    let scope = Scope { project: project(query), before: meaning.now, not_session: None };
    let near = store.nearest(meaning.model, &vector, &scope, NEAREST)?;
    let cosines: HashMap<MemoryId, f32> = near
        .in_scope
        .iter()
        .chain(&near.elsewhere)
        .filter(|hit| hit.cosine >= NEAR)
        .map(|hit| (hit.id, hit.cosine))
        .collect();
    let ids: Vec<MemoryId> = cosines.keys().copied().collect();
    let mut sources: Vec<(SessionId, u32, MemoryId, f32)> = Vec::new();
    for memory in store.fetch(&ids, &scope)? {
        let (id, provenance) = (memory.memory.id, memory.memory.draft.provenance);
        if let (Some(session), Some(seq), Some(&cosine)) = (provenance.session, provenance.seq, cosines.get(&id)) {
            sources.push((session, seq, id, cosine));
        }
    }
    sources.sort_by(|a, b| b.3.total_cmp(&a.3).then(a.2.cmp(&b.2)));
    let at = sources.iter().map(|(session, seq, ..)| (session.clone(), *seq)).collect();
    let there = MessageQuery { text: String::new(), at: Some(at), ..query.clone() };
    let messages = store.search_messages(&there)?;
    let places: Vec<(SessionId, u32)> =
        messages.iter().map(|message| (message.session.clone(), message.step.seq())).collect();
    let messages = messages.into_iter().map(|message| StepHit { score: 0.0, ..message }).collect();
    take(found, known, messages, false);
    for (session, seq, id, cosine) in sources {
        // The memory's own place may be a call: then the message before it was asked for.
        let own = places.iter().filter(|(other, at)| *other == session && *at <= seq).max_by_key(|(_, at)| *at);
        let hit = own.and_then(|place| known.get(place)).and_then(|&place| found.hits.get_mut(place));
        if let Some(hit) = hit.filter(|hit| hit.near.is_none()) {
            hit.near = Some((id, cosine));
        }
    }
    Ok(true)
}

/// The only project asked for, if it is one.
fn project(query: &MessageQuery) -> Option<String> {
    query.filters.iter().find_map(|filter| match filter.any.as_slice() {
        [Condition::Project(key)] if !filter.negated => Some(key.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Role, ToolCall, ToolStatus};

    fn hit(seq: u32, is_call: bool) -> Hit {
        let at = Timestamp(0);
        let step = if is_call {
            Step::Called(ToolCall {
                seq,
                call_id: String::new(),
                name: "Bash".to_owned(),
                command: None,
                input: "{}".to_owned(),
                status: ToolStatus::Ok,
                output: String::new(),
                files: Vec::new(),
                patch: None,
                at,
            })
        } else {
            let (role, text) = (Role::User, String::new());
            Step::Said(Message { seq, uuid: None, role, text, at, after_interrupt: false })
        };
        let session = SessionId("claude-code/s".to_owned());
        let found = StepHit { session, title: None, project: None, host: None, turn: 0, step, score: 1.0, more: 0 };
        Hit { found, all_words: true, near: None, score: 0.0, snippet: Snippet::default() }
    }

    #[test]
    fn messages_and_calls_do_not_crowd_each_other_out() {
        let check = |kinds: &str, limit: usize, expected: &[u32]| {
            let mut hits: Vec<Hit> = (0..).zip(kinds.chars()).map(|(seq, kind)| hit(seq, kind == 'c')).collect();
            cut(&mut hits, limit);
            let kept: Vec<u32> = hits.iter().map(|hit| hit.found.step.seq()).collect();
            assert_eq!(kept, expected, "{kinds}");
        };
        check("ccccmmmmm", 4, &[0, 4, 5, 6]);
        check("mmmmmcc", 4, &[0, 1, 2, 5]);
        check("cccmc", 4, &[0, 1, 2, 3]);
        check("cmcc", 8, &[0, 1, 2, 3]);
        check("mmmmm", 4, &[0, 1, 2, 3]);
        check("cmm", 2, &[1, 2]);
    }
}

//! "What mistakes have we made with the memory system?": the words of the prompt ask for kinds of memory.

use memory_lane::model::{MemoryDraft, MemoryId, MemoryKind, Timestamp};
use memory_lane::recall::{Budget, Hit, Query, Situation, Weights, recall};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{Added, MemoryStore, Scope};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// A memory at this cosine to the query, which is the first axis.
fn add(store: &mut SqliteStore, kind: MemoryKind, title: &str, cosine: f32) -> MemoryId {
    let mut draft = MemoryDraft::new(kind, title, "", NOW);
    draft.formed_at = Timestamp(NOW.millis() - 1);
    let Added::New(id) = store.add_memory(&draft, NOW).unwrap() else { panic!("{title} is not new") };
    store.put_vectors("m", &[(id, vec![cosine, (1.0 - cosine * cosine).sqrt()])]).unwrap();
    id
}

fn ask(store: &SqliteStore, prompt: &str) -> Vec<Hit> {
    let query = Query::prompt(prompt, Scope { project: None, before: NOW, not_session: None });
    // Meaning alone, so that the base score is the cosine.
    let weights = Weights { meaning: 1.0, ..Weights::default() };
    let budget = Budget { memories: 4, chars: 2_000 };
    let situation = Situation { query: &query, model: "m", weights: &weights, budget, least_confidence: 0.0, now: NOW };
    recall(&situation, store, &mut || Some(vec![1.0, 0.0]), &|_| Vec::new()).unwrap().hits
}

/// Cosine and intent, as per cent.
fn with_intent(hit: &Hit) -> i32 {
    let parts = hit.explanation.signals.iter().filter(|signal| ["cosine", "intent"].contains(&signal.name.as_ref()));
    (parts.map(|signal| signal.effect).sum::<f32>() * 100.0).round() as i32
}

#[test]
fn mistakes_ask_for_corrections_and_gaps() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    let decision = add(&mut store, MemoryKind::Decision, "store everything in one file", 0.75);
    let asked_for: Vec<MemoryId> = [
        (MemoryKind::Correction, "vectors of two models were mixed", 0.66),
        (MemoryKind::Correction, "the recall was late", 0.65),
        (MemoryKind::Correction, "the index was stale", 0.64),
    ]
    .into_iter()
    .map(|(kind, title, cosine)| add(&mut store, kind, title, cosine))
    .collect();
    let order = |hits: &[Hit]| hits.iter().map(|hit| hit.found.memory.id).collect::<Vec<_>>();

    let plain = ask(&store, "How do we tell people about the memory system?");
    assert_eq!(order(&plain)[0], decision);
    let mistakes = ask(&store, "What mistakes have we made with the memory system?");
    assert_eq!(order(&mistakes), [asked_for, vec![decision]].concat());
    assert_eq!(mistakes.iter().map(with_intent).collect::<Vec<_>>(), [81, 80, 79, 75]);
}

#[test]
fn a_gap_below_the_floor_is_above_it_when_it_is_asked_for() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    let gap = add(&mut store, MemoryKind::Gap, "nobody checks the backups", 0.40);
    for n in 0..60_u8 {
        add(&mut store, MemoryKind::Insight, &format!("note {n}"), -0.1 + 0.002 * f32::from(n));
    }
    let score = |prompt: &str| {
        let hits = ask(&store, prompt);
        hits.iter().find(|hit| hit.found.memory.id == gap).unwrap().explanation.relevance
    };
    let gain = score("which problems does the memory system have?") - score("who likes the memory system?");
    assert!((0.10..0.16).contains(&gain), "{gain}");
}

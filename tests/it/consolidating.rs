//! Memories that mean the same: one reinforced by the other, with the real model; and what must stay apart.

use memory_lane::model::{MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Origin, Provenance, SessionId, Timestamp};
use memory_lane::pipeline::{self, Meaning, Related};
use memory_lane::store::MemoryStore;
use memory_lane::store::sqlite::SqliteStore;

use crate::support::model_home;

const MODEL: &str = "all-MiniLM-L6-v2";

fn said(kind: MemoryKind, words: &str, session: &str, at: i64) -> MemoryDraft {
    let mut draft = MemoryDraft::new(kind, words, format!("The user said: “{words}”"), Timestamp(at));
    draft.quote = words.to_owned();
    draft.origin = Origin::User;
    draft.provenance = Provenance {
        session: Some(SessionId(format!("claude-code/{session}"))),
        message: Some(format!("{session}-{at}")),
        seq: Some(0),
    };
    draft
}

/// Stores these, in sessions of their own, and compares them.
fn related(drafts: &[MemoryDraft]) -> (SqliteStore, Related) {
    let mut store = SqliteStore::open_in_memory().unwrap();
    store.add_memories(drafts, Timestamp(100)).unwrap();
    let related = relate(&mut store);
    (store, related)
}

fn relate(store: &mut SqliteStore) -> Related {
    pipeline::embed(store, &model_home(), MODEL, &mut |_, _| {}).unwrap();
    let meaning = Meaning::of(&model_home(), MODEL);
    pipeline::relate(store, MODEL, &|text| meaning.vector(text)).unwrap()
}

#[test]
fn the_same_in_other_words_reinforces_and_loses_nothing() {
    let (mut store, found) = related(&[
        said(MemoryKind::Correction, "Never mock the database in tests", "a", 1),
        said(MemoryKind::Correction, "Don't use a mocked DB in the tests", "b", 2),
        said(MemoryKind::Correction, "The parser must accept trailing commas", "c", 3),
    ]);
    assert_eq!((found.compared, found.merged), (2, 1), "{found:?}");
    let kept = store.memory(MemoryId(1)).unwrap().unwrap();
    assert_eq!((kept.draft.times_observed, kept.draft.status), (2, MemoryStatus::Active));
    let evidence = store.observations(MemoryId(1)).unwrap();
    assert_eq!(evidence.len(), 1);
    assert_eq!((evidence[0].quote.as_str(), evidence[0].at), ("Don't use a mocked DB in the tests", Timestamp(2)));
    let merged = store.memory(MemoryId(2)).unwrap().unwrap();
    assert_eq!((merged.draft.status, merged.superseded_by), (MemoryStatus::Superseded, Some(MemoryId(1))));
    assert_eq!(store.history(MemoryId(2)).unwrap().valid_to, Some(Timestamp(2)));
    assert_eq!(relate(&mut store), Related::default(), "once is enough");
}

#[test]
fn what_is_found_out_in_three_sessions_in_other_words_is_a_pattern() {
    let learnt = |words: &str, session, at| {
        let mut draft = said(MemoryKind::Insight, words, session, at);
        draft.origin = Origin::Agent;
        draft
    };
    let (store, found) = related(&[
        learnt("The integration tests have to be run with the offline flag", "a", 1),
        learnt("Run the integration tests with the offline flag", "b", 2),
        learnt("Integration tests must be run with the offline flag set", "c", 3),
    ]);
    assert_eq!(found.merged, 2, "{found:?}");
    let kept = store.memory(MemoryId(1)).unwrap().unwrap().draft;
    assert_eq!((kept.kind, kept.times_observed), (MemoryKind::Pattern, 3));
}

#[test]
fn what_differs_in_one_word_or_denies_the_other_stays_and_is_linked() {
    for (a, b) in [
        ("Show the warning before the prompt", "Show the warning after the prompt"),
        ("Run the tests with the auto strategy", "Run the tests with the manual strategy"),
        ("Retry failed uploads three times", "Retry failed uploads five times"),
        ("Enable telemetry by default", "Disable telemetry by default"),
        ("Write commit messages in English", "Write commit messages in German"),
    ] {
        let (store, found) = related(&[said(MemoryKind::Decision, a, "a", 1), said(MemoryKind::Decision, b, "b", 2)]);
        assert_eq!((found.merged, found.linked), (0, 1), "{a:?} and {b:?}");
        let linked = store.linked(MemoryId(1), 5).unwrap();
        assert!(linked.len() == 1 && linked[0].0 == MemoryId(2) && linked[0].1 > 0.65, "{linked:?}");
    }
}

#[test]
fn projects_stay_apart_and_a_pinned_memory_stays() {
    let words = ["Never mock the database in tests", "Don't use a mocked DB in the tests"];
    let mut drafts = [said(MemoryKind::Correction, words[0], "a", 1), said(MemoryKind::Correction, words[1], "b", 2)];
    drafts[0].project = Some("one".to_owned());
    drafts[1].project = Some("two".to_owned());
    assert_eq!(related(&drafts).1, Related { compared: 2, merged: 0, linked: 0 });
    drafts[1].project = Some("one".to_owned());
    drafts[1].status = MemoryStatus::Pinned;
    let (store, found) = related(&drafts);
    assert_eq!(found.merged, 1);
    assert_eq!(store.memory(MemoryId(1)).unwrap().unwrap().superseded_by, Some(MemoryId(2)));
}

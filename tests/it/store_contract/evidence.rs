//! What memories stand on: said again, superseded, merged, linked.

use memory_lane::model::{MemoryId, MemoryKind, MemoryStatus, Provenance, Timestamp, Trigger};
use memory_lane::store::{Added, MemoryEdit, Observation, Promotion, Store, StoreError};

use super::samples::{NOW, add, angle, asked, draft, scope, session_id};

fn seen(session: &str, message: &str, at: i64) -> Observation {
    Observation {
        session: session_id(session),
        message: message.to_owned(),
        at: Timestamp(at),
        quote: format!("said in {session}"),
    }
}

pub(super) fn what_is_said_again_counts_once_a_session(store: &mut dyn Store) {
    let mut first = draft("use tabs", 1);
    first.provenance.session = Some(session_id("first"));
    let id = add(store, &first);
    let times = |store: &dyn Store| store.memory(id).unwrap().unwrap().draft.times_observed;
    assert!(!store.observe_again(id, &seen("first", "m9", 2)).unwrap(), "its own session counts already");
    assert!(store.observe_again(id, &seen("second", "m1", 4)).unwrap());
    assert!(!store.observe_again(id, &seen("second", "m1", 4)).unwrap(), "the same message");
    assert!(!store.observe_again(id, &seen("second", "m2", 5)).unwrap(), "the same session");
    assert!(store.observe_again(id, &seen("third", "m1", 3)).unwrap());
    assert_eq!(times(store), 3);
    assert_eq!(store.memory(id).unwrap().unwrap().draft.kind, first.kind, "what was settled stays what it is");
    let mut learnt = draft("flags must be sorted", 1);
    (learnt.kind, learnt.provenance.session) = (MemoryKind::Learning, Some(session_id("first")));
    let learnt = add(store, &learnt);
    let kind = |store: &dyn Store| store.memory(learnt).unwrap().unwrap().draft.kind;
    store.observe_again(learnt, &seen("second", "m1", 4)).unwrap();
    assert_eq!(kind(store), MemoryKind::Learning);
    store.observe_again(learnt, &seen("third", "m1", 4)).unwrap();
    assert_eq!(kind(store), MemoryKind::Pattern, "three sessions make a pattern");
    let noted: Vec<_> = store.observations(id).unwrap().into_iter().map(|seen| (seen.session, seen.message)).collect();
    let expected = [("first", "m9"), ("third", "m1"), ("second", "m1"), ("second", "m2")];
    assert_eq!(noted, expected.map(|(session, message)| (session_id(session), message.to_owned())));
    assert_eq!(store.observations(id).unwrap()[1].quote, "said in third");
    store.forget_memory(id, NOW).unwrap();
    assert_eq!(store.observations(id).unwrap(), []);
    let unknown = store.observe_again(id, &seen("fourth", "m", 6));
    assert!(matches!(unknown, Err(StoreError::NoSuchMemory(gone)) if gone == id));
}

pub(super) fn a_superseded_memory_is_kept_but_not_recalled(store: &mut dyn Store) {
    let old = add(store, &draft("install with rocket", 1));
    let new = add(store, &draft("install with shuttle", 2));
    let mut pinned = draft("install with balloon", 1);
    pinned.status = MemoryStatus::Pinned;
    let pinned = add(store, &pinned);
    store.put_vectors("m", &[(old, angle(0.0)), (new, angle(0.1)), (pinned, angle(0.2))]).unwrap();
    assert!(store.supersede(old, new, NOW).unwrap());
    assert!(!store.supersede(old, new, NOW).unwrap(), "once");
    assert!(!store.supersede(pinned, new, NOW).unwrap(), "a person pinned it");
    assert!(!store.supersede(new, new, NOW).unwrap(), "nothing replaces itself");
    let memory = store.memory(old).unwrap().unwrap();
    assert_eq!((memory.draft.status, memory.superseded_by), (MemoryStatus::Superseded, Some(new)));
    assert!(store.matching(&asked(&["rocket"]), &scope(), 100).unwrap().scores.is_empty());
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 5).unwrap().compared, 2);
    store.edit_memory(old, &MemoryEdit { status: Some(MemoryStatus::Active), ..MemoryEdit::default() }).unwrap();
    assert_eq!(
        store.matching(&asked(&["rocket"]), &scope(), 100).unwrap().scores.len(),
        1,
        "a person may take it back"
    );
    let unknown = MemoryId(4711);
    assert!(matches!(store.supersede(unknown, new, NOW), Err(StoreError::NoSuchMemory(_))));
    assert!(matches!(store.supersede(new, unknown, NOW), Err(StoreError::NoSuchMemory(_))));
}

pub(super) fn what_a_forgotten_memory_stood_on_gives_none_again(store: &mut dyn Store) {
    let caught = |title: &str, session: &str, message: &str, trigger: Trigger| {
        let mut caught = draft(title, 1);
        caught.provenance =
            Provenance { session: Some(session_id(session)), message: Some(message.to_owned()), seq: Some(0) };
        caught.trigger = trigger;
        caught
    };
    let id = add(store, &caught("use tabs", "first", "m1", Trigger::Correction));
    store.observe_again(id, &seen("second", "m2", 2)).unwrap();
    store.forget_memory(id, NOW).unwrap();
    for (session, message) in [("first", "m1"), ("second", "m2")] {
        let again = caught("tabs, please", session, message, Trigger::Preference);
        assert_eq!(store.add_memory(&again, NOW).unwrap(), Added::Forgotten, "{session}");
    }
    add(store, &caught("`a` fails, `b` works", "first", "m1", Trigger::Recovery));
    add(store, &caught("use tabs", "third", "m1", Trigger::Correction));
    let mut by_hand = draft("use tabs", 1);
    by_hand.provenance = Provenance::default();
    add(store, &by_hand);
}

pub(super) fn merged_memories_share_their_evidence(store: &mut dyn Store) {
    let caught = |title: &str, session: &str| {
        let mut caught = draft(title, 1);
        caught.provenance.session = Some(session_id(session));
        caught.provenance.message = Some("m1".to_owned());
        caught.quote = title.to_owned();
        caught
    };
    let from = add(store, &caught("tabs, always", "first"));
    let into = add(store, &caught("use tabs", "second"));
    store.observe_again(from, &seen("third", "m3", 3)).unwrap();
    store.observe_again(from, &seen("second", "m4", 4)).unwrap();
    let pinned = MemoryEdit { status: Some(MemoryStatus::Pinned), ..MemoryEdit::default() };
    store.edit_memory(from, &pinned).unwrap();
    store.merge_memories(from, into, NOW).unwrap();
    assert_eq!(store.memory(into).unwrap().unwrap().draft.times_observed, 3, "second, first, third");
    let evidence: Vec<_> = store.observations(into).unwrap().into_iter().map(|seen| seen.session).collect();
    assert_eq!(evidence, ["first", "third", "second"].map(session_id));
    let gone = store.memory(from).unwrap().unwrap();
    assert_eq!((gone.draft.status, gone.superseded_by), (MemoryStatus::Superseded, Some(into)));
    assert_eq!(store.history(from).unwrap().valid_to, Some(NOW));
    assert_eq!(store.history(into).unwrap().supersedes, [from]);
    let unknown = MemoryId(4711);
    assert!(matches!(store.merge_memories(unknown, into, NOW), Err(StoreError::NoSuchMemory(_))));
    assert!(matches!(store.merge_memories(into, unknown, NOW), Err(StoreError::NoSuchMemory(_))));
}

pub(super) fn drafts_made_from_a_memory_are_remembered(store: &mut dyn Store) {
    let id = add(store, &draft("no load test", 1));
    let made = |path: &str, at: i64| Promotion { form: "idea".to_owned(), path: path.to_owned(), at: Timestamp(at) };
    for promotion in [made("/b.md", 1), made("/a.md", 2), made("/b.md", 3)] {
        store.note_promotion(id, &promotion).unwrap();
    }
    assert_eq!(store.history(id).unwrap().promotions, [made("/a.md", 2), made("/b.md", 3)]);
    store.forget_memory(id, NOW).unwrap();
    assert!(matches!(store.history(id), Err(StoreError::NoSuchMemory(_))));
}

pub(super) fn memories_are_linked_until_their_text_changes(store: &mut dyn Store) {
    let ids: Vec<MemoryId> = (0..4).map(|n| add(store, &draft(&format!("memory {n}"), n))).collect();
    assert_eq!(store.uncompared("m", 0).unwrap(), [], "nothing to compare by");
    let vectors: Vec<(MemoryId, Vec<f32>)> = ids[..3].iter().map(|id| (*id, angle(0.0))).collect();
    store.put_vectors("m", &vectors).unwrap();
    assert_eq!(store.uncompared("m", 2).unwrap(), ids[..2]);
    store.link(ids[0], &[]).unwrap();
    store.link(ids[1], &[(ids[0], 0.75), (ids[2], 0.875)]).unwrap();
    assert_eq!(store.uncompared("m", 0).unwrap(), [ids[2]]);
    assert_eq!(store.uncompared("other", 0).unwrap(), []);
    assert_eq!(store.linked(ids[1], 5).unwrap(), [(ids[2], 0.875), (ids[0], 0.75)]);
    assert_eq!(store.linked(ids[0], 5).unwrap(), [(ids[1], 0.75)], "both ways");
    store.supersede(ids[2], ids[0], NOW).unwrap();
    assert_eq!(store.linked(ids[1], 5).unwrap(), [(ids[0], 0.75)], "what is not recalled is not named");
    store.edit_memory(ids[1], &MemoryEdit { title: Some("other".to_owned()), ..MemoryEdit::default() }).unwrap();
    assert_eq!(store.linked(ids[0], 5).unwrap(), []);
    store.put_vectors("m", &[(ids[1], angle(0.0))]).unwrap();
    assert_eq!(store.uncompared("m", 0).unwrap(), [ids[1]], "its new text is compared anew");
}

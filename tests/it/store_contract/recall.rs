//! What is shown, how it is judged, and who works.

use memory_lane::model::{MemoryId, MemoryStatus, Outcome, Signal, Timestamp, Use};
use memory_lane::store::{MemoryEdit, RecallFilter, RecallRecord, Scope, Store, UseRecord, Uses, Vote, VoteRecord};

use super::samples::{NOW, OTHER, add, angle, draft, scope, session_id};

pub(super) fn record(memory: MemoryId, native: &str, outcome: Outcome, at: i64) -> RecallRecord {
    RecallRecord {
        memory,
        session: session_id(native),
        event: "UserPromptSubmit".to_owned(),
        trigger: "fix the build".to_owned(),
        prompt_id: Some("p1".to_owned()),
        score: 0.5,
        floor: 0.25,
        signals: vec![Signal { name: "cosine".into(), value: 0.75, effect: 0.5 }],
        outcome,
        why: "it is near".to_owned(),
        at: Timestamp(at),
    }
}

fn claim(store: &mut dyn Store, records: &[RecallRecord]) -> Vec<MemoryId> {
    store.record_recalls(records, "fix the build", "m", Some(&angle(30.0))).unwrap()
}

pub(super) fn fetch_keeps_to_the_scope(store: &mut dyn Store) {
    let ours = add(store, &draft("ours", 100));
    let mut elsewhere = draft("elsewhere", 100);
    elsewhere.project = Some(OTHER.to_owned());
    let elsewhere = add(store, &elsewhere);
    let mut anywhere = draft("anywhere", 100);
    anywhere.project = None;
    let anywhere = add(store, &anywhere);
    let late = add(store, &draft("late", 300));
    let mut own = draft("own", 100);
    own.provenance.session = Some(session_id("s"));
    let own = add(store, &own);
    let retired = add(store, &draft("retired", 100));
    store.edit_memory(retired, &MemoryEdit { status: Some(MemoryStatus::Retired), ..MemoryEdit::default() }).unwrap();

    let scope = Scope { before: Timestamp(300), not_session: Some(session_id("s")), ..scope() };
    let asked = [retired, own, late, anywhere, elsewhere, ours, MemoryId(999)];
    let found: Vec<_> =
        store.fetch(&asked, &scope).unwrap().into_iter().map(|found| (found.memory.id, found.in_scope)).collect();
    assert_eq!(found, [(anywhere, true), (elsewhere, false), (ours, true)]);
}

pub(super) fn standing_lessons_are_said_in_several_sessions(store: &mut dyn Store) {
    const DAY: i64 = 86_400_000;
    let said = |store: &mut dyn Store, text: &str, session: &str, day: i64| {
        let mut draft = draft(text, day * DAY);
        draft.provenance.session = Some(session_id(session));
        add(store, &draft)
    };
    let first = said(store, "file tickets on the heron board", "a", 1);
    let again = said(store, "please file a ticket on the heron board", "b", 20);
    said(store, "the parser drops commas", "a", 1);
    said(store, "rename the gateway module", "c", 2);
    said(store, "rename the gateway module soon", "c", 2);
    let mut imported = draft("tests run with an empty cache", 2 * DAY);
    imported.times_observed = 3;
    let imported = add(store, &imported);
    store.tidy().unwrap();

    let at = |day: i64| Scope { before: Timestamp(day * DAY), ..scope() };
    let heard = |store: &dyn Store, scope: &Scope, limit| -> Vec<(MemoryId, u32)> {
        let found = store.standing(scope, limit).unwrap();
        found.iter().map(|standing| (standing.memory, standing.sessions)).collect()
    };
    assert_eq!(heard(store, &at(3), 10), [(imported, 3)], "said once by then");
    assert_eq!(heard(store, &at(21), 10), [(again, 2), (first, 2), (imported, 3)], "what was said lately weighs most");
    assert_eq!(heard(store, &at(21), 1), [(again, 2)]);
    assert_eq!(store.standing(&at(21), 1).unwrap()[0].kin, [first]);
    assert_eq!(heard(store, &Scope { not_session: Some(session_id("b")), ..at(21) }, 10), [(imported, 3)]);
    assert_eq!(heard(store, &Scope { project: Some(OTHER.to_owned()), ..at(21) }, 10), []);

    let other_words = MemoryEdit {
        title: Some("Nothing of the kind".to_owned()),
        body: Some("Quite another matter".to_owned()),
        ..MemoryEdit::default()
    };
    store.edit_memory(again, &other_words).unwrap();
    store.tidy().unwrap();
    assert_eq!(heard(store, &at(21), 10), [(imported, 3)], "what reads otherwise is no kin any more");
}

pub(super) fn a_memory_is_claimed_once_a_session(store: &mut dyn Store) {
    let first = add(store, &draft("first", 1));
    let second = add(store, &draft("second", 1));
    let injected = |memory, native: &str| record(memory, native, Outcome::Injected, 10);
    assert_eq!(claim(store, &[injected(first, "s")]), [first]);
    assert_eq!(claim(store, &[injected(first, "s"), injected(second, "s")]), [second]);
    assert_eq!(claim(store, &[injected(first, "s"), injected(second, "s")]), []);
    assert_eq!(claim(store, &[injected(first, "t")]), [first], "another session");
    assert_eq!(store.already_shown(&session_id("s"), &[second, first]).unwrap(), [second, first]);
    assert_eq!(store.already_shown(&session_id("t"), &[second, first]).unwrap(), [first]);
    assert_eq!(store.memory(first).unwrap().unwrap().recall_count, 2);
    assert_eq!(store.counts("m").unwrap().recalls, 3);
    assert_eq!(claim(store, &[]), []);
}

pub(super) fn only_injected_memories_are_claimed(store: &mut dyn Store) {
    let memory = add(store, &draft("first", 1));
    for outcome in [Outcome::KeptBack, Outcome::Dropped] {
        assert_eq!(claim(store, &[record(memory, "s", outcome, 10)]), []);
    }
    assert_eq!(store.already_shown(&session_id("s"), &[memory]).unwrap(), []);
    assert_eq!(store.memory(memory).unwrap().unwrap().recall_count, 0);
    assert_eq!(store.recalls(&RecallFilter::default()).unwrap().len(), 2);
    assert_eq!(claim(store, &[record(memory, "s", Outcome::Injected, 11)]), [memory]);
}

pub(super) fn a_rearmed_session_is_shown_again(store: &mut dyn Store) {
    let memory = add(store, &draft("first", 1));
    for epoch in 1..=3 {
        assert_eq!(claim(store, &[record(memory, "s", Outcome::Injected, 10)]), [memory]);
        assert_eq!(claim(store, &[record(memory, "s", Outcome::Injected, 10)]), []);
        store.rearm(&session_id("s")).unwrap();
        assert_eq!(store.already_shown(&session_id("s"), &[memory]).unwrap(), []);
        assert_eq!(store.memory(memory).unwrap().unwrap().recall_count, epoch);
    }
}

pub(super) fn recalls_are_listed(store: &mut dyn Store) {
    let first = add(store, &draft("first", 1));
    let second = add(store, &draft("second", 1));
    claim(store, &[record(first, "s", Outcome::Injected, 10), record(second, "s", Outcome::KeptBack, 10)]);
    claim(store, &[record(second, "t", Outcome::Injected, 20)]);
    let check = |filter: RecallFilter, expected: &[(MemoryId, &str)]| {
        let rows = store.recalls(&filter).unwrap();
        let found: Vec<_> = rows.iter().map(|row| (row.memory, row.session.native())).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let all = RecallFilter::default;
    check(all(), &[(second, "t"), (second, "s"), (first, "s")]);
    check(RecallFilter { memory: Some(second), ..all() }, &[(second, "t"), (second, "s")]);
    check(RecallFilter { session: Some(session_id("s")), ..all() }, &[(second, "s"), (first, "s")]);
    check(RecallFilter { injected: true, ..all() }, &[(second, "t"), (first, "s")]);
    check(RecallFilter { limit: 1, ..all() }, &[(second, "t")]);
    let row = store.recalls(&RecallFilter { memory: Some(first), injected: true, ..all() }).unwrap().remove(0);
    assert_eq!((row.event.as_str(), row.trigger.as_str()), ("UserPromptSubmit", "fix the build"));
    assert_eq!(row.why, "it is near");
    assert_eq!((row.outcome.as_str(), row.at), ("injected", Timestamp(10)));
    assert!((row.score - 0.5).abs() < 1e-6);
    assert_eq!(row.signals[0]["name"], "cosine");
    assert_eq!(row.signals[0]["value"], 0.75);

    claim(store, &[record(first, "u", Outcome::Shadowed, 5)]);
    let shadowed = store.recalls(&RecallFilter { shadowed: true, ..all() }).unwrap();
    assert_eq!((shadowed.len(), shadowed[0].session.native()), (1, "u"));
    assert_eq!(store.already_shown(&session_id("u"), &[first]).unwrap(), []);
}

pub(super) fn recalls_of_forgotten_memories_are_dropped(store: &mut dyn Store) {
    let memory = add(store, &draft("first", 1));
    let other = add(store, &draft("second", 1));
    claim(store, &[record(memory, "s", Outcome::Injected, 10)]);
    store.forget_memory(memory, NOW).unwrap();
    assert_eq!(store.recalls(&RecallFilter::default()).unwrap(), []);
    let both = [record(memory, "s", Outcome::Injected, 11), record(other, "s", Outcome::Injected, 11)];
    assert_eq!(claim(store, &both), [other]);
}

pub(super) fn votes_keep_their_situation(store: &mut dyn Store) {
    let memory = add(store, &draft("first", 1));
    let other = add(store, &draft("second", 1));
    let vote = |store: &mut dyn Store, up, native: Option<&str>| {
        store.vote(&VoteRecord { memory, up, session: native.map(session_id), at: NOW }).unwrap();
    };
    vote(store, true, None);
    let mut recalled = |native, outcome, at, degrees| {
        let records = [record(memory, native, outcome, at)];
        store.record_recalls(&records, "a query", "m", Some(&angle(degrees))).unwrap();
    };
    recalled("s", Outcome::Injected, 10, 10.0);
    recalled("t", Outcome::Injected, 20, 20.0);
    recalled("u", Outcome::Dropped, 30, 30.0);
    vote(store, false, None);
    vote(store, true, Some("s"));
    vote(store, true, Some("u"));
    let found = store.votes(&[other, memory]).unwrap();
    let expected = |value, vector| Vote { memory, value, vector };
    assert_eq!(
        found,
        [expected(1, None), expected(-1, Some(angle(20.0))), expected(1, Some(angle(10.0))), expected(1, None)]
    );
    store.record_recalls(&[record(memory, "v", Outcome::Injected, 40)], "a query", "", None).unwrap();
    vote(store, true, Some("v"));
    assert_eq!(store.votes(&[memory]).unwrap()[4], expected(1, None), "the query was not embedded");
}

pub(super) fn leases_exclude_and_run_out(store: &mut dyn Store) {
    let at = Timestamp;
    assert!(store.take_lease("ingest", "a", at(0), 100).unwrap());
    assert!(!store.take_lease("ingest", "b", at(99), 100).unwrap());
    assert!(store.take_lease("catch", "b", at(99), 100).unwrap(), "another lease");
    assert!(store.take_lease("ingest", "a", at(50), 100).unwrap(), "renewed");
    assert!(!store.take_lease("ingest", "b", at(149), 100).unwrap());
    assert!(store.take_lease("ingest", "b", at(150), 100).unwrap(), "run out");
    store.release_lease("ingest", "a").unwrap();
    assert!(!store.take_lease("ingest", "a", at(151), 100).unwrap(), "another's lease is not given back");
    store.release_lease("ingest", "b").unwrap();
    assert!(store.take_lease("ingest", "a", at(152), 100).unwrap());
}

pub(super) fn uses_are_judged_once(store: &mut dyn Store) {
    let first = add(store, &draft("first", 1));
    let second = add(store, &draft("second", 1));
    claim(store, &[record(first, "s", Outcome::Injected, 10), record(second, "s", Outcome::KeptBack, 10)]);
    claim(store, &[record(first, "t", Outcome::Injected, 20)]);
    let started = RecallRecord { event: "SessionStart".to_owned(), ..record(second, "t", Outcome::Injected, 30) };
    claim(store, &[started]);
    let open = store.unjudged(0).unwrap();
    assert_eq!(store.unjudged(1).unwrap(), open[..1]);
    let places: Vec<_> = open.iter().map(|open| (open.memory, open.session.native(), open.at.millis())).collect();
    assert_eq!(places, [(first, "t", 20), (first, "s", 10)], "latest first; the start of a session is no turn");
    assert_eq!(store.uses(&[first, second]).unwrap(), []);
    for (recall, outcome) in open.iter().zip([Use::Followed, Use::Contradicted]) {
        store.note_use(&UseRecord { outcome, why: "seen".to_owned(), ..recall.clone() }).unwrap();
    }
    store.note_use(&UseRecord { outcome: Use::Followed, ..open[1].clone() }).unwrap();
    store.note_use(&UseRecord { memory: MemoryId(99), ..open[1].clone() }).unwrap();
    assert_eq!(store.unjudged(0).unwrap(), []);
    let expected = Uses { memory: first, followed: 2, ignored: 0, contradicted: 0 };
    assert_eq!(store.uses(&[second, first, MemoryId(99)]).unwrap(), [expected]);
    store.forget_memory(first, NOW).unwrap();
    assert_eq!(store.uses(&[first]).unwrap(), []);
}

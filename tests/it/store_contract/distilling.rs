//! What distillers have read, and what they have spent.

use memory_lane::model::{MemoryDraft, MemoryKind, MemoryStatus, Provenance, Timestamp, Trigger};
use memory_lane::store::{Added, DistilFilter, DistilWork, DistillerCall, MemoryFilter, Pause, Quota, Spent, Store};

use super::samples::{NOW, agent, session_id, user, with_steps};

fn at(session: &str, title: &str) -> MemoryDraft {
    let mut draft = MemoryDraft::new(MemoryKind::Decision, title, "body", NOW);
    draft.trigger = Trigger::Distilled;
    draft.provenance = Provenance { session: Some(session_id(session)), message: Some("u0".to_owned()), seq: Some(0) };
    draft
}

fn two_turns(native: &str) -> memory_lane::store::Append {
    let id = |n: u32| format!("{native}{n}");
    with_steps(
        native,
        vec![
            user(0, 0, &id(0), "one"),
            agent(0, 1, &id(1), "done"),
            user(1, 2, &id(2), "two"),
            agent(1, 3, &id(3), "done"),
        ],
    )
}

pub(super) fn undistilled_sessions_are_work_until_recorded(store: &mut dyn Store) {
    store.append(&two_turns("s")).unwrap();
    let work = |from_seq, from_turn| DistilWork { session: session_id("s"), from_seq, from_turn, upto_seq: 4 };
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), [work(0, 0)]);
    store.record_distilled(&session_id("s"), 2, &[], &[], NOW).unwrap();
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), [work(2, 1)], "from where it was left");
    store.record_distilled(&session_id("s"), 4, &[], &[], NOW).unwrap();
    store.record_distilled(&session_id("s"), 1, &[], &[], NOW).unwrap();
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), [], "what was read stays read");
    let mut again = two_turns("s");
    again.restart = true;
    store.append(&again).unwrap();
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), [], "reading a file anew costs nothing");
    let mut of_agent = two_turns("sub");
    of_agent.head.subagent = true;
    store.append(&of_agent).unwrap();
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), [], "sub-agents are left out");
}

pub(super) fn nothing_is_distilled_into_a_forgotten_session(store: &mut dyn Store) {
    store.append(&two_turns("s")).unwrap();
    store.forget_session(&session_id("s"), NOW).unwrap();
    let ids = store.record_distilled(&session_id("s"), 4, &[at("s", "too late")], &[], NOW).unwrap();
    assert_eq!((ids, store.memories(&MemoryFilter::default()).unwrap()), (vec![None], Vec::new()));
    assert_eq!(store.undistilled(&DistilFilter::default()).unwrap(), []);
}

pub(super) fn ready_sessions_need_not_be_quiet_and_the_latest_come_first(store: &mut dyn Store) {
    for (native, ended_at) in [("old", 1_000), ("ready", 8_000), ("running", 9_000)] {
        let mut append = two_turns(native);
        append.head.ended_at = Some(Timestamp(ended_at));
        store.append(&append).unwrap();
    }
    let mut filter = DistilFilter {
        quiet_since: Some(Timestamp(5_000)),
        ready: vec![session_id("ready")],
        ..DistilFilter::default()
    };
    let names = |filter: &DistilFilter| -> Vec<String> {
        let works = store.undistilled(filter).unwrap();
        works.into_iter().map(|work| work.session.native().to_owned()).collect()
    };
    assert_eq!(names(&filter), ["ready", "old"]);
    filter.limit = Some(1);
    assert_eq!(names(&filter), ["ready"]);
    filter.limit = Some(0);
    assert_eq!(names(&filter), [""; 0]);
}

pub(super) fn undistilled_sessions_are_filtered_by_their_end(store: &mut dyn Store) {
    for (native, ended_at) in [("old", 1_000), ("new", 9_000)] {
        let mut append = two_turns(native);
        append.head.ended_at = Some(Timestamp(ended_at));
        store.append(&append).unwrap();
    }
    let found = |since: Option<i64>, quiet_since: Option<i64>| {
        let filter = DistilFilter {
            since: since.map(Timestamp),
            quiet_since: quiet_since.map(Timestamp),
            ..DistilFilter::default()
        };
        let work = store.undistilled(&filter).unwrap();
        work.into_iter().map(|work| work.session.native().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(None, None), ["new", "old"]);
    assert_eq!(found(Some(5_000), None), ["new"]);
    assert_eq!(found(None, Some(5_000)), ["old"]);
    assert_eq!(found(Some(2_000), Some(5_000)), [""; 0]);
}

pub(super) fn what_is_distilled_takes_its_places_in_one_step(store: &mut dyn Store) {
    store.append(&two_turns("s")).unwrap();
    let mut ids = |drafts: &[MemoryDraft], replaced: &[(usize, memory_lane::model::MemoryId)]| {
        store.record_distilled(&session_id("s"), 4, drafts, replaced, NOW).unwrap()
    };
    let old = ids(&[at("s", "by rules")], &[])[0].unwrap();
    let new = ids(&[at("s", "by a model"), at("s", "by rules")], &[(0, old), (1, old)]);
    assert!(new[0].is_some() && new[1].is_none(), "the second was known: {new:?}");
    let replaced = store.memory(old).unwrap().unwrap();
    assert_eq!((replaced.draft.status, replaced.superseded_by), (MemoryStatus::Superseded, new[0]));
    let active = store.memories(&MemoryFilter::default()).unwrap();
    assert_eq!(active.iter().map(|memory| memory.draft.title.as_str()).collect::<Vec<_>>(), ["by a model"]);
}

pub(super) fn what_was_forgotten_does_not_come_back_in_other_words(store: &mut dyn Store) {
    store.append(&two_turns("s")).unwrap();
    let Added::New(id) = store.add_memory(&at("s", "by rules"), NOW).unwrap() else { panic!("it is new") };
    store.forget_memory(id, NOW).unwrap();
    let mut elsewhere = at("s", "of another message");
    (elsewhere.provenance.seq, elsewhere.provenance.message) = (Some(2), Some("other".to_owned()));
    let ids = store.record_distilled(&session_id("s"), 4, &[at("s", "by a model"), elsewhere], &[], NOW).unwrap();
    assert!(ids[0].is_none() && ids[1].is_some(), "{ids:?}");
}

pub(super) fn calls_are_counted_from_before_they_are_made(store: &mut dyn Store) {
    let cost = Spent { calls: 1, input_tokens: 100, output_tokens: 10, microdollars: 7 };
    let call = |at: i64| DistillerCall {
        at: Timestamp(NOW.millis() + at),
        distiller: "ollama".to_owned(),
        model: "m".to_owned(),
        cost,
    };
    let first = store.begin_call(&call(0)).unwrap();
    assert_eq!(store.spent(Timestamp(NOW.millis() - 1)).unwrap(), cost, "a killed run has spent what it sent");
    let real = Spent { calls: 1, input_tokens: 90, output_tokens: 20, microdollars: 8 };
    store.end_call(first, "answered", Some(real)).unwrap();
    let second = store.begin_call(&call(1_000)).unwrap();
    store.end_call(second, "busy", None).unwrap();
    let both = Spent { calls: 2, input_tokens: 190, output_tokens: 30, microdollars: 15 };
    assert_eq!(store.spent(Timestamp(NOW.millis() - 1)).unwrap(), both);
    assert_eq!(store.spent(NOW).unwrap(), cost, "only what came after");
    assert_eq!(both.tokens(), 220);
}

pub(super) fn a_pause_ends_by_itself_and_failures_do_not(store: &mut dyn Store) {
    let pause = Pause { until: Timestamp(NOW.millis() + 10), cause: "quota".to_owned(), why: "429".to_owned() };
    assert_eq!(store.note_failure("claude").unwrap(), 1);
    store.set_pause("claude", Some(&pause)).unwrap();
    assert_eq!(store.pause("claude", NOW).unwrap(), Some(pause.clone()));
    assert_eq!(store.pause("ollama", NOW).unwrap(), None);
    assert_eq!(store.pause("claude", pause.until).unwrap(), None);
    assert_eq!(store.note_failure("claude").unwrap(), 2, "a pause is no success");
    store.set_pause("claude", None).unwrap();
    assert_eq!((store.pause("claude", NOW).unwrap(), store.note_failure("claude").unwrap()), (None, 1));
}

pub(super) fn quotas_are_kept_until_they_are_reset(store: &mut dyn Store) {
    let quota = |name: &str, used, resets_at| Quota { name: name.to_owned(), used, resets_at: Timestamp(resets_at) };
    store.note_quotas("claude", &[quota("a", 0.25, 20), quota("b", 0.5, 10)]).unwrap();
    store.note_quotas("openai", &[quota("a", 1.0, 30)]).unwrap();
    assert_eq!(store.quotas("claude", Timestamp(9)).unwrap(), [quota("b", 0.5, 10), quota("a", 0.25, 20)]);
    assert_eq!(store.quotas("claude", Timestamp(10)).unwrap(), [quota("a", 0.25, 20)]);
    store.note_quotas("claude", &[quota("a", 0.75, 40)]).unwrap();
    assert_eq!(store.quotas("claude", Timestamp(10)).unwrap(), [quota("a", 0.75, 40)], "the latest counts");
    assert_eq!(store.quotas("ollama", Timestamp(0)).unwrap(), []);
}

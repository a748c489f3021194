//! The worker's queue, and what a run of the catcher leaves.

use memory_lane::model::{MemoryStatus, Occasion, Timestamp};
use memory_lane::store::{CatchWork, Found, Observation, Request, Store, StoreError, Waiting, WorkerRun};

use super::samples::{NOW, add, agent, draft, session_id, user, with_steps};

fn request(occasion: Occasion, native: &str) -> Request {
    let (session, transcript) = (Some(session_id(native)), Some(format!("/transcripts/{native}.jsonl")));
    Request { occasion, session, transcript, at: NOW }
}

pub(super) fn requests_wait_until_served_and_wait_once(store: &mut dyn Store) {
    assert_eq!(store.queued().unwrap(), []);
    let bare = Request { occasion: Occasion::Schedule, session: None, transcript: None, at: NOW };
    for asked in [&request(Occasion::Stop, "a"), &bare, &request(Occasion::End, "a")] {
        store.enqueue(asked).unwrap();
    }
    let first = store.queued().unwrap();
    let asked: Vec<Request> = first.iter().map(|queued| queued.request.clone()).collect();
    assert_eq!(asked, [request(Occasion::Stop, "a"), bare, request(Occasion::End, "a")]);
    // Asked again while it is being served: it must not go with the first.
    store.enqueue(&request(Occasion::Stop, "a")).unwrap();
    store.served(first[2].id).unwrap();
    let left = store.queued().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].request, request(Occasion::Stop, "a"));
    store.served(left[0].id).unwrap();
    store.enqueue(&request(Occasion::Stop, "a")).unwrap();
    assert!(store.queued().unwrap()[0].id > left[0].id, "a number is not given twice");
}

pub(super) fn runs_are_kept_and_bounded(store: &mut dyn Store) {
    assert_eq!(store.runs().unwrap(), []);
    let run = |number: i64| WorkerRun {
        occasions: "end stop".to_owned(),
        started_at: Timestamp(number),
        ended_at: Timestamp(number + 5),
        looked_everywhere: number % 2 == 0,
        files: 1,
        sessions: 2,
        memories: 3,
        failure: (number == 149).then(|| "no room".to_owned()),
    };
    for number in 0..150 {
        store.note_run(&run(number)).unwrap();
    }
    let runs = store.runs().unwrap();
    assert_eq!((runs.len(), &runs[0], &runs[1]), (100, &run(149), &run(148)));
    store.take_lease("worker", "4711", Timestamp(1), 10).unwrap();
    let lease = store.lease("worker").unwrap().unwrap();
    assert_eq!((lease.holder.as_str(), lease.until), ("4711", Timestamp(11)));
    assert_eq!(store.lease("other").unwrap(), None);
}

pub(super) fn sessions_wait_with_their_prompts(store: &mut dyn Store) {
    store.append(&with_steps("s", vec![user(0, 0, "u0", "one"), agent(0, 1, "u1", "two")])).unwrap();
    let waiting = |prompts, from_turn, upto_seq| Waiting {
        work: CatchWork { session: session_id("s"), from_turn, upto_seq },
        prompts,
        last_at: Some(Timestamp(2_000)),
    };
    assert_eq!(store.waiting(1).unwrap(), [waiting(1, 0, 2)]);
    store.record_caught(&waiting(1, 0, 2).work, 1, &Found::default(), NOW).unwrap();
    assert_eq!(store.waiting(1).unwrap(), []);
    store.append(&with_steps("s", vec![user(1, 2, "u2", "three"), user(2, 3, "u3", "four")])).unwrap();
    assert_eq!(store.waiting(1).unwrap(), [waiting(2, 1, 4)]);
    assert_eq!(store.waiting(2).unwrap(), [waiting(3, 0, 4)], "another version reads all");
}

pub(super) fn what_was_found_goes_in_as_a_whole(store: &mut dyn Store) {
    store.append(&with_steps("s", vec![user(0, 0, "u0", "one")])).unwrap();
    let work = store.uncaught(1).unwrap().remove(0);
    let (old, other) = (add(store, &draft("use npm", 1)), add(store, &draft("use tabs", 1)));
    let seen =
        Observation { session: session_id("s"), message: "u0".to_owned(), at: NOW, quote: "use tabs".to_owned() };
    let found = Found {
        new: vec![draft("use pnpm", 2), draft("use npm", 1)],
        replaces: vec![(0, vec![old]), (1, vec![other])],
        replaced: Vec::new(),
        again: vec![(other, seen.clone())],
    };
    // One memory of it is unknown, so nothing of it goes in: neither memories nor how far was read.
    let broken = Found { again: vec![(memory_lane::model::MemoryId(4711), seen)], ..found.clone() };
    let failed = store.record_caught(&work, 1, &broken, NOW);
    assert!(matches!(failed, Err(StoreError::NoSuchMemory(_))), "{failed:?}");
    assert_eq!(store.memories(&Default::default()).unwrap().len(), 2);
    assert_eq!(store.memory(old).unwrap().unwrap().draft.status, MemoryStatus::Active);
    assert_eq!(store.uncaught(1).unwrap().len(), 1);

    let recorded = store.record_caught(&work, 1, &found, NOW).unwrap();
    assert_eq!((recorded.new.len(), &recorded.superseded[..], recorded.observed), (1, &[old][..], 1));
    assert_eq!(store.memory(old).unwrap().unwrap().superseded_by, Some(recorded.new[0]));
    assert_eq!(store.history(old).unwrap().valid_to, Some(Timestamp(2)), "until the other was said");
    assert_eq!(store.memory(other).unwrap().unwrap().superseded_by, None, "what was known replaces nothing");
    assert_eq!(store.uncaught(1).unwrap(), []);
}

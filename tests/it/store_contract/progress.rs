//! How far transcripts were read, what was not understood in them, and how far they were caught from.

use memory_lane::model::{RAW_BYTES, RAW_SESSION_BYTES, RawRecord, Timestamp, ToolStatus};
use memory_lane::store::{Append, CatchWork, Found, Recorded, SkippedRecord, Store};

use super::samples::{LANE, NOW, OTHER, agent, called, draft, empty_append, session_id, tool_call, user, with_steps};

pub(super) fn transcripts_are_remembered(store: &mut dyn Store) {
    let mut append = empty_append("s");
    append.state.next_seq = 9;
    store.append(&append).unwrap();
    assert_eq!(store.transcripts().unwrap(), [append.state.clone()]);
    append.state.offset = 1 << 40;
    append.state.prefix_hash = [9; 32];
    store.append(&append).unwrap();
    store.touch_transcript(&append.state.path, 77, -1).unwrap();
    append.state.size = 77;
    append.state.mtime_ns = -1;
    assert_eq!(store.transcripts().unwrap(), [append.state]);
}

pub(super) fn skipped_records_are_summed(store: &mut dyn Store) {
    let record = |why: &str, line, count| SkippedRecord { why: why.to_owned(), line, count };
    for (native, skipped) in
        [("a", record("not JSON", 9, 1)), ("a", record("not JSON", 4, 2)), ("b", record("odd", 1, 2))]
    {
        store.append(&Append { skipped: vec![skipped], ..empty_append(native) }).unwrap();
    }
    assert_eq!(store.skipped().unwrap(), [record("not JSON", 4, 3), record("odd", 1, 2)]);
}

pub(super) fn what_was_not_understood_is_kept_within_bounds(store: &mut dyn Store) {
    let record = |line: u64, length: usize| RawRecord {
        why: "unknown type x".to_owned(),
        line,
        bytes: 99,
        text: "y".repeat(length),
    };
    let raw = vec![record(4, 10), record(2, 20)];
    store.append(&Append { raw, ..empty_append("s") }).unwrap();
    let raw = (10..40).map(|line| record(line, RAW_BYTES)).collect();
    store.append(&Append { raw, ..empty_append("s") }).unwrap();
    let kept = store.raw_records(&session_id("s")).unwrap();
    assert_eq!(kept[..2], [record(2, 20), record(4, 10)], "in the order of the transcript");
    let bytes: usize = kept.iter().map(|record| record.text.len()).sum();
    assert!((RAW_SESSION_BYTES..RAW_SESSION_BYTES + RAW_BYTES).contains(&bytes), "{bytes}");
    assert_eq!(store.raw_records(&session_id("other")).unwrap(), []);
    store.append(&Append { restart: true, raw: vec![record(1, 1)], ..empty_append("s") }).unwrap();
    assert_eq!(store.raw_records(&session_id("s")).unwrap(), [record(1, 1)]);
}

pub(super) fn uncaught_sessions_are_work_until_recorded(store: &mut dyn Store) {
    let mut later = with_steps("later", vec![user(0, 0, "l0", "hi")]);
    later.head.started_at = Some(Timestamp(5_000));
    store.append(&later).unwrap();
    store.append(&with_steps("s", vec![user(0, 0, "u0", "one"), agent(0, 1, "u1", "two")])).unwrap();
    let mut inner = with_steps("agent-1", vec![user(0, 0, "i0", "inner")]);
    inner.head.subagent = true;
    store.append(&inner).unwrap();
    store.append(&empty_append("empty")).unwrap();

    let work = |native: &str, from_turn, upto_seq| CatchWork { session: session_id(native), from_turn, upto_seq };
    assert_eq!(store.uncaught(1).unwrap(), [work("s", 0, 2), work("later", 0, 1)]);
    let mut caught = draft("caught", 1);
    caught.provenance.session = Some(session_id("s"));
    let twice = vec![caught.clone(), caught.clone()].into();
    let recorded = store.record_caught(&work("s", 0, 2), 1, &twice, NOW).unwrap();
    assert_eq!(recorded.new.len(), 1, "the same moment is stored once");
    assert_eq!(store.uncaught(1).unwrap(), [work("later", 0, 1)]);
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().memories, 1);

    store
        .append(&with_steps("s", vec![called(0, "u2", tool_call(2, "c", ToolStatus::Ok)), user(1, 3, "u3", "x")]))
        .unwrap();
    assert_eq!(store.uncaught(1).unwrap()[0], work("s", 0, 4), "a late step of an old turn is unread");
    assert_eq!(store.uncaught(2).unwrap()[0], work("s", 0, 4), "another version reads all");
    store.record_caught(&work("s", 0, 4), 1, &Found::default(), NOW).unwrap();
    store.append(&with_steps("s", vec![agent(1, 4, "u4", "y")])).unwrap();
    assert_eq!(store.uncaught(1).unwrap()[0], work("s", 1, 5));
    let known = store.record_caught(&work("s", 1, 5), 1, &vec![caught].into(), NOW).unwrap();
    assert_eq!(known, Recorded::default(), "known before");
    store.record_caught(&work("s", 0, 2), 1, &Found::default(), NOW).unwrap();
    assert_eq!(store.uncaught(1).unwrap(), [work("later", 0, 1)], "a slower reader takes nothing back");
}

pub(super) fn prompts_of_other_sessions_are_listed(store: &mut dyn Store) {
    for (native, project) in [("a", LANE), ("b", LANE), ("c", OTHER)] {
        let mut append =
            with_steps(native, vec![user(0, 0, "", native), agent(0, 1, "", "no"), user(1, 2, "", "late")]);
        append.head.project.as_mut().unwrap().key = project.to_owned();
        store.append(&append).unwrap();
    }
    let prompts = store.prompts(LANE, &session_id("b"), Timestamp(1_002)).unwrap();
    assert_eq!(prompts, [(session_id("a"), Timestamp(1_000), "a".to_owned())]);
}

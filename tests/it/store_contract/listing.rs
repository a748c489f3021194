//! Which sessions there are, by what they are and what became of them.

use memory_lane::model::{FileAction, Project, SessionId, SessionOutcome, Timestamp, ToolStatus, TouchedFile};
use memory_lane::store::{Append, SessionEdit, SessionFilter, Store};

use super::samples::{
    LANE, NOW, OTHER, agent, called, empty_append, failed_result, session_id, tool_call, user, with_steps,
};

pub(super) fn sessions_are_filtered(store: &mut dyn Store) {
    for (native, project, branch, ended_at) in
        [("a", LANE, "main", 1_000), ("b", LANE, "topic", 3_000), ("c", OTHER, "main", 2_000)]
    {
        let mut append = empty_append(native);
        append.head.project.as_mut().unwrap().key = project.to_owned();
        append.head.branch = Some(branch.to_owned());
        append.head.ended_at = Some(Timestamp(ended_at));
        store.append(&append).unwrap();
    }
    let mut inner = empty_append("agent-1");
    inner.head.subagent = true;
    inner.head.parent = Some(session_id("a"));
    store.append(&inner).unwrap();
    let mut begun = empty_append("c");
    begun.head.project.as_mut().unwrap().key = OTHER.to_owned();
    begun.head.headless = true;
    store.append(&begun).unwrap();

    let check = |filter: SessionFilter, expected: &[&str]| {
        let found: Vec<SessionId> = store.sessions(&filter).unwrap().into_iter().map(|session| session.id).collect();
        assert_eq!(found, expected.iter().map(|native| session_id(native)).collect::<Vec<_>>(), "{filter:?}");
    };
    let all = SessionFilter::default;
    check(all(), &["b", "c", "a"]);
    check(SessionFilter { project: Some(LANE.to_owned()), ..all() }, &["b", "a"]);
    check(SessionFilter { branch: Some("main".to_owned()), ..all() }, &["c", "a"]);
    check(SessionFilter { since: Some(Timestamp(2_000)), ..all() }, &["b", "c"]);
    check(SessionFilter { limit: 1, ..all() }, &["b"]);
    check(SessionFilter { headless: true, ..all() }, &["c"]);
    assert!(store.session(&session_id("c")).unwrap().unwrap().headless);
    check(SessionFilter { subagents: true, project: Some(LANE.to_owned()), ..all() }, &["b", "agent-1", "a"]);
}

pub(super) fn sessions_are_filtered_by_what_became_of_them(store: &mut dyn Store) {
    let mut failed = with_steps("failed", vec![user(0, 0, "", "do it")]);
    failed.head.pull_requests = vec!["https://example.org/lane/memory/pull/428".to_owned()];
    failed.head.started_at = Some(Timestamp(500));
    store.append(&failed).unwrap();
    store.append(&with_steps("ended", vec![user(0, 0, "", "do it"), agent(0, 1, "", "done")])).unwrap();
    store.append(&empty_append("empty")).unwrap();
    store.claim_sessions("pine").unwrap();
    let mut inner = with_steps("inner", vec![agent(0, 0, "", "work")]);
    inner.head.subagent = true;
    inner.head.parent = Some(session_id("ended"));
    store.append(&inner).unwrap();
    store.claim_sessions("oak").unwrap();
    store.edit_session(&session_id("ended"), &SessionEdit::Pin(Some(NOW))).unwrap();

    let check = |filter: SessionFilter, expected: &[&str]| {
        let found: Vec<SessionId> = store.sessions(&filter).unwrap().into_iter().map(|session| session.id).collect();
        assert_eq!(found, expected.iter().map(|native| session_id(native)).collect::<Vec<_>>(), "{filter:?}");
    };
    let all = || SessionFilter { subagents: true, ..SessionFilter::default() };
    check(SessionFilter { with_steps: true, ..all() }, &["inner", "ended", "failed"]);
    check(SessionFilter { outcome: Some(SessionOutcome::Failed), ..all() }, &["failed"]);
    check(SessionFilter { host: Some("OAK".to_owned()), ..all() }, &["inner"]);
    check(SessionFilter { host: Some("pine".to_owned()), ..all() }, &["empty", "ended", "failed"]);
    check(SessionFilter { pull_request: Some("428".to_owned()), ..all() }, &["failed"]);
    check(SessionFilter { pull_request: Some("8".to_owned()), ..all() }, &[]);
    check(SessionFilter { parent: Some(session_id("ended")), ..all() }, &["inner"]);
    check(SessionFilter { before: Some(Timestamp(1_000)), ..all() }, &["failed"]);
    check(SessionFilter { pinned: true, ..all() }, &["ended"]);
    assert_eq!(store.projects().unwrap(), [LANE]);
}

pub(super) fn outcomes_follow_the_last_steps(store: &mut dyn Store) {
    let outcome = |store: &dyn Store| store.session(&session_id("s")).unwrap().unwrap().outcome;
    store.append(&with_steps("s", vec![user(0, 0, "u0", "run it")])).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Failed, "nobody answered");
    store.append(&with_steps("s", vec![called(0, "u1", tool_call(1, "c1", ToolStatus::Pending))])).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Interrupted);
    store.append(&Append { results: vec![failed_result("c1")], ..empty_append("s") }).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Failed);
    let mut again = tool_call(2, "c2", ToolStatus::Failed);
    again.files = vec![TouchedFile { path: "src/a.rs".to_owned(), action: FileAction::Read }];
    store.append(&with_steps("s", vec![called(0, "u2", again), agent(0, 3, "u3", "it does not work")])).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Failed, "it failed twice, and the agent gave up");
    store.append(&with_steps("s", vec![user(1, 4, "u4", "never mind"), agent(1, 5, "u5", "fine")])).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Ended);
    let session = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!((session.turns, session.files), (2, 1));
    let mut stopped = with_steps("s", vec![user(2, 6, "u6", "once more")]);
    stopped.head.interrupts = 1;
    store.append(&stopped).unwrap();
    assert_eq!(outcome(store), SessionOutcome::Interrupted);
}

pub(super) fn a_person_pins_and_names_sessions(store: &mut dyn Store) {
    let mut append = empty_append("s");
    append.head.custom_title = Some("by the agent's person".to_owned());
    store.append(&append).unwrap();
    let id = session_id("s");
    let title = |store: &dyn Store| store.session(&id).unwrap().unwrap().title;
    assert!(store.edit_session(&id, &SessionEdit::Title(Some("here".to_owned()))).unwrap());
    assert!(store.edit_session(&id, &SessionEdit::Pin(Some(Timestamp(5)))).unwrap());
    append.restart = true;
    store.append(&append).unwrap();
    assert_eq!(title(store).as_deref(), Some("here"), "reading the file anew takes nothing back");
    assert_eq!(store.session(&id).unwrap().unwrap().pinned_at, Some(Timestamp(5)));
    store.edit_session(&id, &SessionEdit::Title(None)).unwrap();
    store.edit_session(&id, &SessionEdit::Pin(None)).unwrap();
    assert_eq!(title(store).as_deref(), Some("by the agent's person"));
    assert_eq!(store.session(&id).unwrap().unwrap().pinned_at, None);
    assert!(!store.edit_session(&session_id("none"), &SessionEdit::Pin(None)).unwrap());
}

pub(super) fn sessions_are_found_by_prefix(store: &mut dyn Store) {
    for native in ["abc1", "abc2", "abd"] {
        store.append(&empty_append(native)).unwrap();
    }
    assert_eq!(store.sessions_starting("abc").unwrap(), [session_id("abc1"), session_id("abc2")]);
    assert_eq!(store.sessions_starting("ab_").unwrap(), []);
    for number in 0..12 {
        store.append(&empty_append(&format!("many{number}"))).unwrap();
    }
    assert_eq!(store.sessions_starting("many").unwrap().len(), 10);
}

pub(super) fn projects_say_where_they_lie(store: &mut dyn Store) {
    for (native, project, root) in [("a", OTHER, ""), ("b", LANE, "/srv/memory"), ("c", LANE, "/srv/tree")] {
        let mut append = empty_append(native);
        append.head.project = Some(Project { key: project.to_owned(), name: native.to_owned(), root: root.to_owned() });
        store.append(&append).unwrap();
    }
    assert_eq!(store.projects().unwrap(), [LANE, OTHER]);
    assert_eq!(store.project_roots().unwrap(), ["/srv/tree"], "as it was last seen");
}

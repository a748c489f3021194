//! Transcripts in, sessions and turns out.

use memory_lane::model::{FileAction, ModelUse, RawRecord, Step, Timestamp, ToolCall, ToolStatus, TouchedFile};
use memory_lane::store::{
    Append, DistilFilter, MemoryFilter, MessageQuery, SeenFiles, SessionFilter, SkippedRecord, Store, ToolResult,
};

use super::samples::{
    LANE, NOW, agent, called, draft, empty_append, failed_result, session_id, strings, tool_call, user, with_steps,
};

pub(super) fn a_session_tells_what_its_transcript_says(store: &mut dyn Store) {
    let mut failed = tool_call(2, "c1", ToolStatus::Failed);
    failed.files = vec![TouchedFile { path: "src/a.rs".to_owned(), action: FileAction::Edit }];
    let mut append =
        with_steps("s", vec![user(0, 0, "u0", "fix the build"), agent(0, 1, "u1", "done"), called(0, "u2", failed)]);
    append.head.interrupts = 1;
    append.head.compactions = 2;
    append.head.pull_requests = vec!["https://github.com/lane/memory/pull/1".to_owned()];
    let appended = store.append(&append).unwrap();
    assert!(appended.new_session);
    assert_eq!((appended.messages, appended.calls, appended.copies), (2, 1, 0));

    let session = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!(session.id, session_id("s"));
    assert_eq!(session.project.as_deref(), Some(LANE));
    assert_eq!(session.cwd.as_deref(), Some("/srv/memory"));
    assert_eq!(session.branch.as_deref(), Some("main"));
    assert_eq!(session.first_prompt.as_deref(), Some("fix the build"));
    assert_eq!(session.first_prompt_at, Some(Timestamp(1_000)));
    assert_eq!(session.last_message.as_deref(), Some("done"));
    assert_eq!(session.last_message_at, Some(Timestamp(1_001)));
    assert_eq!((session.started_at, session.ended_at), (Some(Timestamp(1_000)), Some(Timestamp(2_000))));
    assert_eq!((session.user_messages, session.agent_messages), (1, 1));
    assert_eq!((session.tool_calls, session.failed_calls), (1, 1));
    assert_eq!((session.interrupts, session.compactions), (1, 2));
    assert_eq!(session.pull_requests, ["https://github.com/lane/memory/pull/1"]);
    assert_eq!(store.session(&session_id("none")).unwrap(), None);
}

pub(super) fn a_session_tells_which_files_it_had(store: &mut dyn Store) {
    let touching = |seq, id: &str, status, path: &str| {
        let files = vec![TouchedFile { path: path.to_owned(), action: FileAction::Read }];
        called(0, &format!("u{id}"), ToolCall { files, ..tool_call(seq, id, status) })
    };
    let steps =
        vec![touching(0, "c0", ToolStatus::Ok, "src/a.rs"), touching(1, "c1", ToolStatus::Failed, "src/missing.rs")];
    store.append(&with_steps("s", steps)).unwrap();
    let other = vec![touching(0, "c9", ToolStatus::Ok, "src/b.rs")];
    store.append(&with_steps("t", other)).unwrap();
    let asked = strings(&["src/a.rs", "src/missing.rs", "src/b.rs"]);
    let seen = store.seen_files(&session_id("s"), &asked).unwrap();
    assert_eq!(seen.paths, ["src/a.rs"], "what failed was not there, and another session is another matter");
    assert_eq!((seen.cwd.as_deref(), seen.host, seen.ended_at), (Some("/srv/memory"), None, Some(Timestamp(2_000))));
    assert_eq!(store.seen_files(&session_id("none"), &asked).unwrap(), SeenFiles::default());
}

pub(super) fn an_append_continues_the_session(store: &mut dyn Store) {
    let mut first = with_steps("s", vec![user(0, 0, "u0", "one")]);
    first.head.interrupts = 1;
    first.head.pull_requests = vec!["https://x/1".to_owned()];
    store.append(&first).unwrap();
    let mut second = with_steps("s", vec![user(1, 1, "u1", "two"), agent(1, 2, "u2", "three")]);
    second.head.interrupts = 2;
    second.head.pull_requests = vec!["https://x/2".to_owned(), "https://x/1".to_owned()];
    second.head.cwd = Some("/elsewhere".to_owned());
    second.head.branch = Some("topic".to_owned());
    second.head.started_at = Some(Timestamp(1_500));
    second.head.ended_at = Some(Timestamp(9_000));
    second.head.project = None;
    let appended = store.append(&second).unwrap();
    assert!(!appended.new_session);

    let session = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!((session.user_messages, session.agent_messages, session.interrupts), (2, 1, 3));
    assert_eq!(session.first_prompt.as_deref(), Some("one"));
    assert_eq!(session.last_message.as_deref(), Some("three"));
    assert_eq!(session.cwd.as_deref(), Some("/srv/memory"), "the first directory is kept");
    assert_eq!(session.branch.as_deref(), Some("topic"), "the latest branch is kept");
    assert_eq!(session.project.as_deref(), Some(LANE), "what is unset changes nothing");
    assert_eq!((session.started_at, session.ended_at), (Some(Timestamp(1_000)), Some(Timestamp(9_000))));
    assert_eq!(session.pull_requests, ["https://x/1", "https://x/2"]);
}

pub(super) fn a_persons_title_wins(store: &mut dyn Store) {
    let mut append = empty_append("s");
    append.head.agent_title = Some("by the agent".to_owned());
    store.append(&append).unwrap();
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().title.as_deref(), Some("by the agent"));
    append.head.custom_title = Some("by a person".to_owned());
    store.append(&append).unwrap();
    append.head.custom_title = None;
    append.head.agent_title = Some("by the agent, later".to_owned());
    store.append(&append).unwrap();
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().title.as_deref(), Some("by a person"));
}

pub(super) fn without_a_title_the_first_telling_prompt_gives_one(store: &mut dyn Store) {
    let title = |store: &dyn Store| store.session(&session_id("s")).unwrap().unwrap().title;
    store.append(&empty_append("s")).unwrap();
    assert_eq!(title(store), None);
    assert_eq!(store.untitled(&DistilFilter::default()).unwrap(), [], "nothing to make one of");
    store.append(&with_steps("s", vec![user(0, 0, "u0", "/clear"), user(1, 1, "u1", "```\nx\n```")])).unwrap();
    assert_eq!(title(store).as_deref(), Some("/clear"), "better than nothing");
    store.append(&with_steps("s", vec![user(2, 2, "u2", "# Task\nMove the port to 2. Then test.")])).unwrap();
    assert_eq!(title(store).as_deref(), Some("Move the port to 2"));
    assert_eq!(store.untitled(&DistilFilter::default()).unwrap(), [session_id("s")]);
    store.put_made_title(&session_id("s"), "Ports").unwrap();
    assert_eq!(
        (title(store).as_deref(), store.untitled(&DistilFilter::default()).unwrap()),
        (Some("Ports"), Vec::new())
    );
    let mut named = empty_append("s");
    named.head.agent_title = Some("by the agent".to_owned());
    store.append(&named).unwrap();
    assert_eq!(title(store).as_deref(), Some("by the agent"), "it knew its own session");
}

pub(super) fn copies_in_forks_are_left_out(store: &mut dyn Store) {
    let call = tool_call(2, "c1", ToolStatus::Pending);
    let original = vec![user(0, 0, "u0", "one"), agent(0, 1, "u1", "two"), called(0, "u2", call.clone())];
    store.append(&with_steps("s", original.clone())).unwrap();

    let mut copied = original;
    let mut finished = call;
    finished.status = ToolStatus::Failed;
    finished.output = "no such file".to_owned();
    copied[2] = called(0, "u2", finished);
    copied.push(user(1, 3, "u3", "a new way"));
    let mut fork = with_steps("fork", copied);
    fork.head.parent = Some(session_id("s"));
    let appended = store.append(&fork).unwrap();
    assert_eq!((appended.messages, appended.calls, appended.copies), (1, 0, 3));

    let fork = store.session(&session_id("fork")).unwrap().unwrap();
    assert_eq!((fork.user_messages, fork.tool_calls), (1, 0));
    assert_eq!(fork.first_prompt.as_deref(), Some("a new way"));
    assert_eq!(fork.parent, Some(session_id("s")));
    let original = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!((original.tool_calls, original.failed_calls), (1, 1), "the fork knew how the call ended");
}

pub(super) fn several_blocks_of_one_record_are_kept(store: &mut dyn Store) {
    let steps = vec![
        agent(0, 0, "u", "first block"),
        agent(0, 1, "u", "second block"),
        called(0, "u", tool_call(2, "c1", ToolStatus::Ok)),
        called(0, "u", tool_call(3, "c2", ToolStatus::Ok)),
        agent(0, 4, "", "no uuid"),
        agent(0, 5, "", "no uuid"),
    ];
    let appended = store.append(&with_steps("s", steps.clone())).unwrap();
    assert_eq!((appended.messages, appended.calls, appended.copies), (4, 2, 0));
    let appended = store.append(&with_steps("s", steps[..4].to_vec())).unwrap();
    assert_eq!((appended.messages, appended.calls, appended.copies), (0, 0, 4));
}

fn only_call(store: &dyn Store, native: &str) -> (ToolStatus, String) {
    let turns = store.turns(&session_id(native), 0).unwrap();
    let calls: Vec<_> = turns.iter().flat_map(|turn| turn.calls()).collect();
    assert_eq!(calls.len(), 1);
    (calls[0].status, calls[0].output.clone())
}

pub(super) fn results_find_their_call(store: &mut dyn Store) {
    for native in ["s", "unrelated"] {
        let call = called(0, native, tool_call(1, "c1", ToolStatus::Pending));
        store.append(&with_steps(native, vec![user(0, 0, "", "run it"), call])).unwrap();
    }
    store
        .append(&Append { results: vec![failed_result("c1"), failed_result("never made")], ..empty_append("s") })
        .unwrap();
    assert_eq!(only_call(store, "s"), (ToolStatus::Failed, "exit 1".to_owned()));
    assert_eq!(only_call(store, "unrelated").0, ToolStatus::Pending);
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().failed_calls, 1);
}

pub(super) fn models_tokens_and_patches_come_back(store: &mut dyn Store) {
    let patched =
        |seq, id: &str| ToolCall { patch: Some("@@\n-a\n+b".to_owned()), ..tool_call(seq, id, ToolStatus::Pending) };
    let call = |seq, id: &str| called(0, id, patched(seq, id));
    let steps = vec![user(0, 0, "", "go"), call(1, "c1"), call(2, "c2"), call(3, "c3"), call(4, "c4")];
    let usage = |model: &str, tokens_in| ModelUse { model: Some(model.to_owned()), tokens_in, tokens_out: 7 };
    let mut first = with_steps("s", steps);
    (first.head.usage, first.head.commit) = (usage("small", 100), Some("abc".to_owned()));
    store.append(&first).unwrap();
    let end = |id: &str, status, patch: Option<&str>| ToolResult {
        call_id: id.to_owned(),
        status,
        output: String::new(),
        patch: patch.map(str::to_owned),
    };
    let results = vec![
        end("c1", ToolStatus::Ok, None),
        end("c2", ToolStatus::Ok, Some("@@ -7 +7 @@\n-a\n+b")),
        end("c3", ToolStatus::Failed, None),
    ];
    let mut later = Append { results, ..empty_append("s") };
    (later.head.usage, later.head.commit) = (usage("large", 50), Some("def".to_owned()));
    store.append(&later).unwrap();
    let session = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!(session.usage, ModelUse { model: Some("large".to_owned()), tokens_in: 150, tokens_out: 14 });
    assert_eq!(session.commit.as_deref(), Some("abc"));
    let turns = store.turns(&session_id("s"), 0).unwrap();
    let patches: Vec<_> = turns[0].calls().map(|call| call.patch.as_deref()).collect();
    assert_eq!(patches, [Some("@@\n-a\n+b"), Some("@@ -7 +7 @@\n-a\n+b"), None, Some("@@\n-a\n+b")]);
    // A file that was replaced counts anew.
    let mut again = Append { restart: true, ..empty_append("s") };
    again.head.usage = usage("other", 1);
    store.append(&again).unwrap();
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().usage, usage("other", 1));
}

pub(super) fn results_find_the_call_in_the_fork_parent(store: &mut dyn Store) {
    let call = called(0, "u", tool_call(0, "c1", ToolStatus::Pending));
    store.append(&with_steps("s", vec![call.clone()])).unwrap();
    let mut fork = with_steps("fork", vec![call]);
    fork.head.parent = Some(session_id("s"));
    store.append(&fork).unwrap();
    let mut later = Append { results: vec![failed_result("c1")], ..empty_append("fork") };
    later.head.parent = None;
    store.append(&later).unwrap();
    assert_eq!(only_call(store, "s"), (ToolStatus::Failed, "exit 1".to_owned()));
    assert_eq!(store.session(&session_id("s")).unwrap().unwrap().failed_calls, 1);
}

pub(super) fn a_restart_removes_what_was_there(store: &mut dyn Store) {
    let mut append = with_steps("s", vec![user(0, 0, "u0", "old words"), agent(0, 1, "u1", "answer")]);
    append.head.interrupts = 3;
    append.head.custom_title = Some("old title".to_owned());
    append.head.pull_requests = vec!["https://x/1".to_owned()];
    append.skipped = vec![SkippedRecord { why: "not JSON".to_owned(), line: 3, count: 1 }];
    store.append(&append).unwrap();
    let work = store.uncaught(1).unwrap().remove(0);
    let mut caught = draft("kept", 1);
    caught.provenance.session = Some(session_id("s"));
    store.record_caught(&work, 1, &vec![caught].into(), NOW).unwrap();

    let mut again = with_steps("s", vec![user(0, 0, "u0", "new words")]);
    again.restart = true;
    let appended = store.append(&again).unwrap();
    assert_eq!((appended.new_session, appended.messages, appended.copies), (false, 1, 0));
    let session = store.session(&session_id("s")).unwrap().unwrap();
    assert_eq!((session.user_messages, session.agent_messages, session.interrupts), (1, 0, 0));
    assert_eq!((session.title.as_deref(), session.pull_requests), (Some("new words"), Vec::new()));
    assert_eq!(session.memories, 1, "what was caught stays");
    assert_eq!(store.skipped().unwrap(), []);
    assert_eq!(store.uncaught(1).unwrap().len(), 1, "the new steps are unread");
}

pub(super) fn turns_are_rebuilt(store: &mut dyn Store) {
    let mut call = tool_call(2, "c1", ToolStatus::Ok);
    call.files = vec![
        TouchedFile { path: "src/a.rs".to_owned(), action: FileAction::Edit },
        TouchedFile { path: "src/a.rs".to_owned(), action: FileAction::Read },
    ];
    let steps = vec![
        agent(0, 0, "u0", "hello"),
        user(1, 1, "u1", "do it"),
        called(1, "u2", call.clone()),
        agent(1, 3, "u3", "done"),
        user(2, 4, "u4", "thanks"),
    ];
    store.append(&with_steps("s", steps)).unwrap();
    let turns = store.turns(&session_id("s"), 0).unwrap();
    assert_eq!(turns.iter().map(|turn| turn.number).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(turns[0].prompt, None);
    assert_eq!(turns[1].prompt.as_ref().unwrap().text, "do it");
    assert_eq!(turns[1].steps[0], Step::Called(call));
    assert_eq!(turns[1].answer().unwrap().text, "done");
    assert_eq!(store.turns(&session_id("s"), 2).unwrap(), turns[2..]);
    assert_eq!(store.turns(&session_id("none"), 0).unwrap(), []);
}

pub(super) fn a_forgotten_session_is_gone_and_stays_away(store: &mut dyn Store) {
    let mut failed = tool_call(2, "c1", ToolStatus::Failed);
    failed.output = "zebra stripes".to_owned();
    let steps = vec![user(0, 0, "u0", "the zebra is loose"), agent(0, 1, "u1", "done"), called(0, "u2", failed)];
    let mut whole = with_steps("s", steps);
    whole.raw = vec![RawRecord { line: 4, why: "unknown".to_owned(), bytes: 2, text: "{}".to_owned() }];
    whole.skipped = vec![SkippedRecord { why: "unknown".to_owned(), line: 4, count: 1 }];
    store.append(&whole).unwrap();
    let subagent = |native: &str, uuid: &str| {
        let mut append = with_steps(native, vec![user(0, 0, uuid, "look for the zebra")]);
        (append.head.subagent, append.head.parent) = (true, Some(session_id("s")));
        append
    };
    store.append(&subagent("inner", "i0")).unwrap();
    store.append(&with_steps("t", vec![user(0, 0, "t0", "another zebra")])).unwrap();
    store.index_steps().unwrap();
    let mut caught = draft("Keep the zebra in", 1_000);
    caught.provenance.session = Some(session_id("s"));
    store.add_memory(&caught, NOW).unwrap();

    let forgotten = store.forget_session(&session_id("s"), NOW).unwrap().unwrap();
    assert_eq!((forgotten.messages, forgotten.calls, forgotten.subagents), (3, 1, 1));
    assert_eq!(store.forget_session(&session_id("s"), NOW).unwrap(), None);
    assert_eq!(store.session(&session_id("s")).unwrap(), None);
    assert!(store.raw_records(&session_id("s")).unwrap().is_empty() && store.skipped().unwrap().is_empty());
    let listed = |store: &dyn Store| {
        let all = SessionFilter { subagents: true, ..SessionFilter::default() };
        store.sessions(&all).unwrap().into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(store), [session_id("t")]);
    let query = MessageQuery { text: "zebra".to_owned(), ..MessageQuery::default() };
    let found = store.search_messages(&query).unwrap();
    assert_eq!(found.iter().map(|hit| hit.session.native()).collect::<Vec<_>>(), ["t"]);
    assert!(store.search_calls(&query).unwrap().is_empty());
    assert_eq!(store.memories(&MemoryFilter::default()).unwrap().len(), 1, "what was caught from it stays");
    assert!(store.uncaught(1).unwrap().iter().all(|work| work.session == session_id("t")));

    // The transcript goes on, is written anew, and gets another sub-agent.
    let mut more = with_steps("s", vec![user(1, 3, "u3", "a second zebra")]);
    more.state.offset = 200;
    for append in
        [&more, &Append { restart: true, ..whole.clone() }, &subagent("later", "l0"), &subagent("inner", "i1")]
    {
        let appended = store.append(append).unwrap();
        assert!(appended.forgotten && appended.messages == 0 && !appended.new_session, "{appended:?}");
    }
    store.index_steps().unwrap();
    assert_eq!(listed(store), [session_id("t")]);
    assert_eq!(store.search_messages(&query).unwrap().len(), 1);
    assert!(store.search_calls(&query).unwrap().is_empty());
    store.append(&more).unwrap();
    let states = store.transcripts().unwrap();
    let state = states.iter().find(|state| state.session == session_id("s")).unwrap();
    assert_eq!(state.offset, 200, "how far was read is known, so that the file is not opened again");
}

//! Finding messages and calls.

use memory_lane::model::{
    Agent, FileAction, MemoryKind, Message, Role, SessionOutcome, Step, Timestamp, ToolStatus, TouchedFile,
};
use memory_lane::store::{Append, Condition, Filter, MessageQuery, StepHit, Store, ToolResult, Work};
use memory_lane::text;

use super::samples::{
    LANE, OTHER, add, agent, asked, called, draft, empty_append, scope, session_id, strings, tool_call, user,
    with_steps,
};

fn found(store: &mut dyn Store, query: &MessageQuery) -> Vec<String> {
    store.index_steps().unwrap();
    store.search_messages(query).unwrap().iter().map(|hit| message(hit).text.clone()).collect()
}

fn message(hit: &StepHit) -> &Message {
    let Step::Said(message) = &hit.step else { panic!("no message") };
    message
}

fn calls(store: &mut dyn Store, query: &MessageQuery) -> Vec<(String, u32)> {
    store.index_steps().unwrap();
    let hits = store.search_calls(query).unwrap();
    hits.iter().map(|hit| (hit.session.native().to_owned(), hit.step.seq())).collect()
}

fn words(text: &str) -> MessageQuery {
    MessageQuery { text: text.to_owned(), limit: 10, ..MessageQuery::default() }
}

pub(super) fn appends_stored_together_are_stored_in_order(store: &mut dyn Store) {
    let first = with_steps("s", vec![user(0, 0, "u0", "old words"), agent(0, 1, "u1", "an answer")]);
    let again = Append { restart: true, ..with_steps("s", vec![user(0, 0, "u0", "new words")]) };
    let copy = with_steps("fork", vec![user(0, 0, "u0", "new words"), agent(0, 1, "u2", "other words")]);
    store.begin().unwrap();
    let counts = [first, again, copy].map(|append| {
        let one = store.append(&append).unwrap();
        (one.new_session, one.messages, one.copies)
    });
    store.commit().unwrap();
    assert_eq!(counts, [(true, 2, 0), (false, 1, 0), (true, 1, 1)]);
    assert_eq!(found(store, &words("words")).len(), 2);
    assert!(found(store, &words("answer")).is_empty(), "what a restart removes is not found either");
    let steps = |native| store.session(&session_id(native)).unwrap().map(|one| (one.user_messages, one.agent_messages));
    assert_eq!((steps("s"), steps("fork")), (Some((1, 0)), Some((0, 1))));
}

pub(super) fn messages_need_all_words(store: &mut dyn Store) {
    let steps = vec![
        user(0, 0, "", "the recall window is too small"),
        agent(0, 1, "", "I made recall_window larger"),
        user(1, 2, "", "windows users cannot install it"),
    ];
    store.append(&with_steps("s", steps)).unwrap();
    assert_eq!(found(store, &words("small WINDOWS")), ["the recall window is too small"]);
    assert_eq!(found(store, &words("recall_window")), ["I made recall_window larger"]);
    assert_eq!(found(store, &words("recall window")).len(), 2, "identifiers are found by their parts");
    assert_eq!(found(store, &words("recall nowhere")), Vec::<String>::new());
    assert_eq!(found(store, &words("  \"' -- ")), Vec::<String>::new());
    assert_eq!(found(store, &words("not OR and")), Vec::<String>::new(), "operators are words");
    assert_eq!(found(store, &MessageQuery { limit: 1, ..words("window") }).len(), 1);
    let hit = store.search_messages(&words("larger")).unwrap().remove(0);
    assert_eq!((hit.turn, hit.step.seq(), message(&hit).role), (0, 1, Role::Agent));
    assert!(hit.score > 0.0);
}

pub(super) fn messages_are_filtered_by_side_and_project(store: &mut dyn Store) {
    for (native, project) in [("a", LANE), ("b", OTHER)] {
        let mut append = with_steps(
            native,
            vec![user(0, 0, "", &format!("{native} deploy")), agent(0, 1, "", &format!("{native} deployed"))],
        );
        append.head.project.as_mut().unwrap().key = project.to_owned();
        store.append(&append).unwrap();
    }
    assert_eq!(found(store, &words("deploy")).len(), 4);
    let only = |conditions: &[Condition]| MessageQuery {
        filters: conditions.iter().cloned().map(Filter::only).collect(),
        ..words("deploy")
    };
    assert_eq!(found(store, &only(&[Condition::From(Role::User)])).len(), 2);
    let ours = only(&[Condition::From(Role::Agent), Condition::Project(LANE.to_owned())]);
    assert_eq!(found(store, &ours), ["a deployed"]);
    assert_eq!(found(store, &only(&[Condition::Project("unknown".to_owned())])).len(), 0);
    assert_eq!(found(store, &only(&[Condition::Project("other".to_owned())])).len(), 2, "a name is enough");
}

pub(super) fn phrases_and_words_that_must_not_be(store: &mut dyn Store) {
    let steps = vec![
        user(0, 0, "", "the basket store is one file"),
        agent(0, 1, "", "a store for one basket, in a file"),
        user(1, 2, "", "the basket_store of Redis"),
    ];
    store.append(&with_steps("s", steps)).unwrap();
    let phrase = |text: &str| MessageQuery { phrases: strings(&[text]), limit: 10, ..MessageQuery::default() };
    assert_eq!(found(store, &phrase("basket store")).len(), 2, "an identifier is its words in order, too");
    assert_eq!(found(store, &phrase("one FILES")), ["the basket store is one file"]);
    assert_eq!(found(store, &phrase("store basket")), [""; 0]);
    assert_eq!(found(store, &phrase("---")), [""; 0]);
    let without = |texts: &[&str]| MessageQuery { without: strings(texts), ..words("basket store") };
    assert_eq!(found(store, &without(&["redis"])).len(), 2);
    assert_eq!(found(store, &without(&["redis", "one file"])), ["a store for one basket, in a file"]);
    let some = MessageQuery { any_word: true, ..words("redis nowhere") };
    assert_eq!(found(store, &some), ["the basket_store of Redis"]);
    assert_eq!(
        found(store, &words("what is the redis")),
        ["the basket_store of Redis"],
        "what says nothing is not asked for"
    );
}

/// Two sessions: in one a migration is written and a command fails twice, the other only talks.
fn two_sessions(store: &mut dyn Store) {
    let mut write = tool_call(2, "c1", ToolStatus::Ok);
    write.command = None;
    write.name = "Write".to_owned();
    write.files = vec![TouchedFile { path: "db/migrations/0007_host.sql".to_owned(), action: FileAction::Edit }];
    let mut work = with_steps(
        "work",
        vec![
            user(0, 0, "", "write the migration"),
            agent(0, 1, "", "writing it"),
            called(0, "w", write),
            user(1, 3, "", "run the tests"),
            called(1, "f1", tool_call(4, "c2", ToolStatus::Failed)),
            called(1, "f2", tool_call(5, "c3", ToolStatus::Failed)),
            agent(1, 6, "", "they fail, sorry"),
        ],
    );
    work.head.pull_requests = vec!["https://example.org/lane/memory/pull/428".to_owned()];
    work.head.branch = Some("fix/host".to_owned());
    store.append(&work).unwrap();
    let mut talk = with_steps("talk", vec![user(0, 0, "", "let us use SQLite"), agent(0, 7, "", "agreed")]);
    talk.head.project.as_mut().unwrap().key = OTHER.to_owned();
    store.append(&talk).unwrap();
    let mut decision = draft("SQLite", 1_000);
    decision.provenance.session = Some(session_id("talk"));
    decision.provenance.seq = Some(3);
    add(store, &decision);
    store.claim_sessions("pine").unwrap();
}

pub(super) fn conditions_say_which_messages(store: &mut dyn Store) {
    two_sessions(store);
    let check = |filter: Filter, expected: &[(&str, u32)]| {
        let query = MessageQuery { filters: vec![filter.clone()], at: None, limit: 0, ..MessageQuery::default() };
        let hits = store.search_messages(&query).unwrap();
        let found: Vec<(String, u32)> =
            hits.iter().map(|hit| (hit.session.native().to_owned(), 1 + hit.more)).collect();
        let expected: Vec<(String, u32)> = expected.iter().map(|&(native, count)| (native.to_owned(), count)).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let only = |condition: Condition| Filter::only(condition);
    let name = |text: &str| text.to_owned();
    check(only(Condition::From(Role::User)), &[("talk", 1), ("work", 2)]);
    check(only(Condition::Agent(Agent::ClaudeCode)), &[("talk", 2), ("work", 4)]);
    check(only(Condition::Agent(Agent::Codex)), &[]);
    for file in ["migrations", "db", "0007_host.sql", ".sql", "db/migr", "db/*.sql", "/db/migrations/0007_host.sql"] {
        check(only(Condition::File(name(file))), &[("work", 2)]);
    }
    for file in ["igrations", "host.sql", "%", "db_migrations", "*.rs", "db/?igrations/*.sql", "db/[m]igrations/*"] {
        check(only(Condition::File(name(file))), &[]);
    }
    check(only(Condition::Work(Work::Edit)), &[("work", 2)]);
    check(only(Condition::Work(Work::Run)), &[("work", 2)]);
    check(only(Condition::Work(Work::Failure)), &[("work", 2)]);
    check(only(Condition::Work(Work::Read)), &[]);
    check(only(Condition::Tool(name("write"))), &[("work", 2)]);
    check(only(Condition::Caught(MemoryKind::Decision)), &[("talk", 2)]);
    check(only(Condition::Caught(MemoryKind::Gap)), &[]);
    check(only(Condition::Branch(name("fix/host"))), &[("work", 4)]);
    check(only(Condition::Branch(name("fix/*"))), &[("work", 4)]);
    check(only(Condition::Branch(name("fi?/*"))), &[]);
    check(only(Condition::Host(name("PINE"))), &[("talk", 2), ("work", 4)]);
    check(only(Condition::PullRequest(name("428"))), &[("work", 4)]);
    check(only(Condition::PullRequest(name("#428"))), &[("work", 4)]);
    check(only(Condition::PullRequest(name("28"))), &[]);
    check(only(Condition::Outcome(SessionOutcome::Failed)), &[("work", 4)]);
    check(only(Condition::Session(name("wo"))), &[("work", 4)]);
    check(only(Condition::Session(session_id("talk").0)), &[("talk", 2)]);
    check(only(Condition::Since(Timestamp(1_006))), &[("talk", 1), ("work", 1)]);
    check(only(Condition::Before(Timestamp(1_001))), &[("talk", 1), ("work", 1)]);
    let either = vec![Condition::Branch(name("fix/host")), Condition::Caught(MemoryKind::Decision)];
    check(Filter { any: either.clone(), negated: false }, &[("talk", 2), ("work", 4)]);
    check(Filter { any: either, negated: true }, &[]);
    check(Filter { any: vec![Condition::File(name(".sql"))], negated: true }, &[("talk", 2), ("work", 2)]);
}

pub(super) fn without_words_each_session_has_one_message(store: &mut dyn Store) {
    two_sessions(store);
    let query = MessageQuery { filters: vec![Filter::only(Condition::Work(Work::Failure))], ..MessageQuery::default() };
    let hits = store.search_messages(&query).unwrap();
    assert_eq!((hits.len(), message(&hits[0]).text.as_str(), hits[0].score), (1, "run the tests", 0.0));
    assert_eq!((hits[0].host.as_deref(), hits[0].project.as_deref()), (Some("pine"), Some(LANE)));
    assert_eq!(store.search_messages(&MessageQuery { limit: 1, ..MessageQuery::default() }).unwrap().len(), 1);
}

pub(super) fn a_session_gives_no_more_than_asked(store: &mut dyn Store) {
    let steps = (0..5).map(|seq| user(seq, seq, "", &format!("deploy {}", "again ".repeat(seq as usize)))).collect();
    store.append(&with_steps("a", steps)).unwrap();
    store.append(&with_steps("b", vec![user(0, 0, "", "a deploy of something else altogether")])).unwrap();
    store.index_steps().unwrap();
    let query = MessageQuery { per_session: 2, ..words("deploy") };
    let hits = store.search_messages(&query).unwrap();
    let told: Vec<(&str, u32)> = hits.iter().map(|hit| (hit.session.native(), hit.more)).collect();
    assert_eq!(told.iter().filter(|(native, _)| *native == "a").count(), 2, "{told:?}");
    assert_eq!(told.iter().map(|(_, more)| more).sum::<u32>(), 3);
    let at = MessageQuery { at: Some(vec![(session_id("a"), 9), (session_id("b"), 0)]), ..MessageQuery::default() };
    let placed: Vec<u32> = store.search_messages(&at).unwrap().iter().map(|hit| hit.step.seq()).collect();
    assert_eq!(placed, [4, 0]);
    let nowhere = MessageQuery { at: Some(Vec::new()), ..MessageQuery::default() };
    assert_eq!(store.search_messages(&nowhere).unwrap(), []);
}

pub(super) fn calls_are_found_by_what_they_were_given(store: &mut dyn Store) {
    let mut run = tool_call(1, "c1", ToolStatus::Ok);
    run.command = Some("cargo nextest run --workspace".to_owned());
    let mut failed = tool_call(2, "c2", ToolStatus::Failed);
    failed.output = "error[E0432]: unresolved import `basket`".to_owned();
    let mut edit = tool_call(4, "c3", ToolStatus::Ok);
    (edit.name, edit.command, edit.output) = ("Edit".to_owned(), None, "basket".to_owned());
    edit.files = vec![TouchedFile { path: "src/basket.rs".to_owned(), action: FileAction::Edit }];
    let said = vec![user(0, 0, "", "cargo nextest for the basket, please"), user(1, 3, "", "now the file")];
    let done = vec![called(0, "u1", run), called(0, "u2", failed), called(1, "u4", edit)];
    store.append(&with_steps("s", said.into_iter().chain(done).collect())).unwrap();

    let at = |seq: u32| ("s".to_owned(), seq);
    assert_eq!(store.search_calls(&words("nextest")).unwrap(), [], "not before it is indexed");
    assert_eq!(calls(store, &words("cargo nextest")), [at(1)]);
    assert_eq!(calls(store, &words("unresolved basket")), [at(2)]);
    assert_eq!(calls(store, &words("basket")), [at(4), at(2)], "what calls that worked said is not looked through");
    assert_eq!(calls(store, &words("e0432 nextest")), []);
    let of = |condition: Condition| MessageQuery { filters: vec![Filter::only(condition)], ..words("basket") };
    assert_eq!(calls(store, &of(Condition::Work(Work::Failure))), [at(2)], "the call itself, not its turn");
    assert_eq!(calls(store, &of(Condition::Tool("edit".to_owned()))), [at(4)]);
    assert_eq!(calls(store, &of(Condition::File("src".to_owned()))), [at(4)]);
    assert_eq!(calls(store, &of(Condition::From(Role::Agent))), []);
    assert_eq!(calls(store, &MessageQuery { without: strings(&["import"]), ..words("basket") }), [at(4)]);
    assert_eq!(store.search_messages(&of(Condition::FromTool)).unwrap(), []);
    let alone = MessageQuery { text: String::new(), ..of(Condition::FromTool) };
    assert_eq!(calls(store, &alone), [at(1)], "the first of each session");
    assert_eq!(calls(store, &MessageQuery::default()), []);
}

pub(super) fn calls_that_fail_later_or_go_are_looked_at_again(store: &mut dyn Store) {
    let native = |found: Vec<(String, u32)>| found.into_iter().map(|(native, _)| native).collect::<Vec<_>>();
    let pending = called(0, "u1", tool_call(1, "c1", ToolStatus::Pending));
    store.append(&with_steps("s", vec![pending])).unwrap();
    assert_eq!(native(calls(store, &words("linker"))), [""; 0]);
    let result = ToolResult {
        call_id: "c1".to_owned(),
        status: ToolStatus::Failed,
        output: "linker not found".to_owned(),
        patch: None,
    };
    store.append(&Append { results: vec![result], ..empty_append("s") }).unwrap();
    assert_eq!(native(calls(store, &words("linker"))), ["s"]);
    store.append(&Append { restart: true, ..empty_append("s") }).unwrap();
    assert_eq!(native(calls(store, &words("cargo"))), [""; 0]);
    // The number of the call that is gone may be given again, before or after the index is brought up to date.
    for name in ["t", "u"] {
        let call = tool_call(1, name, ToolStatus::Ok);
        store.append(&with_steps(name, vec![called(0, &format!("{name}1"), call)])).unwrap();
        if name == "t" {
            store.append(&Append { restart: true, ..empty_append("t") }).unwrap();
        }
    }
    assert_eq!(native(calls(store, &words("cargo"))), ["u"]);
}

pub(super) fn removed_messages_are_not_found(store: &mut dyn Store) {
    store.append(&with_steps("s", vec![user(0, 0, "", "a secret plan")])).unwrap();
    assert_eq!(found(store, &words("plan")), ["a secret plan"]);
    store.append(&Append { restart: true, ..empty_append("s") }).unwrap();
    assert_eq!(found(store, &words("secret")), Vec::<String>::new());
    // The number of the message that is gone is given again, before or after the index is brought up to date.
    store.append(&with_steps("s", vec![user(0, 0, "", "another secret")])).unwrap();
    store.append(&Append { restart: true, ..empty_append("s") }).unwrap();
    store.append(&with_steps("s", vec![user(0, 0, "", "an open plan")])).unwrap();
    assert_eq!(found(store, &words("plan")), ["an open plan"]);
    assert_eq!(found(store, &words("secret")), Vec::<String>::new());
}

pub(super) fn scores_are_positive_and_rank_rare_words_higher(store: &mut dyn Store) {
    let rare = add(store, &draft("zebra crossing", 1));
    let common = add(store, &draft("road crossing", 2));
    for number in 0..10 {
        add(store, &draft(&format!("road {number}"), 3));
    }
    let hits = store.matching(&asked(&["zebra", "road"]), &scope(), 1000).unwrap();
    assert_eq!(hits.scores.len(), 12);
    assert!(hits.scores.values().all(|&score| score > 0.0), "{:?}", hits.scores);
    assert!(hits.scores[&rare] > hits.scores[&common]);
}

pub(super) fn words_that_stand_together_are_worth_more(store: &mut dyn Store) {
    let near = add(store, &draft("zebra crossing at the bridge", 1));
    let filler = "filler ".repeat(40);
    let far = add(store, &draft(&format!("zebra {filler} bridge {filler}"), 2));
    let hits = store.matching(&asked(&["zebra", "bridg"]), &scope(), 1000).unwrap();
    assert!(hits.spans[&near] > hits.spans[&far] * 1.5, "{:?}", hits.spans);
    assert!(hits.spans[&near] <= hits.total + 1e-4);
}

pub(super) fn the_same_failure_is_found_by_its_lines(store: &mut dyn Store) {
    let told = |store: &mut dyn Store, title: &str, quote: &str| {
        let mut draft = draft(title, 1);
        draft.quote = quote.to_owned();
        add(store, &draft)
    };
    let same = told(store, "first", "$ make ship\nExit code 2\nlib/a.c:7: missing flux capacitor");
    let other = told(store, "second", "$ make ship\nExit code 2\ndisk is full");
    told(store, "third", "no command here: missing flux capacitor");
    let asked = text::failure_terms("$ make ship\nExit code 2\nsrc/b.c:99: missing flux capacitor");
    let lines = store.worth(&asked.lines, &scope(), 1000).unwrap();
    assert_eq!(lines.held.len(), 2, "{lines:?}");
    assert!(lines.held[&same] > lines.held[&other]);
    assert!(lines.held[&same] <= lines.total + 1e-4);
    let commands = store.worth(&asked.commands, &scope(), 1000).unwrap();
    assert!((commands.held[&other] - commands.total).abs() < 1e-4);
}

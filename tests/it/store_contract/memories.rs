//! Keeping memories.

use memory_lane::model::{
    Category, Direction, EntityKind, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Mention, Origin, Polarity,
    Provenance, Timestamp, Trigger,
};
use memory_lane::store::{Added, MemoryEdit, MemoryFilter, Scope, Store, StoreError, VoteRecord};

use super::samples::{LANE, NOW, OTHER, add, angle, asked, draft, scope, session_id, strings, user, with_steps};

pub(super) fn a_memory_comes_back_as_it_was(store: &mut dyn Store) {
    let draft = MemoryDraft {
        times_observed: 1,
        kind: MemoryKind::Correction,
        title: "Use the store's clock".to_owned(),
        body: "Never read the clock in the store.".to_owned(),
        reasoning: "The user said so twice.".to_owned(),
        trigger: Trigger::Repeat,
        confidence: 0.75,
        category: Some(Category::Process),
        direction: Some(Direction::UserCorrectsAgent),
        polarity: Polarity::Negative,
        origin: Origin::Imported,
        status: MemoryStatus::Pinned,
        project: Some(LANE.to_owned()),
        formed_at: Timestamp(-5),
        provenance: Provenance { session: Some(session_id("s")), message: Some("u7".to_owned()), seq: Some(7) },
        source_chunk: "**user**: no clock\n".repeat(500),
        quote: "no clock".to_owned(),
        entities: vec![Mention::new(EntityKind::Person, "Adam"), Mention::new(EntityKind::Identifier, "now()")],
        files: strings(&["src/store.rs", "/etc/localtime"]),
        extra: serde_json::from_str(r#"{"importance": 3, "tags": ["a"]}"#).unwrap(),
    };
    let id = add(store, &draft);
    let memory = store.memory(id).unwrap().unwrap();
    assert_eq!(memory.draft, draft);
    assert_eq!((memory.id, memory.saved_at), (id, NOW));
    assert_eq!((memory.draft.times_observed, memory.recall_count, memory.superseded_by), (1, 0, None));
    assert_eq!(store.memory(MemoryId(id.0 + 1)).unwrap(), None);
}

pub(super) fn the_same_moment_is_stored_once(store: &mut dyn Store) {
    let mut caught = draft("title", 1);
    caught.provenance = Provenance { session: Some(session_id("s")), message: Some("u1".to_owned()), seq: Some(1) };
    let mut again = caught.clone();
    again.body = "told in other words".to_owned();
    let loose = draft("title", 1);
    let added = store.add_memories(&[caught.clone(), again, loose.clone(), loose], NOW).unwrap();
    let (Added::New(first), Added::New(third)) = (added[0], added[2]) else { panic!("{added:?}") };
    assert_eq!(added, [Added::New(first), Added::Known(first), Added::New(third), Added::Known(third)]);
    assert_eq!(store.memory(first).unwrap().unwrap().draft, caught);
}

pub(super) fn forgotten_memories_stay_forgotten(store: &mut dyn Store) {
    let mut mentioned = draft("only here", 1);
    mentioned.entities = vec![Mention::new(EntityKind::Person, "Adam")];
    let id = add(store, &mentioned);
    store.put_vectors("m", &[(id, angle(0.0))]).unwrap();
    store.vote(&VoteRecord { memory: id, up: true, session: None, at: NOW }).unwrap();
    store.edit_memory(id, &MemoryEdit { title: Some("renamed".to_owned()), ..MemoryEdit::default() }).unwrap();
    store.forget_memory(id, NOW).unwrap();
    assert_eq!(store.memory(id).unwrap(), None);
    assert_eq!(store.votes(&[id]).unwrap(), []);
    assert_eq!(store.entities_of(None, 10).unwrap(), []);
    assert_eq!(store.known_entities(&strings(&["adam"])).unwrap(), []);
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 5).unwrap().compared, 0);
    assert_eq!(store.add_memory(&mentioned, NOW).unwrap(), Added::Forgotten);
    assert_eq!(add(store, &draft("next", 1)).0, id.0 + 1, "a number is not given twice");
}

pub(super) fn memories_are_filtered(store: &mut dyn Store) {
    let old = add(store, &draft("deploy on Friday", 1));
    let mut learned = draft("deploy on Monday", 2);
    learned.kind = MemoryKind::Learning;
    learned.project = Some(OTHER.to_owned());
    learned.provenance.session = Some(session_id("s"));
    learned.quote = "verbatim".to_owned();
    let learned = add(store, &learned);
    let replaced = add(store, &draft("never deploy", 3));
    let status = MemoryEdit { status: Some(MemoryStatus::Superseded), ..MemoryEdit::default() };
    store.edit_memory(replaced, &status).unwrap();

    let check = |filter: MemoryFilter, expected: &[MemoryId]| {
        let found: Vec<_> = store.memories(&filter).unwrap().into_iter().map(|memory| memory.id).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let all = MemoryFilter::default;
    check(all(), &[learned, old]);
    check(MemoryFilter { kind: Some(MemoryKind::Learning), ..all() }, &[learned]);
    check(MemoryFilter { project: Some(LANE.to_owned()), ..all() }, &[old]);
    check(MemoryFilter { session: Some(session_id("s")), ..all() }, &[learned]);
    check(MemoryFilter { status: Some(MemoryStatus::Superseded), ..all() }, &[replaced]);
    check(MemoryFilter { text: Some("Deploying friday".to_owned()), ..all() }, &[old]);
    check(MemoryFilter { text: Some("verbatim".to_owned()), ..all() }, &[learned]);
    check(MemoryFilter { text: Some(" ".to_owned()), ..all() }, &[learned, old]);
    check(MemoryFilter { text: Some("?!".to_owned()), ..all() }, &[]);
    check(MemoryFilter { limit: 1, ..all() }, &[learned]);
}

pub(super) fn edits_change_what_is_found(store: &mut dyn Store) {
    let id = add(store, &draft("before", 1));
    store.put_vectors("m", &[(id, angle(0.0))]).unwrap();
    let kind = MemoryEdit { kind: Some(MemoryKind::Workflow), ..MemoryEdit::default() };
    store.edit_memory(id, &kind).unwrap();
    assert_eq!(store.unembedded("m", 10).unwrap(), [], "the text is the same");

    let title = MemoryEdit { title: Some("afterwards".to_owned()), ..MemoryEdit::default() };
    store.edit_memory(id, &title).unwrap();
    let memory = store.memory(id).unwrap().unwrap();
    assert_eq!((memory.draft.title.as_str(), memory.draft.kind), ("afterwards", MemoryKind::Workflow));
    assert_eq!(memory.draft.body, "Body of before", "what is unset stays");
    assert_eq!(store.matching(&asked(&["afterward"]), &scope(), 100).unwrap().scores.len(), 1);
    assert_eq!(store.unembedded("m", 10).unwrap().len(), 1);
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 5).unwrap().compared, 0);
}

pub(super) fn unknown_memories_are_an_error(store: &mut dyn Store) {
    let unknown = MemoryId(4711);
    let is_unknown = |outcome: Result<(), StoreError>| {
        assert!(matches!(outcome, Err(StoreError::NoSuchMemory(id)) if id == unknown), "{outcome:?}");
    };
    is_unknown(store.edit_memory(unknown, &MemoryEdit::default()));
    is_unknown(store.forget_memory(unknown, NOW));
    is_unknown(store.vote(&VoteRecord { memory: unknown, up: true, session: None, at: NOW }));
    store.put_vectors("m", &[(unknown, angle(0.0))]).unwrap();
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 5).unwrap().compared, 0);
}

pub(super) fn entities_are_merged_by_name(store: &mut dyn Store) {
    for (title, name) in [("one", "Adam Smith"), ("two", "adam  smith"), ("three", "ADAM SMITH")] {
        let mut draft = draft(title, 1);
        draft.entities = vec![Mention::new(EntityKind::Person, name), Mention::new(EntityKind::Person, name)];
        draft.entities.push(Mention::new(EntityKind::Identifier, title));
        add(store, &draft);
    }
    let entities = store.entities_of(None, 10).unwrap();
    assert_eq!(entities.len(), 4);
    assert_eq!((entities[0].name.as_str(), entities[0].memories), ("Adam Smith", 3));
    assert_eq!(store.entities_of(None, 1).unwrap().len(), 1);
    let known = store.known_entities(&strings(&["nobody", "Adam Smith", "adam smith", "TWO"])).unwrap();
    assert_eq!(known.iter().map(|entity| entity.name.as_str()).collect::<Vec<_>>(), ["Adam Smith", "two"]);
}

pub(super) fn files_are_known_by_their_endings(store: &mut dyn Store) {
    let mut about = draft("about a file", 1);
    about.files = strings(&["app/src/store.rs"]);
    add(store, &about);
    let check = |name: &str, expected: usize| {
        assert_eq!(store.known_entities(&strings(&[name])).unwrap().len(), expected, "{name}");
    };
    check("store.rs", 1);
    check("src/store.rs", 1);
    check("./app/src/STORE.rs", 1);
    check("app\\src\\store.rs", 1);
    check("/home/me/repo/app/src/store.rs", 1);
    check("tore.rs", 0);
    check("other/store.rs", 0);
    check("store", 0);
}

pub(super) fn memories_about_files_and_entities_are_found(store: &mut dyn Store) {
    let mut made = Vec::new();
    for (number, (project, path)) in [
        (Some(LANE), "src/a.rs"),
        (Some(LANE), "src/a.rs"),
        (Some(OTHER), "src/a.rs"),
        (None, "src/a.rs"),
        (None, "/etc/a"),
    ]
    .iter()
    .enumerate()
    {
        let mut draft = draft(&format!("memory {number}"), i64::try_from(number).unwrap());
        draft.project = project.map(str::to_owned);
        draft.files = strings(&[path]);
        draft.entities = vec![Mention::new(EntityKind::Person, "Adam")];
        made.push(add(store, &draft));
    }
    let about = |paths: &[&str], scope: &Scope, limit| store.about_files(&strings(paths), scope, limit).unwrap();
    assert_eq!(about(&["src/a.rs"], &scope(), 10), [made[1], made[0]], "a relative path is the project's own");
    assert_eq!(about(&["src/a.rs", "/etc/a"], &scope(), 10), [made[4], made[1], made[0]]);
    assert_eq!(about(&["src/a.rs"], &scope(), 1), [made[1]]);
    assert_eq!(about(&["src/a.rs"], &Scope { before: Timestamp(1), ..scope() }, 10), [made[0]]);
    assert_eq!(about(&["a.rs"], &scope(), 10), []);

    let adam = store.known_entities(&strings(&["adam"])).unwrap()[0].id;
    let mentioning = |scope: &Scope, limit| store.mentioning(&[adam, adam], scope, limit).unwrap();
    assert_eq!(mentioning(&scope(), 10), [made[4], made[3], made[1], made[0]]);
    assert_eq!(mentioning(&scope(), 2), [made[4], made[3]]);
    assert_eq!(mentioning(&Scope { before: Timestamp(2), ..scope() }, 10), [made[1], made[0]]);
    let retired = MemoryEdit { status: Some(MemoryStatus::Retired), ..MemoryEdit::default() };
    store.edit_memory(made[4], &retired).unwrap();
    assert_eq!(store.mentioning(&[adam], &scope(), 1).unwrap(), [made[3]]);
}

pub(super) fn counts_say_what_there_is(store: &mut dyn Store) {
    store.append(&with_steps("s", vec![user(0, 0, "", "one"), user(1, 1, "", "two")])).unwrap();
    let id = add(store, &draft("one", 1));
    add(store, &draft("two", 1));
    store.put_vectors("m", &[(id, angle(0.0))]).unwrap();
    store.vote(&VoteRecord { memory: id, up: false, session: None, at: NOW }).unwrap();
    let counts = store.counts("m").unwrap();
    assert_eq!((counts.sessions, counts.messages, counts.tool_calls), (1, 2, 0));
    assert_eq!((counts.memories, counts.unembedded, counts.recalls, counts.votes), (2, 1, 0, 1));
    assert_eq!(store.counts("other").unwrap().unembedded, 2);
    store.tidy().unwrap();
    assert_eq!(store.counts("m").unwrap(), counts);
}

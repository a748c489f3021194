//! Keeping memories and their vectors.

use memory_lane::model::{
    Direction, EntityKind, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Mention, Origin, Polarity, Provenance,
    Timestamp, Trigger,
};
use memory_lane::store::{
    Added, MemoryEdit, MemoryFilter, Observation, Promotion, Scope, Store, StoreError, VectorHit, VoteRecord,
};

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

pub(super) fn vectors_are_asked_for_until_given(store: &mut dyn Store) {
    let mut quoted = draft("first", 1);
    quoted.quote = "said".to_owned();
    let first = add(store, &quoted);
    let second = add(store, &draft("second", 2));
    assert_eq!(store.unembedded("m", 1).unwrap(), [(first, "first\nBody of first\nsaid".to_owned())]);
    store.put_vectors("m", &[(first, angle(0.0))]).unwrap();
    assert_eq!(store.unembedded("m", 10).unwrap().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [second]);
    assert_eq!(store.unembedded("other", 10).unwrap().len(), 2);
    let retired = MemoryEdit { status: Some(MemoryStatus::Retired), ..MemoryEdit::default() };
    store.edit_memory(second, &retired).unwrap();
    assert_eq!(store.unembedded("m", 10).unwrap(), []);
}

fn ids(hits: &[VectorHit]) -> Vec<MemoryId> {
    hits.iter().map(|hit| hit.id).collect()
}

pub(super) fn nearest_orders_by_cosine_and_scope(store: &mut dyn Store) {
    let mut added = Vec::new();
    for (number, (degrees, project)) in
        [(60.0, Some(LANE)), (0.0, Some(LANE)), (30.0, None), (10.0, Some(OTHER)), (90.0, Some(LANE))]
            .iter()
            .enumerate()
    {
        let mut draft = draft(&format!("memory {number}"), 1);
        draft.project = project.map(str::to_owned);
        added.push((add(store, &draft), angle(*degrees)));
    }
    store.put_vectors("m", &added).unwrap();
    let id = |number: usize| added[number].0;
    let hits = store.nearest("m", &[2.0, 0.0], &scope(), 4).unwrap();
    assert_eq!(ids(&hits.in_scope), [id(1), id(2), id(0), id(4)]);
    assert_eq!(ids(&hits.elsewhere), [id(3)]);
    assert!((hits.in_scope[0].cosine - 1.0).abs() < 1e-6 && (hits.in_scope[2].cosine - 0.5).abs() < 1e-6);
    assert_eq!(hits.compared, 4);
    let cosines = [1.0, 30.0_f32.to_radians().cos(), 0.5, 0.0];
    let mean = cosines.iter().sum::<f32>() / 4.0;
    let deviation = (cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f32>() / 4.0).sqrt();
    assert!((hits.mean - mean).abs() < 0.01 && (hits.deviation - deviation).abs() < 0.01, "{hits:?}");

    let two = store.nearest("m", &[1.0, 0.0], &scope(), 2).unwrap();
    assert_eq!((ids(&two.in_scope), two.elsewhere.len(), two.compared), (vec![id(1), id(2)], 0, 4));
    assert_eq!(store.nearest("unknown", &[1.0, 0.0], &scope(), 2).unwrap().compared, 0);
    assert_eq!(store.nearest("m", &[0.0, 0.0], &scope(), 2).unwrap().in_scope, []);
    let cosines = store.cosines("m", &[1.0, 0.0], &[id(0), MemoryId(999), id(3)]).unwrap();
    assert_eq!(ids(&cosines), [id(0), id(3)]);
    assert!((cosines[0].cosine - 0.5).abs() < 1e-6);
}

pub(super) fn nearest_honours_time_and_session(store: &mut dyn Store) {
    let mut own = draft("own", 100);
    own.provenance.session = Some(session_id("s"));
    let own = add(store, &own);
    let old = add(store, &draft("old", 100));
    let new = add(store, &draft("new", 200));
    store.put_vectors("m", &[(own, angle(0.0)), (old, angle(50.0)), (new, angle(10.0))]).unwrap();
    let check = |scope: Scope, expected: &[MemoryId]| {
        let hits = store.nearest("m", &angle(0.0), &scope, 1).unwrap();
        assert_eq!(ids(&hits.in_scope), expected, "{scope:?}");
    };
    check(scope(), &[own]);
    check(Scope { not_session: Some(session_id("s")), ..scope() }, &[new]);
    check(Scope { not_session: Some(session_id("s")), before: Timestamp(200), ..scope() }, &[old]);
    check(Scope { before: Timestamp(100), ..scope() }, &[]);
}

pub(super) fn memories_that_may_not_be_recalled_take_no_place(store: &mut dyn Store) {
    let near = add(store, &draft("near", 1));
    let far = add(store, &draft("far", 1));
    let mut quarantined = draft("quarantined", 1);
    quarantined.status = MemoryStatus::Quarantined;
    let quarantined = add(store, &quarantined);
    store.put_vectors("m", &[(near, angle(0.0)), (far, angle(80.0)), (quarantined, angle(0.0))]).unwrap();
    let nearest = |store: &dyn Store| ids(&store.nearest("m", &angle(0.0), &scope(), 1).unwrap().in_scope);
    let status = |status| MemoryEdit { status: Some(status), ..MemoryEdit::default() };
    assert_eq!(nearest(store), [near]);
    store.edit_memory(near, &status(MemoryStatus::Retired)).unwrap();
    assert_eq!(nearest(store), [far]);
    store.edit_memory(near, &status(MemoryStatus::Pinned)).unwrap();
    assert_eq!(nearest(store), [near], "its vector was kept");
    store.edit_memory(quarantined, &status(MemoryStatus::Active)).unwrap();
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 5).unwrap().compared, 3);
}

pub(super) fn other_dimensions_work_side_by_side(store: &mut dyn Store) {
    let first = add(store, &draft("first", 1));
    let second = add(store, &draft("second", 1));
    for dimension in [1, 3, 384, 1024, 5000] {
        let model = format!("model of {dimension}");
        let axis = |at: usize| (0..dimension).map(|i| f32::from(u8::from(i == at % dimension))).collect::<Vec<f32>>();
        store.put_vectors(&model, &[(first, axis(0)), (second, axis(dimension - 1))]).unwrap();
        let hits = store.nearest(&model, &axis(dimension - 1), &scope(), 1).unwrap();
        assert_eq!(hits.compared, 2, "{dimension}");
        let expected = if dimension == 1 { first } else { second };
        assert_eq!(ids(&hits.in_scope), [expected], "{dimension}");
        assert!((hits.in_scope[0].cosine - 1.0).abs() < 1e-6);
    }
}

pub(super) fn a_vector_of_the_wrong_length_is_refused(store: &mut dyn Store) {
    let id = add(store, &draft("first", 1));
    store.put_vectors("m", &[(id, angle(0.0))]).unwrap();
    let wrong = |outcome: Option<StoreError>| {
        assert!(matches!(outcome, Some(StoreError::WrongDimension { expected: 2, found: 3, .. })), "{outcome:?}");
    };
    wrong(store.put_vectors("m", &[(id, vec![1.0; 3])]).err());
    wrong(store.nearest("m", &[1.0; 3], &scope(), 1).err());
    wrong(store.cosines("m", &[1.0; 3], &[id]).err());
    assert_eq!(store.nearest("m", &angle(0.0), &scope(), 1).unwrap().compared, 1, "the refused call changed nothing");
}

pub(super) fn freed_places_are_used_again(store: &mut dyn Store) {
    let mut added = Vec::new();
    for number in 0..50_u8 {
        added.push((add(store, &draft(&format!("memory {number}"), 1)), angle(f32::from(number))));
    }
    store.put_vectors("m", &added).unwrap();
    for (id, _) in added.drain(10..30) {
        store.forget_memory(id, NOW).unwrap();
    }
    for number in 50..70_u8 {
        let new = (add(store, &draft(&format!("memory {number}"), 1)), angle(f32::from(number)));
        store.put_vectors("m", std::slice::from_ref(&new)).unwrap();
        added.push(new);
    }
    // The same vectors once more, now of other memories than their places had before.
    store.put_vectors("m", &added).unwrap();
    let hits = store.nearest("m", &angle(0.0), &scope(), 100).unwrap();
    assert_eq!(hits.compared, 50);
    assert_eq!(ids(&hits.in_scope), added.iter().map(|(id, _)| *id).collect::<Vec<_>>());
}

pub(super) fn neighbours_leave_the_memory_itself_out(store: &mut dyn Store) {
    let vectors: Vec<_> = [0.0, 60.0, 10.0, 90.0]
        .iter()
        .map(|&degrees| (add(store, &draft(&format!("at {degrees}"), 1)), angle(degrees)))
        .collect();
    store.put_vectors("m", &vectors).unwrap();
    let neighbours = store.neighbours(vectors[0].0, "m", 2).unwrap();
    assert_eq!(neighbours.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [vectors[2].0, vectors[1].0]);
    assert!((neighbours[1].1 - 0.5).abs() < 1e-5);
    assert_eq!(store.neighbours(vectors[0].0, "other", 2).unwrap(), []);
    assert_eq!(store.neighbours(MemoryId(99), "m", 2).unwrap(), []);
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

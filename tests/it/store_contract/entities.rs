//! What memories are about, and what people change about it.

use memory_lane::model::{
    Entity, EntityId, EntityKind, MemoryId, Mention, NamedEntity, Provenance, Timestamp, ToolStatus, Trigger,
};
use memory_lane::store::{Choice, Scope, SessionName, Store, StoreError};

use super::samples::{NOW, add, called, draft, scope, session_id, strings, tool_call, with_steps};

/// A memory that mentions a person.
fn about(store: &mut dyn Store, title: &str, person: &str) -> MemoryId {
    let mut draft = draft(title, 1);
    draft.entities = vec![Mention::new(EntityKind::Person, person)];
    add(store, &draft)
}

fn id(store: &dyn Store, name: &str) -> EntityId {
    let found = store.entities_named(name).unwrap();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0].id
}

fn memories_of(store: &dyn Store, name: &str) -> Vec<MemoryId> {
    let mut memories = store.entity(id(store, name)).unwrap().unwrap().mentioned_in;
    memories.sort();
    memories
}

fn names(entities: &[Entity]) -> Vec<&str> {
    entities.iter().map(|entity| entity.name.as_str()).collect()
}

fn bearers(store: &dyn Store, words: &[&str]) -> Vec<String> {
    store.bearers(&strings(words)).unwrap().into_iter().map(|bearer| bearer.entity.name).collect()
}

pub(super) fn a_single_name_is_the_one_person_who_bears_it(store: &mut dyn Store) {
    let first = about(store, "one", "Amy Pond");
    let second = about(store, "two", "Amy");
    let third = about(store, "three", "pond");
    assert_eq!(memories_of(store, "Amy Pond"), [first, second, third]);
    assert_eq!(store.unresolved(0).unwrap(), []);
}

pub(super) fn an_ambiguous_name_stays_open(store: &mut dyn Store) {
    about(store, "one", "Adam Smith");
    about(store, "two", "Adam Jones");
    about(store, "three", "Adam Jones");
    let open = about(store, "four", "Adam");
    about(store, "five", "Zoe");
    let unresolved = store.unresolved(0).unwrap();
    assert_eq!(unresolved.len(), 1, "{unresolved:?}");
    assert_eq!((unresolved[0].mention.name.as_str(), unresolved[0].example), ("Adam", Some(open)));
    assert_eq!(names(&unresolved[0].candidates), ["Adam Jones", "Adam Smith"]);

    store.resolve_mention(unresolved[0].mention.id, id(store, "Adam Smith"), Some(open), NOW).unwrap();
    assert!(memories_of(store, "Adam Smith").contains(&open));
    assert_eq!(store.unresolved(0).unwrap(), []);
    about(store, "six", "Adam");
    assert_eq!(store.unresolved(0).unwrap().len(), 1, "the name itself stays open");
}

pub(super) fn words_of_names_find_people_and_projects(store: &mut dyn Store) {
    about(store, "one", "Adam Smith");
    about(store, "two", "Adam J Jones");
    let mut draft = draft("three", 1);
    draft.entities =
        vec![Mention::new(EntityKind::Project, "acme/apollo"), Mention::new(EntityKind::Identifier, "adam::new")];
    add(store, &draft);
    assert_eq!(bearers(store, &["adam"]), ["Adam Smith", "Adam J Jones"]);
    assert_eq!(bearers(store, &["smith", "apollo", "nobody", "j", "acme"]), ["Adam Smith", "acme/apollo"]);
    store.forget_memory(MemoryId(1), NOW).unwrap();
    assert_eq!(bearers(store, &["adam"]), ["Adam J Jones"]);
}

pub(super) fn names_spelt_nearly_right_are_found(store: &mut dyn Store) {
    about(store, "one", "Michael Ford");
    let like = |word: &str| -> Vec<String> {
        let found = store.bearers_spelt_like(&strings(&[word])).unwrap();
        found.into_iter().map(|bearer| format!("{} {}", bearer.word, bearer.entity.name)).collect()
    };
    assert_eq!(like("micheal"), ["micheal Michael Ford"]);
    for other in ["michael", "mike", "rachael", "forc"] {
        assert_eq!(like(other), Vec::<String>::new(), "{other}");
    }
    about(store, "two", "Micheal");
    assert_eq!(names(&store.unresolved(0).unwrap()[0].candidates), ["Michael Ford"]);
}

pub(super) fn merged_entities_stay_merged(store: &mut dyn Store) {
    let first = about(store, "one", "Michael Ford");
    let second = about(store, "two", "Micheal");
    store.merge_entities(id(store, "Micheal"), id(store, "Michael Ford"), NOW).unwrap();
    let third = about(store, "three", "micheal");
    assert_eq!(memories_of(store, "Michael Ford"), [first, second, third]);
    assert_eq!(id(store, "micheal"), id(store, "Michael Ford"));
    let detail = store.entity(id(store, "Michael Ford")).unwrap().unwrap();
    assert_eq!((detail.entity.memories, detail.aliases), (3, strings(&["micheal"])));
}

pub(super) fn a_split_tells_two_apart(store: &mut dyn Store) {
    let first = about(store, "one", "Sam Hill");
    let second = about(store, "two", "Sam Hill");
    let third = about(store, "three", "Sam Hill");
    let other = store.split_entity(id(store, "Sam Hill"), "Sam Hill (Leeds)", &[second, third], NOW).unwrap();
    assert_eq!(memories_of(store, "Sam Hill"), [first]);
    assert_eq!(store.entity(other).unwrap().unwrap().entity.memories, 2);
    assert_eq!(bearers(store, &["sam"]), ["Sam Hill (Leeds)", "Sam Hill"]);
    store.undo_entity_change(NOW).unwrap().unwrap();
    assert_eq!(memories_of(store, "Sam Hill"), [first, second, third]);
    assert_eq!(store.entity(other).unwrap(), None);
}

pub(super) fn ignored_names_are_not_made_again(store: &mut dyn Store) {
    about(store, "one", "Monday");
    store.ignore_entity(id(store, "Monday"), NOW).unwrap();
    about(store, "two", "monday");
    assert_eq!(store.entities_named("Monday").unwrap(), []);
    store.undo_entity_change(NOW).unwrap().unwrap();
    assert_eq!(memories_of(store, "Monday"), [MemoryId(1)]);
    about(store, "three", "Monday");
    assert_eq!(memories_of(store, "Monday"), [MemoryId(1), MemoryId(3)]);
}

pub(super) fn an_alias_is_a_name(store: &mut dyn Store) {
    let first = about(store, "one", "Adam Smith");
    store.alias_entity(id(store, "Adam Smith"), "@ads", NOW).unwrap();
    let second = about(store, "two", "@ADS");
    assert_eq!(memories_of(store, "@ads"), [first, second]);
    let known = store.known_entities(&strings(&["@ads"])).unwrap();
    assert_eq!(known[0].name, "Adam Smith");
}

pub(super) fn changes_are_undone_latest_first(store: &mut dyn Store) {
    let one = about(store, "one", "Michael Ford");
    let two = about(store, "two", "Micheal");
    let three = about(store, "three", "Mick");
    store.merge_entities(id(store, "Micheal"), id(store, "Michael Ford"), Timestamp(1)).unwrap();
    store.merge_entities(id(store, "Mick"), id(store, "Michael Ford"), Timestamp(2)).unwrap();
    // A new entity may have been given a freed number meanwhile.
    let four = about(store, "four", "Zoe");
    let five = about(store, "five", "mick");
    store.forget_memory(two, NOW).unwrap();

    assert_eq!(store.undo_entity_change(NOW).unwrap().unwrap().summary, "Mick is Michael Ford");
    assert_eq!(memories_of(store, "Mick"), [three]);
    assert_eq!(memories_of(store, "Michael Ford"), [one, five], "what came since stays where it went");
    assert_eq!(memories_of(store, "Zoe"), [four]);
    assert_eq!(store.undo_entity_change(NOW).unwrap().unwrap().at, Timestamp(1));
    assert_eq!(memories_of(store, "Michael Ford"), [one, five]);
    assert_eq!(memories_of(store, "Micheal"), [], "its memory was forgotten meanwhile");
    assert_eq!(store.undo_entity_change(NOW).unwrap(), None);
    let changes = store.entity_changes(0).unwrap();
    assert!(changes.len() == 2 && changes.iter().all(|change| change.undone_at == Some(NOW)), "{changes:?}");
}

pub(super) fn impossible_changes_are_refused(store: &mut dyn Store) {
    about(store, "one", "Adam Smith");
    let other = about(store, "two", "Amy Pond");
    let mut draft = draft("three", 1);
    draft.entities = vec![Mention::new(EntityKind::Identifier, "parse")];
    add(store, &draft);
    let (adam, amy, parse) = (id(store, "Adam Smith"), id(store, "Amy Pond"), id(store, "parse"));
    let unknown = EntityId(4711);
    assert!(matches!(store.merge_entities(unknown, adam, NOW), Err(StoreError::NoSuchEntity(EntityId(4711)))));
    let refused = |outcome: Result<(), StoreError>| matches!(outcome, Err(StoreError::Entity(_)));
    assert!(refused(store.merge_entities(adam, adam, NOW)));
    assert!(refused(store.merge_entities(parse, adam, NOW)));
    assert!(refused(store.alias_entity(adam, "amy pond", NOW)));
    assert!(refused(store.alias_entity(adam, "  ", NOW)));
    assert!(refused(store.resolve_mention(adam, amy, Some(other), NOW)));
    assert!(refused(store.split_entity(adam, "Adam Jones", &[other], NOW).map(|_| ())));
    assert!(refused(store.split_entity(adam, "Adam Jones", &[], NOW).map(|_| ())));
    assert_eq!(store.entity_changes(0).unwrap(), []);
    assert_eq!(store.entities_of(None, 0).unwrap().len(), 3, "nothing was half done");
}

pub(super) fn a_source_names_entities_and_takes_them_back(store: &mut dyn Store) {
    let named = |name: &str, note: &str| NamedEntity {
        kind: EntityKind::Person,
        name: name.to_owned(),
        aliases: strings(&["ads"]),
        note: note.to_owned(),
        file: Some("/notes/Adam.md".to_owned()),
    };
    let first = about(store, "one", "Adam Smith");
    store.take_in_names("people.txt", &[named("Adam Smith", "designer")]).unwrap();
    store.take_in_names("people.txt", &[named("Adam Smith", "painter"), named("  ", "")]).unwrap();
    let adam = store.entity(id(store, "ads")).unwrap().unwrap();
    assert_eq!((adam.entity.name.as_str(), adam.entity.note.as_str()), ("Adam Smith", "painter"));
    assert_eq!((adam.mentioned_in, adam.source.as_deref()), (vec![first], Some("people.txt")));
    let by_file = |store: &dyn Store| store.entities_of_files(&strings(&["notes/adam.md", "/notes/adam.md"])).unwrap();
    assert_eq!(by_file(store)[0].name, "Adam Smith");
    store.forget_memory(first, NOW).unwrap();
    assert_eq!(store.entities_named("Adam Smith").unwrap().len(), 1, "it is written down");
    store.take_in_names("people.txt", &[]).unwrap();
    assert_eq!(store.entities_named("Adam Smith").unwrap(), []);
    assert_eq!(by_file(store), []);
}

pub(super) fn names_mean_something_in_a_session(store: &mut dyn Store) {
    about(store, "one", "Adam Smith");
    let adam = id(store, "Adam Smith");
    let name = |entity: Option<EntityId>, word: &str| SessionName {
        name: word.to_owned(),
        entity,
        choices: vec![Choice { entity: adam, name: "Adam Smith".to_owned(), facts: "designer".to_owned() }],
        asked: "what did Adam say".to_owned(),
        at: NOW,
    };
    let here = session_id("s");
    store.note_name(&here, &name(None, "adam")).unwrap();
    store.note_name(&here, &name(None, "zoe")).unwrap();
    store.note_name(&here, &name(Some(adam), "adam")).unwrap();
    assert_eq!(store.session_names(&here).unwrap(), [name(Some(adam), "adam"), name(None, "zoe")]);
    assert_eq!(store.session_names(&session_id("t")).unwrap(), []);
    store.rearm(&here).unwrap();
    assert_eq!(store.session_names(&here).unwrap(), [name(Some(adam), "adam")], "what is open may be asked again");
}

pub(super) fn commands_are_counted_by_session(store: &mut dyn Store) {
    let run = |seq: u32, status: ToolStatus, output: &str| {
        let mut call = tool_call(seq, &format!("c{seq}"), status);
        call.command = Some("make ship".to_owned());
        call.output = output.to_owned();
        call
    };
    let analyse = |command: &str, output: &str| Some((command.to_uppercase(), output.to_owned()));
    let steps =
        vec![called(0, "u1", run(1, ToolStatus::Failed, "no token")), called(0, "u2", run(2, ToolStatus::Ok, "done"))];
    store.append(&with_steps("s", steps)).unwrap();
    assert_eq!(store.note_commands(&analyse).unwrap(), 1);
    assert_eq!(store.note_commands(&analyse).unwrap(), 0, "nothing new");
    store.append(&with_steps("t", vec![called(0, "u3", run(5, ToolStatus::Failed, "no way"))])).unwrap();
    assert_eq!(store.note_commands(&analyse).unwrap(), 1);
    let runs = |scope: &Scope| -> Vec<(String, u32, u32, String)> {
        let runs = store.command_runs("MAKE SHIP", scope).unwrap();
        runs.into_iter().map(|run| (run.session.native().to_owned(), run.failed, run.worked, run.error)).collect()
    };
    let expected = |native: &str, failed, worked, error: &str| (native.to_owned(), failed, worked, error.to_owned());
    assert_eq!(runs(&scope()), [expected("t", 1, 0, "no way"), expected("s", 1, 1, "no token")]);
    assert_eq!(runs(&Scope { not_session: Some(session_id("t")), ..scope() }), [expected("s", 1, 1, "no token")]);
    assert_eq!(runs(&Scope { project: None, ..scope() }), []);
    assert_eq!(store.command_runs("make ship", &scope()).unwrap(), []);

    let mut solved = draft("make ship fails", 5);
    solved.trigger = Trigger::Recovery;
    solved.provenance = Provenance { session: Some(session_id("s")), ..Provenance::default() };
    let solved = add(store, &solved);
    let mut said = draft("something else", 5);
    said.provenance = Provenance { session: Some(session_id("s")), message: Some("m".to_owned()), seq: None };
    add(store, &said);
    assert_eq!(store.recoveries(&[session_id("s"), session_id("t")], &scope()).unwrap(), [solved]);
}

pub(super) fn a_session_is_warned_once(store: &mut dyn Store) {
    assert!(store.claim_warning(&session_id("s"), "make ship", NOW).unwrap());
    assert!(!store.claim_warning(&session_id("s"), "make ship", NOW).unwrap());
    assert!(store.claim_warning(&session_id("t"), "make ship", NOW).unwrap());
    assert!(store.claim_warning(&session_id("s"), "make all", NOW).unwrap());
}

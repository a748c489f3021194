//! Finding texts by their words.

use memory_lane::model::{MemoryStatus, Role, Timestamp};
use memory_lane::store::{Append, MemoryEdit, MessageQuery, Scope, Store};
use memory_lane::text;

use super::samples::{LANE, NOW, OTHER, add, agent, draft, empty_append, scope, strings, user, with_steps};

fn found(store: &dyn Store, query: &MessageQuery) -> Vec<String> {
    store.search_messages(query).unwrap().into_iter().map(|hit| hit.message.text).collect()
}

fn words(text: &str) -> MessageQuery {
    MessageQuery { text: text.to_owned(), limit: 10, ..MessageQuery::default() }
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
    assert_eq!((hit.turn, hit.message.seq, hit.message.role), (0, 1, Role::Agent));
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
    assert_eq!(found(store, &MessageQuery { role: Some(Role::User), ..words("deploy") }).len(), 2);
    let ours = MessageQuery { role: Some(Role::Agent), project: Some(LANE.to_owned()), ..words("deploy") };
    assert_eq!(found(store, &ours), ["a deployed"]);
    assert_eq!(found(store, &MessageQuery { project: Some("unknown".to_owned()), ..words("deploy") }).len(), 0);
}

pub(super) fn removed_messages_are_not_found(store: &mut dyn Store) {
    store.append(&with_steps("s", vec![user(0, 0, "", "a secret plan")])).unwrap();
    store.append(&Append { restart: true, ..empty_append("s") }).unwrap();
    assert_eq!(found(store, &words("secret")), Vec::<String>::new());
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
    let hits = store.matching(&strings(&["zebra", "road"]), &scope(), 1000).unwrap();
    assert_eq!(hits.scores.len(), 12);
    assert!(hits.scores.values().all(|&score| score > 0.0), "{:?}", hits.scores);
    assert!(hits.scores[&rare] > hits.scores[&common]);
}

pub(super) fn terms_of_every_script_match(store: &mut dyn Store) {
    let texts = [
        "recall_window and parseHTTPHeader",
        "東京都で会議",
        "größer als Zürich",
        "naïve café",
        "İstanbul ĳs",
        "E0382 v2_final",
        "हिन्दी में",
        "Ελλάδα ΤΈΛΟΣ",
        "한국어 문장",
    ];
    for text in texts {
        let id = add(store, &draft(text, 1));
        for term in text::terms(text) {
            let hits = store.matching(std::slice::from_ref(&term), &scope(), 1000).unwrap();
            assert!(hits.scores.contains_key(&id), "{text:?} is not found by its term {term:?}");
        }
    }
    let plain = store.matching(&text::terms("Zurich cafe"), &scope(), 1000).unwrap();
    assert_eq!(plain.scores.len(), 0, "terms survive unchanged, accents and all");
}

pub(super) fn matching_stays_in_scope(store: &mut dyn Store) {
    let ours = add(store, &draft("deploy ours", 100));
    let mut anywhere = draft("deploy anywhere", 200);
    anywhere.project = None;
    let anywhere = add(store, &anywhere);
    let mut other = draft("deploy other", 100);
    other.project = Some(OTHER.to_owned());
    let other = add(store, &other);

    let check = |scope: Scope, expected: &[_]| {
        let mut found: Vec<_> =
            store.matching(&strings(&["deploy"]), &scope, 1000).unwrap().scores.into_keys().collect();
        found.sort();
        assert_eq!(found, expected, "{scope:?}");
    };
    check(scope(), &[ours, anywhere]);
    check(Scope { project: None, ..scope() }, &[anywhere]);
    check(Scope { project: Some("unknown".to_owned()), ..scope() }, &[anywhere]);
    check(Scope { project: Some(OTHER.to_owned()), ..scope() }, &[anywhere, other]);
    check(Scope { before: Timestamp(200), ..scope() }, &[ours]);
}

pub(super) fn matching_counts_rare_terms_first(store: &mut dyn Store) {
    for number in 0..120 {
        let third = if number % 3 == 0 { "third" } else { "" };
        add(store, &draft(&format!("every {third} number{number}"), number));
    }
    store.tidy().unwrap();
    let terms = strings(&["everi", "bodi", "number5", "third", "missing"]);
    let all = store.matching(&terms, &scope(), 1000).unwrap();
    assert_eq!(all.counted, strings(&["number5", "missing", "third", "everi", "bodi"]));
    assert_eq!(all.left_out, strings(&[]));
    assert_eq!(all.scores.len(), 120);
    // The two rare ones count as 30 postings each, `third` has 40.
    let some = store.matching(&terms, &scope(), 100).unwrap();
    assert_eq!(some.counted, strings(&["number5", "missing", "third"]));
    assert_eq!(some.left_out, strings(&["everi", "bodi"]));
    assert_eq!(some.scores.len(), 41);
    let none = store.matching(&terms, &scope(), 0).unwrap();
    assert_eq!(none.counted, some.counted, "three terms are always counted");
    let many: Vec<String> = (0..200).map(|number| format!("number{number}")).collect();
    let cut = store.matching(&many, &scope(), 1_000_000).unwrap();
    assert_eq!((cut.counted.len(), cut.left_out.len()), (128, 72));
    assert_eq!(store.matching(&[], &scope(), 1000).unwrap().scores.len(), 0);
}

pub(super) fn repeated_terms_cost_once(store: &mut dyn Store) {
    add(store, &draft("deploy", 1));
    let hits = store.matching(&strings(&["deploy", "deploy", "deploy", "bodi"]), &scope(), 60).unwrap();
    assert_eq!(hits.counted, strings(&["deploy", "bodi"]));
}

pub(super) fn forgotten_and_retired_memories_do_not_match(store: &mut dyn Store) {
    let forgotten = add(store, &draft("deploy one", 1));
    let retired = add(store, &draft("deploy two", 2));
    store.forget_memory(forgotten, NOW).unwrap();
    let status = |status| MemoryEdit { status: Some(status), ..MemoryEdit::default() };
    store.edit_memory(retired, &status(MemoryStatus::Retired)).unwrap();
    let deploy = strings(&["deploy"]);
    assert_eq!(store.matching(&deploy, &scope(), 1000).unwrap().scores.len(), 0);
    store.edit_memory(retired, &status(MemoryStatus::Active)).unwrap();
    let found: Vec<_> = store.matching(&deploy, &scope(), 1000).unwrap().scores.into_keys().collect();
    assert_eq!(found, [retired]);
}

pub(super) fn words_that_stand_together_are_worth_more(store: &mut dyn Store) {
    let near = add(store, &draft("zebra crossing at the bridge", 1));
    let filler = "filler ".repeat(40);
    let far = add(store, &draft(&format!("zebra {filler} bridge {filler}"), 2));
    let hits = store.matching(&strings(&["zebra", "bridg"]), &scope(), 1000).unwrap();
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

//! Which memories the terms of a query match, and how well.

use memory_lane::model::{MemoryStatus, Timestamp};
use memory_lane::store::{MemoryEdit, Scope, Store};
use memory_lane::text;

use super::samples::{NOW, OTHER, add, asked, draft, scope, strings};

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
            let hits = store.matching(&asked(&[&term]), &scope(), 1000).unwrap();
            assert!(hits.scores.contains_key(&id), "{text:?} is not found by its term {term:?}");
        }
    }
    let plain = store.matching(&asked(&text::terms("Zurich cafe")), &scope(), 1000).unwrap();
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
        let mut found: Vec<_> = store.matching(&asked(&["deploy"]), &scope, 1000).unwrap().scores.into_keys().collect();
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
    let all = store.matching(&asked(&terms), &scope(), 1000).unwrap();
    assert_eq!(all.counted, strings(&["number5", "missing", "third", "everi", "bodi"]));
    assert_eq!(all.left_out, strings(&[]));
    assert_eq!(all.scores.len(), 120);
    // The two rare ones count as 30 postings each, `third` has 40.
    let some = store.matching(&asked(&terms), &scope(), 100).unwrap();
    assert_eq!(some.counted, strings(&["number5", "missing", "third"]));
    assert_eq!(some.left_out, strings(&["everi", "bodi"]));
    assert_eq!(some.scores.len(), 41);
    let none = store.matching(&asked(&terms), &scope(), 0).unwrap();
    assert_eq!(none.counted, some.counted, "three terms are always counted");
    let many: Vec<String> = (0..200).map(|number| format!("number{number}")).collect();
    let cut = store.matching(&asked(&many), &scope(), 1_000_000).unwrap();
    assert_eq!((cut.counted.len(), cut.left_out.len()), (128, 72));
    assert_eq!(store.matching(&[], &scope(), 1000).unwrap().scores.len(), 0);
}

pub(super) fn matching_goes_by_the_weight_of_a_word(store: &mut dyn Store) {
    let ids = ["zebra in the road", "bridge in the road"].map(|body| add(store, &draft(body, 1)));
    let mut terms = asked(&["zebra", "bridg"]);
    terms[1].weight = 2.0;
    let hits = store.matching(&terms, &scope(), 1000).unwrap();
    let [zebra, bridge] = ids.map(|id| hits.scores[&id]);
    assert!((bridge / zebra - 2.0).abs() < 1e-4, "{zebra} {bridge}");
    assert!(hits.total > bridge);
}

pub(super) fn repeated_terms_cost_once(store: &mut dyn Store) {
    add(store, &draft("deploy", 1));
    let hits = store.matching(&asked(&["deploy", "deploy", "deploy", "bodi"]), &scope(), 60).unwrap();
    assert_eq!(hits.counted, strings(&["deploy", "bodi"]));
}

pub(super) fn forgotten_and_retired_memories_do_not_match(store: &mut dyn Store) {
    let forgotten = add(store, &draft("deploy one", 1));
    let retired = add(store, &draft("deploy two", 2));
    store.forget_memory(forgotten, NOW).unwrap();
    let status = |status| MemoryEdit { status: Some(status), ..MemoryEdit::default() };
    store.edit_memory(retired, &status(MemoryStatus::Retired)).unwrap();
    let deploy = strings(&["deploy"]);
    assert_eq!(store.matching(&asked(&deploy), &scope(), 1000).unwrap().scores.len(), 0);
    store.edit_memory(retired, &status(MemoryStatus::Active)).unwrap();
    let found: Vec<_> = store.matching(&asked(&deploy), &scope(), 1000).unwrap().scores.into_keys().collect();
    assert_eq!(found, [retired]);
}

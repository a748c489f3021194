//! Memories' vectors, and what is near.

use memory_lane::model::{MemoryId, MemoryStatus, Timestamp};
use memory_lane::store::{MemoryEdit, Scope, Store, StoreError, VectorHit};

use super::samples::{LANE, NOW, OTHER, add, angle, draft, scope, session_id};

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

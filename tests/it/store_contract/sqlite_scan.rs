//! The scan over vectors of one byte a number, beside the exact search of another program.

use memory_lane::model::MemoryId;
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MemoryStore, RecallStore};

use super::samples::{NOW, draft, scope};

/// Numbers that look random and are the same every time.
fn pseudo_random_vector(seed: u64, dimension: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    let vector: Vec<f32> = (0..dimension).map(|_| next()).collect();
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / length).collect()
}

#[test]
fn the_scan_agrees_with_the_exact_search_of_sqlite_vec() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    let drafts: Vec<_> = (0..2000).map(|number| draft(&format!("memory {number}"), 1)).collect();
    store.add_memories(&drafts, NOW).unwrap();
    let vectors: Vec<_> =
        (1..=2000).map(|number| (MemoryId(number), pseudo_random_vector(number as u64, 384))).collect();
    store.put_vectors("m", &vectors).unwrap();
    let (mut agreed, mut asked) = (0, 0);
    for (id, vector) in vectors.iter().step_by(50) {
        let exact = store.neighbours(*id, "m", 10).unwrap();
        let scan = store.nearest("m", vector, &scope(), 11).unwrap();
        assert_eq!(scan.in_scope[0].id, *id, "a memory is nearest to its own vector");
        for hit in &scan.in_scope[1..] {
            asked += 1;
            if let Some((_, cosine)) = exact.iter().find(|(other, _)| other == &hit.id) {
                agreed += 1;
                assert!((cosine - hit.cosine).abs() < 1e-5, "{cosine} {}", hit.cosine);
            }
        }
    }
    assert!(f64::from(agreed) / f64::from(asked) >= 0.95, "{agreed} of {asked}");
}

//! Nearest memories by vector: one pass over all rows of a model, 8 bits a number, then exact cosines of the best.

use rusqlite::Connection;

use super::dot::{ScanQuery, unit};
use super::failure::Attempt;
use super::scope::{LeftOut, scope_project};
use super::vectors::{Model, exact_cosines};
use crate::model::MemoryId;
use crate::store::{Scope, VectorHit, VectorHits};

/// Nearest memories in scope, a quarter as many elsewhere, and how near the scope is as a whole.
pub(super) fn nearest(db: &Connection, name: &str, vector: &[f32], scope: &Scope, limit: usize) -> Attempt<VectorHits> {
    let Some(model) = Model::known(db, name)? else { return Ok(VectorHits::default()) };
    model.check(name, vector)?;
    let Some(query) = unit(vector) else { return Ok(VectorHits::default()) };
    let scan = scan(db, model, &query, scope, limit)?;
    Ok(VectorHits {
        in_scope: exact_order(db, model, &query, scan.in_scope)?,
        elsewhere: exact_order(db, model, &query, scan.elsewhere)?,
        compared: scan.spread.count,
        mean: scan.spread.mean(),
        deviation: scan.spread.deviation(),
    })
}

struct Scan {
    in_scope: Best,
    elsewhere: Best,
    spread: Spread,
}

fn scan(db: &Connection, model: Model, query: &[f32], scope: &Scope, limit: usize) -> Attempt<Scan> {
    let mut scan = Scan { in_scope: Best::of(limit), elsewhere: Best::of(limit / 4), spread: Spread::default() };
    let project = scope_project(db, scope)?;
    let left_out = LeftOut::of(db, scope)?;
    let (query, layout, range) = (ScanQuery::new(query), model.layout(), model.chunks());
    let mut chunks = db.prepare_cached("SELECT v FROM vector_chunks WHERE id BETWEEN ? AND ?")?;
    let mut chunks = chunks.query([range.start(), range.end()])?;
    while let Some(chunk) = chunks.next()? {
        for slot in layout.slots(chunk.get_ref(0)?.as_blob()?) {
            if left_out.contains(slot.memory.into()) {
                continue;
            }
            let cosine = query.product(slot.numbers, slot.scale);
            if slot.project == 0 || project == Some(slot.project.into()) {
                scan.spread.add(cosine);
                scan.in_scope.offer(cosine, slot.memory);
            } else {
                scan.elsewhere.offer(cosine, slot.memory);
            }
        }
    }
    Ok(scan)
}

fn exact_order(db: &Connection, model: Model, query: &[f32], best: Best) -> Attempt<Vec<VectorHit>> {
    let mut hits = exact_cosines(db, model, query, best.ids())?;
    hits.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.id.cmp(&b.id)));
    Ok(hits)
}

/// The best so far; cut back to the limit only when there are twice as many.
struct Best {
    limit: usize,
    floor: f32,
    hits: Vec<(f32, u32)>,
}

impl Best {
    fn of(limit: usize) -> Self {
        Self { limit, floor: f32::NEG_INFINITY, hits: Vec::with_capacity(limit.min(1024) * 2) }
    }

    fn offer(&mut self, cosine: f32, memory: u32) {
        if self.limit == 0 || cosine < self.floor {
            return;
        }
        self.hits.push((cosine, memory));
        if self.hits.len() == self.limit * 2 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.hits.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.hits.truncate(self.limit);
        if let Some(&(last, _)) = self.hits.get(self.limit.wrapping_sub(1)) {
            self.floor = last;
        }
    }

    fn ids(mut self) -> impl Iterator<Item = MemoryId> {
        self.cut();
        self.hits.into_iter().map(|(_, memory)| MemoryId(memory.into()))
    }
}

/// Mean and deviation of numbers seen one by one.
#[derive(Default)]
struct Spread {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f32) {
        let value = f64::from(value);
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f32 {
        (self.sum / self.count.max(1) as f64) as f32
    }

    fn deviation(&self) -> f32 {
        let count = self.count.max(1) as f64;
        (self.squares / count - (self.sum / count).powi(2)).max(0.0).sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_of_a_full_sort(
            cosines in proptest::collection::vec(-8i8..8, 0..200), limit in 0usize..12,
        ) {
            let offered: Vec<(f32, u32)> =
                cosines.iter().zip(1..).map(|(&cosine, memory)| (f32::from(cosine), memory)).collect();
            let mut best = Best::of(limit);
            for &(cosine, memory) in &offered {
                best.offer(cosine, memory);
            }
            let mut sorted = offered;
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let expected: Vec<_> = sorted.into_iter().take(limit).map(|(_, memory)| MemoryId(memory.into())).collect();
            prop_assert_eq!(best.ids().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn spread_of_known_numbers() {
        let mut spread = Spread::default();
        assert_eq!((spread.mean(), spread.deviation()), (0.0, 0.0));
        for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            spread.add(value);
        }
        assert!((spread.mean() - 5.0).abs() < 1e-6 && (spread.deviation() - 2.0).abs() < 1e-6);
    }
}

//! How good a ranking is, and how silent: the usual measures of judged sets.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::ask::Answer;
use super::set::{Judgements, SetQuery};

/// Resamples of the bootstrap: the interval then moves by about a tenth of its width between seeds.
const RESAMPLES: usize = 1_000;
/// Where the measures that look at the first few stop.
const FEW: usize = 5;
const TEN: usize = 10;

/// Measures of one ranking, or their means, each 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Measures {
    /// The first is right (H@1).
    pub(super) first: f64,
    /// One of the first five is (H@5).
    pub(super) in_five: f64,
    /// Share of what is right that is among the first ten (R@10).
    pub(super) share_in_ten: f64,
    /// nDCG@10 with gain 2^grade - 1.
    pub(super) ndcg: f64,
    /// One over the place of the first that is right.
    pub(super) reciprocal_rank: f64,
}

/// Means over queries of one type, with the middle 95 % of the bootstrap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// The type, or `all`.
    pub(super) kind: String,
    pub(super) queries: usize,
    pub(super) mean: Measures,
    pub(super) low: Measures,
    pub(super) high: Measures,
}

/// Queries of one type that no document answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Silence {
    pub(super) kind: String,
    pub(super) queries: usize,
    /// How many brought something all the same.
    pub(super) answered: usize,
    /// How many asked the user who is meant.
    pub(super) asked_back: usize,
}

/// What of the ranking is injected, for queries of one type that have an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    pub(super) kind: String,
    pub(super) queries: usize,
    /// How many have the right document first.
    pub(super) right_first: usize,
    /// How many of these have it injected by the prompt.
    pub(super) kept: usize,
    /// How many have a right document among the first five injected, the start of the session counted in.
    pub(super) right_in_five: usize,
    /// How many asked the user who is meant.
    pub(super) asked_back: usize,
}

/// Everything about one set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Scores {
    pub(super) rows: Vec<Row>,
    pub(super) silence: Vec<Silence>,
    pub(super) kept: Vec<Kept>,
}

impl Scores {
    /// Of a whole set, the answers in the order of the queries.
    pub(super) fn of(queries: &[SetQuery], judgements: &Judgements, answers: &[Answer]) -> Self {
        let mut measured: BTreeMap<&str, Vec<Measures>> = BTreeMap::new();
        let mut silence: BTreeMap<&str, Silence> = BTreeMap::new();
        let mut kept: BTreeMap<&str, Kept> = BTreeMap::new();
        for (query, answer) in queries.iter().zip(answers) {
            let kind = query.kind.as_str();
            if !query.answerable {
                note_silence(silence.entry(kind).or_insert_with(|| Silence::of(kind)), answer);
            } else if let Some(right) = judgements.get(&query.id) {
                measured.entry(kind).or_default().push(measure(&answer.ranking, right));
                note_kept(kept.entry(kind).or_insert_with(|| Kept::of(kind)), answer, right);
            }
        }
        let all: Vec<Measures> = measured.values().flatten().copied().collect();
        let mut rows = vec![Row::of("all", &all)];
        if measured.len() > 1 {
            rows.extend(measured.iter().map(|(kind, measures)| Row::of(kind, measures)));
        }
        Self { rows, silence: silence.into_values().collect(), kept: kept.into_values().collect() }
    }
}

impl Silence {
    fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), queries: 0, answered: 0, asked_back: 0 }
    }
}

impl Kept {
    fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), queries: 0, right_first: 0, kept: 0, right_in_five: 0, asked_back: 0 }
    }
}

fn note_silence(silence: &mut Silence, answer: &Answer) {
    silence.queries += 1;
    silence.answered += usize::from(!answer.of_prompt.is_empty());
    silence.asked_back += usize::from(answer.asks_back);
}

fn note_kept(kept: &mut Kept, answer: &Answer, right: &HashMap<String, f64>) {
    let first = answer.ranking.first().map(|(document, _)| document).filter(|first| right.contains_key(*first));
    kept.queries += 1;
    kept.right_first += usize::from(first.is_some());
    kept.kept += usize::from(first.is_some_and(|first| answer.of_prompt.contains(first)));
    kept.right_in_five += usize::from(answer.given.iter().take(FEW).any(|document| right.contains_key(document)));
    kept.asked_back += usize::from(answer.asks_back);
}

fn measure(ranking: &[(String, f32)], right: &HashMap<String, f64>) -> Measures {
    let grades: Vec<f64> = ranking.iter().map(|(document, _)| right.get(document).copied().unwrap_or(0.0)).collect();
    let found = |depth: usize| grades.iter().take(depth).filter(|grade| **grade > 0.0).count();
    let mut best: Vec<f64> = right.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let place = grades.iter().position(|grade| *grade > 0.0);
    Measures {
        first: f64::from(u8::from(found(1) > 0)),
        in_five: f64::from(u8::from(found(FEW) > 0)),
        share_in_ten: found(TEN) as f64 / right.len() as f64,
        ndcg: gain(&grades) / gain(&best),
        reciprocal_rank: place.map_or(0.0, |place| 1.0 / (place + 1) as f64),
    }
}

/// Discounted gain of the first ten.
fn gain(grades: &[f64]) -> f64 {
    let discounted = grades.iter().take(TEN).enumerate();
    discounted.map(|(place, grade)| (grade.exp2() - 1.0) / ((place + 2) as f64).log2()).sum()
}

impl Row {
    fn of(kind: &str, measures: &[Measures]) -> Self {
        let mean = mean(&measures.iter().collect::<Vec<_>>());
        let mut random = Random(1);
        let mut drawn: Vec<Measures> = Vec::new();
        if !measures.is_empty() {
            for _ in 0..RESAMPLES {
                let sample: Vec<&Measures> =
                    (0..measures.len()).map(|_| &measures[random.below(measures.len())]).collect();
                drawn.push(self::mean(&sample));
            }
        }
        let (low, high) = (at_share(&drawn, 0.025), at_share(&drawn, 0.975));
        Self { kind: kind.to_owned(), queries: measures.len(), mean, low, high }
    }
}

/// Applies a function to each measure.
fn each(of: impl Fn(fn(&Measures) -> f64) -> f64) -> Measures {
    Measures {
        first: of(|measures| measures.first),
        in_five: of(|measures| measures.in_five),
        share_in_ten: of(|measures| measures.share_in_ten),
        ndcg: of(|measures| measures.ndcg),
        reciprocal_rank: of(|measures| measures.reciprocal_rank),
    }
}

fn mean(measures: &[&Measures]) -> Measures {
    let count = measures.len().max(1) as f64;
    each(|which| measures.iter().map(|measures| which(measures)).sum::<f64>() / count)
}

/// Each measure's value below which this share of the draws lies.
fn at_share(drawn: &[Measures], share: f64) -> Measures {
    each(|which| {
        let mut values: Vec<f64> = drawn.iter().map(which).collect();
        values.sort_by(f64::total_cmp);
        let place = (share * values.len() as f64) as usize;
        values.get(place.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
    })
}

/// SplitMix64: the same set gives the same interval.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(ranking: &str, right: &[(&str, f64)]) -> Measures {
        let ranking: Vec<(String, f32)> = ranking.split_whitespace().map(|name| (name.to_owned(), 1.0)).collect();
        measure(&ranking, &right.iter().map(|(name, grade)| ((*name).to_owned(), *grade)).collect())
    }

    fn check(ranking: &str, right: &[(&str, f64)], expected: [f64; 5]) {
        let found = measured(ranking, right);
        let found = [found.first, found.in_five, found.share_in_ten, found.ndcg, found.reciprocal_rank];
        let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(same, "{ranking}: {found:?}, not {expected:?}");
    }

    #[test]
    fn measures_are_those_of_the_books() {
        check("a b c", &[("a", 1.0)], [1.0, 1.0, 1.0, 1.0, 1.0]);
        check("b a c", &[("a", 1.0)], [0.0, 1.0, 1.0, 0.63093, 0.5]);
        check("", &[("a", 1.0)], [0.0; 5]);
        check("b c d e f a", &[("a", 1.0)], [0.0, 0.0, 1.0, 0.35621, 1.0 / 6.0]);
        check("b c d e f g h i j k a", &[("a", 1.0)], [0.0, 0.0, 0.0, 0.0, 1.0 / 11.0]);
        check("a x b", &[("a", 1.0), ("b", 1.0)], [1.0, 1.0, 1.0, 0.91972, 1.0]);
        check("a x", &[("a", 1.0), ("b", 1.0)], [1.0, 1.0, 0.5, 0.61315, 1.0]);
        // Gain 1 first and gain 3 second, of at best the other way round.
        check("a b", &[("a", 1.0), ("b", 2.0)], [1.0, 1.0, 1.0, (1.0 + 3.0 * 0.63093) / (3.0 + 0.63093), 1.0]);
    }

    #[test]
    fn the_interval_holds_the_mean_and_narrows_with_more_queries() {
        let of = |count: usize| -> Row {
            let measures: Vec<Measures> = (0..count)
                .map(|n| Measures { ndcg: if n % 2 == 0 { 1.0 } else { 0.0 }, ..Measures::default() })
                .collect();
            Row::of("all", &measures)
        };
        let (few, many) = (of(20), of(500));
        for row in [&few, &many] {
            assert!(row.low.ndcg < row.mean.ndcg && row.mean.ndcg < row.high.ndcg, "{row:?}");
            assert!(row.low.first.abs() < 1e-9 && row.high.first.abs() < 1e-9, "{row:?}");
        }
        let width = |row: &Row| row.high.ndcg - row.low.ndcg;
        // 1.96 standard errors to each side.
        assert!((width(&few) - 0.44).abs() < 0.1 && (width(&many) - 0.088).abs() < 0.02, "{few:?} {many:?}");
        assert_eq!(of(0).mean, Measures::default());
        assert_eq!(of(20), of(20), "the same set, the same interval");
    }

    fn query(id: &str, kind: &str, answerable: bool) -> SetQuery {
        let json = serde_json::json!({"_id": id, "text": "t", "type": kind, "answerable": answerable});
        serde_json::from_value(json).unwrap()
    }

    fn answer(ranking: &str, of_prompt: &str, given: &str) -> Answer {
        let names = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let ranking = names(ranking).into_iter().map(|name| (name, 1.0)).collect();
        Answer { ranking, of_prompt: names(of_prompt), given: names(given), asks_back: false }
    }

    #[test]
    fn silence_and_what_is_kept_are_counted_by_type() {
        let queries = [
            query("q1", "said", true),
            query("q2", "said", true),
            query("q3", "trivial", false),
            query("q4", "trivial", false),
        ];
        let answers = [answer("a b", "a", "a"), answer("b a", "", "x a"), answer("a", "", "s"), answer("a", "a", "a")];
        let right = HashMap::from([("a".to_owned(), 1.0)]);
        let judgements = HashMap::from([("q1".to_owned(), right.clone()), ("q2".to_owned(), right)]);
        let scores = Scores::of(&queries, &judgements, &answers);
        assert_eq!(scores.rows.len(), 1, "one type needs no row of its own");
        assert!((scores.rows[0].mean.first - 0.5).abs() < 1e-9);
        assert_eq!(scores.silence, [Silence { queries: 2, answered: 1, ..Silence::of("trivial") }]);
        assert_eq!(scores.kept, [Kept { queries: 2, right_first: 1, kept: 1, right_in_five: 2, ..Kept::of("said") }]);
    }
}

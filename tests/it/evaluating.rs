//! `eval` on our own judged sets: the measures are sane, and recall has not fallen to pieces. How good it is `make eval` says.

use serde_json::Value;

use crate::support::Home;

fn scored(set: &str) -> Value {
    let place = format!("{}/evals/sets/{set}", env!("CARGO_MANIFEST_DIR"));
    Home::with_model().json(&["eval", &place, "--score", "--json"])
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn of_type<'a>(scores: &'a Value, part: &str, kind: &str) -> &'a Value {
    let rows = scores[part].as_array().unwrap();
    rows.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {part}: {scores}"))
}

/// Measures lie within their intervals, and those of the first answer below those of the first five.
fn check_sane(scores: &Value) {
    for row in scores["rows"].as_array().unwrap() {
        for measure in ["first", "in_five", "share_in_ten", "ndcg", "reciprocal_rank"] {
            let [low, mean, high] = ["low", "mean", "high"].map(|bound| number(&row[bound][measure]));
            assert!((0.0..=1.0).contains(&mean) && low <= mean && mean <= high, "{measure} of {row}");
        }
        let mean = |measure: &str| number(&row["mean"][measure]);
        assert!(mean("first") <= mean("in_five") && mean("first") <= mean("reciprocal_rank"), "{row}");
        assert!(mean("reciprocal_rank") <= 1.0 && mean("ndcg") > 0.0, "{row}");
    }
}

#[test]
fn corrections_are_found_and_small_talk_is_silent() {
    let scores = scored("corrections");
    check_sane(&scores);
    let all = of_type(&scores, "rows", "all");
    assert!(number(&all["mean"]["ndcg"]) > 0.5, "{all}");
    for kind in ["trivial", "foreign", "near miss"] {
        let noise = of_type(&scores, "silence", kind);
        assert!(number(&noise["answered"]) <= 0.2 * number(&noise["queries"]), "{noise}");
    }
    let which = of_type(&scores, "silence", "which one");
    assert_eq!(which["asked_back"], which["queries"], "{which}");
    assert_eq!(which["answered"], 0, "{which}");
}

#[test]
fn failures_find_their_precedent() {
    let scores = scored("failures");
    check_sane(&scores);
    let after = of_type(&scores, "rows", "after");
    assert!(number(&after["mean"]["first"]) > 0.5, "{after}");
}

//! Scores as a table for people. `evals/run.sh` puts published rows below it, in the same columns.

use super::score::{Kept, Row, Scores, Silence};
use crate::cli::print_line;

pub(super) fn print(scores: &Scores) -> anyhow::Result<()> {
    print_line(format_args!(
        "{:<24}{:>6}{:>7}{:>7}{:>7}{:>9}{:>7}   95 % of nDCG@10",
        "", "n", "H@1", "H@5", "R@10", "nDCG@10", "MRR"
    ));
    scores.rows.iter().for_each(row);
    scores.silence.iter().for_each(silence);
    scores.kept.iter().for_each(kept);
    Ok(())
}

fn row(row: &Row) {
    let mean = row.mean;
    print_line(format_args!(
        "{:<24}{:>6}{:>7.1}{:>7.1}{:>7.1}{:>9.1}{:>7.1}   {:.1}–{:.1}",
        row.kind,
        row.queries,
        100.0 * mean.first,
        100.0 * mean.in_five,
        100.0 * mean.share_in_ten,
        100.0 * mean.ndcg,
        100.0 * mean.reciprocal_rank,
        100.0 * row.low.ndcg,
        100.0 * row.high.ndcg
    ));
}

fn silence(silence: &Silence) {
    print_line(format_args!(
        "noise: {}: {} of {} answered ({:.1} %){}",
        silence.kind,
        silence.answered,
        silence.queries,
        100.0 * silence.answered as f64 / silence.queries as f64,
        asked_back(silence.asked_back)
    ));
}

fn kept(kept: &Kept) {
    print_line(format_args!(
        "kept: {}: {} of {} right first hits are injected; {:.1} % have a right answer among the first five injected{}",
        kept.kind,
        kept.kept,
        kept.right_first,
        100.0 * kept.right_in_five as f64 / kept.queries as f64,
        asked_back(kept.asked_back)
    ));
}

fn asked_back(count: usize) -> String {
    if count == 0 { String::new() } else { format!("; {count} ask who is meant") }
}

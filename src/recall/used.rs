//! What became of a memory when it was shown before: a small weight, as it is judged by words alone.

use crate::store::Uses;

/// Most that it adds or takes away.
const MOST: f32 = 0.03;
/// What being ignored counts against being contradicted: the memory may only have come too early.
const IGNORED: f32 = 0.25;
/// Uses that are taken as not known: one use says little.
const UNKNOWN: f32 = 2.0;

/// The balance of the uses, -1 to 1, and the factor on the score.
pub(super) fn factor(uses: &Uses) -> (f32, f32) {
    let (followed, ignored, contradicted) = (uses.followed as f32, uses.ignored as f32, uses.contradicted as f32);
    let all = followed + ignored + contradicted;
    let balance = (followed - contradicted - IGNORED * ignored) / (all + UNKNOWN);
    (balance, 1.0 + MOST * balance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(followed: u32, ignored: u32, contradicted: u32, expected: f32) {
        let (_, factor) = factor(&Uses { followed, ignored, contradicted, ..Uses::default() });
        assert!((factor - expected).abs() < 1e-4, "{factor}");
    }

    #[test]
    fn uses_move_a_score_by_three_per_cent_at_most() {
        check(0, 0, 0, 1.0);
        check(1, 0, 0, 1.01);
        check(0, 0, 1, 0.99);
        check(0, 2, 0, 0.99625);
        check(1_000_000, 0, 0, 1.03);
        check(0, 0, 1_000_000, 0.97);
    }
}

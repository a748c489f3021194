//! Which words of a text count more, and which less, than their rarity tells.

use std::collections::HashMap;

use super::{identifier_parts, terms};

/// A word all in capitals among others that are not: `DRY`, `WAL`, `TDD`. Somebody named a thing.
const ACRONYM: f32 = 1.5;
/// Part of an identifier that is not said by itself: `parseProjectSessions` names one thing, and its three common words
/// would outvote what else was said. Judged sets, things said again: the right memory among five 84 times in a hundred with
/// neither, 94 with both; elsewhere nothing is lost.
const PART: f32 = 0.5;
/// Longer runs of capitals are no acronyms.
const LONGEST_ACRONYM: usize = 6;

/// The weights of the analysed terms of a text that do not weigh 1.
pub fn emphasis(text: &str) -> HashMap<String, f32> {
    let runs = || text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|run| !run.is_empty());
    let shouted = is_shouted(text);
    let mut weights = HashMap::new();
    for part in runs().map(identifier_parts).filter(|parts| parts.len() > 1).flatten() {
        weights.extend(terms(part).into_iter().map(|term| (term, PART)));
    }
    for run in runs().filter(|run| identifier_parts(run).len() == 1) {
        for term in terms(run) {
            if !shouted && is_acronym(run) {
                weights.insert(term, ACRONYM);
            } else if weights.get(&term) == Some(&PART) {
                weights.remove(&term);
            }
        }
    }
    weights
}

fn is_acronym(run: &str) -> bool {
    (2..=LONGEST_ACRONYM).contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether most letters are capitals: nothing stands out then.
fn is_shouted(text: &str) -> bool {
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    let small = text.chars().filter(|c| c.is_lowercase()).count();
    capitals > small
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, f32)]) {
        let mut weights: Vec<(String, f32)> = emphasis(text).into_iter().collect();
        weights.sort_by(|a, b| a.0.cmp(&b.0));
        let expected: Vec<(String, f32)> =
            expected.iter().map(|(term, weight)| ((*term).to_owned(), *weight)).collect();
        assert_eq!(weights, expected, "{text:?}");
    }

    #[test]
    fn acronyms_stand_out_where_not_all_is_shouted() {
        check("that is not DRY at all", &[("dri", ACRONYM)]);
        check("dry the dishes", &[]);
        check("WHY IS THIS BROKEN", &[]);
        check("it is called ALL_THINGS in the code", &[("all", PART), ("thing", PART)]);
    }

    #[test]
    fn parts_of_identifiers_count_less_unless_said_alone() {
        check("rename parseHeader", &[("header", PART), ("pars", PART)]);
        check("parse it with parseHeader", &[("header", PART)]);
        check("an HTTP answer in parseHTTPHeader", &[("header", PART), ("http", ACRONYM), ("pars", PART)]);
    }
}

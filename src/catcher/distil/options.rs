//! What "option 2" or "B, but off by default" stands for: the options that the agent had offered.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::one_line;

/// Longest text of an option.
const OPTION_CHARS: usize = 160;
/// More words than this and the prompt explains itself.
const LONGEST_CHOICE: usize = 30;
/// As many words after "B)" are an answer of their own.
const FEWEST_WORDS_OF_ANSWER: usize = 3;
/// More options named than this and it is a list of chores ("fix 3, 7 and 12").
const MOST_CHOSEN: usize = 1;

/// The option of `answer` that a short prompt chooses, as the agent worded it.
pub(super) fn chosen(prompt: &str, answer: &str) -> Option<String> {
    if prompt.split_whitespace().count() > LONGEST_CHOICE {
        return None;
    }
    let labels = labels(prompt);
    let [label] = &labels[..] else { return None };
    offered(answer).into_iter().rev().find(|(offered, _)| offered == label).map(|(_, text)| text)
}

/// The labels that a prompt begins with or names as options, each once.
fn labels(prompt: &str) -> Vec<String> {
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:^|[.;!]\s*)(?:(?:ok(?:ay)?|yes|yeah|yup|sure|i think|i(?:'d| would)? (?:like|prefer|choose|pick)|i'm leaning|let'?s(?: go| do)?|go|do|use|take|with|for|going with|the)[, ]+)*(?:option |approach |variant |alternative |number |#)?\(?([a-e]|\d)\)?(?:$|[,.;:!)]|\s+(?:is|sounds|seems|looks|works|please|for|with|but|as|to)\b)|\b(?:option|approach|variant|alternative)\s+([a-e]|\d)\b",
        )
        .ok()
    });
    static SEVERAL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)\b([a-e]|\d+)\s*(?:,|and|&|\+|-|to|/)\s*([a-e]|\d+)\b").ok());
    let mut labels: Vec<String> = Vec::new();
    // "Let's do a review": a lone lower-case article is no label.
    let first_line = prompt.trim().lines().next().unwrap_or_default();
    if SEVERAL.as_ref().is_none_or(|several| several.is_match(first_line)) {
        return labels;
    }
    for found in NAMED.as_ref().into_iter().flat_map(|named| named.captures_iter(first_line)) {
        let Some(label) = found.get(1).or_else(|| found.get(2)) else { continue };
        let (before, after) = (&first_line[..label.start()], &first_line[label.end()..]);
        let followed_by_word = after.starts_with(' ');
        // "B) I'd like one for each of them" answers a question that the agent had lettered so.
        let heads_an_answer = |rest: &str| rest.split_whitespace().count() >= FEWEST_WORDS_OF_ANSWER;
        if !before.ends_with('(') && after.strip_prefix(')').is_some_and(heads_an_answer) {
            continue;
        }
        if label.as_str() == "a" && followed_by_word && found.get(1).is_some() {
            continue;
        }
        let label = label.as_str().to_uppercase();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels.truncate(MOST_CHOSEN + 1);
    labels
}

/// The options of an answer with their labels, in order.
fn offered(answer: &str) -> Vec<(String, String)> {
    static OFFERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?im)^[\s>#*|-]*(?:option|approach|variant|alternative)?\s*\(?([a-e]|\d)\s*[.):—–-]+\s*\**\s*(\S.*)$",
        )
        .ok()
    });
    let found = OFFERED.as_ref().into_iter().flat_map(|offered| offered.captures_iter(answer));
    found
        .filter_map(|found| {
            let text = one_line(&found[2].replace("**", "").replace("(Recommended)", ""), OPTION_CHARS);
            let text = text.trim_end_matches([':', ' ', '*']).to_owned();
            (text.chars().filter(|c| c.is_alphabetic()).count() >= 4).then(|| (found[1].to_uppercase(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "There are two ways:\n\n**Option A: Keep one log for all launchers**\n- simple\n\n**Option B: One log for each launcher**\n\nWhich do you prefer?";

    fn check(prompt: &str, answer: &str, expected: Option<&str>) {
        assert_eq!(chosen(prompt, answer).as_deref(), expected, "{prompt:?}");
    }

    #[test]
    fn the_chosen_option_is_found() {
        let (one, each) = (Some("Keep one log for all launchers"), Some("One log for each launcher"));
        check("B", OFFER, each);
        check("option b please", OFFER, each);
        check("I think B, it leaves us more room", OFFER, each);
        check("let's go with A", OFFER, one);
        check("A sounds good to me", OFFER, one);
        check("B) please", OFFER, each);
        check(
            "2, but off by default",
            "Which?\n1. Read the settings at once\n2. Read them when needed",
            Some("Read them when needed"),
        );
        check(
            "yes, let's do option 1",
            "1) **Read the settings at once** — fast\n2) Later",
            Some("Read the settings at once — fast"),
        );
    }

    #[test]
    fn other_words_choose_nothing() {
        check("let's do a review", OFFER, None);
        check("A launcher must be simple", OFFER, None);
        check("fix A and B", OFFER, None);
        check("address 1, 2", "1. The first thing here\n2. The second thing", None);
        check("C", OFFER, None);
        check("yes please", OFFER, None);
        check("B) I'd like them to be easy to delete", OFFER, None);
    }
}

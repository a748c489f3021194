//! One line that says what a message is about, for sessions without a title.

use super::{excerpt, one_line};

/// Longest headline, in characters.
const LONGEST: usize = 80;
/// A first sentence shorter than this says too little to stand alone.
const SHORTEST_SENTENCE: usize = 15;
/// A line up to this length that ends with a colon only announces the next ones.
const SHORT_INTRODUCTION: usize = 40;
/// Words that a line needs to be somebody's sentence.
const FEWEST_WORDS: usize = 2;

/// The first line of a message that a person wrote, without markup: no code, logs, quotes or wrappers of programs.
/// Where there is none, the first line with a word in it; `None` when there is not even that.
pub fn headline(message: &str) -> Option<String> {
    let lines: Vec<&str> = own_lines(message);
    let candidates = || lines.iter().map(|line| unmarked(line)).filter(|line| line.chars().any(char::is_alphabetic));
    let prose = || candidates().filter(|line| is_prose(line));
    let line = prose().find(|line| !introduces(line)).or_else(|| prose().next()).or_else(|| candidates().next())?;
    Some(cut(&line))
}

/// The lines outside fences and outside elements that programs wrap around what they add.
fn own_lines(message: &str) -> Vec<&str> {
    let (mut lines, mut fence, mut element) = (Vec::new(), false, None::<String>);
    for raw in message.lines() {
        let line = raw.trim();
        if let Some(name) = &element {
            if line.ends_with(&format!("</{name}>")) {
                element = None;
            }
            continue;
        }
        if line.starts_with("```") || line.starts_with("~~~") {
            fence = !fence;
            continue;
        }
        if let Some(name) = opened(line) {
            // The text of a lone wrapper, `<objective>…</objective>`, is what was meant.
            match line.strip_prefix(&format!("<{name}>")).and_then(|rest| rest.strip_suffix(&format!("</{name}>"))) {
                Some(inner) => lines.push(inner),
                None if message.contains(&format!("</{name}>")) => element = Some(name.to_owned()),
                None => {}
            }
            continue;
        }
        if !fence && !line.is_empty() && !line.starts_with('>') {
            lines.push(line);
        }
    }
    lines
}

/// The name of an element that begins a line: `<system-reminder>`.
fn opened(line: &str) -> Option<&str> {
    let name = line.strip_prefix('<')?.split(['>', ' ']).next()?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    is_name.then_some(name)
}

/// Without the marks of lists, headings and emphasis.
fn unmarked(line: &str) -> String {
    let line = line.trim_start_matches(['#', '-', '*', '•', ' ']).trim();
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let after = &line[digits..];
    let line =
        if digits > 0 { after.strip_prefix(". ").or_else(|| after.strip_prefix(") ")).unwrap_or(line) } else { line };
    one_line(&line.replace("**", "").replace('`', ""), usize::MAX)
}

/// Whether a person may have written the line: words, and not a log's, a stack's or a table's.
fn is_prose(line: &str) -> bool {
    let words =
        line.split_whitespace().filter(|word| word.chars().all(|c| c.is_alphabetic() || ",.'’!?:;-".contains(c)));
    let unspaced = line.chars().filter(|c| u32::from(*c) > 0x2E7F).count() >= FEWEST_WORDS * 2;
    (unspaced || words.count() >= FEWEST_WORDS) && !is_machine_line(line)
}

/// `Implement the following plan:` says nothing; what follows does.
fn introduces(line: &str) -> bool {
    line.ends_with(':') && line.chars().count() <= SHORT_INTRODUCTION
}

fn is_machine_line(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let stamped = first.chars().filter(char::is_ascii_digit).count() >= 6
        || first.starts_with('[') && first.contains(|c: char| c.is_ascii_digit());
    let level = ["ERROR", "WARN", "WARNING", "INFO", "DEBUG", "TRACE", "FATAL"];
    stamped
        || line.starts_with('|')
        || line.starts_with("at ") && line.ends_with(')')
        || line.starts_with("Traceback ")
        || level.contains(&first.trim_matches(['[', ']', ':']))
        || line.starts_with(['{', '}', '$'])
}

/// The first sentence where it fits and says enough, else as many words as fit.
fn cut(line: &str) -> String {
    let ends =
        line.match_indices([' ', '\u{3000}']).map(|(at, _)| at).filter(|&at| line[..at].ends_with(['.', '?', '!']));
    let sentence = ends.map(|at| &line[..at]).find(|sentence| sentence.chars().count() >= SHORTEST_SENTENCE);
    let chosen = sentence.filter(|sentence| sentence.chars().count() <= LONGEST).unwrap_or(line);
    if chosen.chars().count() <= LONGEST {
        return chosen.trim_end_matches(['.', ':', ',']).to_owned();
    }
    let kept = excerpt(chosen, LONGEST);
    match kept.trim_end_matches('…').rfind(' ').filter(|&at| at > LONGEST / 2) {
        Some(at) => format!("{}…", kept[..at].trim_end_matches([',', ':', ' '])),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        assert_eq!(headline(message).unwrap_or_default(), expected, "{message:?}");
    }

    #[test]
    fn the_first_line_that_somebody_wrote_is_the_headline() {
        check("Fix the login page.", "Fix the login page");
        check("# Plan\n\n1. Move the port to 2", "Move the port to 2");
        check("## **Rework** the `loader`\n- a\n- b", "Rework the loader");
        check("```\nlet x = 1;\n```\nwhy does this not compile?", "why does this not compile?");
        check("> no, use tabs\nis he right about it?", "is he right about it?");
        check("2026-02-01 10:00:00 ERROR: cannot bind\n  at main (a.js:1)\nwhat is wrong here", "what is wrong here");
        check("Traceback (most recent call last):\n  File \"a.py\"\nplease look at this", "please look at this");
        check("Implement the following plan:\n\n# Plan: move the port", "Plan: move the port");
        check("Implement this:", "Implement this");
        check("ログイン画面を直してください", "ログイン画面を直してください");
    }

    #[test]
    fn wrappers_of_programs_are_left_out_and_lone_ones_taken_off() {
        check("<system-reminder>\nnever mind\n</system-reminder>\nmove the port", "move the port");
        check("<objective>Move the port to 2</objective>", "Move the port to 2");
        check("<div> is not closed in the page", "");
        check("<command-name>/clear</command-name>", "/clear");
    }

    #[test]
    fn long_ones_end_at_a_sentence_or_a_word() {
        check(
            "Please move the port to 2. Then look at the tests, there are many of them and some seem to be slow.",
            "Please move the port to 2",
        );
        let long = headline(&"word ".repeat(40)).unwrap();
        assert!(long.ends_with("word…") && long.chars().count() <= LONGEST, "{long}");
        let unbroken = headline(&"ß".repeat(200)).unwrap();
        assert_eq!(unbroken.chars().count(), LONGEST);
    }

    #[test]
    fn without_prose_the_first_word_counts() {
        check("continue", "continue");
        check("```\n```\n\n---\n", "");
        check("", "");
        check("/review 12", "/review 12");
    }

    proptest::proptest! {
        #[test]
        fn it_is_one_line_and_short(message in "(?s)[a-z<>/`#> .\n\u{1b}\u{202e}日ß-]{0,200}|\\PC{0,300}") {
            if let Some(line) = headline(&message) {
                let is_clean = !line.contains(['\n', '\u{1b}', '\u{202e}']);
                proptest::prop_assert!(is_clean && line.chars().count() <= LONGEST, "{:?}", line);
            }
        }
    }
}

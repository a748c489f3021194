//! What makes two failures the same: the program that ran and the lines it printed, without what changes from run to run.

use super::command::without_numbers;

/// Lines of output that are looked at.
const MOST_LINES: usize = 60;
/// Shorter lines say nothing.
const LEAST_LINE: usize = 4;
/// Words of a command that name it: `git push origin` and not the whole line.
const COMMAND_WORDS: usize = 3;
/// Hexadecimal digits from which a word is an id.
const ID_DIGITS: usize = 7;

/// Terms that stand for a failure in the text index. They hold `_` at places where words never do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureTerms {
    /// One for the first one, two and three words of every command.
    pub commands: Vec<String>,
    /// One for every line of output.
    pub lines: Vec<String>,
}

/// The terms of the failure that a text tells of; none if it holds no line that begins with `$ `.
///
/// After the command come the lines it printed, up to the first that begins with `then: `. A command of several lines
/// ends where the output says its exit code.
pub fn failure_terms(text: &str) -> FailureTerms {
    let mut terms = FailureTerms::default();
    let Some(told) = after_prompt(text) else { return terms };
    let told = told.split_once("\nthen: ").map_or(told, |(told, _)| told);
    let (command, output) = match told.find("\nExit code ") {
        Some(at) => told.split_at(at),
        None => told.split_once('\n').unwrap_or((told, "")),
    };
    for name in command_names(command) {
        push_once(&mut terms.commands, term('c', &name));
    }
    for line in output.lines().filter_map(normalised).take(MOST_LINES) {
        push_once(&mut terms.lines, term('l', &line));
    }
    terms
}

fn after_prompt(text: &str) -> Option<&str> {
    text.strip_prefix("$ ").or_else(|| text.split_once("\n$ ").map(|(_, told)| told))
}

/// The first one, two and three words of every command in the line; options end the name, assignments before it do not
/// count.
fn command_names(command: &str) -> Vec<String> {
    let mut names = Vec::new();
    for piece in command.split(['|', ';', '&', '\n']) {
        let words: Vec<&str> = piece
            .split_whitespace()
            .skip_while(|word| word.contains('=') && !word.starts_with('='))
            .enumerate()
            .take_while(|(at, word)| *at == 0 || !word.starts_with('-'))
            .map(|(_, word)| word)
            .take(COMMAND_WORDS)
            .collect();
        names.extend((1..=words.len()).map(|count| words[..count].join(" ")));
    }
    names
}

/// The first sentence of a line without what changes from run to run: numbers, ids, paths, case and spaces. None if nothing
/// is left. What follows is advice, and a memory does not keep it.
fn normalised(line: &str) -> Option<String> {
    let line = line.split_once(". ").map_or(line, |(sentence, _)| sentence);
    let words: Vec<String> = line.split_whitespace().map(normalised_word).collect();
    let line = words.join(" ");
    (line.chars().count() >= LEAST_LINE).then_some(line)
}

fn normalised_word(word: &str) -> String {
    if word.contains('/') {
        return "<path>".to_owned();
    }
    let mut out = String::new();
    for run in word.to_lowercase().split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let core = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if core.len() >= ID_DIGITS && core.bytes().all(|b| b.is_ascii_hexdigit()) {
            out.push('#');
            out.push_str(&run[core.len()..]);
        } else {
            out.push_str(&without_numbers(run));
        }
    }
    out
}

/// FNV-1a: the same on every machine and in every version, as the index keeps it.
fn term(what: char, text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("_{what}{hash:016x}")
}

fn push_once(terms: &mut Vec<String>, term: String) {
    if !terms.contains(&term) {
        terms.push(term);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_in_common(a: &str, b: &str) -> usize {
        let (a, b) = (failure_terms(a), failure_terms(b));
        a.lines.iter().filter(|line| b.lines.contains(line)).count()
    }

    #[test]
    fn what_changes_from_run_to_run_does_not_count() {
        let common = |a: &str, b: &str, expected: usize| {
            assert_eq!(lines_in_common(&format!("$ x\n{a}"), &format!("$ x\n{b}")), expected, "{a:?} and {b:?}");
        };
        common("src/a.rs:12:4: unused name", "lib/b.rs:9:1: Unused  name", 1);
        common("fatal: bad object 1f3c5d7e9a", "fatal: bad object 00aa11bb22", 1);
        common("no socket at unix:///run/a.sock. Is it running?", "no socket at unix:///run/b.sock", 1);
        common("took 12.5 ms in 3 tests", "took 9.75 ms in 41 tests", 1);
        common("no such file", "no such branch", 0);
    }

    #[test]
    fn commands_are_known_by_their_first_words() {
        let same = |a: &str, b: &str| {
            let (a, b) = (failure_terms(&format!("$ {a}")), failure_terms(&format!("$ {b}")));
            a.commands.iter().filter(|name| b.commands.contains(name)).count()
        };
        assert_eq!(same("git push origin main", "git push origin fix --force"), 3);
        assert_eq!(same("CI=1 npm test", "npm test -- --watch"), 2);
        assert_eq!(same("cd web && cargo build", "cargo build --release"), 2);
        assert_eq!(same("ls", "pwd"), 0);
    }

    #[test]
    fn what_was_done_afterwards_is_no_part_of_it() {
        let told = failure_terms("$ make\nExit code 2\nno rule\nthen: Bash make all\nthen: ok");
        assert_eq!(told.lines.len(), 2);
    }

    #[test]
    fn a_text_without_a_command_has_none() {
        assert_eq!(failure_terms("It costs $ 5 or so"), FailureTerms::default());
        assert_eq!(failure_terms("In shop, it fails.\n$ npm i\nmissing script").lines.len(), 1);
    }

    #[test]
    fn terms_pass_the_index_unchanged() {
        for term in failure_terms("$ a b\nc d e f").lines {
            assert!(term.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{term}");
        }
    }
}

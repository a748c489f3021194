//! Shell commands, as far as it takes to see that one is a variant of another.

use std::sync::LazyLock;

use regex::Regex;

/// The command without what surrounds its work: directory changes before it, output trimming after it.
pub(crate) fn essential(command: &str) -> String {
    let mut rest = command.trim();
    while let Some(end) = prefix(rest) {
        rest = rest[end..].trim_start();
    }
    let end = suffix(rest).unwrap_or(rest.len());
    rest[..end].trim_end().to_owned()
}

fn prefix(command: &str) -> Option<usize> {
    static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^(?:cd\s+(?:"[^"]*"|'[^']*'|\S+)\s*(?:&&|;)|set\s+-\w+\s*(?:&&|;|\n)|#[^\n]*\n)"#).ok()
    });
    PREFIX.as_ref()?.find(command).map(|found| found.end()).filter(|&end| end < command.len())
}

fn suffix(command: &str) -> Option<usize> {
    static SUFFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?:\s*(?:2>&1|2>\s*/dev/null|&>\s*/dev/null|\|\|\s*true)|\s*\|\s*(?:head|tail|cat|less)\b[^|;&]*)+\s*$",
        )
        .ok()
    });
    SUFFIX.as_ref()?.find(command).map(|found| found.start()).filter(|&start| start > 0)
}

/// The steps of a command line: what stands between `&&`, `||`, `;`, pipes and line ends, quotations kept whole.
pub(crate) fn steps(command: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, c) in command.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '|' | ';' | '\n' | '&') if c != '&' || is_and(command, at) => {
                steps.push(&command[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    steps.push(&command[start..]);
    steps.into_iter().map(|step| step.trim().trim_matches('&').trim()).filter(|step| !step.is_empty()).collect()
}

/// Whether the `&` at this place is half of `&&`, not part of a redirection.
fn is_and(command: &str, at: usize) -> bool {
    command[at..].starts_with("&&") || command[..at].ends_with('&')
}

/// The plain words after the program, before its first flag, path or number: `gh pr diff 88` gives `pr`, `diff`.
pub(crate) fn subcommands(step: &str) -> Vec<&str> {
    let Some(program) = head(step) else { return Vec::new() };
    let mut words = step.split_whitespace().skip_while(|word| !word.ends_with(program)).skip(1).peekable();
    // `git -C DIR status` is about `status`.
    while words.next_if_eq(&"-C").is_some() {
        words.next();
    }
    let plain = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_'))
    };
    words.take_while(plain).take(3).collect()
}

/// The programs that the command starts, in order: `cd x && FOO=1 git push | tee log` gives `git`, `tee`.
pub(crate) fn heads(command: &str) -> Vec<&str> {
    steps(command).into_iter().filter_map(head).collect()
}

/// The first program that does the work.
pub(crate) fn head(segment: &str) -> Option<&str> {
    let wrappers = ["sudo", "env", "time", "command", "exec", "nohup", "timeout", "npx", "xargs"];
    let mut words = segment.split_whitespace().skip_while(|word| {
        wrappers.contains(word)
            || (word.contains('=') && !word.starts_with('-'))
            || word.chars().all(|c| c.is_ascii_digit())
    });
    let word = words.next()?.trim_matches(['(', ')', '"', '\'', '{', '!', '$']);
    (!word.is_empty() && !word.starts_with('-')).then(|| word.rsplit('/').next().unwrap_or(word))
}

/// Whether the command itself changes files, so that success after it is an edit's doing.
pub(crate) fn edits_files(command: &str) -> bool {
    static EDITS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s|;&])(?:sed\s+(?:-\w+\s+)*-i|perl\s+-\w*i|tee\s|patch\s|git\s+(?:apply|checkout|stash|merge|rebase|reset|pull|restore|add|rm|mv|commit)|mv\s|cp\s|rm\s|touch\s)|[^0-9&>-]>>?\s*[^\s&>/]|[^0-9&>-]>>?\s*/(?:[^d]|d[^e])").ok()
    });
    EDITS.as_ref().is_some_and(|edits| edits.is_match(command))
}

/// Whether the command only looks around, so that failing means "not there".
pub(crate) fn only_looks(command: &str) -> bool {
    let looking = [
        "ls", "cat", "find", "head", "tail", "grep", "rg", "sed", "wc", "stat", "file", "which", "pwd", "echo", "test",
        "[", "cd", "tree", "diff", "cmp", "du", "ps", "kill", "pkill", "pgrep", "lsof", "sleep", "type",
    ];
    let heads = heads(command);
    !heads.is_empty() && heads.iter().all(|head| looking.contains(head))
}

/// How alike two commands are in their words, 0 to 1.
pub(crate) fn likeness(a: &str, b: &str) -> f32 {
    let words = |command: &str| -> std::collections::BTreeSet<String> {
        let parts = command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | '(' | ')'));
        parts.filter(|part| !part.is_empty()).take(60).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    let joint = a.union(&b).count();
    if joint == 0 { 0.0 } else { a.intersection(&b).count() as f32 / joint as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surroundings_are_taken_off() {
        let check = |command: &str, expected: &str| assert_eq!(essential(command), expected, "{command:?}");
        check("cd /tmp/x && cargo test 2>&1 | tail -20", "cargo test");
        check("cargo test", "cargo test");
        check("cd /tmp", "cd /tmp");
        check("make all 2>/dev/null || true", "make all");
    }

    #[test]
    fn programs_are_found() {
        assert_eq!(heads("cd x && FOO=1 sudo git push | tee log"), ["cd", "git", "tee"]);
        assert_eq!(heads("/usr/bin/python3 a.py"), ["python3"]);
        assert_eq!(steps("a 'x;y' && b 2>&1 | c\nd \\\n -e"), ["a 'x;y'", "b 2>&1", "c", "d \\\n -e"]);
        assert_eq!(subcommands("gh pr diff 88 --stat"), ["pr", "diff"]);
        assert_eq!(subcommands("git -C /x status"), ["status"]);
        assert_eq!(subcommands("./run.sh start-session"), ["start-session"]);
    }

    #[test]
    fn editing_and_looking_commands() {
        assert!(edits_files("sed -i 's/a/b/' x"));
        assert!(edits_files("echo hi >> notes.txt"));
        assert!(edits_files("cat > a.txt"));
        assert!(!edits_files("cargo test 2>&1 | tail"));
        assert!(!edits_files("cmd > /dev/null"));
        assert!(only_looks("ls -la | head"));
        assert!(!only_looks("ls && make"));
    }
}

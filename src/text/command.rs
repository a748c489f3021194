//! Shell commands in the form in which they are compared, so that `cd x && FOO=1 npm run deploy 2>&1 | tail` and
//! `npm run deploy` are the same. No patterns: a hook asks for it.

/// A longer command is a script that is written once.
const LONGEST: usize = 200;
/// Steps that prepare, look around or show what others put out.
const BESIDE: [&str; 43] = [
    ".", "[", "[[", "cat", "cd", "clear", "date", "diff", "du", "echo", "exit", "export", "false", "file", "find",
    "grep", "head", "jq", "kill", "less", "ls", "mkdir", "popd", "printf", "ps", "pushd", "pwd", "rg", "sed", "set",
    "sleep", "source", "stat", "tail", "tee", "test", "tree", "true", "type", "wait", "wc", "which", "xargs",
];
const WRAPPERS: [&str; 6] = ["command", "env", "exec", "nohup", "sudo", "time"];

/// What of a command is compared: the steps that do the work, without assignments, wrappers and redirections, white
/// space and numbers made alike. None for commands that only look around and for scripts.
pub fn comparable_command(command: &str) -> Option<String> {
    if command.contains("<<") {
        return None;
    }
    let steps: Vec<String> = steps(command).into_iter().filter_map(|step| essential(&step)).collect();
    let joined = steps.join(" && ");
    (!joined.is_empty() && joined.chars().count() <= LONGEST).then_some(joined)
}

/// A line in which numbers are made alike.
pub fn without_numbers(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut in_number = false;
    for c in line.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !in_number {
            out.push('0');
        }
        in_number = c.is_ascii_digit();
    }
    out
}

/// The steps between `&&`, `||`, `;`, `|` and line ends, quotations kept whole.
fn steps(command: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let (mut quote, mut escaped, mut comment) = (None, false, false);
    let mut letters = command.chars().peekable();
    while let Some(c) = letters.next() {
        let fresh = steps.last().is_none_or(|step| step.trim().is_empty());
        comment = c != '\n' && (comment || c == '#' && quote.is_none() && fresh);
        let splits = quote.is_none()
            && !escaped
            && (matches!(c, '|' | ';' | '\n') || c == '&' && letters.peek() == Some(&'&') || c == '&' && fresh);
        if splits {
            steps.push(String::new());
        } else if let Some(step) = steps.last_mut().filter(|_| !comment) {
            step.push(if escaped && c == '\n' { ' ' } else { c });
        }
        quote = match quote {
            Some(open) if c == open && !escaped => None,
            None if matches!(c, '"' | '\'') && !escaped => Some(c),
            other => other,
        };
        escaped = c == '\\' && !escaped && quote != Some('\'');
        if escaped && letters.peek() == Some(&'\n') {
            // A line that goes on.
            if let Some(step) = steps.last_mut() {
                step.pop();
            }
        }
    }
    steps
}

/// A step that does work, in the form for comparison.
fn essential(step: &str) -> Option<String> {
    let words: Vec<&str> = step
        .split_whitespace()
        .skip_while(|word| WRAPPERS.contains(word) || word.contains('=') && !word.starts_with(['-', '"', '\'']))
        .collect();
    let program = words.first()?.trim_start_matches(['(', '{', '!']).rsplit('/').next()?;
    if program.is_empty() || BESIDE.contains(&program) {
        return None;
    }
    let mut kept = vec![without_numbers(program)];
    let mut after_redirection = false;
    for word in &words[1..] {
        let redirects = word.contains('>') && word.chars().next().is_some_and(|c| matches!(c, '>' | '&' | '1' | '2'));
        if redirects {
            after_redirection = word.ends_with('>');
        } else if after_redirection {
            after_redirection = false;
        } else {
            kept.push(without_numbers(word));
        }
    }
    Some(kept.join(" ").trim_end_matches([')', '}', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_work_is_the_same_command() {
        let check = |command: &str, expected: &str| {
            assert_eq!(comparable_command(command).as_deref(), Some(expected), "{command:?}");
        };
        check("npm run deploy", "npm run deploy");
        check("cd /srv/x && FOO=1 npm  run deploy 2>&1 | tail -20", "npm run deploy");
        check("set -e; npm run deploy > out.txt 2> /dev/null || true", "npm run deploy");
        check("# ship it\nsudo npm run deploy", "npm run deploy");
        check("npm run \\\n  deploy", "npm run deploy");
        check("gh pr diff 88", "gh pr diff 0");
        check("/usr/local/bin/python3.12 -m pytest -k 'a; b'", "python0.0 -m pytest -k 'a; b'");
        check("make build && make ship", "make build && make ship");
        check("git commit -m \"x && y\"", "git commit -m \"x && y\"");
    }

    #[test]
    fn looking_around_and_scripts_are_not_compared() {
        for command in ["ls -la | head", "cd x", "", "  ", "cat <<EOF\nx\nEOF", "grep -rn port . | wc -l", "# nothing"]
        {
            assert_eq!(comparable_command(command), None, "{command:?}");
        }
        assert_eq!(comparable_command(&format!("make {}", "x".repeat(300))), None);
    }

    proptest! {
        #[test]
        fn whatever_the_command(command in "\\PC{0,120}") {
            let _whatever = comparable_command(&command);
        }

        #[test]
        fn what_is_comparable_stays_so(words in proptest::collection::vec("[a-z]{3,8}", 1..5)) {
            let command = format!("make {}", words.join(" "));
            let once = comparable_command(&command).unwrap();
            prop_assert_eq!(comparable_command(&once), Some(once));
        }
    }
}

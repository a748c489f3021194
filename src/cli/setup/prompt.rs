//! Asking a person.

use std::io::{BufRead, IsTerminal};

use crate::cli::print_text;

/// What a question came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Answer {
    Yes,
    No,
    /// Nobody is there to answer.
    Nobody,
}

/// Asks on the terminal; the empty answer means yes.
pub(in crate::cli) fn ask(question: &str) -> Answer {
    let input = std::io::stdin();
    if !input.is_terminal() || !std::io::stdout().is_terminal() {
        return Answer::Nobody;
    }
    print_text(&format!("{question} [Y/n] "));
    let _shown = std::io::Write::flush(&mut std::io::stdout());
    let mut line = String::new();
    match input.lock().read_line(&mut line) {
        Ok(1..) => parse(&line),
        _ => Answer::No,
    }
}

fn parse(line: &str) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "" | "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_and_return_mean_yes() {
        for (line, expected) in [("\n", Answer::Yes), ("Y\n", Answer::Yes), ("no\n", Answer::No), ("q\n", Answer::No)] {
            assert_eq!(parse(line), expected, "{line:?}");
        }
    }
}

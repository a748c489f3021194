//! Colours for people: only on a terminal, and not where `NO_COLOR` is set.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use crate::config::variable;

/// Whether and how words are set off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    /// Never: for agents, pipes and files.
    pub(super) const PLAIN: Self = Self { on: false };

    /// For standard output as it is.
    pub(super) fn for_stdout() -> Self {
        Self { on: std::io::stdout().is_terminal() && variable("NO_COLOR").is_none() }
    }

    /// Names and headings.
    pub(super) fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What is there to be looked up, not read.
    pub(super) fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// The person's words.
    pub(super) fn person(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// What failed.
    pub(super) fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default(), text)
    }

    /// What was looked for.
    pub(super) fn found(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_added_for_those_who_see_no_colours() {
        assert_eq!(Paint::PLAIN.strong("x"), "x");
        assert_eq!(Paint { on: true }.bad("x"), "\u{1b}[31mx\u{1b}[0m");
    }
}

//! What in a prompt a person did not type: programs' messages, pasted logs, code, plans, reviews.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{regex, set};

/// Beyond so many characters of one paragraph nobody types by hand without a single "I", "we" or "you".
const LONGEST_IMPERSONAL: usize = 160;

/// From here on a message may be a document.
const LONG_DOCUMENT: usize = 1_200;
/// Items that make a long message a document.
const MANY_ITEMS: usize = 8;

/// Whether a program and not a person wrote the prompt: slash commands, their output, notices, summaries.
pub fn is_machine_made(text: &str) -> bool {
    static MACHINE: LazyLock<RegexSet> = LazyLock::new(|| {
        set(&[
            r"^<(?:command|bash|local-command|task|system|user-prompt|teammate|ide|post|session|hook)[\w-]*>",
            r"^/[a-z][\w:-]*(?:\s|$)",
            r"^\[Request interrupted",
            r"^This session is being continued from",
            r"^Caveat: The messages below",
            r"^Base directory for this skill",
            r"^(?:Stop|PreToolUse|PostToolUse) hook feedback",
            r"^Operation (?:stopped|blocked) by hook",
            r"^Implement the following plan:",
            r"^Unknown (?:skill|slash command):",
            r"^You are (?:an? |the |now )[^\n]{3,}(?:\n[\s\S]{200,}|[\s\S]{400,})",
        ])
    });
    MACHINE.is_match(text.trim_start())
}

/// What of the lines so far says that this one is pasted.
#[derive(Default)]
pub(super) struct Paste {
    fence: bool,
    until_blank: bool,
    until_tag: Option<String>,
    to_the_end: bool,
}

impl Paste {
    /// Whether the next line is pasted.
    pub(super) fn takes(&mut self, raw: &str) -> bool {
        let line = raw.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            self.fence = !self.fence;
            return true;
        }
        if self.fence || self.to_the_end {
            return true;
        }
        if is_banner(line) {
            self.to_the_end = true;
            return true;
        }
        if let Some(end) = self.until_tag.take().or_else(|| end_of_block(line)) {
            self.until_tag = (!line.contains(&end)).then_some(end);
            return true;
        }
        if line.is_empty() {
            self.until_blank = false;
            return true;
        }
        if self.until_blank || is_machine_line(raw) {
            return true;
        }
        if is_heading(line) {
            self.to_the_end = true;
            return true;
        }
        self.to_the_end = introduces_document(line);
        self.until_blank = introduces_quote(line);
        self.to_the_end && line.len() > LONGEST_IMPERSONAL
    }
}

/// `<system-reminder>` alone opens a block that a program wrote; this is what ends it.
fn end_of_block(line: &str) -> Option<String> {
    let name = line.strip_prefix('<')?.split(['>', ' ']).next()?;
    let named = name.len() > 1 && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_'));
    (named && line.contains('>')).then(|| format!("</{name}>"))
}

fn is_heading(line: &str) -> bool {
    let marks = line.chars().take_while(|&c| c == '#').count();
    (1..=6).contains(&marks) && line[marks..].starts_with(' ')
}

/// `=== Step 3: build ===`: a program's progress, and what follows is its output.
fn is_banner(line: &str) -> bool {
    ["===", "***", "###"].iter().any(|rule| line.starts_with(rule) && line.chars().any(char::is_alphabetic))
        && !line.starts_with("### ")
}

/// `here is the feedback:` and the like: everything after it is somebody else's.
fn introduces_document(line: &str) -> bool {
    static INTRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:plan|feedback|comments?|reviews?|findings?|report|transcript|description|spec|ticket|issue|summary|suggestions?|prompt|todos?)\b[^:.]{0,24}:\s*$|\b(?:address|evaluate|consider|resolve|triage)\b[^.:]{0,50}:\s*$|\b(?:fix|following|these)\b[^.:]{0,30}\b(?:items?|issues?|points?|nits?|observations?|problems?)\b[^.:]{0,20}:\s*$",
        )
    });
    INTRODUCTION.is_match(line)
}

/// `I get this error:`: the block after it is pasted.
fn introduces_quote(line: &str) -> bool {
    static INTRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:errors?|output|logs?|following|message|response|trace|says?|said|see(?:ing|s)?|get(?:ting|s)?|got|this|these|shows?|prints?|result|fails?|with|mentioned|above|wrote)\b[^:.]{0,16}:\s*$",
        )
    });
    INTRODUCTION.is_match(line)
}

/// Lines that no person types: quotations, shell sessions, tables, diffs, logs, stack traces, code.
fn is_machine_line(raw: &str) -> bool {
    static MACHINE: LazyLock<RegexSet> = LazyLock::new(|| {
        set(&[
            r"^\s*(?:\+\S|>|❯|\$ |% |⎿|⏺|●|•|│|┃|[|+]\s|\+\+\+|---|@@|[├└┌╭╰─═✓✗⨯×✘⚠])",
            r"^(?:\t| {4,})\S",
            r"^\s*[\[({]?\d{2,4}[-/:]\d{2}[-/:.]\d{2}",
            r"^\s*\d{1,5} +[+-]",
            r"^\s*[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}",
            r"\|\s*(?:TRACE|DEBUG?|INFO?|WARN|ERROR?)\s*\|",
            r"(?i)^\s*(?:error|warning|warn|info|debug|fatal|panic|exception|traceback|caused by|note|hint|fail|pass|ok|npm err!?|\w*error|remote|run|ran)\b(?:\[[^\]]*\])?:",
            r"^\s*(?:---? (?:FAIL|PASS)|FAIL\b|PASS\b|=== RUN|at .+\(.+:\d+|File .+, line \d+)",
            r"^\s*\S+\.\w{1,5}:\d+(?::\d+)?[:\s]",
            r#"^\s*[{}\[\]"<].*[{}\[\],">]\s*$"#,
            r"[;{]\s*$",
            r"^\s*(?:import|from|const|let|var|func|fn|def|class|type|return|if|for|package|use|pub|export|SELECT|curl|git|npm|cargo|go|docker|cd|ls) [^ ]*[({=/.:-]",
            r"^\s*[\w./-]+@[\w.-]+[:$#%]",
            r"^\s*\[[A-Z][\w ]*#?\d*\]\s*$",
            r"^\s*<[/\w-]+>",
            r"^\s*https?://\S+\s*$",
        ])
    });
    MACHINE.is_match(raw) || is_mostly_marks(raw)
}

/// Fewer than half letters: hashes, paths, tables.
fn is_mostly_marks(line: &str) -> bool {
    let visible = line.chars().filter(|c| !c.is_whitespace()).count();
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    visible > 12 && letters * 2 < visible
}

/// A long line of faultless third-person prose: a review comment or a specification, not a person at a prompt.
pub(super) fn is_impersonal(line: &str) -> bool {
    static PERSONAL: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:i|i'm|i'd|i'll|i've|we|we're|we'll|you|me|us|my|our|your|let's|lets|please|can (?:you|we|i)|ich|wir|du|eu|você|nós)\b|\.\.\.|\?",
        )
    });
    let line = line.trim();
    line.chars().count() >= LONGEST_IMPERSONAL
        && (line.starts_with(char::is_uppercase) || starts_with_code(line))
        && !PERSONAL.is_match(&line.replace('’', "'"))
}

/// `cfg.Load()` or `read_all`, not a word of prose.
fn starts_with_code(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    word.chars().skip(1).any(|c| c.is_uppercase() || matches!(c, '_' | '(' | '.')) || word.starts_with('`')
}

/// Whether the message is a document made of lists: nobody types so many items at a prompt.
pub(super) fn is_list_document(text: &str) -> bool {
    text.len() >= LONG_DOCUMENT && text.lines().filter(|line| is_list_item(line)).count() >= MANY_ITEMS
}

/// Whether the line begins with a list marker.
pub(super) fn is_list_item(line: &str) -> bool {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s*(?:[-*•]|\d{1,2}[.)])\s"));
    ITEM.is_match(line)
}

/// Messages that carry a reviewer's severity mark, or advice in a reviewer's set phrase and length.
pub(super) fn looks_like_review(text: &str) -> bool {
    static SEVERITY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?im)^\W{0,4}(?:low|medium|high|critical|minor|major)(?: (?:severity|priority))\W{0,4}$|^\W{0,4}severity\W|\((?:LOW|MEDIUM|HIGH|CRITICAL)\)",
        )
    });
    static ADVICE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?m)(?:^|[.!]\s)(?:Consider|Recommend) (?:\w+ing|whether|a|an|the)\b"));
    SEVERITY.is_match(text) || text.len() >= LONGEST_IMPERSONAL && ADVICE.is_match(text)
}

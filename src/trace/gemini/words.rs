//! What of a `user` message is the person's own words.

use crate::trace::fields::without_elements;

/// How messages start that the program writes in the person's place.
const INJECTED: &[&str] = &[
    "<session_context>",
    "<state_snapshot>",
    "This is the Gemini CLI. We are setting up the context for our chat.",
    "System: Please continue.",
    "[System",
];

/// How the start of a compacted conversation is known.
const SNAPSHOT: &str = "<state_snapshot>";

/// What is put behind a prompt that names files.
const REFERENCED: &str = "\n--- Content from referenced files ---";

/// Elements that others put into a prompt.
const EMBEDDED: &[&str] = &["hook_context", "memory-lane", "system-reminder"];

/// The person's words; none in a bare command, which says what to run and not what is wanted.
pub(super) fn own(said: &str) -> Option<String> {
    let said = said.trim();
    let is_bare_command = said.starts_with(['/', '?']) && !said.contains(char::is_whitespace);
    if is_bare_command || INJECTED.iter().any(|start| said.starts_with(start)) {
        return None;
    }
    let said = said.split_once(REFERENCED).map_or(said, |(said, _)| said);
    Some(without_elements(said, EMBEDDED)).filter(|words| !words.is_empty())
}

/// Whether a message is the summary that a compaction left.
pub(super) fn is_snapshot(said: &str) -> bool {
    said.trim_start().starts_with(SNAPSHOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_persons_words_are_kept() {
        let check = |said: &str, expected: Option<&str>| assert_eq!(own(said).as_deref(), expected, "{said}");
        check("fix it\n", Some("fix it"));
        check("<session_context>\nToday is …", None);
        check("System: Please continue.", None);
        check("/help", None);
        check("/review the parser", Some("/review the parser"));
        check("fix @a.rs\n--- Content from referenced files ---\nfn main", Some("fix @a.rs"));
        check("fix it <hook_context>a fact</hook_context>", Some("fix it"));
        check("", None);
    }
}

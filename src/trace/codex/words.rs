//! What of a `user` item is the person's own words: instructions, surroundings and notices come under the same role.

use crate::trace::fields::without_elements;

/// How texts start that the program puts in the person's place.
const INJECTED: &[&str] = &[
    "# AGENTS.md instructions",
    "<INSTRUCTIONS>",
    "<environment_context>",
    "<environments_instructions>",
    "<user_instructions>",
    "<permissions instructions>",
    "<collaboration_mode>",
    "<model_switch>",
    "<personality_spec>",
    "<skill",
    "<apps_instructions>",
    "<plugins_instructions>",
    "<hook",
    "<turn_aborted>",
    "<user_shell_command>",
    "<user_action>",
    "<subagent_notification>",
    "<image",
    "</image>",
    "You are performing a CONTEXT CHECKPOINT COMPACTION",
    "Another language model started to solve this problem",
    "Warning: The maximum number of unified exec processes",
    "Warning: apply_patch was requested via ",
];

/// Where the person's words begin in a prompt that an editor has put its surroundings before.
const REQUEST: &str = "## My request for Codex:";

/// Elements that others put into a prompt.
const EMBEDDED: &[&str] = &["memory-lane", "system-reminder"];

/// The person's words in a text of a `user` item. `kind` is what later versions say that the text is.
pub(super) fn own(text: &str, kind: Option<&str>) -> Option<String> {
    if kind.is_some_and(|kind| kind != "unknown" && !kind.starts_with("user.")) {
        return None;
    }
    let text = text.trim();
    if INJECTED.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let text = text.split_once(REQUEST).map_or(text, |(_, request)| request);
    Some(without_elements(text, EMBEDDED)).filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_persons_words_are_kept() {
        let check = |text: &str, kind: Option<&str>, expected: Option<&str>| {
            assert_eq!(own(text, kind).as_deref(), expected, "{text}");
        };
        check(" fix it ", None, Some("fix it"));
        check("fix it", Some("user.text"), Some("fix it"));
        check("<environment_context>\n <cwd>/p</cwd>", None, None);
        check("any words", Some("environments.environment_context"), None);
        check("# AGENTS.md instructions for /p\n\n<INSTRUCTIONS>", None, None);
        check(
            "# Context from my IDE setup:\n\n## Open tabs:\n- a.rs\n\n## My request for Codex:\nfix it\n",
            None,
            Some("fix it"),
        );
        check("<memory-lane>a fact</memory-lane>\nfix it", None, Some("fix it"));
        check("<environment> is a tag in my page", None, Some("<environment> is a tag in my page"));
        check("", None, None);
    }
}

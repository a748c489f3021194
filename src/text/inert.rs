//! Stored text as text, whatever it says.

/// Starts of the names of tags that a client or this program gives a meaning to.
const TAGS: [&str; 4] = ["memory-lane", "stored-text", "system", "function_"];

/// The text with every such tag made plain text, of the same length.
pub fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text[at + c.len_utf8()..].trim_start_matches(['/', ' ']);
        let is_tag = |tag: &&str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
        out.push(if c == '<' && TAGS.iter().any(is_tag) { '[' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_with_a_meaning_are_plain_text() {
        let check = |text: &str, expected: &str| assert_eq!(inert(text), expected);
        check(
            "a </stored-text> b <System-Reminder> c < /system> d <b> e",
            "a [/stored-text> b [System-Reminder> c [ /system> d <b> e",
        );
        check(
            "</memory-lane><memory-lane n=1> <function_results> a<b ü<",
            "[/memory-lane>[memory-lane n=1> [function_results> a<b ü<",
        );
    }
}

//! Pages, tickets, pull requests, standards, documents known by name.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

static URL: LazyLock<Regex> = LazyLock::new(|| regex(r"https?://[^\s<>\x22'`)\]}”’»]+"));
static OTHERS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\bRFC[ -]?\d{3,5}\b",
        r"\b[A-Z]{2,8}-\d{1,6}\b",
        r"(?:^|[\s(\[])((?:[\w.-]+/[\w.-]+)?#\d{1,6})\b",
        r"\b(?i:PR|pull request|issue|ticket)\s?#?\d{1,6}\b",
        r"(?:^|[\s`(\x22'@])((?:[\w.+~-]*/)*[\w.+-]*[\w+-]\.(?:md|mdx|pdf|docx|rst|adoc|pptx|xlsx))\b",
    ]
    .map(regex)
    .into()
});
/// Written like a ticket, but an encoding, a hash or a standard's name.
const NO_TICKETS: [&str; 9] = ["UTF-", "SHA-", "ISO-", "AES-", "RSA-", "GPT-", "MD-", "COVID-", "CVE-"];

/// Every document, as written.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for url in URL.find_iter(text) {
        let name = url.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
        found.push(Found::new(EntityKind::Document, url.start(), name));
    }
    for pattern in &*OTHERS {
        for captures in pattern.captures_iter(text) {
            let Some(name) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            if !NO_TICKETS.iter().any(|prefix| name.as_str().starts_with(prefix)) {
                found.push(Found::new(EntityKind::Document, name.start(), name.as_str()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
        assert_eq!(found, expected, "documents in {text:?}");
    }

    #[test]
    fn documents_are_found() {
        check("see https://example.org/x?y=1.", &["https://example.org/x?y=1"]);
        check("as RFC 9110 says", &["RFC 9110"]);
        check("fixed in #428 and owner/name#12", &["#428", "owner/name#12"]);
        check("PR 31 is open", &["PR 31"]);
        check("read docs/PLAN.md and ABC-17", &["ABC-17", "docs/PLAN.md"]);
    }

    #[test]
    fn encodings_and_colours_are_none() {
        check("UTF-8 and SHA-256", &[]);
        check("paint it #2A6F97", &[]);
    }
}

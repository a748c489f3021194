//! Names from code: functions, types, constants, flags, error codes.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

/// Brand names and words that are written like identifiers.
const NO_IDENTIFIERS: [&str; 34] = [
    "GitHub",
    "GitLab",
    "JavaScript",
    "TypeScript",
    "PostgreSQL",
    "MySQL",
    "SQLite",
    "OpenAI",
    "YouTube",
    "LinkedIn",
    "macOS",
    "iOS",
    "iPhone",
    "iPad",
    "DevOps",
    "WebSocket",
    "GraphQL",
    "MongoDB",
    "NodeJS",
    "NextJS",
    "VSCode",
    "WhatsApp",
    "McDonald",
    "PhD",
    "eBay",
    "JetBrains",
    "LaTeX",
    "DynamoDB",
    "CloudFlare",
    "StackOverflow",
    "HuggingFace",
    "ChatGPT",
    "DuckDB",
    "RabbitMQ",
];

static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:[A-Za-z_][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]+)+[A-Z]*|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+)\b",
    )
});
static ERROR_CODE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?:E\d{4}|TS\d{4,5}|SC\d{4}|CVE-\d{4}-\d{4,}|E[A-Z]{4,14}|SIG[A-Z]{3,6}|ERR_[A-Z_]+)\b")
});
static FLAG: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:^|[\s`(\x22'])(--[a-z][a-z0-9]+(?:-[a-z0-9]+)*)"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r"`([^`\n]{2,60})`"));
/// In back-ticks one word is enough when it cannot be prose: a call, a dotted or hyphenated name, an environment variable.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:[A-Za-z_][\w.:-]*\(\)|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(\))?|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|[a-z][a-z0-9]*(?:-[a-z0-9]+)+)$",
    )
});
/// Words in capitals that are no constants.
static SHOUTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:ERROR|EXCEPT|EXTRA|EVERY|EITHER|ELSE|EMPTY|ENOUGH|EXACT|EXACTLY|EDITOR|ENABLE|ENTIRE|EVENT|EXPECTED|EXPLICIT|ENGLISH|EXAMPLE|EMAIL|ETHER|EXECUTE|EXISTING|ENDPOINT|NOT|AND|OR|NO|YES|OK|ALL|TODO|NOTE|API|CLI|URL|JSON|HTML|CSS|SQL|HTTP|HTTPS|UI|UX|PR|CI|LLM|MD|ID)$",
    )
});

/// Every identifier, as written.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut add = |start: usize, name: &str| {
        if !NO_IDENTIFIERS.contains(&name) && !SHOUTED.is_match(name) && name.len() <= 60 {
            found.push(Found::new(EntityKind::Identifier, start, name));
        }
    };
    for quoted in QUOTED.captures_iter(text).filter_map(|captures| captures.get(1)) {
        if NAME.is_match(quoted.as_str()) {
            add(quoted.start(), quoted.as_str());
        }
    }
    for flag in FLAG.captures_iter(text).filter_map(|captures| captures.get(1)) {
        add(flag.start(), flag.as_str());
    }
    for code in ERROR_CODE.find_iter(text) {
        add(code.start(), code.as_str());
    }
    for name in SHAPED.find_iter(text).filter(|name| name.as_str().chars().filter(|c| c.is_alphabetic()).count() >= 4) {
        add(name.start(), name.as_str());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
        found.dedup();
        assert_eq!(found, expected, "identifiers in {text:?}");
    }

    #[test]
    fn identifiers_are_found_by_their_shape() {
        check("call recall_window before parseHeader", &["recall_window", "parseHeader"]);
        check("fails with E0382", &["E0382"]);
        check("port taken: EADDRINUSE", &["EADDRINUSE"]);
        check("pass --dry-run first", &["--dry-run"]);
        check("set `RUST_LOG` and call `open()`", &["RUST_LOG", "open()", "RUST_LOG"]);
        check("std::fs::read is slow", &["std::fs::read"]);
    }

    #[test]
    fn prose_and_brands_are_none() {
        check("GitHub and TypeScript are NOT enough", &[]);
        check("run `test` or `make it so`", &[]);
        check("EVERY ERROR is bad -- really", &[]);
    }
}

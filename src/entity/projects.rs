//! Repositories and products.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

static NAMED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\b(?:github|gitlab|bitbucket|codeberg)\.(?:com|org)[/:]([\w.-]+/[\w.-]+)",
        r"(?i:\b(?:repo|repository|fork|project|crate|package)\s+(?:of\s+|called\s+|named\s+)?)`?([A-Za-z][\w.-]*/[\w.-]*\w)`?",
        r"\b([A-Za-z][\w-]+/[\w.-]*\w)`?\s+(?i:repo|repository|fork)\b",
        r"(?i:\b(?:repo|repository|project|crate|package)\s+(?:called\s+|named\s+))`?([A-Za-z][\w.-]*\w)`?",
        r"`([a-z][a-z0-9_]*(?:-[a-z0-9_]+)*)`\s+(?i:repo|repository|project|crate|package)\b",
        r"(?i:\bproject:\s?)([A-Z][\w-]+)",
    ]
    .map(regex)
    .into()
});

/// Every project that is named as such.
pub(super) fn find(text: &str) -> Vec<Found> {
    let found = NAMED.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|captures| captures.get(1));
    found
        .filter(|name| name.len() > 1 && !name.as_str().contains(".."))
        .map(|name| Found::new(EntityKind::Project, name.start(), name.as_str().trim_end_matches(".git")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
        assert_eq!(found, expected, "projects in {text:?}");
    }

    #[test]
    fn projects_are_found_where_they_are_called_so() {
        check("clone git@github.com:owner/name.git", &["owner/name"]);
        check("in the repo acme/rocket we do", &["acme/rocket"]);
        check("a crate called serde_json", &["serde_json"]);
        check("the `memory-lane` project", &["memory-lane"]);
        check("file it under Project: Apollo", &["Apollo"]);
    }

    #[test]
    fn slashes_alone_make_no_project() {
        check("either/or read/write", &[]);
        check("the project is late", &[]);
    }
}

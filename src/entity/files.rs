//! Paths of files and directories.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

/// Endings of files that people name without a directory. Domain endings (`io`, `com`) are not among them.
const ENDINGS: &str = "rs|go|py|pyi|ts|tsx|js|jsx|mjs|cjs|java|kt|kts|c|cc|cpp|h|hpp|cs|rb|php|swift|scala|ex|exs|erl|hs|ml|\
    lua|zig|nim|dart|vue|svelte|html|css|scss|sql|sh|bash|zsh|fish|ps1|bat|toml|yaml|yml|json|jsonl|json5|xml|ini|cfg|conf|\
    env|lock|proto|graphql|tf|nix|gradle|csv|tsv|txt|log|ipynb|mod|sum|plist|service|diff|patch|snap|db|sqlite|wasm";

/// Files that are known by their whole name.
const WHOLE: &str = "Makefile|Dockerfile|Justfile|justfile|Gemfile|Rakefile|Procfile|Cargo\\.lock|\\.gitignore|\\.gitattributes|\
    \\.dockerignore|\\.editorconfig|\\.npmrc|\\.nvmrc|\\.env(?:\\.[a-z]+)?|CODEOWNERS";

static PATH: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r"(?:^|[\s`\x22'(\[<=:,@])((?:~|\.{{1,2}})?/?(?:[\w.@+-]+/)*(?:[\w@+-][\w.@+-]*\.(?:{ENDINGS})|{WHOLE}))(?:$|[\s`\x22')\]>,;:?!#]|\.(?:\s|$))"
    ))
});

/// Directories and files without ending, when the path is unmistakable: rooted, or of three parts, or ending in `/`.
static ROOTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:^|[\s`\x22'(\[<=,@])((?:~|\.{1,2})/[\w.@+-]+(?:/[\w.@+-]+)*/?|/(?:[\w.@+-]+/)+[\w.@+-]+/?|(?:[a-z_.][\w.-]*/){2,}[\w.-]*|[a-z_.][\w.-]+/)(?:$|[\s`\x22')\]>,;:?!])",
    )
});

/// Every path, as written.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for pattern in [&*PATH, &*ROOTED] {
        let mut at = 0;
        // Neighbouring paths share the character between them, so the search goes on inside the last match.
        while let Some(captures) = text.get(at..).and_then(|rest| pattern.captures(rest)) {
            let Some(path) = captures.get(1) else { break };
            // `@` before a path is how a person hands a file to the agent.
            let name = path.as_str().trim_start_matches('@').trim_end_matches(['.', '/']);
            let start = at + path.end() - path.as_str().trim_start_matches('@').len();
            if is_path(name) && !found.iter().any(|known| known.span.start == start) {
                found.push(Found::new(EntityKind::File, start, name));
            }
            at += path.end().max(1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
        }
    }
    found
}

fn is_path(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let numeric_parts = name.split('/').all(|part| part.chars().all(|c| c.is_ascii_digit() || c == '.'));
    letters >= 2 && !numeric_parts && !name.starts_with("//") && !matches!(name, "e.g" | "i.e" | "and/or")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
        assert_eq!(found, expected, "paths in {text:?}");
    }

    #[test]
    fn paths_are_found() {
        check("look at src/store/sqlite.rs, please", &["src/store/sqlite.rs"]);
        check("`main.go` and `go.mod`.", &["main.go", "go.mod"]);
        check(
            "put it in ~/.config/tool/settings.toml not ~/.tool.toml",
            &["~/.config/tool/settings.toml", "~/.tool.toml"],
        );
        check("the Makefile.", &["Makefile"]);
        check("@docs/plan.txt", &["docs/plan.txt"]);
        check("in /etc/nginx/conf.d now", &["/etc/nginx/conf.d"]);
        check("under app/core/net somewhere", &["app/core/net"]);
    }

    #[test]
    fn other_slashes_are_no_paths() {
        check("and/or either/or 1/2 2026/02/03", &[]);
        check("read/write access, input/output", &[]);
        check("version 1.2.3 of example.com", &[]);
        check("e.g. this. And that.", &[]);
    }
}

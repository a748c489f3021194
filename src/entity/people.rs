//! People: capitalised names where a person must stand, and handles.
//!
//! Prompts capitalise much besides names, so a capital alone is not enough: the word must do what only people do (say,
//! think, suggest) or be dealt with as only people are (ask, tell); elsewhere ("for Mark") it must be a given name.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

/// One to three capitalised words.
const NAME: &str = r"\p{Lu}\p{Ll}+(?:[-']\p{Lu}\p{Ll}+)?(?: \p{Lu}\p{Ll}+(?:[-']\p{Lu}\p{Ll}+)?){0,2}";

/// Given names, lower-cased.
static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("given_names.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect()
});

/// Where only a person can stand: the name counts whatever it is.
static CERTAIN: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let verbs = "said|asked|told|tells|thinks|thought|suggested|suggests|prefers|preferred|mentioned|complained|complains|\
        noticed|argued|insisted|insists|proposed|promised|agreed|disagreed|is on (?:holiday|vacation|leave)";
    let towards = "ask|asked|tell|told|ping|pinged|email|emailed|remind|talked to|talk to|spoke to|spoke with|speak to|\
        met with|pair with|paired with|my (?:colleague|boss|manager|friend|wife|husband|partner|brother|sister|son|\
        daughter)|our (?:designer|manager|lead|client|customer|intern)|colleague|boss|manager|teammate";
    vec![
        regex(&format!(r"\b({NAME})(?:,? (?:also |just |already |really |never |always )?)(?:{verbs})\b")),
        regex(&format!(r"(?:^|[\s(])(?i:{towards}),? ({NAME})\b")),
        regex(&format!(r"\b(?:Mr|Mrs|Ms|Dr|Prof)\.? ({NAME})\b")),
        regex(&format!(r"(?:^|[.!?\n] ?)(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear) ({NAME})\b")),
    ]
});

/// Where a person or a thing can stand: the first word must be a given name.
static LIKELY: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let verbs = "says|asks|wants|wanted|mentions|pointed out|points out|reported|reports|reviewed|reviews|approved|\
        approves|rejected|agrees|argues|proposes|explained|explains|confirmed|confirms|decided|decides|hates|loves|likes|\
        liked|owns|joined|left|wrote|writes|will|and I|or I|is|was|has|had|needs|needed|made|did|does|merged|pushed";
    let towards = "from|by|with|for|to|per|cc|call|message|thank|thanks to|thanks|contact|invite|according to|\
        assigned to|assign to|owned by|written by|work with|working with|check with|sync with|hand over to|like|and|or";
    vec![
        regex(&format!(r"\b({NAME})(?:,? (?:also |just |already |really |never |always )?)(?:{verbs})\b")),
        regex(&format!(r"(?:^|[\s(])(?i:{towards}),? ({NAME})\b")),
        regex(&format!(r"\b({NAME})'s\b")),
    ]
});
static HANDLE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?:^|[\s(,])(@[A-Za-z][A-Za-z0-9-]{1,38})(?:$|[\s),:;!?]|\.(?:\s|$))"));

/// Capitalised words that are no people even where a person may stand.
static NO_PEOPLE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September \
     October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Easter Christmas \
     I The A An This That These Those It He She We You They There Here What When Where Which Who Why How If But And Or So \
     No Not Yes Yeah Ok Okay Please Also Then Now Just Let Lets Maybe Can Could Would Should Might Must Is Are Was Were Do \
     Does Did Has Have Had Be Been All Any Some Each Every Both Either Neither None Only Same Such Other Another More Most \
     My Our Your Their His Her Its One Two Three First Second Third Next Last Old New Good Great Nice Sure Thanks Sorry \
     Everyone Everybody Someone Somebody Nobody Anyone User Users Customer Customers Client Clients Team Teams People Person \
     Agent Agents Assistant Claude Codex Cursor Gemini Copilot Opus Sonnet Haiku Anthropic Google Microsoft Apple Amazon Meta \
     Github Gitlab Linux Windows Mac Ubuntu Debian Android Docker Kubernetes Python Rust Go Golang Java Kotlin Swift Ruby \
     Perl Elixir Scala Haskell Node React Vue Angular Svelte Django Flask Rails Spring Postgres Redis Kafka Mongo Sqlite Git \
     Bash Zsh Make Cargo Npm Yarn Webpack Vite Jest Pytest Vitest Playwright Cypress Terraform Ansible Jenkins Slack Linear \
     Jira Notion Figma Discord Teams Zoom Chrome Firefox Safari Electron Tauri Tailwind Prisma Stripe Vercel Netlify \
     Cloudflare Azure Aws Gcp Heroku Sentry Datadog Grafana Prometheus Nginx Apache Lambda Spark Hadoop Airflow English \
     German French Spanish Portuguese Japanese Chinese American British European Markdown Json Yaml Html Css Sql Http Https \
     Api Cli Url Main Master Head Error Warning Info Debug Fix Test Tests Add Remove Update Create Delete Check Run Build \
     Read Write Edit Use Move Rename Review Commit Push Pull Merge Branch Release Version Step Phase Task Plan Note Todo \
     Section Chapter Table Figure Example Option Part Item Level Type Class Function Method Module Package Server Service \
     Database Store Cache Index File Files Folder Page View Button Screen Dialog Settings Config Docs Readme Doc Makefile \
     Checkpoint Session Sessions Prompt Hook Hooks Skill Plugin Bot Robot System Product Marketing Sales Legal Support \
     Engineering Design Security Compliance Management Production Staging Development Local Remote Internet Web Cloud \
     Default Manual Auto Strategy Author Reviewer Maintainer Compiler Parser Linter Clippy Scanner Validator Coderabbit \
     Dependabot Renovate Bugbot Graphite True False Null Nil Undefined Boolean Integer String Mise Homebrew Brew"
        .split_whitespace()
        .collect()
});
/// Handles that are packages, decorators or bots rather than people.
const NO_HANDLES: [&str; 22] = [
    "@param",
    "@return",
    "@returns",
    "@throws",
    "@deprecated",
    "@override",
    "@types",
    "@ts-ignore",
    "@todo",
    "@property",
    "@media",
    "@import",
    "@main",
    "@latest",
    "@next",
    "@beta",
    "@app",
    "@dataclass",
    "@staticmethod",
    "@test",
    "@here",
    "@channel",
];

/// Every person, by the name written.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (contexts, any_name) in [(&CERTAIN, true), (&LIKELY, false)] {
        let names = contexts.iter().flat_map(|context| context.captures_iter(text));
        for name in names.filter_map(|captures| captures.get(1)) {
            if let Some(person) = person(name.as_str()).filter(|person| any_name || is_given(person)) {
                found.push(Found::new(EntityKind::Person, name.start(), person));
            }
        }
    }
    for handle in HANDLE.captures_iter(text).filter_map(|captures| captures.get(1)) {
        if !NO_HANDLES.contains(&handle.as_str()) {
            found.push(Found::new(EntityKind::Person, handle.start(), handle.as_str()));
        }
    }
    found
}

/// Whether the first word is a given name.
fn is_given(name: &str) -> bool {
    let first = name.split([' ', '-']).next().unwrap_or_default().to_lowercase();
    GIVEN.contains(first.as_str())
}

/// The leading words that can be a person's name.
fn person(name: &str) -> Option<&str> {
    let end = name.split(' ').take_while(|word| !NO_PEOPLE.contains(word)).map(|word| word.len() + 1).sum::<usize>();
    let kept = &name[..end.saturating_sub(1).min(name.len())];
    (kept.chars().count() >= 2).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
        found.dedup();
        assert_eq!(found, expected, "people in {text:?}");
    }

    #[test]
    fn people_are_found_by_what_they_do() {
        check("Adam said we should wait", &["Adam"]);
        check("please ask Amy Pond about it", &["Amy Pond"]);
        check("that one is for Mark", &["Mark"]);
        check("as Zoë's review showed", &["Zoë"]);
        check("cc @amy-p, thanks", &["@amy-p"]);
        check("if Will said so", &["Will"]);
    }

    #[test]
    fn other_capitals_are_none() {
        check("The tests said no. Maybe ask Claude", &[]);
        check("by Friday, for Linux, with Docker", &[]);
        check("May said nothing", &[]);
        check("Mark it as done and will it work?", &[]);
        check("use @param and @types", &[]);
        check("for Resume and by Auto-Commit", &[]);
        check("mail me at a@b.example", &[]);
    }
}

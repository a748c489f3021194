//! What is understood, what is refused, and that nothing else happens.

use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;

fn clock() -> Clock {
    Clock::utc(Timestamp::parse("2026-02-11T12:00:00Z").unwrap())
}

fn read(text: &str) -> MessageQuery {
    parse(text, &clock()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    parse(text, &clock()).expect_err(text).to_string()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn words_phrases_and_their_negation() {
    let query = read(r#"basket  store "one file" -redis -"two files""#);
    assert_eq!(query.text, "basket store");
    assert_eq!(query.phrases, ["one file"]);
    assert_eq!(query.without, ["redis", "two files"]);
    assert_eq!(query.filters, []);
    assert_eq!(read(""), MessageQuery::default());
    assert_eq!(read("a - b -- c --flag").text, "a - b -- c --flag", "a dash of its own or two of them negate nothing");
    assert_eq!(read(r#""" x"#).phrases, [""; 0]);
}

#[test]
fn operators_give_filters() {
    let check = |text: &str, expected: &[Condition]| {
        let filters: Vec<Filter> = expected.iter().cloned().map(Filter::only).collect();
        assert_eq!(read(text).filters, filters, "{text}");
    };
    check("from:user", &[Condition::From(Role::User)]);
    check("FROM:Agent", &[Condition::From(Role::Agent)]);
    check("agent:codex", &[Condition::Agent(Agent::Codex)]);
    check("agent:claude", &[Condition::Agent(Agent::ClaudeCode)]);
    check("kind:decision", &[Condition::Caught(MemoryKind::Decision)]);
    check("kind:edit", &[Condition::Work(Work::Edit)]);
    check("outcome:failed", &[Condition::Outcome(SessionOutcome::Failed)]);
    check("project:example.org/team/app", &[Condition::Project("example.org/team/app".to_owned())]);
    check(r#"file:"my notes.md""#, &[Condition::File("my notes.md".to_owned())]);
    check("branch:fix/* host:pine", &[Condition::Branch("fix/*".to_owned()), Condition::Host("pine".to_owned())]);
    check("pr:428", &[Condition::PullRequest("428".to_owned())]);
    check("pr:https://x.org/a/pull/4", &[Condition::PullRequest("https://x.org/a/pull/4".to_owned())]);
    check("tool:Bash session:abc", &[Condition::Tool("Bash".to_owned()), Condition::Session("abc".to_owned())]);
}

#[test]
fn times_bound_from_both_sides() {
    let check = |text: &str, expected: &[Condition]| {
        let filters: Vec<Filter> = expected.iter().cloned().map(Filter::only).collect();
        assert_eq!(read(text).filters, filters, "{text}");
    };
    let (yesterday, today) = (at("2026-02-10T00:00:00Z"), at("2026-02-11T00:00:00Z"));
    check("on:yesterday", &[Condition::Since(yesterday), Condition::Before(today)]);
    check("after:yesterday before:today", &[Condition::Since(yesterday), Condition::Before(today)]);
    check("since:7d", &[Condition::Since(at("2026-02-04T12:00:00Z"))]);
    check("after:2026-02-10T10:00:00Z", &[Condition::Since(at("2026-02-10T10:00:00Z"))]);
    let outside = Filter { any: vec![Condition::Before(yesterday), Condition::Since(today)], negated: false };
    assert_eq!(read("-on:yesterday").filters, [outside], "not of the day: before it or after it");
}

#[test]
fn the_same_operator_twice_and_commas_are_alternatives() {
    let either = Filter { any: vec![Condition::Agent(Agent::Codex), Condition::Agent(Agent::Pi)], negated: false };
    assert_eq!(read("agent:codex,pi").filters, std::slice::from_ref(&either));
    assert_eq!(read("agent:codex words agent:pi").filters, [either]);
    let neither = read("-agent:codex,pi -from:user");
    assert!(neither.filters.iter().all(|filter| filter.negated));
    assert_eq!(neither.filters.iter().map(|filter| filter.any.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn other_words_with_colons_are_text() {
    for text in ["std::sync", "https://example.org/a", "TypeError: x", "note:this", "12:30", "a:b", "lost: again", ":x"]
    {
        let query = read(text);
        assert_eq!((query.text.as_str(), query.filters.len()), (text, 0), "{text}");
    }
    assert_eq!(read(r#""from:user""#).phrases, ["from:user"]);
}

#[test]
fn sides_are_alternatives_and_calls_one_of_them() {
    assert!(read("from:tool cargo").asks_only_calls());
    for text in ["from:tool from:agent", "from:agent,tool"] {
        let query = read(text);
        assert!(query.filters.len() == 1 && query.filters[0].any.len() == 2 && !query.asks_only_calls(), "{text}");
    }
    assert!(!read("-from:tool").asks_only_calls());
}

#[test]
fn errors_say_what_to_write_instead() {
    assert_eq!(refused("from:"), "`from:` needs a value: user, agent or tool");
    assert_eq!(refused("from: user"), "`from:` needs a value: user, agent or tool");
    assert_eq!(refused("from:nobody"), "`from:nobody` is not known; from: takes user, agent or tool");
    assert!(refused("agent:copilot").contains("copilot-cli"));
    assert!(refused("kind:choice").contains("decision, insight"));
    assert!(refused("kind:,").contains("needs a value"));
    assert!(refused("outcome:bad").contains("ended, failed, interrupted"));
    assert!(refused("after:soon").contains("yesterday"));
    assert!(refused("on:7d").contains("a day, month or year"));
    assert_eq!(refused(r#"say "never closed"#), "the quotation mark at character 5 is never closed");
    for (slip, meant) in [("form", "from"), ("projct", "project"), ("brancch", "branch"), ("outcone", "outcome")] {
        assert!(refused(&format!("{slip}:x")).contains(&format!("did you mean `{meant}:`")), "{slip}");
    }
}

/// A part of a search, and what it adds to the query.
fn part() -> impl Strategy<Value = (String, MessageQuery)> {
    let words = "[a-z]{2,8}".prop_map(|word| (word.clone(), MessageQuery { text: word, ..MessageQuery::default() }));
    let phrases = "[a-z]{1,5} [a-z]{1,5}"
        .prop_map(|text| (format!("\"{text}\""), MessageQuery { phrases: vec![text], ..MessageQuery::default() }));
    let without = "[a-z]{2,8}"
        .prop_map(|word| (format!("-{word}"), MessageQuery { without: vec![word], ..MessageQuery::default() }));
    let excluded = "[a-z]{1,8}".prop_map(|name| {
        let filter = Filter { any: vec![Condition::Branch(name.clone())], negated: true };
        (format!("-branch:{name}"), MessageQuery { filters: vec![filter], ..MessageQuery::default() })
    });
    prop_oneof![words, phrases, without, excluded]
}

proptest! {
    #[test]
    fn anything_is_read_or_refused(text in any::<String>()) {
        if let Ok(query) = parse(&text, &clock()) {
            for word in query.text.split(' ').chain(query.phrases.iter().map(String::as_str)) {
                let bare: String = text.replace('"', "");
                prop_assert!(text.contains(word) || bare.contains(word), "{word:?} is not in {text:?}");
            }
        }
    }

    #[test]
    fn operators_on_anything_are_read_or_refused(name in "(from|agent|file|kind|on|after|pr):", value in "[^ ]{0,12}") {
        let _read_or_refused = parse(&format!("-{name}{value} x"), &clock());
    }

    #[test]
    fn every_part_adds_what_it_says(parts in prop::collection::vec(part(), 0..8)) {
        let text: Vec<&str> = parts.iter().map(|(text, _)| text.as_str()).collect();
        let query = read(&text.join("  "));
        let words: Vec<&str> = parts.iter().map(|(_, part)| part.text.as_str()).filter(|text| !text.is_empty()).collect();
        prop_assert_eq!(query.text, words.join(" "));
        prop_assert_eq!(query.phrases, parts.iter().flat_map(|(_, part)| part.phrases.clone()).collect::<Vec<_>>());
        prop_assert_eq!(query.without, parts.iter().flat_map(|(_, part)| part.without.clone()).collect::<Vec<_>>());
        prop_assert_eq!(query.filters, parts.iter().flat_map(|(_, part)| part.filters.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn the_syntax_fits_a_narrow_terminal() {
    for line in SYNTAX.lines() {
        assert!(line.chars().count() < 80, "{line}");
    }
}

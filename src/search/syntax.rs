//! The syntax of a search: words, "phrases", `operator:value`, and `-` before any of them.

use super::when::{Clock, When};
use crate::model::{Agent, MemoryKind, Role, SessionOutcome};
use crate::store::{Condition, Filter, MessageQuery, Work};

/// The syntax for people and agents, one line each.
pub const SYNTAX: &str = "\
words            all must be in the message, or in what a tool was given or
                 said when it failed; word endings do not matter
\"a phrase\"       these words in this order
from:user|agent  who said it; from:tool for what tools were given and what
                 failures said
agent:codex      which agent wrote the session
project:NAME     project by name or key; project:. is that of this directory
file:PATH        a file touched in that turn, or by that call: part of a path,
                 .sql, src/*.rs
kind:KIND        a memory caught there (decision, insight, pattern, commitment,
                 learning, correction, workflow, gap), or work done there
                 (edit, read, run, failure)
tool:NAME        a tool called in that turn, or that tool
branch:NAME      the branch; * stands for anything, as in file:
host:NAME        the machine
session:ID       the session
pr:428           a pull request that the session names
outcome:ended|failed|interrupted
                 how the session ended
after:TIME       before:TIME, on:DAY; a time is today, yesterday, 2026-02-11,
                 2026-02, 7d, 12h or 2026-02-11T15:00
-                before any of these: not so; a search that begins with it
                 goes after --: search -- '-redis sqlite'
a,b              in a value: either; the same operator twice: either, too";

/// A search that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// A quotation mark without its counterpart.
    #[error("the quotation mark at character {at} is never closed")]
    OpenQuote {
        /// Which character it is, from 1.
        at: usize,
    },
    /// An operator with nothing after it.
    #[error("`{operator}:` needs a value: {expected}")]
    NoValue {
        /// The operator.
        operator: &'static str,
        /// What may follow it.
        expected: String,
    },
    /// An operator with something that it does not know.
    #[error("`{operator}:{value}` is not known; {operator}: takes {expected}")]
    BadValue {
        /// The operator.
        operator: &'static str,
        /// What followed it.
        value: String,
        /// What may follow it.
        expected: String,
    },
    /// Something that is almost an operator.
    #[error(
        "there is no `{found}:`; did you mean `{meant}:`? To search for the text itself, put it in quotation marks"
    )]
    Misspelt {
        /// What was written.
        found: String,
        /// The operator that is nearest.
        meant: &'static str,
    },
}

/// Reads a search. The order of its parts does not matter.
///
/// # Errors
/// See [`SyntaxError`]; each says what to write instead.
pub fn parse(text: &str, clock: &Clock) -> Result<MessageQuery, SyntaxError> {
    let mut query = MessageQuery::default();
    let mut words: Vec<String> = Vec::new();
    for item in items(text)? {
        let Item { negated, operator, text } = item;
        match operator {
            Some(operator) => add(&mut query.filters, filters(operator, &text.value, negated, clock)?, negated),
            None if text.value.trim().is_empty() => {}
            None if negated => query.without.push(text.value),
            None if text.quoted => query.phrases.push(text.value),
            None => words.push(text.value),
        }
    }
    query.text = words.join(" ");
    Ok(query)
}

/// Conditions of one operator are alternatives, but those on time, which bound it from both sides.
fn add(filters: &mut Vec<Filter>, new: Vec<Filter>, negated: bool) {
    for filter in new {
        let kind = filter.any.first().map(kind_of);
        let is_time = matches!(filter.any.first(), Some(Condition::Since(_) | Condition::Before(_)));
        let same = filters
            .iter_mut()
            .find(|known| !negated && !is_time && !known.negated && known.any.first().map(kind_of) == kind);
        match same {
            Some(known) => known.any.extend(filter.any),
            None => filters.push(Filter { negated: negated != filter.negated, any: filter.any }),
        }
    }
}

/// Conditions of one kind are written with one operator.
fn kind_of(condition: &Condition) -> std::mem::Discriminant<Condition> {
    std::mem::discriminant(match condition {
        Condition::FromTool => &Condition::From(Role::Agent),
        other => other,
    })
}

/// One part of a search.
struct Item {
    negated: bool,
    operator: Option<Operator>,
    text: Text,
}

/// A word, a phrase or a value.
#[derive(Default)]
struct Text {
    value: String,
    quoted: bool,
}

fn items(text: &str) -> Result<Vec<Item>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut items = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let negated = chars[at] == '-' && chars.get(at + 1).is_some_and(|next| !next.is_whitespace() && *next != '-');
        at += usize::from(negated);
        let operator = operator_at(&chars, &mut at)?;
        let text = text_at(&chars, &mut at)?;
        match operator {
            Some(operator) if text.value.trim().is_empty() => {
                return Err(SyntaxError::NoValue { operator: operator.name(), expected: operator.expected() });
            }
            operator => items.push(Item { negated, operator, text }),
        }
    }
    Ok(items)
}

/// An operator with its colon, if one begins here. Other words with a colon (`std::sync`, `https://…`, `note:`) are text.
fn operator_at(chars: &[char], at: &mut usize) -> Result<Option<Operator>, SyntaxError> {
    let name: String = chars[*at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    let colon = *at + name.len();
    if name.is_empty() || chars.get(colon) != Some(&':') {
        return Ok(None);
    }
    let lower = name.to_ascii_lowercase();
    if let Some(operator) = Operator::parse(&lower) {
        *at = colon + 1;
        return Ok(Some(operator));
    }
    let has_value = chars.get(colon + 1).is_some_and(|next| next.is_alphanumeric() || *next == '"');
    match Operator::ALL.iter().find(|operator| has_value && is_slip_of(&lower, operator.name())) {
        Some(operator) => Err(SyntaxError::Misspelt { found: name, meant: operator.name() }),
        None => Ok(None),
    }
}

/// The run of characters up to white space; what stands in quotation marks may hold some.
fn text_at(chars: &[char], at: &mut usize) -> Result<Text, SyntaxError> {
    let mut text = Text::default();
    if chars.get(*at) == Some(&'"') {
        text.quoted = true;
        text.value = quoted_at(chars, at)?;
        return Ok(text);
    }
    while let Some(&c) = chars.get(*at).filter(|c| !c.is_whitespace()) {
        if c == '"' {
            // `file:src,"my file"`: the marks only keep the space.
            text.value.push_str(&quoted_at(chars, at)?);
        } else {
            text.value.push(c);
            *at += 1;
        }
    }
    Ok(text)
}

fn quoted_at(chars: &[char], at: &mut usize) -> Result<String, SyntaxError> {
    let open = *at;
    let length = chars[open + 1..].iter().position(|&c| c == '"').ok_or(SyntaxError::OpenQuote { at: open + 1 })?;
    *at = open + length + 2;
    Ok(chars[open + 1..open + 1 + length].iter().collect())
}

/// One letter too many, too few, wrong, or two neighbours swapped.
fn is_slip_of(written: &str, meant: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (written.chars().collect(), meant.chars().collect());
    if meant.len() < 4 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let swapped = matches!((a, b), ([x, y, rest_a @ ..], [v, w, rest_b @ ..]) if x == w && y == v && rest_a == rest_b);
    let shifted = |longer: &[char], shorter: &[char]| longer.len() == shorter.len() + 1 && longer[1..] == *shorter;
    swapped || shifted(a, b) || shifted(b, a) || a.len() == b.len() && a.get(1..) == b.get(1..)
}

/// The words that may stand before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    From,
    Agent,
    Project,
    File,
    Kind,
    Tool,
    Branch,
    Host,
    Session,
    PullRequest,
    Outcome,
    After,
    Before,
    On,
}

impl Operator {
    const ALL: [Self; 14] = [
        Self::From,
        Self::Agent,
        Self::Project,
        Self::File,
        Self::Kind,
        Self::Tool,
        Self::Branch,
        Self::Host,
        Self::Session,
        Self::PullRequest,
        Self::Outcome,
        Self::After,
        Self::Before,
        Self::On,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Agent => "agent",
            Self::Project => "project",
            Self::File => "file",
            Self::Kind => "kind",
            Self::Tool => "tool",
            Self::Branch => "branch",
            Self::Host => "host",
            Self::Session => "session",
            Self::PullRequest => "pr",
            Self::Outcome => "outcome",
            Self::After => "after",
            Self::Before => "before",
            Self::On => "on",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        match name {
            "since" => Some(Self::After),
            "until" => Some(Self::Before),
            name => Self::ALL.into_iter().find(|operator| operator.name() == name),
        }
    }

    fn expected(self) -> String {
        let listed = |names: &[&str]| names.join(", ");
        match self {
            Self::From => "user, agent or tool".to_owned(),
            Self::Agent => listed(&Agent::ALL.iter().map(|agent| agent.as_str()).collect::<Vec<_>>()),
            Self::Outcome => listed(&SessionOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>()),
            Self::Kind => {
                let kinds = MemoryKind::ALL.iter().map(|kind| kind.as_str()).chain(WORK.iter().map(|(name, _)| *name));
                listed(&kinds.collect::<Vec<_>>())
            }
            Self::Project => "a project's name or key, or . for the one of this directory".to_owned(),
            Self::File => "part of a path, an ending such as .sql, or a pattern with *".to_owned(),
            Self::Tool => "a tool's name, as in tool:Bash".to_owned(),
            Self::Branch => "a branch, as in branch:main or branch:fix/*".to_owned(),
            Self::Host => "the short name of a machine".to_owned(),
            Self::Session => "a session's id or the start of it".to_owned(),
            Self::PullRequest => "a number, as in pr:428, or a whole address".to_owned(),
            Self::After | Self::Before => {
                "today, yesterday, 2026-02-11, 2026-02, 7d, 12h or 2026-02-11T15:00".to_owned()
            }
            Self::On => "a day, month or year: today, yesterday, 2026-02-11, 2026-02, 2026".to_owned(),
        }
    }
}

const WORK: [(&str, Work); 4] =
    [("edit", Work::Edit), ("read", Work::Read), ("run", Work::Run), ("failure", Work::Failure)];

/// What an operator asks for, before a minus (`negated`) turns each of them round. Each filter must hold; the values
/// between commas are alternatives.
fn filters(operator: Operator, text: &str, negated: bool, clock: &Clock) -> Result<Vec<Filter>, SyntaxError> {
    let bad = |value: &str| SyntaxError::BadValue {
        operator: operator.name(),
        value: value.to_owned(),
        expected: operator.expected(),
    };
    if matches!(operator, Operator::After | Operator::Before | Operator::On) {
        let when = When::parse(text, clock).ok_or_else(|| bad(text))?;
        return Ok(match (operator, when.end) {
            (Operator::After, _) => vec![Filter::only(Condition::Since(when.start))],
            (Operator::Before, _) => vec![Filter::only(Condition::Before(when.start))],
            // What is not of a day lies on either side of it, and no single condition denied says so.
            (_, Some(end)) if negated => {
                vec![Filter { any: vec![Condition::Before(when.start), Condition::Since(end)], negated: true }]
            }
            (_, Some(end)) => {
                vec![Filter::only(Condition::Since(when.start)), Filter::only(Condition::Before(end))]
            }
            (_, None) => return Err(bad(text)),
        });
    }
    let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    let any: Vec<Condition> =
        values.map(|value| condition(operator, value).ok_or_else(|| bad(value))).collect::<Result<_, _>>()?;
    match any.is_empty() {
        true => Err(SyntaxError::NoValue { operator: operator.name(), expected: operator.expected() }),
        false => Ok(vec![Filter { any, negated: false }]),
    }
}

fn condition(operator: Operator, value: &str) -> Option<Condition> {
    let lower = value.to_lowercase();
    let text = || value.to_owned();
    Some(match operator {
        Operator::From => match lower.as_str() {
            "user" | "me" => Condition::From(Role::User),
            "agent" | "assistant" => Condition::From(Role::Agent),
            "tool" => Condition::FromTool,
            _ => return None,
        },
        Operator::Agent => Condition::Agent(match lower.as_str() {
            "claude" => Agent::ClaudeCode,
            name => Agent::parse(name)?,
        }),
        Operator::Kind => match WORK.iter().find(|(name, _)| *name == lower) {
            Some((_, work)) => Condition::Work(*work),
            None => Condition::Caught(MemoryKind::parse(&lower)?),
        },
        Operator::Outcome => Condition::Outcome(SessionOutcome::parse(&lower)?),
        Operator::Project => Condition::Project(text()),
        Operator::File => Condition::File(text()),
        Operator::Tool => Condition::Tool(text()),
        Operator::Branch => Condition::Branch(text()),
        Operator::Host => Condition::Host(text()),
        Operator::Session => Condition::Session(text()),
        Operator::PullRequest => Condition::PullRequest(text()),
        Operator::After | Operator::Before | Operator::On => return None,
    })
}

#[cfg(test)]
mod tests;

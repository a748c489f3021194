//! What is asked: the prompt, how much of the conversation before it counts, the words and names in it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::{MemoryKind, Role, SessionId};
use crate::store::{Scope, SearchTerm};
use crate::{entity, text};

/// A prompt with at least so many topical words stands on its own.
const SELF_CONTAINED: usize = 4;
/// Messages of the conversation that may count.
const WINDOW: usize = 5;
/// Characters of each of them.
const WINDOW_CHARS: usize = 400;
/// Most characters that are embedded: more than the tokens that the hook has time for.
const EMBED_CHARS: usize = 1_600;

/// Words of the beginning and of the end of a long prompt that are embedded: together about as many tokens as there is
/// time for.
const END_WORDS: usize = 27;

/// Bytes of the beginning and of the end of a text that are looked at. What a person types is shorter; of a pasted log, a
/// megabyte of which took two seconds, the ends are about as good as the whole.
const END_BYTES: usize = 2 << 10;
/// Longest word that is not cut in two there, in bytes.
const WHOLE_WORD: usize = 64;

/// What happened that a memory could help with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The user said something.
    Prompt,
    /// The user said the first thing of a session.
    Opening,
    /// The agent read or changed a file.
    File,
    /// A command of the agent failed.
    Failure,
}

impl Moment {
    /// Whether the user said something.
    pub fn is_said(self) -> bool {
        matches!(self, Self::Prompt | Self::Opening)
    }
}

/// A message before the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowMessage {
    /// Who spoke.
    pub role: Role,
    /// What was said.
    pub text: String,
}

/// A situation that memories are wanted for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What happened.
    pub moment: Moment,
    /// The prompt, or the failed command with its error, or the path and the change.
    pub text: String,
    /// The messages before it, oldest first.
    pub window: Vec<WindowMessage>,
    /// Files at hand, relative to the project's root where inside, else absolute.
    pub files: Vec<String>,
    /// What it may be answered from.
    pub scope: Scope,
    /// The session it is asked in; what it was shown before is kept back.
    pub session: Option<SessionId>,
}

impl Query {
    /// A prompt without a conversation before it.
    pub fn prompt(text: &str, scope: Scope) -> Self {
        Self {
            moment: Moment::Prompt,
            text: text.to_owned(),
            window: Vec::new(),
            files: Vec::new(),
            scope,
            session: None,
        }
    }

    /// Whether the prompt asks for nothing that a memory could answer: "yes please", "commit this".
    pub fn is_silent(&self) -> bool {
        match self.moment {
            Moment::Prompt | Moment::Opening => {
                let words = Words::of(&self.text);
                words.topical.is_empty() && (!words.works || self.window.is_empty())
            }
            Moment::File => self.files.is_empty(),
            Moment::Failure => self.text.trim().is_empty(),
        }
    }

    /// The text whose vector is compared with the memories'.
    pub fn text_to_embed(&self) -> String {
        let own = match self.moment {
            Moment::Prompt | Moment::Opening => ends(self.text.trim()),
            Moment::File | Moment::Failure => self.text.trim().to_owned(),
        };
        let mut parts = vec![text::excerpt(&own, EMBED_CHARS)];
        parts.extend(self.counted_window().map(|message| text::excerpt(message.text.trim(), WINDOW_CHARS)));
        text::excerpt(&parts.join("\n"), EMBED_CHARS)
    }

    /// The words to search for. Of a failure also the stop words: what a program prints is a fixed phrase, and `no such
    /// file` without `no` is another one (nDCG on failures 75 against 73).
    pub fn search_terms(&self) -> Vec<SearchTerm> {
        let (mut terms, emphasis) = match self.moment {
            Moment::Failure => (text::terms(&self.text), HashMap::new()),
            Moment::Prompt | Moment::Opening | Moment::File => {
                (text::content_terms(&self.text), text::emphasis(&self.text))
            }
        };
        for message in self.counted_window() {
            terms.extend(text::content_terms(&text::excerpt(&message.text, WINDOW_CHARS)));
        }
        let mut seen = HashSet::new();
        terms.retain(|term| seen.insert(term.clone()));
        let weight = |term: &String| emphasis.get(term).copied().unwrap_or(1.0);
        terms.into_iter().map(|term| SearchTerm { weight: weight(&term), term }).collect()
    }

    /// Names that may be known entities.
    pub fn names(&self) -> Vec<String> {
        let mut names = entity::names(&self.text);
        for message in self.counted_window() {
            names.extend(entity::names(&message.text));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The kinds of memory that the prompt's words ask for.
    pub fn intended_kinds(&self) -> Vec<MemoryKind> {
        super::intent::kinds(&self.text)
    }

    /// The part of the conversation that counts, latest first: none when the prompt stands on its own, the latest
    /// message when it says a little, up to five when it says next to nothing ("fix that too").
    pub(super) fn counted_window(&self) -> impl Iterator<Item = &WindowMessage> {
        let topical = Words::of(&self.text).topical.len();
        let count = match (self.moment, topical) {
            (Moment::Failure, _) => 0,
            (Moment::File, _) => 3,
            (_, 0 | 1) => WINDOW,
            (_, n) if n < SELF_CONTAINED => 1,
            _ => 0,
        };
        self.window.iter().rev().take(count)
    }
}

/// What is looked at of a text: all of it, or the beginning and the end of a long one, cut between words.
pub fn looked_at(text: &str) -> Cow<'_, str> {
    if text.len() <= 2 * END_BYTES {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(END_BYTES)];
    let head = match head.rfind(char::is_whitespace) {
        Some(at) if head.len() - at <= WHOLE_WORD => &head[..at],
        _ => head,
    };
    let tail = &text[text.ceil_char_boundary(text.len() - END_BYTES)..];
    let tail = match tail.find(char::is_whitespace) {
        Some(at) if at <= WHOLE_WORD => tail[at..].trim_start(),
        _ => tail,
    };
    Cow::Owned(format!("{head}\n{tail}"))
}

/// The beginning and the end of a long text: what is wanted stands before or after what is pasted, and a hook has no time
/// for all of it.
fn ends(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= 2 * END_WORDS {
        return text.to_owned();
    }
    format!("{}\n{}", words[..END_WORDS].join(" "), words[words.len() - END_WORDS..].join(" "))
}

/// How many words of a text name a topic.
pub(super) fn topics(text: &str) -> usize {
    Words::of(text).topical.len()
}

/// What the words of a prompt are worth.
struct Words {
    /// Words that name a topic.
    topical: Vec<String>,
    /// Whether a word asks for work on something that the conversation names ("fix that too").
    works: bool,
}

impl Words {
    fn of(prompt: &str) -> Self {
        let terms = text::content_terms(prompt);
        let works = terms.iter().any(|term| WORKING.contains(term));
        let topical = terms.into_iter().filter(|term| !WORKING.contains(term) && !STEERING.contains(term)).collect();
        Self { topical, works }
    }
}

/// Words that only steer the agent, stemmed: with nothing else in the prompt, silence.
static STEERING: LazyLock<HashSet<String>> = LazyLock::new(|| {
    stemmed(
        "agree ahead alright amend amazing approve approved awesome branch bye cancel carry changes commit commits \
         committed compact confirm confirmed continue cool correct correctly done exactly exit fantastic finally fine \
         first forward good gotcha great happy hello help hey hi keep last later lgtm lint little look looks love \
         merge move moving nah nevermind next nice nope now option perfect perfectly pls proceed pull push quit ready \
         rebase redo repeat restart resume retry right second see sounds start status stop summarise summarize super \
         tests test third today tomorrow try understood undo wait way well whatever wonderful work worked working works \
         wow yup a b c one two three four five",
    )
});

/// Words that ask for work on what the conversation is about, stemmed.
static WORKING: LazyLock<HashSet<String>> = LazyLock::new(|| {
    stemmed(
        "adapt add adjust apply change check clean complete correct create debug delete do explain extend finish fix \
         implement improve investigate rename refactor remove replace rewrite simplify solve update write",
    )
});

fn stemmed(words: &str) -> HashSet<String> {
    words.split_whitespace().flat_map(text::terms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn asked(prompt: &str, window: &[&str]) -> Query {
        let scope = Scope { project: None, before: Timestamp(0), not_session: None };
        let window = window.iter().map(|text| WindowMessage { role: Role::User, text: (*text).to_owned() }).collect();
        Query { window, ..Query::prompt(prompt, scope) }
    }

    #[test]
    fn small_talk_is_silent() {
        let window = ["the port of the web server collides with the proxy"];
        for prompt in [
            "yes please",
            "continue",
            "commit this",
            "ok, go ahead",
            "looks good, thanks!",
            "push it",
            "2",
            "",
            "👍",
            "try again",
        ] {
            assert!(asked(prompt, &window).is_silent(), "{prompt:?}");
        }
        for prompt in ["fix that too", "change the port", "why does sqlite lock?", "東京の天気"] {
            assert!(!asked(prompt, &window).is_silent(), "{prompt:?}");
        }
        assert!(asked("fix that too", &[]).is_silent(), "nothing to fix without a conversation");
    }

    #[test]
    fn a_self_contained_prompt_stands_alone() {
        let window = ["the port of the web server collides"];
        let alone = asked("move session storage from redis to sqlite in the gateway", &window);
        let asks_for = |query: &Query, word: &str| query.search_terms().iter().any(|asked| asked.term == word);
        assert!(!asks_for(&alone, "port"));
        let needy = asked("fix that too", &window);
        assert!(asks_for(&needy, "port"));
        assert!(needy.text_to_embed().contains("web server"));
    }

    #[test]
    fn the_latest_messages_of_the_window_count_first() {
        let needy = asked("fix that", &["first", "second", "third", "fourth", "fifth", "sixth"]);
        assert_eq!(needy.text_to_embed(), "fix that\nsixth\nfifth\nfourth\nthird\nsecond");
    }

    #[test]
    fn of_a_long_prompt_both_ends_are_embedded() {
        let long = format!("first the question {} and last the wish", "pasted ".repeat(200));
        let embedded = asked(&long, &[]).text_to_embed();
        assert!(embedded.starts_with("first the question") && embedded.ends_with("last the wish"), "{embedded}");
        assert_eq!(embedded.split_whitespace().count(), 2 * END_WORDS);
    }

    #[test]
    fn of_a_pasted_log_both_ends_are_looked_at() {
        let short = "why does the build fail?";
        assert!(matches!(looked_at(short), Cow::Borrowed(same) if same == short));
        let log = format!("why does it fail? {}that is all", "10:42:07 retried größere_datei\n".repeat(40_000));
        let seen = looked_at(&log);
        assert!(seen.len() <= 2 * END_BYTES + 1, "{}", seen.len());
        assert!(seen.starts_with("why does it fail? 10:42:07 retried") && seen.ends_with("that is all"), "{seen}");
        let words: HashSet<&str> = seen.split_whitespace().collect();
        let known = "why does it fail? 10:42:07 retried größere_datei that is all";
        assert!(words.iter().all(|word| known.contains(word)), "no word is cut: {words:?}");
        for unspaced in ["a".repeat(100_000), "東京".repeat(50_000), format!("x {}", "ü".repeat(100_000))] {
            assert!((2 * END_BYTES - 6..=2 * END_BYTES + 1).contains(&looked_at(&unspaced).len()));
        }
    }

    #[test]
    fn what_is_embedded_is_bounded() {
        assert!(asked(&"word ".repeat(10_000), &[]).text_to_embed().chars().count() <= EMBED_CHARS);
    }
}

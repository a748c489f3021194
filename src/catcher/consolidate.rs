//! Whether a draft is new, says again what a memory says, or takes a memory's place. Words only; nothing is deleted.
//!
//! Both answers are given only when the words are plain: a wrong "same" hides a memory, a wrong "instead" hides another.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Memory, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Origin, Polarity, SessionId, Timestamp};
use crate::text::{common_share, content_terms};

/// Shared terms over the terms of the longer text, from which two texts say the same.
const SAME: f32 = 0.8;
/// With fewer terms two texts are alike by chance.
const FEWEST_TERMS: usize = 3;
/// Shared terms over the terms of the shorter text, from which two texts are about the same thing.
const SAME_SUBJECT: f32 = 0.6;
/// The same over the terms of the longer text: a long text shares words with everything.
const SAME_SUBJECT_OF_LONGER: f32 = 0.4;
/// Share of sessions in which a word stands, below which it names a particular thing.
const PARTICULAR: f32 = 0.1;
/// Texts with more terms hold more than one statement; what "instead" means in them is not plain.
const MOST_TERMS: usize = 25;
/// The same for lines.
const MOST_LINES: usize = 3;
/// When more memories than this would have to go, the words were not as plain as they seemed.
const MOST_REPLACED: usize = 2;

/// What becomes of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It becomes a memory.
    New,
    /// This memory says it already; the draft is one more observation of it.
    Again(MemoryId),
    /// It becomes a memory and takes the place of these.
    Instead(Vec<MemoryId>),
}

/// A memory as far as drafts are compared with it.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// Its number.
    pub id: MemoryId,
    /// Where it was caught.
    pub session: Option<SessionId>,
    formed_at: Timestamp,
    replaceable: bool,
    said: Said,
}

impl Remembered {
    /// Analyses a memory; `None` when it is out of use, so that nothing is compared with it.
    pub fn new(memory: &Memory) -> Option<Self> {
        let draft = &memory.draft;
        draft.status.recallable().then(|| Self {
            id: memory.id,
            session: draft.provenance.session.clone(),
            formed_at: draft.formed_at,
            replaceable: draft.status != MemoryStatus::Pinned && is_replaceable(draft.kind),
            said: Said::of(draft),
        })
    }
}

/// A choice or a rule may be replaced by another; what was learnt by trying stays true.
fn is_replaceable(kind: MemoryKind) -> bool {
    matches!(kind, MemoryKind::Decision | MemoryKind::Commitment | MemoryKind::Correction | MemoryKind::Workflow)
}

/// What a memory says, as terms.
#[derive(Clone, Debug)]
struct Said {
    kind: MemoryKind,
    by_user: bool,
    praises: bool,
    negated: bool,
    /// More was said than one statement; only its gist is compared.
    long: bool,
    terms: HashSet<String>,
}

impl Said {
    fn of(draft: &MemoryDraft) -> Self {
        let text = essence(draft);
        Self {
            kind: draft.kind,
            by_user: draft.origin == Origin::User,
            praises: draft.polarity == Polarity::Positive,
            negated: is_negated(&text),
            long: content_terms(&draft.quote).len() > MOST_TERMS,
            terms: content_terms(&text).into_iter().collect(),
        }
    }

    /// "Use tabs" and "never use tabs" share every term, so the negation must agree too.
    fn repeats(&self, other: &Self) -> bool {
        let comparable =
            self.by_user == other.by_user && self.praises == other.praises && self.negated == other.negated;
        let learnt = |said: &Self| said.kind == MemoryKind::Learning;
        let longer = self.terms.len().max(other.terms.len());
        comparable
            && learnt(self) == learnt(other)
            && self.terms.len().min(other.terms.len()) >= FEWEST_TERMS
            && self.shared(other) as f32 >= SAME * longer as f32
    }

    fn shared(&self, other: &Self) -> usize {
        self.terms.intersection(&other.terms).count()
    }
}

/// The user's words where there are any; a long quotation holds more than the memory, then its title stands for it.
fn essence(draft: &MemoryDraft) -> String {
    if draft.quote.is_empty() || draft.kind == MemoryKind::Learning || content_terms(&draft.quote).len() > 40 {
        return draft.title.clone();
    }
    draft.quote.clone()
}

fn is_negated(text: &str) -> bool {
    let plain = text.to_lowercase().replace('’', "'");
    plain.split(|c: char| !(c.is_alphanumeric() || c == '\'')).any(|word| {
        word.ends_with("n't")
            || matches!(word, "no" | "not" | "never" | "cannot" | "stop" | "avoid" | "nicht" | "nie" | "não")
    })
}

/// What becomes of `draft` beside the memories of the same project.
pub fn fate(draft: &MemoryDraft, remembered: &[Remembered]) -> Fate {
    let said = Said::of(draft);
    if let Some(known) = remembered.iter().find(|known| known.said.repeats(&said)) {
        return Fate::Again(known.id);
    }
    let replaced = replaced(draft, &said, remembered);
    if replaced.is_empty() { Fate::New } else { Fate::Instead(replaced) }
}

/// Whether a memory may say that another is over; what was said before it is to be compared with it when it is read
/// late.
pub fn may_replace(draft: &MemoryDraft) -> bool {
    let text = essence(draft).to_lowercase().replace('’', "'");
    draft.origin == Origin::User && is_replaceable(draft.kind) && (given_up(&text).is_some() || takes_back(&text))
}

/// The memories that the draft says are over: only the user can say so, and only of what was said before.
fn replaced(draft: &MemoryDraft, said: &Said, remembered: &[Remembered]) -> Vec<MemoryId> {
    if !said.by_user || !is_replaceable(draft.kind) || said.long {
        return Vec::new();
    }
    let text = essence(draft).to_lowercase().replace('’', "'");
    // A question proposes; several lines are a paste or a list.
    if text.contains('?') || text.lines().count() > MOST_LINES {
        return Vec::new();
    }
    let replaceable = |known: &&Remembered| known.replaceable && known.formed_at < draft.formed_at && !known.said.long;
    let earlier = || remembered.iter().filter(replaceable);
    let given_up = given_up(&text);
    let mut found: Vec<MemoryId> = match given_up {
        Some(old) => earlier().filter(|known| affirms(&known.said, &old, said)).map(|known| known.id).collect(),
        None if takes_back(&text) => {
            earlier().filter(|known| same_subject(&known.said, said)).map(|known| known.id).collect()
        }
        None => Vec::new(),
    };
    if found.len() > MOST_REPLACED {
        found.clear();
    }
    found
}

/// The terms of what is given up: `from npm to pnpm`, `instead of npm`, `no longer use npm`.
fn given_up(text: &str) -> Option<HashSet<String>> {
    static GIVEN_UP: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let thing = r"((?:[\w./@-]+ ){0,2}?[\w/@-][\w./@-]*)";
        Regex::new(&format!(
            r"\b(?:(?:switch\w*|mov\w+|migrat\w+|chang\w+|went|going) (?:over )?from {thing} (?:to|over)\b|(?:replac\w+|swap\w*) {thing} (?:with|by|for)\b|instead of (?:the )?{thing}|no longer (?:use|using|want|need|support|have|do|run|rely on)s? (?:the )?{thing}|(?:not|n't) (?:use|using|want|need|support|run) (?:the )?{thing} any ?more|(?:dropp\w+|abandon\w*|retir\w+|ditch\w*) {thing} (?:for|in favou?r of)\b)"
        ))
        .ok()
    });
    let found = GIVEN_UP.as_ref()?.captures(text)?;
    let thing = found.iter().skip(1).flatten().next()?;
    let terms: HashSet<String> = content_terms(thing.as_str()).into_iter().collect();
    (!terms.is_empty()).then_some(terms)
}

/// Whether the old memory speaks for the thing given up, about a matter that the new one names too.
fn affirms(old: &Said, given_up: &HashSet<String>, new: &Said) -> bool {
    let about = new.terms.iter().filter(|term| !given_up.contains(*term) && old.terms.contains(*term)).count();
    let names_it = given_up.iter().all(|term| old.terms.contains(term));
    // "Show it", "lines 235": words that stand in most sessions name no particular thing.
    let names_it = names_it && given_up.iter().any(|term| common_share(term) < PARTICULAR);
    names_it && !old.negated && (about >= 1 || old.terms.len() <= given_up.len() + 3)
}

/// Words that take back what was said: `actually, use toml instead`.
fn takes_back(text: &str) -> bool {
    static TAKES_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(?:\w+[,.]? ){0,2}actually\b|\b(?:instead|after all|changed my mind|on second thought|scrap that|forget what i said|no longer|not any ?more|from now on)\b",
        )
        .ok()
    });
    TAKES_BACK.as_ref().is_some_and(|words| words.is_match(text))
}

/// Most terms of the shorter one are shared, and each has one of its own: the subject stays, the answer changes.
fn same_subject(old: &Said, new: &Said) -> bool {
    let shared = old.shared(new);
    let (shorter, longer) = (old.terms.len().min(new.terms.len()), old.terms.len().max(new.terms.len()));
    let changed = shared < new.terms.len() && (shared < old.terms.len() || old.negated != new.negated);
    let close = shared as f32 >= (SAME_SUBJECT * shorter as f32).max(SAME_SUBJECT_OF_LONGER * longer as f32);
    shared >= 2 && changed && close
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(words: &str, at: i64) -> MemoryDraft {
        let mut draft = MemoryDraft::new(MemoryKind::Decision, words, words, Timestamp(at));
        draft.quote = words.to_owned();
        draft
    }

    fn remembered(words: &str) -> Remembered {
        let draft = draft(words, 1);
        let memory = Memory { id: MemoryId(7), saved_at: draft.formed_at, recall_count: 0, superseded_by: None, draft };
        Remembered::new(&memory).unwrap()
    }

    fn check(old: &str, new: &str, expected: &Fate) {
        assert_eq!(&fate(&draft(new, 2), &[remembered(old)]), expected, "{old:?} then {new:?}");
    }

    #[test]
    fn the_same_words_are_the_same_memory() {
        let again = Fate::Again(MemoryId(7));
        check("always run the formatter before a commit", "Always run the formatter before committing", &again);
        check(
            "keep the launcher settings in the home directory",
            "Keep the launcher's settings in the home directory!",
            &again,
        );
        check("use tabs for indentation in the launcher", "never use tabs for indentation in the launcher", &Fate::New);
        check("keep the launcher settings in the home directory", "keep the cache in the home directory", &Fate::New);
        check("use tabs", "use tabs", &Fate::New);
    }

    #[test]
    fn explicit_words_take_a_memorys_place() {
        let instead = Fate::Instead(vec![MemoryId(7)]);
        check("use yaml for the launcher settings", "actually, use toml for the launcher settings instead", &instead);
        check("install packages with npm", "we switched from npm to pnpm for all packages", &instead);
        check("We use npm", "we moved from npm to pnpm", &instead);
        check("the loader reads from redis", "the loader should no longer use redis", &instead);
        check("log to syslog from the launcher", "the launcher should log to a file instead of syslog", &instead);
        check("use yaml for the launcher settings", "use toml for the launcher settings", &Fate::New);
        check("never use npm for packages", "we switched from npm to pnpm for packages", &Fate::New);
        check("the loader reads from redis", "actually, paint the door green instead", &Fate::New);
        check("install packages with npm", "use a map instead of a list in the parser", &Fate::New);
    }

    #[test]
    fn only_the_user_and_only_later_words_replace() {
        let old = remembered("install packages with npm");
        let mut agents = draft("we switched from npm to pnpm for all packages", 2);
        agents.origin = Origin::Agent;
        assert_eq!(fate(&agents, std::slice::from_ref(&old)), Fate::New);
        let before = draft("we switched from npm to pnpm for all packages", 0);
        assert_eq!(fate(&before, std::slice::from_ref(&old)), Fate::New);
        let many: Vec<Remembered> =
            ["npm for packages", "packages come by npm", "npm installs packages"].map(remembered).to_vec();
        assert_eq!(fate(&draft("we switched from npm to pnpm for all packages", 2), &many), Fate::New);
    }
}

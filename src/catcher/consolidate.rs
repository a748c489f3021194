//! Whether a draft is new, says again what a memory says, or takes a memory's place. Words only; nothing is deleted.
//!
//! Both answers are given only when the words are plain: a wrong "same" hides a memory, a wrong "instead" hides another.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::judge::Embed;
use crate::model::{Memory, MemoryDraft, MemoryId, MemoryKind, MemoryStatus, Origin, Polarity, SessionId, Timestamp};
use crate::text::{common_share, content_terms};

/// Shared terms over the terms of the longer text, from which two texts say the same.
const SAME: f32 = 0.8;
/// With fewer terms two texts are alike by chance.
const FEWEST_TERMS: usize = 3;
/// Cosine of what was said, from which two texts mean the same. Of 34 pairs of real requests from there on that the words do
/// not settle 31 did; between 0.85 and 0.88 every third did not.
const SAME_IN_MEANING: f32 = 0.88;
/// What texts that mean the same share at least, of the terms of the longer.
const LEAST_SHARED: f32 = 0.3;
/// Most words in whose place others stand, from which two texts are held against each other word for word.
const MOST_EXCHANGED: usize = 2;
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

    fn repeats(&self, other: &Self) -> bool {
        self.comparable(other) && self.shared(other) as f32 >= SAME * self.longer(other)
    }

    /// "Use tabs" and "never use tabs" share every term, so the negation must agree too.
    fn comparable(&self, other: &Self) -> bool {
        let learnt = |said: &Self| said.kind == MemoryKind::Learning;
        self.by_user == other.by_user
            && self.praises == other.praises
            && self.negated == other.negated
            && learnt(self) == learnt(other)
            && self.terms.len().min(other.terms.len()) >= FEWEST_TERMS
    }

    fn longer(&self, other: &Self) -> f32 {
        self.terms.len().max(other.terms.len()) as f32
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

/// Whether a text says of something that it is not so, or is not to be.
pub fn is_negated(text: &str) -> bool {
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

/// Whether two memories say the same in other words. Vectors hardly see in what two sentences of one form differ ("before"
/// and "after", "three" and "five": cosines up to 0.99), so the words have a veto.
pub fn mean_the_same(a: &MemoryDraft, b: &MemoryDraft, embed: &Embed<'_>) -> bool {
    let (said, other) = (Said::of(a), Said::of(b));
    let (one_text, other_text) = (essence(a), essence(b));
    let may_be = said.comparable(&other)
        && !said.long
        && !other.long
        && said.shared(&other) as f32 >= LEAST_SHARED * said.longer(&other)
        && numbers(&one_text) == numbers(&other_text)
        && !exchanges_words(&one_text, &other_text);
    if !may_be {
        return false;
    }
    let (Some(one), Some(other)) = (embed(&one_text), embed(&other_text)) else { return false };
    one.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>() >= SAME_IN_MEANING
}

/// The words with a digit in them: ports, versions, flags, numbers of issues.
fn numbers(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| c.is_whitespace() || ",;()[]\"'`".contains(c));
    let words = words.map(|word| word.trim_end_matches(['.', ':', '?', '!']).to_lowercase());
    words.filter(|word| word.contains(|c: char| c.is_ascii_digit())).collect()
}

/// Whether two texts are the same but for a word or two in whose place others stand: "use tabs here", "use spaces here".
fn exchanges_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    let before = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let after = a[before..].iter().rev().zip(b[before..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (ours, theirs) = (a.len() - before - after, b.len() - before - after);
    (1..=MOST_EXCHANGED).contains(&ours) && (1..=MOST_EXCHANGED).contains(&theirs) && before + after > ours.max(theirs)
}

/// Whether a memory may say that another is over; what was said before it is to be compared with it when it is read
/// late.
pub fn may_replace(draft: &MemoryDraft) -> bool {
    let text = essence(draft).to_lowercase().replace('’', "'");
    draft.origin == Origin::User
        && is_replaceable(draft.kind)
        && (given_up(&text).is_some() || takes_back(&text) || is_negated(&text))
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
        None => earlier().filter(|known| contradicts(&known.said, said)).map(|known| known.id).collect(),
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
            r"\b(?:(?:switch\w*|mov\w+|migrat\w+|chang\w+|went|going) (?:over )?from {thing} (?:to|over)\b|(?:replac\w+|swap\w*) {thing} (?:with|by|for)\b|instead of (?:the )?{thing}|no longer (?:use|using|want|need|support|have|do|run|rely on)s? (?:the )?{thing}|(?:not|n't) (?:use|using|want|need|support|run) (?:the )?{thing} any ?more|(?:dropp\w+|abandon\w*|retir\w+|ditch\w*) {thing} (?:for|in favou?r of)\b|no (?:more )?{thing} (?:any ?more|from now on)\b|no more {thing}|stop (?:using|running|relying on) (?:the )?{thing})"
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

/// "Use tabs" and then "never use tabs": the same but for the denial.
fn contradicts(old: &Said, new: &Said) -> bool {
    let without_denial = |said: &Said| {
        let terms = said.terms.iter().filter(|term| !is_negated(term)).cloned().collect();
        Said { negated: false, terms, ..said.clone() }
    };
    old.negated != new.negated && without_denial(old).repeats(&without_denial(new))
}

/// Words that take back what was said: `actually, use toml instead`.
fn takes_back(text: &str) -> bool {
    static TAKES_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(?:\w+[,.]? ){0,2}actually\b|\b(?:instead|after all|changed (?:my|our) minds?|on second thought|scrap that|forget what i said|no longer|not any ?more|from now on)\b",
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
        check("keep the launcher settings in the home directory", "keep the cache in the home directory", &Fate::New);
        check("use tabs", "use tabs", &Fate::New);
    }

    /// A model to which everything means the same: only the words are left to object.
    fn mean_the_same_by_words(a: &str, b: &str) -> bool {
        mean_the_same(&draft(a, 1), &draft(b, 2), &|_| Some(vec![1.0]))
    }

    #[test]
    fn vectors_decide_only_where_the_words_allow_it() {
        assert!(mean_the_same_by_words(
            "Never mock the database in tests",
            "Don't use a mocked DB in the tests, never mock"
        ));
        assert!(mean_the_same_by_words(
            "Deploy with make ship, never by hand",
            "Never deploy by hand, that is what make ship does"
        ));
        for (a, b) in [
            ("Show the warning before the prompt", "Show the warning after the prompt"),
            ("Run the tests with the auto strategy", "Run the tests with the manual strategy"),
            ("Retry failed uploads three times", "Retry failed uploads five times"),
            ("Keep port 8080 for the balancer", "The balancer's port to keep is 9090"),
            ("Use tabs in the launcher files", "Do not use tabs in any of the launcher files"),
            ("Write commit messages in English", "Write commit messages in German"),
            ("Keep the launcher settings at home", "The parser drops trailing commas in lists"),
        ] {
            assert!(!mean_the_same_by_words(a, b), "{a:?} and {b:?}");
        }
        let unlike = |text: &str| Some(if text.starts_with('N') { vec![1.0, 0.0] } else { vec![0.8, 0.6] });
        let (one, other) =
            (draft("Never mock the database in tests", 1), draft("In tests, never mock the database", 2));
        assert!(!mean_the_same(&one, &other, &unlike) && !mean_the_same(&one, &other, &|_| None));
        let mut agents = other;
        agents.origin = Origin::Agent;
        assert!(!mean_the_same(&one, &agents, &|_| Some(vec![1.0])), "what the agent said is not what the user said");
    }

    #[test]
    fn explicit_words_take_a_memorys_place() {
        let instead = Fate::Instead(vec![MemoryId(7)]);
        check("use yaml for the launcher settings", "actually, use toml for the launcher settings instead", &instead);
        check("install packages with npm", "we switched from npm to pnpm for all packages", &instead);
        check("We use npm", "we moved from npm to pnpm", &instead);
        check("the loader reads from redis", "the loader should no longer use redis", &instead);
        check("use tabs for indentation in the launcher", "never use tabs for indentation in the launcher", &instead);
        check("log to syslog from the launcher", "the launcher should log to a file instead of syslog", &instead);
        let back = "We changed our mind: no Redis any more, the payout queue lives in Postgres";
        check("We decided to use Redis for the payout queue", back, &instead);
        check("use redis for the payout queue", "stop using redis for the payout queue", &instead);
        check("the loader reads from redis", "no more than three retries in the loader", &Fate::New);
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

//! A moment that may be worth remembering, and the conversation it is looked for in.

use std::ops::Range;

use super::judge::{Judge, Situation, Verdict, features};
use super::prose::{Sentence, own_sentences};
use super::statement::is_plain;
use crate::model::{Direction, Message, Step, Trigger, Turn};

/// One reason to believe that a moment is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The bytes of the message it stands in; the whole sentence. Empty when the reason lies outside the message.
    pub span: Range<usize>,
    /// The words that matched, or what else was seen.
    pub words: String,
}

/// How a command that failed was made to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// What failed, without directory changes and output trimming.
    pub failed: String,
    /// What worked instead.
    pub worked: String,
    /// The telling line of the failure.
    pub error: String,
    /// How many attempts failed.
    pub failures: u32,
    /// Whether the failure lay in the command or its surroundings rather than in the code.
    pub environment: bool,
    /// Position of the call that worked.
    pub seq: u32,
}

/// In how many sessions the same thing was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// Sessions, this one included.
    pub sessions: usize,
    /// The day it was first asked.
    pub since: String,
    /// The words that the requests share.
    pub shared: Vec<String>,
}

/// What a moment stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Words of the turn's prompt.
    Prompt(Vec<Hit>),
    /// Words of the agent, in the message at this position.
    Answer(u32, Vec<Hit>),
    /// Tool calls.
    Calls(Recovery),
    /// Prompts of other sessions.
    Earlier(Recurrence),
}

/// A moment that may be worth remembering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What made the catcher look.
    pub trigger: Trigger,
    /// Number of the turn.
    pub turn: u32,
    /// What it stands on.
    pub evidence: Evidence,
    /// How many independent reasons there are.
    pub strength: usize,
    /// Whether it says something that holds beyond this task; otherwise it is a signal, not a memory.
    pub lasting: bool,
    /// Who set whom right.
    pub direction: Option<Direction>,
}

impl Moment {
    /// A moment that stands on the words of a prompt.
    pub(crate) fn of_prompt(trigger: Trigger, turn: u32, hits: Vec<Hit>) -> Self {
        let strength = hits.len();
        Self { trigger, turn, evidence: Evidence::Prompt(hits), strength, lasting: true, direction: None }
    }

    /// The same moment, kept as a signal only unless `lasting`.
    pub(crate) fn lasting_if(self, lasting: bool) -> Self {
        Self { lasting, ..self }
    }

    /// The sentences it stands on.
    pub fn hits(&self) -> &[Hit] {
        match &self.evidence {
            Evidence::Prompt(hits) | Evidence::Answer(_, hits) => hits,
            Evidence::Calls(_) | Evidence::Earlier(_) => &[],
        }
    }
}

/// How far above the model's threshold, in log-odds, a moment is worth remembering: less where the lists name it too. With what
/// a telling sentence needs (`statement`), 63 % of what is kept of 1,207 labelled messages is right and 58 % is found, out of
/// fold.
const WITH_WORDS: f32 = -0.4;
const MODEL_ALONE: f32 = 0.0;
/// At least so sure of what is said in so many words: the model was fitted to one team's way of talking, in which rules are
/// rare, and thought little of "amounts are always integers in cents, never floats".
const PLAIN: f32 = 0.5;

/// Consecutive turns with the user's own words picked out once for all detectors.
pub struct Conversation<'a> {
    turns: &'a [Turn],
    own: Vec<Vec<Sentence>>,
    verdicts: Vec<Verdict>,
}

/// One turn with what detectors ask about it.
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// The turn.
    pub(crate) turn: &'a Turn,
    /// The one before it, if it is there.
    pub(crate) before: Option<&'a Turn>,
    /// What the user asked.
    pub(crate) prompt: &'a Message,
    /// His own words in it.
    pub(crate) own: &'a [Sentence],
    /// What the model makes of it.
    pub(crate) verdict: Verdict,
}

impl<'a> Heard<'a> {
    /// What the model sees of it.
    pub(crate) fn situation(&self) -> Situation<'a> {
        situation(self.turn, self.before, self.prompt, self.own)
    }

    /// Whether it would change what an agent does in another session, by the model and words of the lists together.
    pub(crate) fn is_memorable(&self) -> bool {
        self.verdict.memorable >= WITH_WORDS
    }

    /// The same where no list has a word for it and the model alone speaks.
    pub(crate) fn is_memorable_to_the_model(&self) -> bool {
        self.verdict.memorable >= MODEL_ALONE
    }

    /// The same where the words themselves say that it holds beyond the task: rules and dislikes are rare in what the
    /// model was fitted to, so it is believed only when it is sure.
    pub(crate) fn may_be_memorable(&self) -> bool {
        self.verdict.memorable >= -1.0
    }

    /// Whether this is how the session began: nothing can be set right or praised yet.
    pub(crate) fn opens_session(&self) -> bool {
        self.turn.number == 0
            || self.before.is_some_and(|turn| turn.number == 0 && turn.prompt.is_none() && turn.steps.is_empty())
    }

    /// The number of distinct words that say something, over all own sentences.
    pub(crate) fn content(&self) -> usize {
        let own: Vec<&str> = self.own.iter().map(|sentence| sentence.plain.as_str()).collect();
        crate::text::content_terms(&own.join("\n")).len()
    }
}

impl<'a> Conversation<'a> {
    /// Reads the turns, going by words alone.
    pub fn new(turns: &'a [Turn]) -> Self {
        Self::judged(turns, &Judge::by_words(), 0)
    }

    /// Reads the turns; those before `from_turn` are there for context only.
    pub fn judged(turns: &'a [Turn], judge: &Judge<'_>, from_turn: u32) -> Self {
        let own = turns.iter().enumerate().map(|(index, turn)| {
            let said_before: String = turns[index.saturating_sub(3)..index].iter().flat_map(words_of_agent).collect();
            turn.prompt.as_ref().map(|prompt| own_sentences(&prompt.text, &said_before)).unwrap_or_default()
        });
        let own: Vec<Vec<Sentence>> = own.collect();
        let verdicts = turns.iter().zip(&own).enumerate().map(|(index, (turn, own))| {
            let before = index.checked_sub(1).map(|before| &turns[before]);
            let prompt = turn.prompt.as_ref().filter(|_| !own.is_empty());
            let verdict = |prompt| judge.verdict(&situation(turn, before, prompt, own), turn.number >= from_turn);
            let mut verdict = prompt.map(verdict).unwrap_or_default();
            if own.iter().any(is_plain) {
                verdict.memorable = verdict.memorable.max(PLAIN);
            }
            verdict
        });
        let verdicts = verdicts.collect();
        Self { turns, own, verdicts }
    }

    /// The turns.
    pub fn turns(&self) -> &'a [Turn] {
        self.turns
    }

    /// The user's own words in the turn at this index.
    pub(crate) fn own(&self, index: usize) -> &[Sentence] {
        self.own.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    /// What the model makes of the turn at this index.
    pub(crate) fn verdict(&self, index: usize) -> Verdict {
        self.verdicts.get(index).copied().unwrap_or_default()
    }

    /// What the model sees of the last prompt: the features by name and the words to embed; nothing when it holds no words
    /// of the user's own.
    pub fn seen_of_last(&self) -> (Vec<(&'static str, f32)>, String) {
        let last = self.turns.last().map(|turn| turn.number);
        let heard = self.heard().filter(|heard| Some(heard.turn.number) == last).last();
        heard.map(|heard| (features(&heard.situation()), heard.situation().own_text())).unwrap_or_default()
    }

    /// The turns whose prompt holds words of the user's own.
    pub(crate) fn heard(&self) -> impl Iterator<Item = Heard<'_>> {
        self.turns.iter().zip(&self.own).enumerate().filter_map(|(index, (turn, own))| {
            let before = index.checked_sub(1).map(|before| &self.turns[before]);
            let prompt = turn.prompt.as_ref().filter(|_| !own.is_empty())?;
            Some(Heard { turn, before, prompt, own, verdict: self.verdicts[index] })
        })
    }
}

fn situation<'a>(turn: &'a Turn, before: Option<&'a Turn>, prompt: &'a Message, own: &'a [Sentence]) -> Situation<'a> {
    let answer = before.and_then(Turn::answer).map(|answer| answer.text.as_str()).unwrap_or_default();
    Situation { prompt, own, answer, turn: turn.number }
}

/// What the agent said and its tools put out: neither is the user's word when it stands in a prompt.
fn words_of_agent(turn: &Turn) -> impl Iterator<Item = &str> {
    turn.steps.iter().map(|step| match step {
        Step::Said(message) => message.text.as_str(),
        Step::Called(call) => call.output.as_str(),
    })
}

//! From moments to memories, without a language model: the words are the user's, the frame is ours.

mod category;
mod files;
mod options;
mod recovered;
mod wording;

use super::moment::{Conversation, Evidence, Moment};
use super::source::{QUOTE_CHARS, chunk};
use super::taint::{heard_strangers, repeats_tool_output};
use super::{Excerpt, prose::Sentence};
use crate::entity::{mentions, people_of_files};
use crate::model::{
    Direction, EntityKind, MemoryDraft, MemoryKind, MemoryStatus, Mention, Message, Origin, Polarity, Provenance, Step,
    Trigger, Turn,
};

/// No rule is surer than this, however many agree.
const CONFIDENCE_TWO_HITS: f32 = 0.65;
const CONFIDENCE_ONE_HIT: f32 = 0.5;
/// An answer that passes on what a tool put out.
const CONFIDENCE_TAINTED: f32 = 0.3;
/// A recovery whose failure was not recognisably the command's fault.
const CONFIDENCE_PLAIN_RECOVERY: f32 = 0.4;
/// More entities than this and the memory is about none of them.
const MOST_ENTITIES: usize = 12;

/// One memory for each message that has lasting moments, and one for each recovery.
pub(super) fn drafts(excerpt: &Excerpt<'_>, conversation: &Conversation<'_>, moments: &[Moment]) -> Vec<MemoryDraft> {
    let mut drafts = Vec::new();
    for (index, turn) in excerpt.turns.iter().enumerate() {
        let here: Vec<&Moment> = moments.iter().filter(|moment| moment.turn == turn.number).collect();
        let about_prompt: Vec<&Moment> = here.iter().copied().filter(|moment| stands_on_prompt(moment)).collect();
        let own = conversation.own(index);
        let needed = needed_odds(excerpt.caught_before + drafts.len());
        let ruled = about_prompt.iter().any(|moment| moment.trigger == Trigger::Preference && moment.lasting);
        let scene = Scene { excerpt, index, turn, own, odds: conversation.verdict(index).memorable };
        if ruled || scene.odds >= needed {
            drafts.extend(scene.of_prompt(&about_prompt));
        }
        for moment in here {
            match &moment.evidence {
                Evidence::Answer(seq, _) => drafts.extend(scene.of_answer(moment, *seq)),
                Evidence::Calls(recovery) => drafts.extend(recovered::draft(&scene, recovery)),
                Evidence::Prompt(_) | Evidence::Earlier(_) => {}
            }
        }
    }
    for draft in &mut drafts {
        draft.category = category::category(draft);
    }
    drafts
}

/// How sure the model must be of the next memory of a session, in log-odds above its threshold. About one memory a session
/// is expected; a long conversation about a design would otherwise give a dozen fragments of it.
fn needed_odds(so_far: usize) -> f32 {
    match so_far {
        0 => f32::MIN,
        1 => 0.0,
        2..4 => 0.5,
        _ => 1.0,
    }
}

fn stands_on_prompt(moment: &Moment) -> bool {
    matches!(moment.evidence, Evidence::Prompt(_) | Evidence::Earlier(_))
}

/// The field that says how long a memory is likely to hold; what holds for one task only is no memory.
const DURABILITY: &str = "durability";

/// A guess by the words: rules and what is asked for again and again stand; the rest holds for the project.
fn durability(moments: &[&Moment]) -> &'static str {
    let stands = |moment: &&Moment| moment.lasting && matches!(moment.trigger, Trigger::Preference | Trigger::Repeat);
    if moments.iter().any(stands) { "standing" } else { "project" }
}

/// Which moment names the memory when several stand on one message: corrections are what must not be lost.
fn precedence(trigger: Trigger) -> usize {
    let order = [
        Trigger::Correction,
        Trigger::Preference,
        Trigger::Negative,
        Trigger::Repeat,
        Trigger::Decision,
        Trigger::Commitment,
        Trigger::Gap,
        Trigger::Enthusiasm,
    ];
    order.iter().position(|&known| known == trigger).unwrap_or(order.len())
}

fn kind_of(trigger: Trigger) -> MemoryKind {
    match trigger {
        Trigger::Correction | Trigger::Negative => MemoryKind::Correction,
        Trigger::Decision => MemoryKind::Decision,
        Trigger::Preference | Trigger::Commitment => MemoryKind::Commitment,
        Trigger::Gap => MemoryKind::Gap,
        Trigger::Enthusiasm | Trigger::Repeat => MemoryKind::Pattern,
        Trigger::Recovery | Trigger::Manual | Trigger::Import | Trigger::Distilled => MemoryKind::Learning,
    }
}

fn polarity_of(trigger: Trigger) -> Polarity {
    match trigger {
        Trigger::Negative | Trigger::Correction => Polarity::Negative,
        Trigger::Enthusiasm => Polarity::Positive,
        _ => Polarity::Neutral,
    }
}

/// A turn with what a memory of it is made from.
struct Scene<'a> {
    excerpt: &'a Excerpt<'a>,
    index: usize,
    turn: &'a Turn,
    own: &'a [Sentence],
    /// What the model gives for the prompt's being memorable, in log-odds above its threshold.
    odds: f32,
}

impl<'a> Scene<'a> {
    /// The memory of the turn's prompt, if one of its moments is lasting.
    fn of_prompt(&self, moments: &[&Moment]) -> Option<MemoryDraft> {
        let prompt = self.turn.prompt.as_ref()?;
        if self.was_sent_before(prompt) {
            return None;
        }
        let lasting = moments.iter().copied().filter(|moment| moment.lasting);
        let strongest = lasting.min_by_key(|moment| precedence(moment.trigger))?;
        let ruled = strongest.trigger == Trigger::Preference;
        if wording::needed(self, strongest)? > self.odds && !ruled {
            return None;
        }
        let quote = self.quote(prompt, strongest);
        let title = wording::title(self, prompt, strongest);
        let body = wording::body(self, strongest, &quote);
        let mut draft = self.draft(kind_of(strongest.trigger), title, body, prompt, quote);
        draft.trigger = strongest.trigger;
        draft.direction = strongest.direction;
        draft.polarity = polarity_of(strongest.trigger);
        draft.reasoning = wording::reasoning(moments);
        draft.extra.insert(DURABILITY.to_owned(), durability(moments).into());
        let hits: usize = moments.iter().map(|moment| moment.strength).sum();
        draft.confidence = if hits >= 2 { CONFIDENCE_TWO_HITS } else { CONFIDENCE_ONE_HIT };
        Some(draft)
    }

    /// The memory of an answer that set the user right; it stands on the agent's words.
    fn of_answer(&self, moment: &Moment, seq: u32) -> Option<MemoryDraft> {
        let answer = self.turn.steps.iter().find_map(|step| match step {
            Step::Said(message) if message.seq == seq => Some(message),
            _ => None,
        })?;
        let (title, body) = wording::pushback(self, answer, moment)?;
        let quote = self.turn.prompt.as_ref().map(|prompt| wording::cut(&prompt.text, QUOTE_CHARS)).unwrap_or_default();
        let mut draft = self.draft(MemoryKind::Correction, title, body, answer, quote);
        draft.source_chunk = chunk(self.excerpt.turns, seq, "", self.excerpt.around);
        draft.entities = entities(&draft.body, &draft.files);
        draft.trigger = Trigger::Correction;
        draft.direction = moment.direction.or(Some(Direction::AgentCorrectsUser));
        draft.origin = Origin::Agent;
        draft.reasoning = wording::reasoning(&[moment]);
        draft.confidence = CONFIDENCE_ONE_HIT;
        let so_far = &self.excerpt.turns[..=self.index];
        if heard_strangers(so_far) || repeats_tool_output(&draft.body, self.excerpt.turns) {
            draft.status = MemoryStatus::Quarantined;
            draft.origin = Origin::Tool;
            draft.confidence = CONFIDENCE_TAINTED;
        }
        Some(draft)
    }

    fn draft(&self, kind: MemoryKind, title: String, body: String, at: &Message, quote: String) -> MemoryDraft {
        let mut draft = MemoryDraft::new(kind, title, body, at.at);
        draft.project = self.excerpt.project.map(str::to_owned);
        draft.provenance =
            Provenance { session: Some(self.excerpt.session.clone()), message: at.uuid.clone(), seq: Some(at.seq) };
        draft.source_chunk = chunk(self.excerpt.turns, at.seq, &quote, self.excerpt.around);
        draft.files = files::about(self, at);
        draft.entities = entities(&quote, &draft.files);
        draft.quote = quote;
        draft
    }

    /// The user's words at that moment: the whole message when it is short, else from the first telling sentence on.
    fn quote(&self, prompt: &Message, moment: &Moment) -> String {
        let text = prompt.text.trim();
        let all_own = self.own.iter().map(|sentence| sentence.span.len()).sum::<usize>() * 10 >= text.len() * 8;
        if all_own && text.chars().count() <= QUOTE_CHARS {
            return text.to_owned();
        }
        let hit_starts = moment.hits().iter().filter(|hit| !hit.span.is_empty()).map(|hit| hit.span.start);
        let telling = || wording::telling(self, moment.hits()).map(|sentence| sentence.span.start);
        let Some(start) = hit_starts.min().or_else(telling) else {
            return wording::cut(text, QUOTE_CHARS);
        };
        let mut end = start;
        for sentence in self.own.iter().filter(|sentence| sentence.span.start >= start) {
            let gap = prompt.text.get(end..sentence.span.start).unwrap_or_default();
            if end > start && gap.chars().filter(|c| c.is_alphanumeric()).count() > 2 {
                break;
            }
            end = sentence.span.end;
        }
        wording::cut(prompt.text.get(start..end).unwrap_or_default(), QUOTE_CHARS)
    }

    /// Whether the same words came a moment ago: people stop the agent and send their prompt again.
    fn was_sent_before(&self, prompt: &Message) -> bool {
        let before = self.excerpt.turns[..self.index].iter().rev().take(2);
        before.filter_map(|turn| turn.prompt.as_ref()).any(|earlier| earlier.text == prompt.text)
    }

    /// The turns before this one.
    fn before(&self) -> &'a [Turn] {
        &self.excerpt.turns[..self.index]
    }

    /// What the agent said last before this prompt.
    fn answer_before(&self) -> Option<&'a Message> {
        self.excerpt.turns[..self.index].last()?.answer()
    }
}

/// What the text mentions, files first, each once. Titles are cut from the same words, so they add nothing but stumps.
fn entities(text: &str, files: &[String]) -> Vec<Mention> {
    let mut found: Vec<Mention> = files.iter().map(|path| Mention::new(EntityKind::File, path)).collect();
    for mention in mentions(text) {
        let covered = mention.kind == EntityKind::File && found.iter().any(|known| known.name.ends_with(&mention.name));
        if !covered && !found.contains(&mention) {
            found.push(mention);
        }
    }
    for person in people_of_files(files.iter().map(String::as_str)) {
        if !found.contains(&person) {
            found.push(person);
        }
    }
    found.truncate(MOST_ENTITIES);
    found
}

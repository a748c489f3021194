//! From what a model says to memories: every claim is looked up, every conclusion is drawn here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::evidence::{Found, look_up, message};
use super::item::{Certainty, Durability, Item, MOST_ITEMS};
use super::suspicion::Suspect;
use super::window::{Speaker, Window, trigger_at};
use crate::catcher::{Conversation, Moment, source_chunk};
use crate::entity::mentions;
use crate::model::{
    Category, Direction, EntityKind, MemoryDraft, MemoryKind, MemoryStatus, Mention, Origin, Provenance, SessionId,
    Trigger,
};
use crate::redact::redact;
use crate::text::{excerpt, one_line, printable};

const TITLE_CHARS: usize = 120;
const BODY_CHARS: usize = 600;
const REASONING_CHARS: usize = 300;
const QUOTE_CHARS: usize = 400;
const NAME_CHARS: usize = 80;
/// Longer than this many times the limit, and it is not a memory that ran over but something else.
const FAR_TOO_LONG: usize = 3;
const MOST_EVIDENCE: usize = 6;
const MOST_ENTITIES: usize = 12;
const MOST_FILES: usize = 8;

/// What stands on words that nobody vouches for is no surer than this.
const TOOL_CONFIDENCE: f32 = 0.4;
/// What the agent's word is worth less than the user's.
const AGENT_DISCOUNT: f32 = 0.15;

/// What a reply is checked against.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The session.
    pub session: &'a SessionId,
    /// Key of its project.
    pub project: Option<&'a str>,
    /// Its turns, as far as they are in the window or around it.
    pub conversation: &'a Conversation<'a>,
    /// What the rules saw in them.
    pub moments: &'a [Moment],
    /// Messages that a memory shows above and below its moment.
    pub around: usize,
}

/// Who worded it; kept with each memory.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Name of the distiller.
    pub distiller: &'a str,
    /// The model it asked.
    pub model: &'a str,
    /// Version of the prompt.
    pub prompt: &'a str,
}

/// How many memories of a reply were not taken, by reason.
pub type Rejections = BTreeMap<&'static str, usize>;

/// What is left of a reply.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Memories, some of them to be looked at by a person first.
    pub drafts: Vec<MemoryDraft>,
    /// The rest.
    pub rejected: Rejections,
}

/// Takes from a reply what can be proved from the window. One bad memory does not spoil the others.
pub fn accept(items: &[Value], window: &Window, source: &Source<'_>, stamp: &Stamp<'_>) -> Accepted {
    let mut accepted = Accepted::default();
    let mut reject = |why| *accepted.rejected.entry(why).or_default() += 1;
    let mut drafts: Vec<MemoryDraft> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        if number >= MOST_ITEMS {
            reject("one too many");
            continue;
        }
        let parsed = Item::deserialize(item).map_err(|_| "not of the form of the schema");
        match parsed.and_then(|item| Claim { item: &item, window, source, stamp }.prove()) {
            Ok(draft) if drafts.iter().any(|known| known.title == draft.title) => reject("said twice"),
            Ok(draft) => drafts.push(draft),
            Err(why) => reject(why),
        }
    }
    accepted.drafts = drafts;
    accepted
}

/// One memory as claimed, with what it is checked against.
struct Claim<'a> {
    item: &'a Item,
    window: &'a Window,
    source: &'a Source<'a>,
    stamp: &'a Stamp<'a>,
}

impl Claim<'_> {
    fn prove(&self) -> Result<MemoryDraft, &'static str> {
        let item = self.item;
        if item.durability == Durability::OneOff {
            return Err("for this task only");
        }
        let title = cleaned(&one_line(&item.title, usize::MAX), TITLE_CHARS)?;
        let body = cleaned(&printable(&item.body), BODY_CHARS)?;
        let found = self.evidence()?;
        // The user's word comes first, whatever the model took for the telling entry.
        let main = found.iter().find(|found| found.tier == Origin::User).unwrap_or(&found[0]);
        let tier = found.iter().map(|found| found.tier).min().unwrap_or(Origin::Tool);
        let direction = self.direction(main);
        self.may_stand_on(tier, direction)?;
        let (at, uuid) = match message(self.source.conversation.turns(), main.line) {
            Some(message) => (message.at, message.uuid.clone()),
            None => (main.line.at, None),
        };
        let mut draft = MemoryDraft::new(item.kind, title, body, at);
        draft.project = self.source.project.map(str::to_owned);
        draft.provenance =
            Provenance { session: Some(self.source.session.clone()), message: uuid, seq: Some(main.line.seq) };
        let turns = self.source.conversation.turns();
        draft.trigger = trigger_at(self.source.moments, turns, main.line.seq).unwrap_or(Trigger::Distilled);
        draft.category = Category::parse(&item.category);
        draft.direction = direction;
        draft.polarity = item.polarity;
        draft.origin = tier;
        draft.confidence = confidence(item.certainty, tier);
        let said_by_user = |found: &&Found<'_>| found.tier == Origin::User;
        let quotes: Vec<&str> = found.iter().filter(said_by_user).map(|found| found.quote.as_str()).collect();
        draft.quote = redact(&excerpt(quotes.first().copied().unwrap_or_default(), QUOTE_CHARS)).into_owned();
        draft.reasoning = self.reasoning(&found);
        draft.source_chunk = redact(&source_chunk(turns, main.line.seq, &draft.quote, self.source.around)).into_owned();
        draft.files = self.files(&found);
        draft.entities = self.entities(&draft);
        let suspicion = self.suspicion(&draft, &found, &quotes.join("\n"));
        if let Some(why) = suspicion.or((tier == Origin::Tool).then_some("nobody in the conversation said it")) {
            draft.status = MemoryStatus::Quarantined;
            draft.confidence = draft.confidence.min(TOOL_CONFIDENCE);
            draft.extra.insert("flag".to_owned(), json!(why));
        }
        self.sign(&mut draft);
        Ok(draft)
    }

    /// Every quotation, looked up. One that is not there voids the memory: who invents one invents more.
    fn evidence(&self) -> Result<Vec<Found<'_>>, &'static str> {
        let cited = &self.item.evidence;
        if cited.is_empty() {
            return Err("without evidence");
        }
        let looked_up = cited.iter().take(MOST_EVIDENCE);
        let found = looked_up
            .map(|cited| look_up(&cited.handle, &cited.quote, self.window, self.source.conversation))
            .collect::<Result<Vec<Found<'_>>, _>>()?;
        if found.iter().all(|found| found.line.context) {
            return Err("from what was read before");
        }
        Ok(found)
    }

    /// Who set whom right, from who said it.
    fn direction(&self, main: &Found<'_>) -> Option<Direction> {
        (self.item.kind == MemoryKind::Correction).then_some(match main.line.speaker {
            Speaker::User => Direction::UserCorrectsAgent,
            Speaker::Agent | Speaker::Tool => Direction::AgentCorrectsUser,
        })
    }

    /// What people decide, want and promise only people can say.
    fn may_stand_on(&self, tier: Origin, direction: Option<Direction>) -> Result<(), &'static str> {
        let found_out = matches!(
            self.item.kind,
            MemoryKind::Learning | MemoryKind::Insight | MemoryKind::Gap | MemoryKind::Workflow
        );
        let corrects = direction == Some(Direction::AgentCorrectsUser)
            && self.item.direction == Some(Direction::AgentCorrectsUser)
            && tier == Origin::Agent;
        if tier == Origin::User || found_out || corrects { Ok(()) } else { Err("stands on no word of the user") }
    }

    fn reasoning(&self, found: &[Found<'_>]) -> String {
        let why = one_line(&self.item.reasoning, REASONING_CHARS);
        let shown = found.iter().map(|found| {
            let who = match (found.line.speaker, found.tier) {
                (Speaker::User, Origin::User) => "the user",
                (Speaker::User, _) => "pasted by the user",
                (Speaker::Agent, Origin::Agent) => "the agent",
                (Speaker::Agent, _) => "the agent, from a tool",
                (Speaker::Tool, Origin::Agent) => "a call",
                (Speaker::Tool, _) => "a tool",
            };
            format!("{who} ({}): “{}”", found.line.handle, one_line(&found.quote, 120))
        });
        let text = format!("{why} Evidence: {}.", shown.collect::<Vec<_>>().join("; "));
        redact(text.trim()).into_owned()
    }

    /// Files that the model names and the session knows, then those that the evidence names.
    fn files(&self, found: &[Found<'_>]) -> Vec<String> {
        let touched: Vec<&str> = self
            .source
            .conversation
            .turns()
            .iter()
            .flat_map(|turn| turn.calls())
            .flat_map(|call| call.files.iter().map(|file| file.path.as_str()))
            .collect();
        let mut files: Vec<String> = Vec::new();
        for name in &self.item.files {
            let name = name.trim().trim_start_matches("./");
            let is_it =
                |path: &&&str| path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
            let known = touched.iter().find(is_it).map(|path| (*path).to_owned());
            let quoted = || found.iter().any(|found| found.tier != Origin::Tool && found.quote.contains(name));
            let file = known.or_else(|| (name.contains('/') && quoted()).then(|| name.to_owned()));
            files.extend(file.filter(|file| !name.is_empty() && !files.contains(file)));
        }
        files.truncate(MOST_FILES);
        files
    }

    /// Names that stand in the window; what the model adds of its own is left out.
    fn entities(&self, draft: &MemoryDraft) -> Vec<Mention> {
        let mut entities: Vec<Mention> =
            draft.files.iter().map(|path| Mention::new(EntityKind::File, path.as_str())).collect();
        let stands = |name: &str| {
            self.window.lines.iter().any(|line| line.text.get(..line.own).is_some_and(|text| text.contains(name)))
        };
        let named = self.item.entities.iter().filter_map(|named| {
            let name = one_line(&redact(&named.mention), NAME_CHARS);
            (name.chars().count() > 1 && stands(&name)).then(|| Mention::new(named.kind, name))
        });
        let own = mentions(&draft.quote).into_iter().chain(mentions(&draft.body));
        for mention in named.chain(own) {
            let same = |known: &Mention| {
                known.name == mention.name
                    || known.kind == EntityKind::File
                        && mention.kind == EntityKind::File
                        && known.name.ends_with(&mention.name)
            };
            if !entities.iter().any(same) {
                entities.push(mention);
            }
        }
        entities.truncate(MOST_ENTITIES);
        entities
    }

    fn suspicion(&self, draft: &MemoryDraft, found: &[Found<'_>], vouched: &str) -> Option<&'static str> {
        let cited: Vec<u32> =
            found.iter().filter(|found| found.line.speaker == Speaker::Tool).map(|found| found.line.seq).collect();
        let text = format!("{}\n{}", draft.title, draft.body);
        let suspect = Suspect {
            text: &text,
            vouched,
            by_user: draft.origin == Origin::User,
            cited_calls: &cited,
            conversation: self.source.conversation,
            window: self.window,
        };
        suspect.reason()
    }

    /// Who worded it, and what the store has no column for.
    fn sign(&self, draft: &mut MemoryDraft) {
        let item = self.item;
        let durability = if item.durability == Durability::Standing { "standing" } else { "project" };
        draft.extra.extend(
            [
                ("distiller", json!(self.stamp.distiller)),
                ("distiller_model", json!(self.stamp.model)),
                ("prompt", json!(self.stamp.prompt)),
                ("durability", json!(durability)),
            ]
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value)),
        );
    }
}

/// Text of the model without secrets, at most `most` characters.
fn cleaned(text: &str, most: usize) -> Result<String, &'static str> {
    let text = redact(text.trim()).into_owned();
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 4 {
        return Err("without title or body");
    }
    if text.chars().count() > most * FAR_TOO_LONG {
        return Err("far too long");
    }
    Ok(excerpt(&text, most))
}

/// Computed, not asked for: by how it was said and who said it.
fn confidence(certainty: Certainty, tier: Origin) -> f32 {
    let said = match certainty {
        Certainty::Explicit => 0.85,
        Certainty::Strong => 0.7,
        Certainty::Inferred => 0.5,
    };
    match tier {
        Origin::User => said,
        Origin::Agent => said - AGENT_DISCOUNT,
        Origin::Tool | Origin::Imported => said.min(TOOL_CONFIDENCE),
    }
}

#[cfg(test)]
mod tests;

//! The memory of a recovery: what failed, why, and what worked.

use std::sync::LazyLock;

use regex::Regex;

use super::{CONFIDENCE_PLAIN_RECOVERY, CONFIDENCE_TWO_HITS, Scene, entities};
use crate::catcher::command::likeness;
use crate::catcher::moment::Recovery;
use crate::catcher::source::chunk;
use crate::catcher::taint::{is_addressed_to_reader, is_risky, repeats_tool_output};
use crate::model::{MemoryDraft, MemoryKind, MemoryStatus, Origin, Polarity, Provenance, ToolCall, Trigger};
use crate::text::one_line;

/// A longer command is a script for one occasion, unless its failure was its own fault and little was changed.
const LONGEST_GENERAL: usize = 160;
/// Shared words over joint words from which a long command shows its one change.
const SMALL_CHANGE: f32 = 0.6;
/// What each command may take of the title.
const TITLE_COMMAND_CHARS: usize = 36;
/// What each command may take of the body.
const BODY_COMMAND_CHARS: usize = 300;

/// The draft; none when the call is not in the turn.
pub(super) fn draft(scene: &Scene<'_>, recovery: &Recovery) -> Option<MemoryDraft> {
    let call: &ToolCall = scene.turn.calls().find(|call| call.seq == recovery.seq)?;
    let small_change = || likeness(&recovery.failed, &recovery.worked) >= SMALL_CHANGE;
    if is_particular(&recovery.worked) && !(recovery.environment && small_change()) {
        return None;
    }
    let (failed, worked) = told_apart(&recovery.failed, &recovery.worked);
    let title =
        format!("`{}` fails; `{}` works", shown(&failed, TITLE_COMMAND_CHARS), shown(&worked, TITLE_COMMAND_CHARS));
    let mut draft = MemoryDraft::new(MemoryKind::Learning, title, body(scene, recovery), call.at);
    draft.trigger = Trigger::Recovery;
    draft.reasoning = reasoning(recovery);
    draft.confidence = if recovery.environment { CONFIDENCE_TWO_HITS } else { CONFIDENCE_PLAIN_RECOVERY };
    draft.origin = Origin::Agent;
    draft.polarity = Polarity::Neutral;
    draft.project = scene.excerpt.project.map(str::to_owned);
    draft.provenance = Provenance {
        session: Some(scene.excerpt.session.clone()),
        message: Some(call.call_id.clone()).filter(|id| !id.is_empty()),
        seq: Some(call.seq),
    };
    draft.source_chunk = chunk(scene.excerpt.turns, call.seq, "", scene.excerpt.around);
    draft.entities = entities(&draft.body, &[]);
    draft.quote = failure(recovery);
    if is_risky(&recovery.worked) || repeats_tool_output(&recovery.worked, scene.excerpt.turns) {
        draft.status = MemoryStatus::Quarantined;
        draft.origin = Origin::Tool;
    }
    Some(draft)
}

/// The failure as the index knows failures, so that the same one is found again by its command and its line.
fn failure(recovery: &Recovery) -> String {
    let command = one_line(&recovery.failed, BODY_COMMAND_CHARS);
    error(recovery).map_or_else(|| format!("$ {command}"), |error| format!("$ {command}\n{error}"))
}

/// The error; none where it is advice rather than an error. Its first sentence names it, and what follows is advice, of
/// whomever.
fn error(recovery: &Recovery) -> Option<&str> {
    let error = recovery.error.split_once(". ").map_or(recovery.error.as_str(), |(error, _)| error);
    (!error.is_empty() && !is_addressed_to_reader(error)).then_some(error)
}

/// Whether a command is about one thing of that day (an id, a long text) and no use in another session.
fn is_particular(command: &str) -> bool {
    static ID: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\d{5,}|\b[0-9a-f]{7,40}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-").ok());
    command.chars().count() > LONGEST_GENERAL || ID.as_ref().is_none_or(|id| id.is_match(command))
}

fn body(scene: &Scene<'_>, recovery: &Recovery) -> String {
    let name = scene.excerpt.project.map(|key| crate::model::Project::named(key).name);
    // A work tree called `2` tells nobody where.
    let telling = name.filter(|name| name.chars().filter(|c| c.is_alphabetic()).count() >= 2);
    let place = telling.map(|name| format!("In {name}, "));
    let why = error(recovery).map_or_else(String::new, |error| format!(" ({error})"));
    format!(
        "{}`{}` fails{why}; `{}` works.",
        place.unwrap_or_default(),
        shown(&recovery.failed, BODY_COMMAND_CHARS),
        shown(&recovery.worked, BODY_COMMAND_CHARS)
    )
}

fn reasoning(recovery: &Recovery) -> String {
    let times = if recovery.failures == 1 { "once".to_owned() } else { format!("{} times", recovery.failures) };
    let cause = if recovery.environment {
        "the error speaks of the command or its surroundings"
    } else {
        "the error does not say whose fault it was"
    };
    format!("Recovery: the command failed {times}, a changed one worked with no edit between; {cause}.")
}

/// Both commands so that a cut after a few words still shows where they differ: of a long common beginning only the
/// first two words stay.
fn told_apart(failed: &str, worked: &str) -> (String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (failed.split_whitespace().collect(), worked.split_whitespace().collect());
    let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let fits = |words: &[&str]| words.join(" ").chars().count() <= TITLE_COMMAND_CHARS;
    if common <= 2 || fits(&a) && fits(&b) {
        return (failed.to_owned(), worked.to_owned());
    }
    let shortened = |words: &[&str]| format!("{} … {}", words[..2].join(" "), words[common..].join(" "));
    (shortened(&a).trim_end().to_owned(), shortened(&b).trim_end().to_owned())
}

/// The command on one line, without back-ticks that would end its quotation.
fn shown(command: &str, chars: usize) -> String {
    one_line(command, chars).replace('`', "'")
}

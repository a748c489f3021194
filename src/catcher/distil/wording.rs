//! Titles, bodies and reasons.

use super::Scene;
use crate::catcher::lexicon::LEXICON;
use crate::catcher::moment::{Evidence, Hit, Moment};
use crate::catcher::prose::{Sentence, own_sentences};
use crate::model::{Direction, FileAction, Message, Trigger};
use crate::text::{content_terms, excerpt, one_line};

/// Longest title, in characters.
const TITLE_CHARS: usize = 100;
/// A sentence with fewer words of content is a fragment ("no, the other one") and needs its surroundings.
const FEWEST_TERMS: usize = 3;
/// What a quotation of the user's may take of the body.
const QUOTED_CHARS: usize = 400;
/// What the request or the answer before may take of the body.
const CONTEXT_CHARS: usize = 140;

/// One line that can be understood alone.
pub(super) fn title(scene: &Scene<'_>, prompt: &Message, moment: &Moment) -> String {
    if moment.trigger == Trigger::Enthusiasm {
        let liked = scene.request_before().map(|request| gist(&request.text)).unwrap_or_default();
        return excerpt(&format!("Liked: {}", if liked.is_empty() { gist(&prompt.text) } else { liked }), TITLE_CHARS);
    }
    if let Evidence::Earlier(recurrence) = &moment.evidence {
        return excerpt(&format!("Asked in {} sessions: {}", recurrence.sessions, gist(&prompt.text)), TITLE_CHARS);
    }
    let sentence = telling(scene.own, moment.hits());
    let said =
        sentence.map(|sentence| cleaned(&prompt.text[sentence.span.clone()])).unwrap_or_else(|| gist(&prompt.text));
    if content_terms(&said).len() >= FEWEST_TERMS {
        return excerpt(&said, TITLE_CHARS);
    }
    match scene.request_before() {
        Some(request) => excerpt(&format!("{said} (about: {})", gist(&request.text)), TITLE_CHARS),
        None => excerpt(&said, TITLE_CHARS),
    }
}

/// What happened, in the user's words, and what it was about.
pub(super) fn body(scene: &Scene<'_>, moment: &Moment, quote: &str) -> String {
    let mut parts = vec![format!("{} “{}”", frame(moment), excerpt(&one_line(quote, usize::MAX), QUOTED_CHARS))];
    if let Some(done) = subject(scene, moment.trigger) {
        parts.push(done);
    }
    if let Evidence::Earlier(recurrence) = &moment.evidence {
        parts.push(format!("Asked in {} sessions since {}.", recurrence.sessions, recurrence.since));
    }
    parts.join("\n")
}

fn frame(moment: &Moment) -> &'static str {
    match moment.trigger {
        Trigger::Correction => "The user corrected the agent:",
        Trigger::Negative => "The user rejected this:",
        Trigger::Decision => "The user decided:",
        Trigger::Preference => "The user's standing wish:",
        Trigger::Enthusiasm => "The user liked it:",
        Trigger::Repeat => "The user asked again:",
        Trigger::Commitment => "The user promised or put off:",
        Trigger::Gap => "The user named a gap:",
        Trigger::Recovery | Trigger::Manual | Trigger::Import | Trigger::Distilled => "Noted:",
    }
}

/// What the prompt is about: the request before it, and for praise what was changed.
fn subject(scene: &Scene<'_>, trigger: Trigger) -> Option<String> {
    let request = scene.request_before().map(|request| gist(&request.text)).filter(|gist| !gist.is_empty())?;
    let request = excerpt(&request, CONTEXT_CHARS);
    let said = scene.answer_before().map(|answer| opening(&answer.text)).filter(|opening| !opening.is_empty());
    let mut text = format!("It was about the request “{request}”");
    if let Some(said) = said {
        text.push_str(&format!("; the agent had answered “{said}”"));
    }
    if trigger == Trigger::Enthusiasm {
        let before = scene.index.checked_sub(1).map(|index| &scene.excerpt.turns[index]);
        let changed: Vec<&str> = before
            .into_iter()
            .flat_map(|turn| turn.calls().flat_map(|call| &call.files))
            .filter(|file| file.action == FileAction::Edit)
            .map(|file| file.path.as_str())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .take(4)
            .collect();
        if !changed.is_empty() {
            text.push_str(&format!(" and changed {}", changed.join(", ")));
        }
    }
    text.push('.');
    Some(text)
}

/// Title and body of an answer that set the user right.
pub(super) fn pushback(scene: &Scene<'_>, answer: &Message, moment: &Moment) -> Option<(String, String)> {
    let own = own_sentences(&answer.text, "");
    let sentence = telling(&own, moment.hits())?;
    let said = cleaned(&answer.text[sentence.span.clone()]);
    let after = own.iter().find(|next| next.span.start > sentence.span.start);
    let more = after.map(|next| answer.text[next.span.clone()].trim().to_owned()).unwrap_or_default();
    let asked = scene.turn.prompt.as_ref().map(|prompt| gist(&prompt.text)).unwrap_or_default();
    let title = match (content_terms(&said).len() >= FEWEST_TERMS, more.is_empty()) {
        (true, _) => excerpt(&said, TITLE_CHARS),
        (false, false) => excerpt(&format!("{said} {more}"), TITLE_CHARS),
        (false, true) => excerpt(&format!("{said} (about: {asked})"), TITLE_CHARS),
    };
    let body = format!(
        "The agent corrected the user: “{}”\nThe user had said “{}”.",
        excerpt(&one_line(&format!("{said} {more}"), usize::MAX), QUOTED_CHARS),
        excerpt(&asked, CONTEXT_CHARS)
    );
    Some((title, body))
}

/// Which triggers fired, on which words.
pub(super) fn reasoning(moments: &[&Moment]) -> String {
    let parts: Vec<String> = moments.iter().map(|moment| one_reason(moment)).collect();
    parts.join(" ")
}

fn one_reason(moment: &Moment) -> String {
    let name = match (moment.trigger, moment.direction) {
        (Trigger::Correction, Some(Direction::AgentCorrectsUser)) => "Correction of the user".to_owned(),
        (Trigger::Correction, _) => "Correction of the agent".to_owned(),
        (trigger, _) => {
            let name = trigger.as_str();
            format!("{}{}", name[..1].to_uppercase(), &name[1..])
        }
    };
    match &moment.evidence {
        Evidence::Earlier(recurrence) => {
            format!(
                "{name}: in much the same words in {} sessions ({}).",
                recurrence.sessions,
                recurrence.shared.join(", ")
            )
        }
        _ => {
            let words: Vec<String> = moment.hits().iter().take(4).map(quoted).collect();
            format!("{name}: {}.", words.join(", "))
        }
    }
}

fn quoted(hit: &Hit) -> String {
    if hit.span.is_empty() { hit.words.clone() } else { format!("“{}”", hit.words) }
}

/// The sentence that fired and says most; when it says too little, the one after it.
pub(super) fn telling<'a>(own: &'a [Sentence], hits: &[Hit]) -> Option<&'a Sentence> {
    let says = |sentence: &&Sentence| content_terms(&sentence.plain).len();
    let fired: Vec<&Sentence> =
        own.iter().filter(|sentence| hits.iter().any(|hit| hit.span == sentence.span)).collect();
    let best = fired.iter().copied().rev().max_by_key(|sentence| says(sentence).min(8));
    match best {
        Some(best) if says(&best) >= FEWEST_TERMS => Some(best),
        Some(best) => {
            let next =
                own.iter().find(|sentence| sentence.span.start > best.span.start && says(sentence) >= FEWEST_TERMS);
            next.or(Some(best))
        }
        None => own.iter().rev().max_by_key(|sentence| says(sentence).min(8)),
    }
}

/// The sentence without opening fillers, starting with a capital.
fn cleaned(sentence: &str) -> String {
    let line = one_line(sentence, usize::MAX);
    let lower = line.to_lowercase();
    let kept = LEXICON.without_fillers(&lower).len();
    // Lower-casing can change the length of a few letters; then the fillers stay.
    let start = if lower.len() == line.len() { line.len() - kept } else { 0 };
    let rest = line.get(start..).unwrap_or(&line).trim();
    let mut chars = rest.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A prompt on one line: its first own sentence that says something.
fn gist(text: &str) -> String {
    let own = own_sentences(text, "");
    let sentence = own.iter().find(|sentence| content_terms(&sentence.plain).len() >= 2).or(own.first());
    sentence.map(|sentence| excerpt(&cleaned(&text[sentence.span.clone()]), CONTEXT_CHARS)).unwrap_or_default()
}

/// How an answer begins.
fn opening(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| line.len() > 3 && !line.starts_with(['#', '`', '|', '-', '*']));
    line.map(|line| one_line(line, CONTEXT_CHARS)).unwrap_or_default()
}

/// At most so many characters of the text's start, verbatim: no ellipsis.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let text = text.trim();
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end().to_owned()
}

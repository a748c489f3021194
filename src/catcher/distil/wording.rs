//! Titles, bodies and reasons.

use super::{Scene, options};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::moment::{Evidence, Hit, Moment};
use crate::catcher::prose::{Sentence, is_machine_made, own_sentences};
use crate::catcher::statement::{Bearing, FEWEST_TERMS, is_plain, leans, says_enough};
use crate::catcher::taint::{heard_strangers, repeats_tool_output};
use crate::model::{Direction, FileAction, Message, Trigger};
use crate::text::{content_terms, excerpt, one_line};

/// Longest title, in characters.
const TITLE_CHARS: usize = 120;
/// A request with fewer says nothing of what a later prompt is about.
const FEWEST_TERMS_OF_REQUEST: usize = 4;
/// How many turns back the request may lie.
const TURNS_BACK: usize = 4;
/// What a quotation of the user's may take of the body.
const QUOTED_CHARS: usize = 400;
/// What the request or the answer before may take of the body.
const CONTEXT_CHARS: usize = 180;
/// Terms that a sentence of the agent's must share with the user's words for being what these are about.
const FEWEST_SHARED: usize = 2;
/// What a sentence gains, in log-odds, by being one that fired, and loses by settling nothing or by leaning on another.
const FIRED: f32 = 0.7;
const UNSETTLED: f32 = 0.9;
/// How sure the model must be of a fragment, in log-odds above its threshold.
const FRAGMENT: f32 = 0.2;
const LEANING: f32 = 0.7;

/// One line that can be understood alone.
pub(super) fn title(scene: &Scene<'_>, prompt: &Message, moment: &Moment) -> String {
    if moment.trigger == Trigger::Enthusiasm {
        let liked = request(scene).unwrap_or_default();
        return excerpt(&format!("Liked: {}", if liked.is_empty() { gist(&prompt.text) } else { liked }), TITLE_CHARS);
    }
    if let Evidence::Earlier(recurrence) = &moment.evidence {
        return excerpt(&format!("Asked in {} sessions: {}", recurrence.sessions, gist(&prompt.text)), TITLE_CHARS);
    }
    if let Some(option) = chosen(scene) {
        return excerpt(&format!("Chosen: {option}"), TITLE_CHARS);
    }
    let sentence = telling(scene, moment.hits());
    let said =
        sentence.map(|sentence| cleaned(&prompt.text[sentence.span.clone()])).unwrap_or_else(|| gist(&prompt.text));
    let whole = content_terms(&said).len() >= FEWEST_TERMS || sentence.is_some_and(is_plain);
    if whole && !sentence.is_some_and(leans) {
        return excerpt(&said, TITLE_CHARS);
    }
    match request(scene) {
        Some(request) => excerpt(&format!("{said} (about: {request})"), TITLE_CHARS),
        None => excerpt(&said, TITLE_CHARS),
    }
}

/// What of the agent's offer the prompt chooses; not what the agent copied from a tool.
pub(super) fn chosen(scene: &Scene<'_>) -> Option<String> {
    let prompt = scene.turn.prompt.as_ref()?;
    let option = options::chosen(&prompt.text, &scene.answer_before()?.text)?;
    (!repeats_tool_output(&option, scene.before())).then_some(option)
}

/// What happened, in the user's words, and what it was about.
pub(super) fn body(scene: &Scene<'_>, moment: &Moment, quote: &str) -> String {
    let mut parts = vec![format!("{} “{}”", frame(moment), shown(scene, moment, quote))];
    match chosen(scene) {
        Some(option) => parts.push(format!("The agent had offered: “{option}”.")),
        None => parts.extend(answered(scene)),
    }
    parts.extend(request(scene).map(|request| format!("It was about the request “{request}”.")));
    if moment.trigger == Trigger::Enthusiasm {
        parts.extend(changed(scene));
    }
    if let Evidence::Earlier(recurrence) = &moment.evidence {
        parts.push(format!("Asked in {} sessions since {}.", recurrence.sessions, recurrence.since));
    }
    parts.join("\n")
}

/// The quotation on one line; of a long one the part from the telling sentence on.
fn shown(scene: &Scene<'_>, moment: &Moment, quote: &str) -> String {
    let whole = one_line(quote, usize::MAX);
    let Some(told) = scene.turn.prompt.as_ref().zip(telling(scene, moment.hits())) else {
        return excerpt(&whole, QUOTED_CHARS);
    };
    let (prompt, sentence) = told;
    match quote.find(&prompt.text[sentence.span.clone()]) {
        Some(start) if start > 0 && whole.chars().count() > QUOTED_CHARS => {
            format!("… {}", excerpt(&one_line(&quote[start..], usize::MAX), QUOTED_CHARS))
        }
        _ => excerpt(&whole, QUOTED_CHARS),
    }
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

/// What of the agent's last answer the prompt replies to: the sentence that shares most words with it, else its question.
fn answered(scene: &Scene<'_>) -> Option<String> {
    let answer = scene.answer_before()?;
    let own: Vec<&str> = scene.own.iter().map(|sentence| sentence.plain.as_str()).collect();
    let mine: std::collections::HashSet<String> = content_terms(&own.join("\n")).into_iter().collect();
    let sentences = own_sentences(&answer.text, "");
    let shared =
        |sentence: &&Sentence| content_terms(&sentence.plain).iter().filter(|term| mine.contains(*term)).count();
    let nearest = sentences.iter().rev().max_by_key(shared).filter(|sentence| shared(sentence) >= FEWEST_SHARED);
    let asked = || sentences.last().filter(|sentence| sentence.question);
    let sentence = nearest.or_else(asked)?;
    // What a stranger said is not the user's, even if the agent said it too.
    if heard_strangers(scene.before()) || repeats_tool_output(&sentence.plain, scene.before()) {
        return None;
    }
    let text = one_line(&answer.text[sentence.span.clone()].replace("**", ""), CONTEXT_CHARS);
    Some(format!("The agent had {} “{text}”.", if sentence.question { "asked" } else { "said" }))
}

/// The latest prompt before this one that says what the work is; a rule laid down on the way does not.
fn request(scene: &Scene<'_>) -> Option<String> {
    let before = scene.excerpt.turns[..scene.index].iter().rev().take(TURNS_BACK);
    let prompts = before.filter_map(|turn| turn.prompt.as_ref()).filter(|prompt| !is_machine_made(&prompt.text));
    let prompts = prompts.filter(|prompt| !own_sentences(&prompt.text, "").iter().any(is_plain));
    let gists = prompts.map(|prompt| gist(&prompt.text));
    gists.into_iter().find(|gist| content_terms(gist).len() >= FEWEST_TERMS_OF_REQUEST)
}

/// How sure the model must be of a memory of this prompt, in log-odds above its threshold: what settles something is
/// believed at once, as is a choice of what the agent offered. A fragment that nothing explains must be surer. None when
/// no sentence can carry a memory.
pub(super) fn needed(scene: &Scene<'_>, moment: &Moment) -> Option<f32> {
    let needs_no_sentence = matches!(moment.evidence, Evidence::Earlier(_)) || moment.trigger == Trigger::Enthusiasm;
    if needs_no_sentence || chosen(scene).is_some() {
        return Some(f32::MIN);
    }
    let sentence = telling(scene, moment.hits())?;
    let whole = says_enough(&sentence.plain, FEWEST_TERMS) && !leans(sentence);
    let explained = || request(scene).is_some() || answered(scene).is_some();
    let fragment = if whole || explained() { f32::MIN } else { FRAGMENT };
    Some(Bearing::of(sentence).needed().max(fragment))
}

/// For praise: the files that were changed.
fn changed(scene: &Scene<'_>) -> Option<String> {
    let before = scene.index.checked_sub(1).map(|index| &scene.excerpt.turns[index])?;
    let files = before.calls().flat_map(|call| &call.files).filter(|file| file.action == FileAction::Edit);
    let changed: std::collections::BTreeSet<&str> = files.map(|file| file.path.as_str()).collect();
    let shown: Vec<&str> = changed.into_iter().take(4).collect();
    (!shown.is_empty()).then(|| format!("The agent had changed {}.", shown.join(", ")))
}

/// Title and body of an answer that set the user right.
pub(super) fn pushback(scene: &Scene<'_>, answer: &Message, moment: &Moment) -> Option<(String, String)> {
    let own = own_sentences(&answer.text, "");
    let says = |sentence: &&Sentence| content_terms(&sentence.plain).len().min(8);
    let fired = own.iter().filter(|sentence| moment.hits().iter().any(|hit| hit.span == sentence.span));
    let sentence = fired.rev().max_by_key(says)?;
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
    match hit.span.is_empty() {
        true => hit.words.clone(),
        false if hit.words.split_whitespace().count() > 6 => format!("the sentence “{}” as a whole", hit.words),
        false => format!("“{}”", hit.words),
    }
}

/// The sentence that carries the memory: of those that can, the one that alone would most likely be one. Sentences that
/// fired come first, and those that settle something; a path or a number is no sentence.
pub(super) fn telling<'a>(scene: &Scene<'a>, hits: &[Hit]) -> Option<&'a Sentence> {
    let prompt = scene.turn.prompt.as_ref()?;
    let fired = |sentence: &Sentence| hits.iter().any(|hit| hit.span == sentence.span);
    let worth = |sentence: &Sentence| {
        let alone = scene.excerpt.judge.worth(prompt, std::slice::from_ref(sentence));
        let gained = if fired(sentence) { FIRED } else { 0.0 };
        let lost = if leans(sentence) { LEANING } else { 0.0 };
        let lost = lost + if Bearing::of(sentence) == Bearing::Settles { 0.0 } else { UNSETTLED };
        alone + gained - lost
    };
    let lasting: Vec<&Sentence> = scene.own.iter().filter(|sentence| Bearing::of(sentence).carries()).collect();
    let telling = lasting.iter().copied().filter(|sentence| says_enough(&sentence.plain, FEWEST_TERMS));
    let weighed = telling.map(|sentence| (worth(sentence), sentence));
    let best = weighed.reduce(|best, next| if next.0 >= best.0 { next } else { best }).map(|(_, sentence)| sentence);
    best.or_else(|| lasting.into_iter().find(|sentence| fired(sentence)))
        .or_else(|| scene.own.iter().find(|sentence| fired(sentence)))
        .or(scene.own.first())
}

/// The sentence without opening fillers, starting with a capital.
fn cleaned(sentence: &str) -> String {
    let line = one_line(sentence, usize::MAX);
    let lower = line.to_lowercase();
    let kept = LEXICON.without_lead(&lower).len();
    // Lower-casing can change the length of a few letters; then the fillers stay.
    let start = if lower.len() == line.len() { line.len() - kept } else { 0 };
    let rest = line.get(start..).unwrap_or(&line).trim();
    let mut chars = rest.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A prompt on one line: its first own sentence that says something.
fn gist(text: &str) -> String {
    let own = own_sentences(text, "");
    let first = |fewest| own.iter().find(|sentence| says_enough(&sentence.plain, fewest));
    let sentence = first(FEWEST_TERMS_OF_REQUEST).or_else(|| first(2)).or(own.first());
    sentence.map(|sentence| excerpt(&cleaned(&text[sentence.span.clone()]), CONTEXT_CHARS)).unwrap_or_default()
}

/// At most so many characters of the text's start, verbatim: no ellipsis.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let text = text.trim();
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end().to_owned()
}

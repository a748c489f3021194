//! What became of injected memories: recalls and the turns after them → the ledger of uses.
//!
//! Judged by words and files alone, when the turn is over. A memory was followed when the agent's answer or calls hold
//! particular words of it that the prompt did not, or touch a file that only the memory named. It was contradicted when
//! the agent followed it and the user then set the agent right about the same thing; otherwise it was ignored, also when
//! the user had to say it again.

use std::collections::{BTreeMap, HashSet};

use anyhow::Context;

use crate::catcher::{Conversation, detect};
use crate::model::{Memory, SessionId, Step, Trigger, Turn, Use};
use crate::store::{MemoryStore, RecallStore, SessionStore, UseRecord};
use crate::text::{common_share, content_terms};

/// Recalls judged in one run; the rest waits for the next.
const MOST_AT_ONCE: usize = 500;
/// The transcript's time of a prompt may lie so much after the hook's, in milliseconds.
const CLOCK_SLACK: i64 = 5_000;
/// Share of texts in general below which a word is particular.
const PARTICULAR: f32 = 0.01;
/// Particular words of a memory that must turn up in what the agent says and does.
const FEWEST_WORDS: usize = 2;

/// Judges every recall whose turn is over. Returns how many were judged.
pub fn judge_uses<S: SessionStore + MemoryStore + RecallStore + ?Sized>(store: &mut S) -> anyhow::Result<usize> {
    let mut by_session: BTreeMap<SessionId, Vec<UseRecord>> = BTreeMap::new();
    for recall in store.unjudged(MOST_AT_ONCE)? {
        by_session.entry(recall.session.clone()).or_default().push(recall);
    }
    let mut judged = 0;
    for (session, recalls) in by_session {
        let turns = store.turns(&session, 0).with_context(|| format!("read the turns of session {session}"))?;
        for mut recall in recalls {
            let Some(at) = turn_of(&turns, &recall) else { continue };
            let Some(memory) = store.memory(recall.memory)? else { continue };
            let Some((outcome, why)) = outcome(&memory, &turns[at..]) else { continue };
            (recall.outcome, recall.why) = (outcome, why);
            store.note_use(&recall)?;
            judged += 1;
        }
    }
    Ok(judged)
}

/// The turn in which the memory was shown: the last that had begun.
fn turn_of(turns: &[Turn], recall: &UseRecord) -> Option<usize> {
    let begun =
        |turn: &Turn| turn.prompt.as_ref().is_some_and(|prompt| prompt.at.millis() <= recall.at.millis() + CLOCK_SLACK);
    turns.iter().rposition(begun)
}

/// What became of the memory in the first of these turns, and why; none while the turn may still go on.
fn outcome(memory: &Memory, turns: &[Turn]) -> Option<(Use, String)> {
    let (turn, next) = (turns.first()?, turns.get(1));
    if next.is_none() && turn.answer().is_none() {
        return None;
    }
    let Some(how) = followed(memory, turn) else {
        return Some((Use::Ignored, "nothing of it in what the agent said and did".to_owned()));
    };
    match next.and_then(|next| set_right(memory, turns, next)) {
        Some(words) => Some((Use::Contradicted, format!("the user then set the agent right about {words}"))),
        None => Some((Use::Followed, how)),
    }
}

/// What of the memory turns up in the agent's work.
fn followed(memory: &Memory, turn: &Turn) -> Option<String> {
    let prompt = turn.prompt.as_ref().map_or("", |prompt| prompt.text.as_str());
    let touched: Vec<&str> = turn.calls().flat_map(|call| call.files.iter().map(|file| file.path.as_str())).collect();
    let named = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !prompt.contains(name) && touched.iter().any(|touched| touched.ends_with(path.as_str()))
    };
    if let Some(path) = memory.draft.files.iter().find(named) {
        return Some(format!("the agent went to {path}"));
    }
    let asked: HashSet<String> = content_terms(prompt).into_iter().collect();
    let done = work(turn);
    let found: Vec<String> =
        particular(memory).into_iter().filter(|term| !asked.contains(term) && done.contains(term)).collect();
    (found.len() >= FEWEST_WORDS).then(|| format!("the agent took up {}", some(&found)))
}

/// The words of what the agent said, ran and wrote.
fn work(turn: &Turn) -> HashSet<String> {
    let mut words = HashSet::new();
    for step in &turn.steps {
        match step {
            Step::Said(message) => words.extend(content_terms(&message.text)),
            Step::Called(call) => words.extend(content_terms(&call.input)),
        }
    }
    words
}

/// Words of a memory that name particular things.
fn particular(memory: &Memory) -> Vec<String> {
    let text = memory.draft.index_text();
    content_terms(&text).into_iter().filter(|term| common_share(term) < PARTICULAR).collect()
}

/// What a correction in the next turn and the memory share, if the turn is one.
fn set_right(memory: &Memory, turns: &[Turn], next: &Turn) -> Option<String> {
    let moments = detect(&Conversation::new(turns.get(..2)?), &[]);
    let corrects = |trigger: Trigger| matches!(trigger, Trigger::Correction | Trigger::Negative);
    if !moments.iter().any(|moment| moment.turn == next.number && corrects(moment.trigger)) {
        return None;
    }
    let said: HashSet<String> = content_terms(&next.prompt.as_ref()?.text).into_iter().collect();
    let shared: Vec<String> = particular(memory).into_iter().filter(|term| said.contains(term)).collect();
    (!shared.is_empty()).then(|| some(&shared))
}

fn some(words: &[String]) -> String {
    words.iter().take(4).cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemoryDraft, MemoryId, MemoryKind, Message, Role, Timestamp};

    fn message(role: Role, seq: u32, text: &str) -> Message {
        Message { seq, uuid: None, role, text: text.to_owned(), at: Timestamp(i64::from(seq)), after_interrupt: false }
    }

    fn turn(number: u32, prompt: &str, answer: &str) -> Turn {
        let steps = vec![Step::Said(message(Role::Agent, number * 2 + 1, answer))];
        Turn { number, prompt: Some(message(Role::User, number * 2, prompt)), steps }
    }

    fn check(turns: &[Turn], expected: Option<Use>) {
        let at = Timestamp(0);
        let body = "Set SHOP_PORT instead of changing the port: the balancer expects 8080.";
        let draft = MemoryDraft::new(MemoryKind::Correction, "The port stays", body, at);
        let memory = Memory { id: MemoryId(1), draft, saved_at: at, recall_count: 1, superseded_by: None };
        assert_eq!(outcome(&memory, turns).map(|(outcome, _)| outcome), expected, "{turns:?}");
    }

    #[test]
    fn uses_are_judged_by_what_was_done_and_said_next() {
        let asks = "let the shop listen on another port";
        let follows = turn(0, asks, "I set SHOP_PORT to 9000, as the balancer expects the old one.");
        let ignores = turn(0, asks, "I changed it to 9000 in the configuration.");
        check(std::slice::from_ref(&follows), Some(Use::Followed));
        check(&[follows.clone(), turn(1, "thanks, now the tests", "Done.")], Some(Use::Followed));
        check(
            &[follows.clone(), turn(1, "No, not SHOP_PORT! Never use that variable again", "Sorry.")],
            Some(Use::Contradicted),
        );
        check(&[follows, turn(1, "No, that is wrong, the parser must not panic", "Sorry.")], Some(Use::Followed));
        check(std::slice::from_ref(&ignores), Some(Use::Ignored));
        check(&[ignores, turn(1, "No, use SHOP_PORT instead, as the balancer expects it", "Ok.")], Some(Use::Ignored));
        check(&[Turn { steps: Vec::new(), ..turn(0, asks, "") }], None);
    }
}

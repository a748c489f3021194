//! The verbatim moment with what surrounds it, as Markdown in one fixed form.

use crate::model::{Message, Role, Step, ToolCall, ToolStatus, Turn};
use crate::text::{excerpt, one_line};

/// Messages kept above and below the moment.
const MESSAGES_AROUND: usize = 3;
/// Longest chunk, in characters.
const CHUNK_CHARS: usize = 2_000;
/// Longest quote, in characters.
pub(super) const QUOTE_CHARS: usize = 1_000;
/// What a neighbouring message may take of the chunk.
const NEIGHBOUR_CHARS: usize = 200;
/// What one tool call may take.
const CALL_CHARS: usize = 120;
/// Tool calls shown between two messages.
const CALLS_BETWEEN: usize = 4;

enum Item<'a> {
    Message(&'a Message),
    Call(&'a ToolCall),
}

impl Item<'_> {
    fn seq(&self) -> u32 {
        match self {
            Self::Message(message) => message.seq,
            Self::Call(call) => call.seq,
        }
    }
}

/// The chunk around the step at `seq`; `quote` stands in it verbatim when that step is the message quoted.
pub(super) fn chunk(turns: &[Turn], seq: u32, quote: &str) -> String {
    let items: Vec<Item<'_>> = turns.iter().flat_map(items_of).collect();
    let Some(at) = items.iter().position(|item| item.seq() == seq) else { return excerpt(quote, CHUNK_CHARS) };
    let moment = render(&items[at], Some(quote));
    let mut room = CHUNK_CHARS.saturating_sub(moment.chars().count());
    let mut above = Vec::new();
    let mut below = Vec::new();
    let mut before =
        items[..at].iter().rev().scan(Window::default(), |window, item| window.admits(item).then_some(item));
    let mut after = items[at + 1..].iter().scan(Window::default(), |window, item| window.admits(item).then_some(item));
    loop {
        let took_above = take(before.next(), &mut room, &mut above);
        let took_below = take(after.next(), &mut room, &mut below);
        if !took_above && !took_below {
            break;
        }
    }
    above.reverse();
    above.push(moment);
    above.extend(below);
    above.retain(|part| !part.is_empty());
    above.join("\n\n")
}

/// How far a walk away from the moment has gone.
#[derive(Default)]
struct Window {
    messages: usize,
    calls: usize,
}

impl Window {
    fn admits(&mut self, item: &Item<'_>) -> bool {
        match item {
            Item::Message(_) => {
                self.messages += 1;
                self.calls = 0;
            }
            Item::Call(_) => self.calls += 1,
        }
        self.messages <= MESSAGES_AROUND && self.calls <= CALLS_BETWEEN
    }
}

fn take(item: Option<&Item<'_>>, room: &mut usize, parts: &mut Vec<String>) -> bool {
    let Some(item) = item else { return false };
    let part = render(item, None);
    let needed = part.chars().count() + 2;
    if needed > *room {
        *room = 0;
        return false;
    }
    *room -= needed;
    parts.push(part);
    true
}

fn items_of(turn: &Turn) -> Vec<Item<'_>> {
    let steps = turn.steps.iter().map(|step| match step {
        Step::Said(message) => Item::Message(message),
        Step::Called(call) => Item::Call(call),
    });
    turn.prompt.iter().map(Item::Message).chain(steps).collect()
}

fn render(item: &Item<'_>, quote: Option<&str>) -> String {
    match item {
        Item::Message(message) => {
            let who = if message.role == Role::User { "User" } else { "Agent" };
            let at = message.at.to_string();
            let minute = at.get(..16).unwrap_or(&at).replace('T', " ");
            let text = match quote {
                Some(quote) if !quote.is_empty() && message.text.contains(quote) => quote.to_owned(),
                Some(_) => excerpt(message.text.trim(), QUOTE_CHARS),
                None => excerpt(message.text.trim(), NEIGHBOUR_CHARS),
            };
            format!("**{who}** ({minute})\n\n{text}")
        }
        Item::Call(call) => render_call(call),
    }
}

fn render_call(call: &ToolCall) -> String {
    let what = match (&call.command, call.files.first()) {
        (Some(command), _) => format!("`{}`", one_line(command, CALL_CHARS).replace('`', "'")),
        (None, Some(file)) => format!("`{}`", file.path),
        (None, None) => one_line(&call.input, CALL_CHARS),
    };
    let end = match call.status {
        ToolStatus::Ok => "ok".to_owned(),
        ToolStatus::Failed => format!("failed: {}", one_line(&call.output, CALL_CHARS)),
        ToolStatus::Cancelled => "cancelled".to_owned(),
        ToolStatus::Pending => "no result".to_owned(),
    };
    format!("- {} {what} → {end}", call.name)
}

//! The verbatim moment with what surrounds it, as Markdown in one fixed form.

use crate::model::{Message, Role, Step, ToolCall, ToolStatus, Turn};
use crate::text::{excerpt, one_line};

/// Messages kept above and below the moment, unless the person wants others.
pub const MESSAGES_AROUND: usize = 3;
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

/// The chunk around the step at `seq` with `around` messages on either side, as far as they fit; `quote` stands in it
/// verbatim when that step is the message quoted.
pub(super) fn chunk(turns: &[Turn], seq: u32, quote: &str, around: usize) -> String {
    let items: Vec<Item<'_>> = turns.iter().flat_map(items_of).collect();
    let Some(at) = items.iter().position(|item| item.seq() == seq) else { return excerpt(quote, CHUNK_CHARS) };
    let moment = render(&items[at], Some(quote));
    let mut room = CHUNK_CHARS.saturating_sub(moment.chars().count());
    let mut above = Vec::new();
    let mut below = Vec::new();
    let window = || Window { left: around, calls: 0 };
    let mut before = items[..at].iter().rev().scan(window(), |window, item| window.admits(item).then_some(item));
    let mut after = items[at + 1..].iter().scan(window(), |window, item| window.admits(item).then_some(item));
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

/// How far a walk away from the moment may go.
struct Window {
    left: usize,
    calls: usize,
}

impl Window {
    fn admits(&mut self, item: &Item<'_>) -> bool {
        match item {
            Item::Message(_) if self.left == 0 => return false,
            Item::Message(_) => {
                self.left -= 1;
                self.calls = 0;
            }
            Item::Call(_) => self.calls += 1,
        }
        self.calls <= CALLS_BETWEEN
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn said(seq: u32, role: Role, text: &str) -> Message {
        Message { seq, uuid: None, role, text: text.to_owned(), at: Timestamp(0), after_interrupt: false }
    }

    /// Three turns of a word each, with a failed command in the second.
    fn talk() -> Vec<Turn> {
        let call = ToolCall {
            seq: 4,
            call_id: String::new(),
            name: "Bash".to_owned(),
            command: Some("rocket `list`".to_owned()),
            input: String::new(),
            status: ToolStatus::Failed,
            output: "no such\nthing".to_owned(),
            files: Vec::new(),
            patch: None,
            at: Timestamp(0),
        };
        let answer = |seq, text| Step::Said(said(seq, Role::Agent, text));
        let turn = |number, seq, prompt, steps| Turn { number, prompt: Some(said(seq, Role::User, prompt)), steps };
        vec![
            turn(0, 0, "first", vec![answer(1, "second")]),
            turn(1, 2, "the moment itself", vec![Step::Called(call), answer(5, "fourth")]),
            turn(2, 6, "fifth", vec![answer(7, "sixth")]),
        ]
    }

    #[test]
    fn the_moment_stands_among_its_neighbours_in_one_form() {
        let expected = "**User** (1970-01-01 00:00)\n\nfirst\n\n**Agent** (1970-01-01 00:00)\n\nsecond\n\n\
            **User** (1970-01-01 00:00)\n\nmoment\n\n- Bash `rocket 'list'` → failed: no such thing\n\n\
            **Agent** (1970-01-01 00:00)\n\nfourth\n\n**User** (1970-01-01 00:00)\n\nfifth";
        assert_eq!(chunk(&talk(), 2, "moment", 2), expected);
    }

    #[test]
    fn how_many_neighbours_is_the_persons_choice() {
        let words = ["first", "second", "moment", "fourth", "fifth", "sixth"];
        for (around, expected) in [(0, 2..3), (1, 1..4), (2, 0..5), (3, 0..6), (9, 0..6)] {
            let chunk = chunk(&talk(), 2, "moment", around);
            let shown: Vec<&str> = words.into_iter().filter(|word| chunk.contains(&format!("\n\n{word}"))).collect();
            assert_eq!(shown, words[expected], "{around}");
        }
    }
}

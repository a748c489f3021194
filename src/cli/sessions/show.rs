//! Sessions as a person reads them. All text in them is others': nothing of it reaches the terminal as it is.

use std::fmt::Write;

use crate::model::{Message, Session, Step, ToolCall, ToolStatus, Turn};
use crate::text::{one_line, printable};

/// Most characters of a title, a command and a failure's output on their lines.
const TITLE_CHARS: usize = 90;
const COMMAND_CHARS: usize = 140;
const FAILURE_CHARS: usize = 200;

/// One line of a list.
pub(super) fn row(session: &Session) -> String {
    let day = session.ended_at.map(super::Timestamp::date).unwrap_or_default();
    let project = session.project.as_deref().unwrap_or("-");
    let title = session.title.as_deref().or(session.first_prompt.as_deref()).unwrap_or("(no words)");
    format!(
        "{day:10}  {:11}  {}  {}  {:>3} prompts  {}",
        session.agent.as_str(),
        one_line(session.id.native(), 40),
        one_line(project, 40),
        session.user_messages,
        one_line(title, TITLE_CHARS)
    )
}

/// The whole session: what was said, and a line for each call.
pub(super) fn transcript(session: &Session, turns: &[Turn]) -> String {
    let mut out = head(session);
    for turn in turns {
        out.push('\n');
        if let Some(prompt) = &turn.prompt {
            said(&mut out, &format!("{}. user", turn.number), prompt);
        }
        for step in &turn.steps {
            match step {
                Step::Said(message) => said(&mut out, "agent", message),
                Step::Called(call) => called(&mut out, call),
            }
        }
    }
    out
}

fn head(session: &Session) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:8} {}", one_line(value, 200));
        }
    };
    line("session", Some(session.id.native()));
    line("title", session.title.as_deref());
    line("project", session.project.as_deref());
    line("in", session.cwd.as_deref());
    line("branch", session.branch.as_deref());
    line("part of", session.parent.as_ref().map(super::SessionId::native));
    line("from", session.started_at.map(|at| at.to_string()).as_deref());
    line("to", session.ended_at.map(|at| at.to_string()).as_deref());
    for url in &session.pull_requests {
        line("pull", Some(url));
    }
    let counts = format!(
        "{} prompts, {} answers, {} calls ({} failed), {} interrupts, {} compactions",
        session.user_messages,
        session.agent_messages,
        session.tool_calls,
        session.failed_calls,
        session.interrupts,
        session.compactions
    );
    line("holds", Some(&counts));
    out
}

fn said(out: &mut String, who: &str, message: &Message) {
    let mark = if message.after_interrupt { "  (after an interrupt)" } else { "" };
    let _ = writeln!(out, "{who}  {}{mark}", message.at);
    for line in printable(&message.text).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

fn called(out: &mut String, call: &ToolCall) {
    let about = match (&call.command, call.files.first()) {
        (Some(command), _) => command.as_str(),
        (None, Some(file)) => file.path.as_str(),
        (None, None) => call.input.as_str(),
    };
    let name = one_line(&call.name, 40);
    let _ = writeln!(out, "  [{}] {} {name} {}", call.status.as_str(), call.at, one_line(about, COMMAND_CHARS));
    if call.status == ToolStatus::Failed {
        let _ = writeln!(out, "      {}", one_line(&call.output, FAILURE_CHARS));
    }
}

//! What the program acts on, made from the wire's many fields.

use std::path::PathBuf;

use super::wire::{ToolInput, Wire};
use crate::model::{Agent, Occasion, SessionId};
use crate::text;

/// Characters of a change that help to tell what it is about.
const CHANGE_CHARS: usize = 400;
/// Characters of a command and of its error.
const FAILURE_CHARS: usize = 600;

/// Standard input was not a hook event.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON of the expected form.
    #[error("the hook event cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// Where an event happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// In which session.
    pub session: SessionId,
    /// The session's transcript; it may not exist yet.
    pub transcript: Option<PathBuf>,
    /// The agent's working directory.
    pub cwd: PathBuf,
}

/// How a session came to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A new session.
    Startup,
    /// An old one, with its context.
    Resume,
    /// The context was emptied or replaced by a summary.
    Fresh,
}

/// An event that the program acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// The user sent a prompt.
    Prompt {
        /// Where.
        place: Place,
        /// What was asked.
        prompt: String,
        /// The client's id of it.
        prompt_id: Option<String>,
    },
    /// The agent read or changed a file.
    File {
        /// Where.
        place: Place,
        /// Which, absolute.
        path: String,
        /// Start of the new text, if there is one.
        change: String,
    },
    /// The agent is about to run a command.
    Command {
        /// Where.
        place: Place,
        /// The command.
        command: String,
    },
    /// A command of the agent failed.
    Failure {
        /// Where.
        place: Place,
        /// The command.
        command: String,
        /// What it said.
        error: String,
    },
    /// A session began, or its context was renewed.
    Start {
        /// Where.
        place: Place,
        /// How.
        source: Source,
    },
    /// New content may be complete: a turn or the session ended, or the context is about to be compacted.
    Settled {
        /// Where.
        place: Place,
        /// Which of these.
        occasion: Occasion,
    },
}

impl HookEvent {
    /// Reads an event. `None` for events that are none of our business: sub-agents, machine prompts, other tools.
    pub fn from_json(input: &str) -> Result<Option<Self>, ParseError> {
        let wire: Wire<'_> = serde_json::from_str(input)?;
        if wire.agent_id.is_some() {
            return Ok(None);
        }
        let Some(name) = wire.hook_event_name.as_deref() else { return Ok(None) };
        let Some(place) = place(&wire) else { return Ok(None) };
        Ok(match name {
            "UserPromptSubmit" => prompt(place, &wire),
            "PreToolUse" => command(place, &wire),
            "PostToolUse" => file(place, &wire),
            "PostToolUseFailure" => failure(place, &wire),
            "SessionStart" => Some(start(place, wire.source.as_deref())),
            "Stop" => Some(Self::Settled { place, occasion: Occasion::Stop }),
            "SessionEnd" => Some(Self::Settled { place, occasion: Occasion::End }),
            "PreCompact" => Some(Self::Settled { place, occasion: Occasion::Compact }),
            _ => None,
        })
    }

    /// The name the client gives the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prompt { .. } => "UserPromptSubmit",
            Self::Command { .. } => "PreToolUse",
            Self::File { .. } => "PostToolUse",
            Self::Failure { .. } => "PostToolUseFailure",
            Self::Start { .. } => "SessionStart",
            Self::Settled { occasion: Occasion::End, .. } => "SessionEnd",
            Self::Settled { occasion: Occasion::Compact, .. } => "PreCompact",
            Self::Settled { .. } => "Stop",
        }
    }

    /// Where it happened.
    pub fn place(&self) -> &Place {
        match self {
            Self::Prompt { place, .. }
            | Self::Command { place, .. }
            | Self::File { place, .. }
            | Self::Failure { place, .. }
            | Self::Start { place, .. }
            | Self::Settled { place, .. } => place,
        }
    }
}

fn place(wire: &Wire<'_>) -> Option<Place> {
    let native = wire.session_id.as_deref().filter(|id| !id.is_empty())?;
    Some(Place {
        session: SessionId::new(Agent::ClaudeCode, native),
        transcript: wire.transcript_path.as_deref().filter(|path| !path.is_empty()).map(PathBuf::from),
        cwd: PathBuf::from(wire.cwd.as_deref().unwrap_or_default()),
    })
}

/// Slash commands arrive unexpanded; `<task-notification>` and its like are written by the client, not by the user.
fn prompt(place: Place, wire: &Wire<'_>) -> Option<HookEvent> {
    let prompt = wire.prompt.as_deref()?.trim();
    let machine =
        prompt.starts_with('/') || prompt.starts_with('<') && prompt[1..].starts_with(|c: char| c.is_ascii_lowercase());
    (!prompt.is_empty() && !machine).then(|| HookEvent::Prompt {
        place,
        prompt: prompt.to_owned(),
        prompt_id: wire.prompt_id.as_deref().map(str::to_owned),
    })
}

fn file(place: Place, wire: &Wire<'_>) -> Option<HookEvent> {
    let tool = wire.tool_name.as_deref()?;
    if !["Read", "Edit", "Write", "MultiEdit", "NotebookEdit"].contains(&tool) {
        return None;
    }
    let input = wire.tool_input.as_ref()?;
    let path = input.file_path.as_deref().or(input.notebook_path.as_deref())?;
    Some(HookEvent::File { place, path: path.to_owned(), change: change(input) })
}

fn change(input: &ToolInput<'_>) -> String {
    let new = input.new_string.as_deref().or(input.content.as_deref()).unwrap_or_default();
    text::excerpt(new, CHANGE_CHARS)
}

fn command(place: Place, wire: &Wire<'_>) -> Option<HookEvent> {
    if wire.tool_name.as_deref() != Some("Bash") {
        return None;
    }
    let command = wire.tool_input.as_ref()?.command.as_deref()?;
    Some(HookEvent::Command { place, command: command.to_owned() })
}

fn failure(place: Place, wire: &Wire<'_>) -> Option<HookEvent> {
    if wire.tool_name.as_deref() != Some("Bash") || wire.is_interrupt == Some(true) {
        return None;
    }
    let command = wire.tool_input.as_ref()?.command.as_deref()?;
    Some(HookEvent::Failure {
        place,
        command: text::excerpt(command, FAILURE_CHARS),
        error: text::excerpt(wire.error.as_deref().unwrap_or_default(), FAILURE_CHARS),
    })
}

fn start(place: Place, source: Option<&str>) -> HookEvent {
    let source = match source {
        Some("resume" | "fork") => Source::Resume,
        Some("clear" | "compact") => Source::Fresh,
        _ => Source::Startup,
    };
    HookEvent::Start { place, source }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(fields: &str) -> Option<HookEvent> {
        HookEvent::from_json(&format!(r#"{{"session_id":"s1","cwd":"/p",{fields}}}"#)).unwrap()
    }

    #[test]
    fn prompts_of_the_user_are_events_and_those_of_the_client_are_not() {
        let prompt = |text: &str| {
            let text = serde_json::to_string(text).unwrap();
            read(&format!(r#""hook_event_name":"UserPromptSubmit","prompt":{text}"#)).is_some()
        };
        assert!(prompt("move the port to 2"));
        assert!(prompt("<3 this, do it again for the parser"));
        for machine in ["/memory-lane:up 2", "<task-notification>\n<id>1</id>", "  <system-reminder>x", "", "  "] {
            assert!(!prompt(machine), "{machine:?}");
        }
    }

    #[test]
    fn sub_agents_and_other_tools_are_left_alone() {
        assert_eq!(read(r#""hook_event_name":"UserPromptSubmit","prompt":"port","agent_id":"a1""#), None);
        assert_eq!(
            read(r#""hook_event_name":"PostToolUse","tool_name":"Grep","tool_input":{"file_path":"/p/a"}"#),
            None
        );
        assert_eq!(read(r#""hook_event_name":"Whatever""#), None);
        assert_eq!(read(r#""hook_event_name":null"#), None);
    }

    #[test]
    fn file_events_carry_path_and_change() {
        let event = read(
            r#""hook_event_name":"PostToolUse","tool_name":"Edit",
               "tool_input":{"file_path":"/p/a.rs","old_string":"x","new_string":"let port = 1;"},
               "tool_response":{"originalFile":"whole file"}"#,
        );
        let Some(HookEvent::File { path, change, .. }) = event else { panic!("{event:?}") };
        assert_eq!((path.as_str(), change.as_str()), ("/p/a.rs", "let port = 1;"));
    }

    #[test]
    fn only_commands_are_looked_at_beforehand() {
        let event = read(r#""hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"make ship"}"#);
        let Some(HookEvent::Command { command, .. }) = event else { panic!("{event:?}") };
        assert_eq!(command, "make ship");
        assert_eq!(
            read(r#""hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{"file_path":"/p/a"}"#),
            None
        );
    }

    #[test]
    fn what_settles_a_session_is_told_apart() {
        for (name, expected) in
            [("Stop", Occasion::Stop), ("SessionEnd", Occasion::End), ("PreCompact", Occasion::Compact)]
        {
            let event = read(&format!(r#""hook_event_name":"{name}""#)).unwrap();
            assert!(matches!(event, HookEvent::Settled { occasion, .. } if occasion == expected), "{event:?}");
            assert_eq!(event.name(), name);
        }
    }

    #[test]
    fn sources_of_a_start() {
        for (name, expected) in [
            ("startup", Source::Startup),
            ("resume", Source::Resume),
            ("fork", Source::Resume),
            ("clear", Source::Fresh),
            ("compact", Source::Fresh),
            ("something new", Source::Startup),
        ] {
            let event = read(&format!(r#""hook_event_name":"SessionStart","source":"{name}""#));
            assert!(matches!(event, Some(HookEvent::Start { source, .. }) if source == expected), "{name}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(input in "\\PC*") {
            let _whatever = HookEvent::from_json(&input);
        }

        #[test]
        fn unknown_fields_are_ignored(name in "[a-z_]{1,12}x", value in "[a-z ]{0,20}") {
            let event = read(&format!(r#""hook_event_name":"UserPromptSubmit","prompt":"a port","{name}":"{value}""#));
            prop_assert!(event.is_some(), "an unknown field spoiled the event");
        }
    }
}

//! Transcripts of the agent: JSON lines, in older versions plain text. They have no ids, no times but those of the
//! person's messages, and no results.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::messages;
use crate::model::Agent;
use crate::trace::builder::Builder;
use crate::trace::document::{DocumentSession, SessionSink, file_name, written_at};
use crate::trace::fields::or_empty;

const DIRECTORY: &str = "agent-transcripts";

/// Whether a file lies where transcripts do.
pub(super) fn is_transcript(path: &Path) -> bool {
    let is_named = path.extension().is_some_and(|extension| extension == "jsonl" || extension == "txt");
    is_named && path.ancestors().skip(1).any(|place| place.file_name().is_some_and(|name| name == DIRECTORY))
}

/// JSON lines are known by their form wherever they lie, plain text only where transcripts do.
pub(super) fn recognises(path: &Path, head: &[u8]) -> bool {
    if path.extension().is_some_and(|extension| extension == "txt") {
        return is_transcript(path) && (head.starts_with(b"user:") || head.starts_with(b"assistant:"));
    }
    let first = head.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    match serde_json::from_slice::<Value>(first) {
        Ok(record) => {
            record.get("type").is_none() && !or_empty(&record, "role").is_empty() && record.get("message").is_some()
        }
        // A first prompt longer than the head.
        Err(_) => first.starts_with(b"{\"role\":\"user\",\"message\":{\"content\":"),
    }
}

/// Reads JSON lines.
pub(super) fn lines(path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
    let mut builder = start(path);
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(&line)) {
            Ok(record) => take(&mut builder, &record),
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(_) => builder.skip_bytes("record that is not-JSON", &line),
        }
        line.clear();
    }
    finish(builder, sink);
    Ok(())
}

fn take(builder: &mut Builder, record: &Value) {
    match or_empty(record, "type") {
        "" if record.get("message").is_some() => {
            messages::message(builder, or_empty(record, "role"), record.get("message").unwrap_or(&Value::Null));
        }
        "turn_ended" => {
            if matches!(or_empty(record, "status"), "aborted" | "cancelled") {
                builder.interrupt();
            }
        }
        other => builder.skip("unknown type", other, record),
    }
}

/// Reads plain text: `user:` and `assistant:` open messages, `[Tool call] Name` a call with indented arguments.
pub(super) fn plain(path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
    let mut builder = start(path);
    let content = std::fs::read(path)?;
    let mut speaker = "";
    let mut block = Block::Words;
    let mut lines = Vec::new();
    for line in String::from_utf8_lossy(&content).lines() {
        let next = match line.trim_end() {
            "user:" | "assistant:" => Some(Block::Words),
            _ if speaker == "user:" => None,
            marked if marked.starts_with("[Tool call] ") => Some(Block::Call(marked[12..].trim().to_owned())),
            marked if marked.starts_with("[Tool result]") => Some(Block::Other),
            marked if marked.starts_with("[Thinking]") => Some(Block::Other),
            // A blank line ends a call's arguments, thoughts and the like.
            "" if block != Block::Words => Some(Block::Words),
            _ => None,
        };
        let Some(next) = next else {
            lines.push(line.to_owned());
            continue;
        };
        block.tell(&mut builder, speaker, &lines);
        lines.clear();
        block = next;
        speaker = match line.trim_end() {
            "user:" => "user:",
            "assistant:" => "assistant:",
            _ => speaker,
        };
    }
    block.tell(&mut builder, speaker, &lines);
    finish(builder, sink);
    Ok(())
}

#[derive(PartialEq)]
enum Block {
    Words,
    Call(String),
    Other,
}

impl Block {
    fn tell(&self, builder: &mut Builder, speaker: &str, lines: &[String]) {
        match self {
            Self::Words if speaker == "user:" => messages::person(builder, &lines.join("\n")),
            Self::Words if speaker == "assistant:" => builder.agent(&lines.join("\n")),
            Self::Call(name) => {
                let arguments = lines.iter().filter_map(|line| line.trim().split_once(": "));
                let input: Map<String, Value> =
                    arguments.map(|(name, value)| (name.to_owned(), json!(value))).collect();
                builder.call("", name, &Value::Object(input));
            }
            Self::Words | Self::Other => {}
        }
    }
}

/// A session named by its file; a sub-agent's lies in its session's directory.
fn start(path: &Path) -> Builder {
    let native = file_name(path).rsplit_once('.').map_or("", |(stem, _)| stem);
    let mut builder = Builder::new(native, written_at(path));
    let facts = &mut builder.parsed.facts;
    let directory = path.parent().filter(|parent| parent.file_name().is_some_and(|name| name == "subagents"));
    if let Some(session) = directory.and_then(Path::parent) {
        facts.subagent = true;
        facts.parent = Some(file_name(session).to_owned());
    }
    let project = path.ancestors().find(|place| place.file_name().is_some_and(|name| name == DIRECTORY));
    facts.cwd = project.and_then(Path::parent).and_then(|place| resolve(Path::new("/"), file_name(place)));
    builder
}

fn finish(mut builder: Builder, sink: &mut dyn SessionSink) {
    if !builder.is_empty() {
        // The file's own time is that of its last record.
        let last = builder.parsed.steps.last().map(|step| match &step.step {
            crate::model::Step::Said(message) => message.at,
            crate::model::Step::Called(call) => call.at,
        });
        builder.spans(last);
        sink.take(DocumentSession { agent: Agent::Cursor, changed: None, parsed: builder.parsed });
    }
}

/// The directory whose path, with everything but letters and digits made a dash, is `flat`. The name alone does not
/// tell, so only a directory that is there, and the only such one at its level, counts.
fn resolve(from: &Path, flat: &str) -> Option<String> {
    if flat.is_empty() {
        return None;
    }
    let mut place = from.to_owned();
    let mut rest = flat;
    while !rest.is_empty() {
        let (next, after) = step(&place, rest)?;
        place = next;
        rest = after;
    }
    Some(place.to_string_lossy().into_owned())
}

fn step<'a>(place: &Path, rest: &'a str) -> Option<(PathBuf, &'a str)> {
    let entries = std::fs::read_dir(place).ok()?.flatten().filter(|entry| entry.path().is_dir());
    let fitting = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let flat: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let flat = flat.trim_matches('-').to_owned();
        let after = rest.strip_prefix(flat.as_str()).filter(|_| !flat.is_empty())?;
        let after = if after.is_empty() { Some(after) } else { after.strip_prefix('-') }?;
        Some((entry.path(), after))
    });
    fitting.min_by_key(|(path, after)| (after.len(), path.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_name_is_resolved_by_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("home/ada/my_app-two")).unwrap();
        std::fs::create_dir_all(dir.path().join("home/ada/my")).unwrap();
        let found = resolve(dir.path(), "home-ada-my-app-two");
        assert_eq!(found.as_deref(), dir.path().join("home/ada/my_app-two").to_str());
        assert_eq!(resolve(dir.path(), "home-ada-gone"), None);
        assert_eq!(resolve(dir.path(), ""), None);
    }

    #[test]
    fn only_files_in_their_place_are_plain_transcripts() {
        let place = Path::new("/c/projects/home-ada/agent-transcripts/x.txt");
        assert!(is_transcript(place) && recognises(place, b"user:\n<user_query>"));
        assert!(!recognises(Path::new("/c/notes.txt"), b"user:\nhello"));
        assert!(recognises(Path::new("/x.jsonl"), br#"{"role":"user","message":{"content":[]}}"#));
        assert!(!recognises(Path::new("/x.jsonl"), br#"{"type":"user","role":"user","message":{}}"#));
    }
}

//! Aider's history: one Markdown file a project, to which every session is added.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::builder::Builder;
use super::document::{DocumentReader, DocumentSession, SessionSink, file_name, written_at};
use super::{Reader, Reading};
use crate::model::{Agent, Timestamp, ToolStatus};

const NAME: &str = ".aider.chat.history.md";
const START: &str = "# aider chat started at ";

/// Commands whose words are a prompt in another mode; all others are for Aider itself.
const PROMPTS: &[&str] = &["/ask ", "/code ", "/architect ", "/context "];

/// How the line starts that names the model.
const MODELS: &[&str] = &["Model: ", "Main model: "];

/// Reads `.aider.chat.history.md`.
pub(super) struct Aider;

impl Reader for Aider {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::Aider]
    }

    fn beside_code(&self, project: &Path) -> Option<PathBuf> {
        Some(project.join(NAME))
    }

    fn may_hold(&self, path: &Path) -> bool {
        file_name(path) == NAME
    }

    fn recognises(&self, _: &Path, head: &[u8]) -> bool {
        head.trim_ascii_start().starts_with(START.as_bytes())
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Document(self)
    }
}

impl DocumentReader for Aider {
    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> std::io::Result<()> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut history = History { path, now: written_at(path), session: None, before: String::new(), same: 0 };
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if let Some(started) = text.strip_prefix(START) {
                if !history.end(sink) {
                    return Ok(());
                }
                history.start(started);
            } else if let Some(session) = &mut history.session {
                session.line(text);
            }
            line.clear();
        }
        history.end(sink);
        Ok(())
    }
}

/// The file as far as it has been read.
struct History<'a> {
    path: &'a Path,
    now: Timestamp,
    session: Option<Session>,
    /// When the session before started, and how many started in that same second.
    before: String,
    same: u32,
}

impl History<'_> {
    /// Aider gives no ids; directory, time and a count within the second make one that later reads find again.
    fn start(&mut self, started: &str) {
        let started = started.trim();
        self.same = if started == self.before { self.same + 1 } else { 0 };
        started.clone_into(&mut self.before);
        let place = self.path.parent().unwrap_or(self.path).to_string_lossy();
        let digest = Sha256::digest(format!("{place}\n{started}\n{}", self.same));
        let native: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let at = local(started);
        let mut builder = Builder::new(&native, at.unwrap_or(self.now));
        builder.at(at);
        builder.parsed.facts.cwd = Some(place.into_owned()).filter(|place| !place.is_empty());
        self.session = Some(Session { builder, block: Block::None, text: String::new() });
    }

    /// Sessions without a word, which every start of the program leaves, are not worth keeping.
    fn end(&mut self, sink: &mut dyn SessionSink) -> bool {
        let Some(mut session) = self.session.take() else { return true };
        session.close();
        let parsed = session.builder.parsed;
        parsed.steps.is_empty() || sink.take(DocumentSession { agent: Agent::Aider, changed: None, parsed })
    }
}

/// Aider writes the time of the clock on the wall.
pub(super) fn local(text: &str) -> Option<Timestamp> {
    let time: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::system()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// Tokens sent and received in `2.3k sent, 12k cache hit, 89 received.`: Aider rounds them.
fn tokens_of(line: &str) -> (u64, u64) {
    let of = |what: &str| {
        let mut parts = line.split(", ").filter_map(|part| part.split_once(' '));
        parts.find(|(_, rest)| rest.starts_with(what)).map_or(0, |(number, _)| rounded(number))
    };
    (of("sent"), of("received"))
}

fn rounded(number: &str) -> u64 {
    let (digits, times) = match number.split_at_checked(number.len().saturating_sub(1)) {
        Some((digits, "k")) => (digits, 1e3),
        Some((digits, "M")) => (digits, 1e6),
        _ => (number, 1.0),
    };
    // A number that is none, negative or too large ends at the nearest that there is.
    digits.parse::<f64>().map_or(0, |number| (number * times).round() as u64)
}

#[derive(Clone, Copy, PartialEq)]
enum Block {
    None,
    User,
    Agent,
    Output,
}

/// One session with the block of lines that is being read.
struct Session {
    builder: Builder,
    block: Block,
    text: String,
}

impl Session {
    /// Aider ends the lines that are not the model's with two spaces, which tells them from headings and quotations.
    fn line(&mut self, line: &str) {
        let own = line.strip_suffix("  ");
        let (block, text) =
            match (own.and_then(|own| own.strip_prefix("#### ")), own.and_then(|own| own.strip_prefix('>'))) {
                (Some(prompt), _) => (Block::User, prompt),
                (_, Some(output)) => (Block::Output, output.trim()),
                _ if line.is_empty() && self.block != Block::Agent => return self.close(),
                _ => (Block::Agent, line),
            };
        if block != self.block {
            self.close();
            self.block = block;
        }
        if block == Block::Output {
            return self.output(text);
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Ends a block of lines.
    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        match std::mem::replace(&mut self.block, Block::None) {
            Block::User => self.prompt(text.trim()),
            Block::Agent => self.builder.agent(&text),
            Block::Output | Block::None => {}
        }
    }

    fn prompt(&mut self, text: &str) {
        if let Some(words) = PROMPTS.iter().find_map(|command| text.strip_prefix(command)) {
            self.builder.user(words);
        } else if !text.starts_with('/') {
            self.builder.user(text);
        }
    }

    /// What Aider itself reports, as far as it is a fact or something that was done.
    fn output(&mut self, text: &str) {
        if let Some(version) = text.strip_prefix("Aider v") {
            self.builder.parsed.facts.client_version = Some(version.trim().to_owned());
        } else if let Some(model) = MODELS.iter().find_map(|start| text.strip_prefix(start)) {
            let name = model.split(" with ").next().unwrap_or(model).trim();
            self.builder.parsed.facts.usage.model = Some(name.to_owned());
        } else if let Some(tokens) = text.strip_prefix("Tokens: ") {
            let (sent, received) = tokens_of(tokens);
            self.builder.parsed.facts.usage.add(sent, received);
        } else if let Some(file) = text.strip_prefix("Applied edit to ") {
            self.done("edit", &json!({"file_path": file}), text);
        } else if let Some(command) = text.strip_prefix("Running ") {
            self.done("shell", &json!({"command": command}), "");
        } else if text.contains("KeyboardInterrupt") {
            self.builder.interrupt();
        }
    }

    fn done(&mut self, name: &str, input: &serde_json::Value, output: &str) {
        self.builder.call("", name, input);
        self.builder.result("", ToolStatus::Ok, output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Role, Step};

    const HISTORY: &str = "
# aider chat started at 2026-01-02 03:04:05

> Aider v0.86.2  
> Model: some/model with whole edit format  

# aider chat started at 2026-01-02 03:05:00

> Aider v0.86.2  
> Model: some/model with whole edit format  

#### fix the parser  
#### and its test  

I will do it.

#### A heading of the answer

> a quotation

> Tokens: 2.3k sent, 1.1k cache hit, 89 received. Cost: $0.01 message, $0.01 session.  
> Applied edit to src/parser.rs  
> Running cargo test  

#### /drop src/parser.rs  

> ^C KeyboardInterrupt  

#### /ask why is it slow?  
";

    fn sessions(text: &str) -> Vec<DocumentSession> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        std::fs::write(&path, text).unwrap();
        let mut found = Vec::new();
        Aider.sessions(&path, &mut found).unwrap();
        found
    }

    #[test]
    fn sessions_prompts_answers_and_edits_are_told_apart() {
        let found = sessions(HISTORY);
        assert_eq!(found.len(), 1, "the first has no steps");
        let parsed = &found[0].parsed;
        let said: Vec<_> = parsed
            .steps
            .iter()
            .map(|step| match &step.step {
                Step::Said(message) => (message.role, message.text.as_str()),
                Step::Called(call) => (Role::Agent, call.name.as_str()),
            })
            .collect();
        let answer = "I will do it.\n\n#### A heading of the answer\n\n> a quotation";
        let expected = [
            (Role::User, "fix the parser\nand its test"),
            (Role::Agent, answer),
            (Role::Agent, "edit"),
            (Role::Agent, "shell"),
            (Role::User, "why is it slow?"),
        ];
        assert_eq!(said, expected);
        let Step::Called(edit) = &parsed.steps[2].step else { panic!("no call") };
        assert_eq!(edit.files[0].path, "src/parser.rs");
        assert_eq!((parsed.facts.interrupts, parsed.facts.client_version.as_deref()), (1, Some("0.86.2")));
        assert_eq!(parsed.facts.started_at, local("2026-01-02 03:05:00"));
        let usage = &parsed.facts.usage;
        assert_eq!((usage.model.as_deref(), usage.tokens_in, usage.tokens_out), (Some("some/model"), 2300, 89));
    }

    #[test]
    fn sessions_of_one_second_are_two() {
        let one = "# aider chat started at 2026-01-02 03:04:05\n\n#### hello  \n\n";
        let found = sessions(&one.repeat(2));
        assert_eq!(found.len(), 2);
        assert_ne!(found[0].parsed.facts.native, found[1].parsed.facts.native);
    }
}

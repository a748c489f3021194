//! `memories promote`: from a memory to the draft of something that outlives it, an idea or a skill, for a person to
//! finish.

mod draft;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::Serialize;

use self::draft::Evidence;
use crate::cli::{App, print_json, print_line};
use crate::model::{Memory, MemoryId, MemoryKind, MemoryStatus, SessionId, Step, ToolStatus, Trigger, Turn};
use crate::store::sqlite::SqliteStore;
use crate::store::{MemoryStore, Promotion, SessionStore, StoreError};
use crate::text;

/// Sessions whose commands are looked up, the latest of them.
const SESSIONS_LOOKED_UP: usize = 3;
/// Most commands that are listed of one turn.
const COMMANDS_A_TURN: usize = 8;
/// Most characters of one command.
const COMMAND_CHARS: usize = 160;

/// What a memory becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A Markdown file to discuss or to file as an issue
    Idea,
    /// A directory with a SKILL.md
    Skill,
}

impl Form {
    fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Skill => "skill",
        }
    }
}

/// Options of `memories promote`.
#[derive(clap::Args)]
pub(super) struct PromoteArgs {
    /// Its number
    #[arg(value_parser = super::number)]
    id: i64,
    /// What it becomes [default: a gap an idea; a workflow, a pattern or a repeated request a skill]
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Where the draft is written [default: `drafts` in the program's home]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Promoted {
    memory: MemoryId,
    form: &'static str,
    path: PathBuf,
}

pub(super) fn run(args: &PromoteArgs, app: &App) -> anyhow::Result<()> {
    let id = MemoryId(args.id);
    let mut store = app.open_store()?;
    let memory = store.memory(id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let form = match args.form {
        Some(form) => form,
        None => form_of(&memory)?,
    };
    if memory.draft.status == MemoryStatus::Quarantined {
        bail!("memory {id} stands on text that nobody vouches for; read it and edit it before anything is made of it");
    }
    let evidence = evidence(&store, &memory)?;
    let directory = args.into.clone().unwrap_or_else(|| app.paths.drafts());
    let name = draft::name(&memory);
    let (path, text) = match form {
        Form::Idea => (directory.join(format!("{name}.md")), draft::idea(&memory, &evidence, app.now)),
        Form::Skill => (directory.join(&name).join("SKILL.md"), draft::skill(&memory, &evidence, app.now)),
    };
    let path = std::path::absolute(path)?;
    write_new(&path, &text)?;
    let promotion =
        Promotion { form: form.as_str().to_owned(), path: path.to_string_lossy().into_owned(), at: app.now };
    store.note_promotion(id, &promotion)?;
    if args.json {
        return print_json(&Promoted { memory: id, form: form.as_str(), path });
    }
    print_line(format_args!(
        "wrote the draft of a {} to {}",
        if form == Form::Idea { "new idea" } else { "skill" },
        path.display()
    ));
    Ok(())
}

fn form_of(memory: &Memory) -> anyhow::Result<Form> {
    match (memory.draft.kind, memory.draft.trigger) {
        (MemoryKind::Gap, _) => Ok(Form::Idea),
        (MemoryKind::Workflow | MemoryKind::Pattern, _) | (_, Trigger::Repeat) => Ok(Form::Skill),
        (kind, _) => bail!(
            "memory {} is a {kind}; gaps become ideas, workflows, patterns and repeated requests become skills: say which \
             with --as",
            memory.id
        ),
    }
}

/// Every moment that the memory stands on, oldest first, with what was done about the latest of them.
fn evidence(store: &SqliteStore, memory: &Memory) -> anyhow::Result<Vec<Evidence>> {
    let draft = &memory.draft;
    let own = draft.provenance.session.clone().map(|session| {
        let place = || draft.provenance.seq.map(|seq| format!("#{seq}")).unwrap_or_default();
        let message = draft.provenance.message.clone().unwrap_or_else(place);
        (session, message, draft.formed_at, draft.quote.clone())
    });
    let further = store.observations(memory.id)?.into_iter();
    let further = further.map(|seen| (seen.session, seen.message, seen.at, seen.quote));
    let mut moments: Vec<_> = own.into_iter().chain(further).collect();
    moments.sort_by_key(|(_, _, at, _)| *at);
    let first_looked_up = moments.len().saturating_sub(SESSIONS_LOOKED_UP);
    let mut evidence = Vec::with_capacity(moments.len());
    for (at, (session, message, when, quote)) in moments.into_iter().enumerate() {
        let done = if at < first_looked_up { Vec::new() } else { commands(store, &session, &message)? };
        evidence.push(Evidence { session, at: when, quote, done });
    }
    Ok(evidence)
}

/// What worked in the turn of this message.
fn commands(store: &SqliteStore, session: &SessionId, message: &str) -> anyhow::Result<Vec<String>> {
    let turns = store.turns(session, 0)?;
    let Some(turn) = turns.iter().find(|turn| holds(turn, message)) else { return Ok(Vec::new()) };
    let worked = turn.calls().filter(|call| call.status == ToolStatus::Ok);
    let lines = worked.filter_map(|call| match (&call.command, call.files.first()) {
        (Some(command), _) => Some(text::one_line(command, COMMAND_CHARS)),
        (None, Some(file)) => Some(format!("{} {}", call.name, file.path)),
        (None, None) => None,
    });
    Ok(lines.take(COMMANDS_A_TURN).collect())
}

/// Whether a turn holds the message with this uuid, or `#` and this position.
fn holds(turn: &Turn, message: &str) -> bool {
    let is_it = |uuid: Option<&str>, seq: u32| uuid == Some(message) || message == format!("#{seq}");
    turn.prompt.as_ref().is_some_and(|prompt| is_it(prompt.uuid.as_deref(), prompt.seq))
        || turn.steps.iter().any(|step| match step {
            Step::Said(said) => is_it(said.uuid.as_deref(), said.seq),
            Step::Called(call) => is_it(None, call.seq),
        })
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let directory = path.parent().context("a draft needs a directory")?;
    fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    let mut file = match fs::File::create_new(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already and stays as it is; move it away or give another --into", path.display())
        }
        made => made.with_context(|| format!("write {}", path.display()))?,
    };
    file.write_all(text.as_bytes()).with_context(|| format!("write {}", path.display()))
}

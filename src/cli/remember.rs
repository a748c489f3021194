//! `remember`: a memory by hand, the person's own or one that an agent was told to keep.

use anyhow::{Context, bail};
use clap::Args;

use super::{App, print_line};
use crate::model::{EntityKind, MemoryDraft, MemoryKind, MemoryStatus, Mention, Origin, Trigger};
use crate::store::{Added, MemoryStore};
use crate::{config, entity, pipeline, redact, text, trace};

/// Arguments of `remember`.
#[derive(Args)]
pub(super) struct RememberArgs {
    /// The memory, self-contained
    text: String,
    /// Its kind
    #[arg(long, default_value = "insight")]
    kind: MemoryKind,
    /// A file it is about (may be given several times)
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// What else it is about, as KIND:NAME or a name (may be given several times)
    #[arg(long = "entity", value_name = "NAME")]
    entities: Vec<String>,
    /// It holds in every project
    #[arg(long)]
    everywhere: bool,
}

/// Who wants something remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Teller {
    /// A person at a terminal.
    Person,
    /// An agent: what it says may be what a page or an issue told it.
    Agent,
}

/// What is to be remembered.
pub(super) struct Wanted {
    /// Who wants it.
    pub(super) teller: Teller,
    /// The memory, self-contained.
    pub(super) text: String,
    /// Its kind.
    pub(super) kind: MemoryKind,
    /// Files it is about, relative to the current directory or absolute.
    pub(super) files: Vec<String>,
    /// What else it is about.
    pub(super) entities: Vec<String>,
    /// It holds in every project.
    pub(super) everywhere: bool,
}

pub(super) fn run(args: &RememberArgs, app: &App) -> anyhow::Result<()> {
    let wanted = Wanted {
        teller: if config::is_agents_shell() { Teller::Agent } else { Teller::Person },
        text: args.text.clone(),
        kind: args.kind,
        files: args.files.clone(),
        entities: args.entities.clone(),
        everywhere: args.everywhere,
    };
    print_line(store(&wanted, app)?);
    Ok(())
}

/// Stores it, with its vector; says under which number.
pub(super) fn store(wanted: &Wanted, app: &App) -> anyhow::Result<String> {
    let text = redact::redact(wanted.text.trim()).into_owned();
    if text.is_empty() {
        bail!("nothing to remember: the text is empty");
    }
    let cwd = std::env::current_dir().context("find the current directory")?;
    let project = trace::project::identify(&cwd);
    let title = text::one_line(text.lines().next().unwrap_or(&text), 100);
    let mut draft = MemoryDraft::new(wanted.kind, title, text.clone(), app.now);
    draft.trigger = Trigger::Manual;
    match wanted.teller {
        Teller::Person => {
            draft.reasoning = "stored by hand".to_owned();
            draft.confidence = 0.9;
        }
        Teller::Agent if app.settings.excludes(&project.key, &cwd) => {
            bail!("nothing is kept from {}: it is `excluded` in config.json", cwd.display());
        }
        Teller::Agent => {
            draft.reasoning = "an agent stored it".to_owned();
            draft.confidence = 0.5;
            draft.origin = Origin::Agent;
            draft.status = MemoryStatus::Quarantined;
        }
    }
    draft.project = (!wanted.everywhere).then(|| project.key.clone());
    for path in &wanted.files {
        let absolute = cwd.join(path).to_string_lossy().into_owned();
        draft.files.push(redact::redact(&project.relative(&absolute)).into_owned());
    }
    draft.entities = entity::mentions(&text);
    draft.entities.extend(wanted.entities.iter().map(|name| named(&redact::redact(name))));
    draft.entities.extend(entity::people_of_files(draft.files.iter().map(String::as_str)));
    let mut store = app.open_store()?;
    let said = match store.add_memory(&draft, app.now)? {
        Added::New(id) if wanted.teller == Teller::Agent => format!(
            "kept as #{id}; it is recalled once this session shows that the user said it or agreed to it, \
             or after `memory-lane memories restore {id}`"
        ),
        Added::New(id) => format!("remembered as #{id}"),
        Added::Known(id) => format!("known already as #{id}"),
        Added::Forgotten => bail!("this memory was forgotten on purpose; word it differently to store it"),
    };
    pipeline::embed(&mut store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    Ok(said)
}

/// `person:Amy` or, without a kind, an identifier.
fn named(name: &str) -> Mention {
    match name.split_once(':').and_then(|(kind, rest)| Some((EntityKind::parse(kind)?, rest))) {
        Some((kind, rest)) => Mention::new(kind, rest),
        None => Mention::new(EntityKind::Identifier, name),
    }
}

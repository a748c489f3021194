//! `import` and `export`: memories as JSON lines, so that nobody is locked in.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::sessions::project_key;
use super::{App, counted, print_json, print_line};
use crate::model::{MemoryDraft, MemoryStatus, exchange};
use crate::store::{Added, MemoryFilter, MemoryStore};
use crate::{entity, pipeline, redact};

/// Arguments of `import`.
#[derive(Args)]
pub(super) struct ImportArgs {
    /// A file of JSON lines, or - for standard input
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// Where to write; standard output when left out
    file: Option<PathBuf>,
    /// Only of this project: key, name or directory
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Stores every line that is a memory; says of every other line what is wrong with it.
pub(super) fn import(args: &ImportArgs, app: &App) -> anyhow::Result<()> {
    let reader = open(&args.file)?;
    let mut drafts = Vec::new();
    let mut refused = Vec::new();
    for (index, line) in reader.lines().enumerate() {
        let line = line.with_context(|| format!("read {}", args.file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        match draft(&line) {
            Ok(draft) => drafts.push(draft),
            Err(reason) => refused.push(json!({ "line": index + 1, "reason": reason })),
        }
    }
    let mut store = app.open_store()?;
    let added = store.add_memories(&drafts, app.now)?;
    let new = added.iter().filter(|added| matches!(added, Added::New(_))).count();
    pipeline::embed(&mut store, &app.paths, &app.settings.model, &mut |_, _| {})?;
    store.tidy()?;
    if args.json {
        print_json(&json!({ "added": new, "known": added.len() - new, "refused": refused }))?;
    } else {
        for refusal in &refused {
            print_line(format_args!("line {}: {}", refusal["line"], refusal["reason"].as_str().unwrap_or_default()));
        }
        let (new, known, refused) = (counted::memories(new), added.len() - new, refused.len());
        print_line(format_args!("{new} added, {known} known already, {refused} refused"));
    }
    ensure!(!drafts.is_empty() || refused.is_empty(), "no line of {} is a memory", args.file.display());
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// A line as a memory, without secrets, with the entities it names if it brings none.
fn draft(line: &str) -> Result<MemoryDraft, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let mut draft = exchange::from_json(value).map_err(|error| error.to_string())?;
    clean(&mut draft);
    if draft.entities.is_empty() {
        draft.entities = entity::mentions(&draft.index_text());
        draft.entities.extend(entity::people_of_files(draft.files.iter().map(String::as_str)));
    }
    Ok(draft)
}

/// Takes secrets out of everything that a line can bring, fields that this program does not know among them.
fn clean(draft: &mut MemoryDraft) {
    let own = [&mut draft.title, &mut draft.body, &mut draft.reasoning, &mut draft.quote, &mut draft.source_chunk];
    let names = draft.entities.iter_mut().map(|mention| &mut mention.name);
    for text in own.into_iter().chain(&mut draft.files).chain(names) {
        *text = redact::redact(text).into_owned();
    }
    for (key, mut value) in std::mem::take(&mut draft.extra) {
        clean_value(&mut value);
        draft.extra.insert(redact::redact(&key).into_owned(), value);
    }
}

fn clean_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact::redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(clean_value),
        Value::Object(members) => members.values_mut().for_each(clean_value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(super) fn export(args: &ExportArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    let project = args.project.as_deref().map(|name| project_key(name, &store)).transpose()?;
    let filter = MemoryFilter { project, ..MemoryFilter::default() };
    let mut memories = store.memories(&filter)?;
    let superseded = MemoryFilter { status: Some(MemoryStatus::Superseded), ..filter.clone() };
    memories.extend(store.memories(&superseded)?);
    if let Some(project) = filter.project.filter(|_| memories.is_empty()) {
        bail!("no memory is of project {project}; nothing was written");
    }
    memories.sort_by_key(|memory| memory.id);
    let lines = memories.iter().map(|memory| exchange::to_json(memory).to_string());
    match &args.file {
        None => lines.for_each(print_line),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
            let mut writer = BufWriter::new(file);
            for line in lines {
                writeln!(writer, "{line}").with_context(|| format!("write {}", path.display()))?;
            }
            writer.flush().with_context(|| format!("write {}", path.display()))?;
            print_line(format_args!("{} written to {}", counted::memories(memories.len()), path.display()));
        }
    }
    Ok(())
}

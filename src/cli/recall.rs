//! `recall`: the hook's search by hand, with or without the reasons.

mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use super::{App, print_json, print_line};
use crate::embed::{self, LeanEmbedder};
use crate::model::{Outcome, SessionId, exchange};
use crate::recall::{self, Budget, Hit, Moment, Query, Recall, Situation, Weights};
use crate::store::{RecallStore, Scope};
use crate::{hook, text, trace};

/// Arguments of `recall`.
#[derive(Args)]
pub(super) struct RecallArgs {
    /// What is asked or said
    #[arg(required_unless_present_any = ["report", "files"])]
    text: Option<String>,
    /// A file at hand (may be given several times)
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// Ask as if in this directory
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Ask as if in this session: what it was shown before is kept back
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Show every candidate with each part of its score, the floor and the outcome
    #[arg(long)]
    explain: bool,
    /// Show what the hooks injected, and what they would have injected in shadow mode
    #[arg(long, conflicts_with_all = ["text", "explain"])]
    report: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RecallArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    if args.report {
        return report::run(&store, args.json, app);
    }
    let cwd = match &args.cwd {
        Some(dir) => std::path::absolute(dir).with_context(|| format!("resolve {}", dir.display()))?,
        None => std::env::current_dir().context("find the current directory")?,
    };
    let session = args.session.as_ref().map(|id| SessionId(id.clone()));
    let (query, root) = query(args.text.as_deref().unwrap_or_default(), &args.files, &cwd, session, app)?;
    let recalled = ask(&query, &root, app, &store)?;
    if args.json {
        let hits: Vec<_> = recalled.hits.iter().filter(|hit| args.explain || injected(hit)).map(to_json).collect();
        let question =
            recalled.question.as_ref().map(|question| json!({ "name": question.word, "choices": question.choices }));
        return print_json(&json!({ "memories": hits, "question": question }));
    }
    if args.explain {
        return explain(&query, &recalled);
    }
    let block = recall::block(&recalled);
    print_line(if block.is_empty() { "nothing to recall" } else { &block });
    Ok(())
}

/// Asks with the settings of the hook. Files that memories cite are looked for under `root`.
pub(super) fn ask(query: &Query, root: &Path, app: &App, store: &dyn RecallStore) -> anyhow::Result<Recall> {
    let weights = Weights::default();
    let chars = match query.moment {
        Moment::File => app.settings.file_budget_chars,
        Moment::Prompt | Moment::Opening | Moment::Failure => app.settings.prompt_budget_chars,
    };
    let situation = Situation {
        query,
        model: &app.settings.model,
        weights: &weights,
        budget: Budget { memories: app.settings.most_memories, chars },
        least_confidence: app.settings.least_confidence,
        now: app.now,
    };
    let pack = app.paths.models().join(&app.settings.model);
    let mut failure = None;
    let mut vector = || {
        if !embed::is_installed(&pack) {
            return None;
        }
        LeanEmbedder::open(&pack)
            .and_then(|mut embedder| embedder.embed_limited(&query.text_to_embed(), weights.tokens(query.moment)))
            .map_err(|error| failure = Some(error))
            .ok()
    };
    let recalled = recall::recall(&situation, store, &mut vector, &|cited| hook::stale_files(cited, root, store))?;
    match failure {
        Some(error) => Err(error).context("embed the query"),
        None => Ok(recalled),
    }
}

/// A query as the hook would make it in the directory `cwd`, and the root of the project there; an error where the person
/// wants nothing to be recalled.
pub(super) fn query(
    text: &str,
    paths: &[String],
    cwd: &Path,
    session: Option<SessionId>,
    app: &App,
) -> anyhow::Result<(Query, PathBuf)> {
    let project = trace::project::identify(cwd);
    if app.settings.excludes(&project.key, cwd) {
        bail!("nothing is recalled in {}: it is `excluded` in config.json", cwd.display());
    }
    let scope = Scope { project: Some(project.key.clone()), before: app.now, not_session: session.clone() };
    let mut files = Vec::new();
    for path in paths {
        let absolute = cwd.join(path).to_string_lossy().into_owned();
        files.push(project.relative(&absolute));
        files.push(absolute);
    }
    let moment = if paths.is_empty() { Moment::Prompt } else { Moment::File };
    let text = recall::looked_at(text).into_owned();
    let query = Query { moment, text, window: Vec::new(), files, scope, session };
    Ok((query, PathBuf::from(project.root)))
}

fn injected(hit: &Hit) -> bool {
    hit.explanation.outcome == Outcome::Injected
}

fn to_json(hit: &Hit) -> serde_json::Value {
    let mut value = exchange::to_json(&hit.found.memory);
    value["explanation"] = json!(hit.explanation);
    value
}

fn explain(query: &Query, recalled: &Recall) -> anyhow::Result<()> {
    if query.is_silent() {
        print_line("silent: the text names no topic");
        return Ok(());
    }
    if recalled.vector.is_none() {
        print_line("no model is installed: text, entities and files decide alone");
    }
    if recalled.hits.is_empty() {
        print_line("no candidates");
    }
    if let Some(question) = &recalled.question {
        let names: Vec<&str> = question.choices.iter().map(|choice| choice.name.as_str()).collect();
        print_line(format_args!("asks which {}: {}", question.word, text::one_line(&names.join(", "), 200)));
    }
    for hit in &recalled.hits {
        let explanation = &hit.explanation;
        let draft = &hit.found.memory.draft;
        print_line(format_args!(
            "#{} {} {:5.1} % · relevance {:.2}, floor {:.2} · {}: {}",
            explanation.memory,
            draft.kind,
            explanation.percent(),
            explanation.relevance,
            explanation.floor,
            explanation.outcome.as_str(),
            text::one_line(&explanation.why, 200)
        ));
        print_line(format_args!("    {}", text::one_line(&draft.title, 100)));
        let parts: Vec<String> = explanation
            .signals
            .iter()
            .map(|signal| format!("{} {:.3} → {:.3}", signal.name, signal.value, signal.effect))
            .collect();
        print_line(format_args!("    {}", parts.join(" · ")));
    }
    Ok(())
}

//! `eval`: recall and triggers on judged sets, through the code that the hook uses.

mod ask;
mod cache;
mod report;
mod score;
mod set;
mod triggers;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use self::score::Scores;
use self::set::{SetQuery, read, read_judgements};
use super::{App, print_json, print_line};
use crate::recall::Weights;

/// Arguments of `eval`.
#[derive(Args)]
pub(super) struct EvalArgs {
    /// A directory with corpus.jsonl and queries.jsonl
    set: Option<PathBuf>,
    /// Where the ranking goes: query, document and score, separated by tabs; floors off
    #[arg(long, value_name = "FILE", requires = "set")]
    run: Option<PathBuf>,
    /// Where goes what would be injected, floors and budget on
    #[arg(long, value_name = "FILE", requires = "set")]
    injected: Option<PathBuf>,
    /// Where every signal of every candidate goes, as JSON lines: what `make calibrate` and an ablation read
    #[arg(long, value_name = "FILE", requires = "set")]
    signals: Option<PathBuf>,
    /// Print how good the ranking is, how often it is silent where it should be, and what is still injected
    #[arg(long, requires = "set")]
    score: bool,
    /// Print the scores as JSON
    #[arg(long, requires = "score")]
    json: bool,
    /// Other constants of ranking, as JSON: '{"recency": 0}'
    #[arg(long, value_name = "JSON", requires = "set")]
    weights: Option<String>,
    /// A file of labelled messages instead of a set
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    triggers: Option<PathBuf>,
    /// Where the predicted labels go
    #[arg(long, value_name = "FILE", requires = "triggers")]
    out: Option<PathBuf>,
    /// Where goes what the catcher's model sees of each message, for training it
    #[arg(long, value_name = "FILE", requires = "triggers", hide = true)]
    features: Option<PathBuf>,
    /// Other weights of the catcher's model, as the trainer writes them
    #[arg(long, value_name = "FILE", requires = "out", hide = true)]
    judge: Option<PathBuf>,
}

pub(super) fn run(args: &EvalArgs, app: &App) -> anyhow::Result<()> {
    match (&args.set, &args.triggers, &args.out) {
        (Some(set), None, _)
            if args.score || args.run.is_some() || args.injected.is_some() || args.signals.is_some() =>
        {
            let weights = match &args.weights {
                Some(json) => serde_json::from_str(json).context("read --weights")?,
                None => Weights::default(),
            };
            let outputs = ask::Outputs {
                ranking: args.run.as_deref(),
                injections: args.injected.as_deref(),
                signals: args.signals.as_deref(),
            };
            let queries: Vec<SetQuery> = read(&set.join("queries.jsonl"))?;
            let answers = ask::run(set, &queries, &outputs, &weights, app)?;
            if !args.score {
                print_line(format_args!("{} queries", queries.len()));
                return Ok(());
            }
            let scores = Scores::of(&queries, &read_judgements(&set.join("qrels.tsv"))?, &answers);
            if args.json { print_json(&serde_json::to_value(&scores)?) } else { report::print(&scores) }
        }
        (Some(_), None, _) => bail!("say what is wanted: --score, --run FILE, --injected FILE"),
        (None, Some(labels), out) if out.is_some() || args.features.is_some() => {
            if let Some(features) = &args.features {
                triggers::features(labels, features, app)?;
            }
            out.as_deref().map_or(Ok(()), |out| triggers::run(labels, out, args.judge.as_deref(), app))
        }
        _ => bail!("give a set with --score, --run or --injected, or --triggers with --out"),
    }
}

//! Loads a set into a throw-away store, asks every query as the hook would, writes ranking and injections.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use super::cache::VectorCache;
use super::set::{Document, SetQuery, read};
use crate::cli::{App, print_line};
use crate::embed::{BulkEmbedder, Embedder, LeanEmbedder};
use crate::model::{Agent, MemoryDraft, MemoryId, MemoryKind, SessionId, Timestamp};
use crate::recall::{self, Budget, Hit, Moment, Query, Recall, Situation, Weights};
use crate::store::sqlite::SqliteStore;
use crate::store::{Added, MemoryStore, Scope};

/// How many documents a ranking names.
const DEPTH: usize = 100;

/// Where the results go; what is not wanted is not written.
pub(super) struct Outputs<'a> {
    /// Query, document, score: the hundred best, floors off.
    pub(super) ranking: Option<&'a Path>,
    /// The same of what would be injected, floors and budget on.
    pub(super) injections: Option<&'a Path>,
    /// Every signal of every candidate, as JSON lines.
    pub(super) signals: Option<&'a Path>,
}

/// Asks the whole set.
pub(super) fn run(set: &Path, outputs: &Outputs<'_>, weights: &Weights, app: &App) -> anyhow::Result<()> {
    let documents: Vec<Document> = read(&set.join("corpus.jsonl"))?;
    let queries: Vec<SetQuery> = read(&set.join("queries.jsonl"))?;
    let pack = app.paths.models().join(&app.settings.model);
    let (mut store, names) = load(&documents, app, &pack)?;
    let mut lean = LeanEmbedder::open(&pack)?;
    let mut ranking = outputs.ranking.map(create).transpose()?;
    let mut injections = outputs.injections.map(create).transpose()?;
    let mut signals = outputs.signals.map(create).transpose()?;
    for query in &queries {
        let recalled = ask(query, &mut store, &mut lean, weights, app)?;
        let name = |hit: &Hit| names.get(&hit.found.memory.id).map_or("", String::as_str);
        if let Some(out) = &mut ranking {
            for hit in recalled.hits.iter().take(DEPTH) {
                writeln!(out, "{}\t{}\t{:.6}", query.id, name(hit), hit.explanation.score)?;
            }
        }
        if let Some(out) = &mut injections {
            write_injected(out, query, &recalled, &store, &names, app)?;
        }
        if let Some(out) = &mut signals {
            let hits: Vec<_> = recalled.hits.iter().map(|hit| json!([name(hit), hit.explanation])).collect();
            let line = json!({
                "query": query.id, "text_total": recalled.text_total, "spread": recalled.spread,
                "memories": recalled.memories, "hits": hits,
            });
            writeln!(out, "{line}")?;
        }
    }
    for mut out in ranking.into_iter().chain(injections).chain(signals) {
        out.flush()?;
    }
    print_line(format_args!("{} queries over {} documents", queries.len(), documents.len()));
    Ok(())
}

/// What the session has been given by then: by the prompt, and by its start. The prompt's come first, as they are what
/// was asked for; memories that came with the start are not injected twice.
///
/// The start has its say where a prompt asks something at a known time: what recurs can only be told as of then, a
/// prompt that asks nothing is no question that the start could answer, and a failed command is not the user's.
fn write_injected(
    out: &mut BufWriter<File>,
    asked: &SetQuery,
    recalled: &Recall,
    store: &SqliteStore,
    names: &HashMap<MemoryId, String>,
    app: &App,
) -> anyhow::Result<()> {
    let asks = asked.at().is_some() && !asked.text.starts_with("$ ") && !recalled.hits.is_empty();
    let lessons = match asks {
        true => recall::standing(&scope(asked, app).0, store, app.settings.session_budget_chars)?,
        false => Vec::new(),
    };
    let of_prompt = recalled.injected().map(|hit| hit.found.memory.id);
    let mut given: Vec<MemoryId> = of_prompt.collect();
    let at_start = lessons.into_iter().map(|lesson| lesson.memory.id).filter(|id| !given.contains(id));
    let at_start: Vec<MemoryId> = at_start.collect();
    given.extend(at_start);
    for (place, id) in given.into_iter().enumerate() {
        let name = names.get(&id).map_or("", String::as_str);
        writeln!(out, "{}\t{}\t{:.6}", asked.id, name, 1.0 / (place + 1) as f32)?;
    }
    Ok(())
}

/// Where the answer may come from, and when it is asked.
fn scope(asked: &SetQuery, app: &App) -> (Scope, Timestamp) {
    let now = asked.at().unwrap_or(app.now);
    let not_session = asked.not_session.as_deref().map(session);
    (Scope { project: Some(asked.scope.clone()), before: now, not_session }, now)
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).with_context(|| format!("create {}", path.display()))?))
}

/// Every document becomes a memory of its scope.
fn load(documents: &[Document], app: &App, pack: &Path) -> anyhow::Result<(SqliteStore, HashMap<MemoryId, String>)> {
    let mut store = SqliteStore::open_in_memory()?;
    let drafts: Vec<MemoryDraft> = documents.iter().map(draft).collect();
    let added = store.add_memories(&drafts, app.now)?;
    let mut names = HashMap::new();
    let mut ids = Vec::new();
    for (document, added) in documents.iter().zip(added) {
        if let Added::New(id) = added {
            names.insert(id, document.id.clone());
            ids.push(id);
        }
    }
    let mut embedder = BulkEmbedder::open(pack, &app.paths.runtime())?;
    let texts: HashMap<MemoryId, String> = store.unembedded(&app.settings.model, 0)?.into_iter().collect();
    let texts: Vec<String> = ids.iter().map(|id| texts.get(id).cloned().unwrap_or_default()).collect();
    let mut cache = VectorCache::open(app, embedder.dimension());
    let vectors = cache.vectors(&texts, &mut embedder)?;
    let rows: Vec<(MemoryId, Vec<f32>)> = ids.into_iter().zip(vectors).collect();
    store.put_vectors(&app.settings.model, &rows)?;
    store.tidy()?;
    Ok((store, names))
}

fn draft(document: &Document) -> MemoryDraft {
    let formed_at = document.ts.as_deref().and_then(Timestamp::parse).unwrap_or_default();
    let mut draft = MemoryDraft::new(MemoryKind::Insight, "", document.text.as_str(), formed_at);
    draft.project = Some(document.scope.clone());
    draft.provenance.session = document.session.as_deref().map(session);
    // Two documents may say the same; both are in the set.
    draft.provenance.message = Some(document.id.clone());
    draft
}

fn session(native: &str) -> SessionId {
    SessionId::new(Agent::ClaudeCode, native)
}

fn ask(
    asked: &SetQuery,
    store: &mut SqliteStore,
    lean: &mut LeanEmbedder,
    weights: &Weights,
    app: &App,
) -> anyhow::Result<Recall> {
    let (scope, now) = scope(asked, app);
    // A failed command looks the same here as in the hook: the command after `$`, then what it said.
    // A query that names a branch is the first prompt of a session on it; the name itself is not used.
    let moment = match (asked.text.starts_with("$ "), &asked.branch) {
        (true, _) => Moment::Failure,
        (false, Some(_)) => Moment::Opening,
        (false, None) => Moment::Prompt,
    };
    let query = Query { moment, ..Query::prompt(&asked.text, scope) };
    let situation = Situation {
        query: &query,
        model: &app.settings.model,
        weights,
        budget: Budget { memories: app.settings.most_memories, chars: app.settings.prompt_budget_chars },
        now,
    };
    let mut failure = None;
    let recalled = recall::recall(&situation, store, &mut || {
        lean.embed_limited(&query.text_to_embed(), weights.tokens(query.moment))
            .map_err(|error| failure = Some(error))
            .ok()
    })?;
    match failure {
        Some(error) => Err(error).with_context(|| format!("embed query {}", asked.id)),
        None => Ok(recalled),
    }
}

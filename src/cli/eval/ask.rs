//! Loads a set into a throw-away store, asks every query as the hook would, writes ranking and injections.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use super::cache::VectorCache;
use super::set::{Document, SetQuery, read};
use crate::cli::App;
use crate::embed::{BulkEmbedder, Embedder, LeanEmbedder};
use crate::model::{Agent, EntityKind, MemoryDraft, MemoryId, MemoryKind, Mention, SessionId, Timestamp};
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

/// What one query was answered.
pub(super) struct Answer {
    /// Documents and scores, best first, floors off.
    pub(super) ranking: Vec<(String, f32)>,
    /// Documents that the prompt brings, floors and budget on.
    pub(super) of_prompt: Vec<String>,
    /// The same, then what the start of the session has brought.
    pub(super) given: Vec<String>,
    /// Whether the user would be asked who is meant.
    pub(super) asks_back: bool,
}

/// Asks the whole set; the answers in the order of the queries.
pub(super) fn run(
    set: &Path,
    queries: &[SetQuery],
    outputs: &Outputs<'_>,
    weights: &Weights,
    app: &App,
) -> anyhow::Result<Vec<Answer>> {
    let documents: Vec<Document> = read(&set.join("corpus.jsonl"))?;
    let pack = app.paths.models().join(&app.settings.model);
    let (mut store, names) = load(&documents, app, &pack)?;
    let mut lean = LeanEmbedder::open(&pack)?;
    let mut ranking = outputs.ranking.map(create).transpose()?;
    let mut injections = outputs.injections.map(create).transpose()?;
    let mut signals = outputs.signals.map(create).transpose()?;
    let mut answers = Vec::new();
    for query in queries {
        let recalled = ask(query, &mut store, &mut lean, weights, app)?;
        let answer = answer(query, &recalled, &store, &names, app)?;
        if let Some(out) = &mut ranking {
            for (document, score) in &answer.ranking {
                writeln!(out, "{}\t{document}\t{score:.6}", query.id)?;
            }
        }
        if let Some(out) = &mut injections {
            for (place, document) in answer.given.iter().enumerate() {
                writeln!(out, "{}\t{document}\t{:.6}", query.id, 1.0 / (place + 1) as f32)?;
            }
        }
        if let Some(out) = &mut signals {
            let name = |hit: &Hit| names.get(&hit.found.memory.id).map_or("", String::as_str);
            let hits: Vec<_> = recalled.hits.iter().map(|hit| json!([name(hit), hit.explanation])).collect();
            let line = json!({
                "query": query.id, "text_total": recalled.text_total, "spread": recalled.spread,
                "memories": recalled.memories, "hits": hits,
            });
            writeln!(out, "{line}")?;
        }
        answers.push(answer);
    }
    for mut out in ranking.into_iter().chain(injections).chain(signals) {
        out.flush()?;
    }
    Ok(answers)
}

/// What the session has been given by then: by the prompt, and by its start. The prompt's come first, as they are what
/// was asked for; memories that came with the start are not injected twice.
///
/// The start has its say where a prompt asks something at a known time: what recurs can only be told as of then, a
/// prompt that asks nothing is no question that the start could answer, and neither a file nor a failed command is the
/// user's.
fn answer(
    asked: &SetQuery,
    recalled: &Recall,
    store: &SqliteStore,
    names: &HashMap<MemoryId, String>,
    app: &App,
) -> anyhow::Result<Answer> {
    let said = asked.file.is_none() && !asked.text.starts_with("$ ");
    let asks = asked.at().is_some() && said && !recalled.hits.is_empty();
    let lessons = match asks {
        true => recall::standing(&scope(asked, app).0, store, app.settings.session_budget_chars)?,
        false => Vec::new(),
    };
    let name = |id: &MemoryId| names.get(id).cloned().unwrap_or_default();
    let ranked = recalled.hits.iter().take(DEPTH);
    let ranking = ranked.map(|hit| (name(&hit.found.memory.id), hit.explanation.score)).collect();
    let of_prompt: Vec<String> = recalled.injected().map(|hit| name(&hit.found.memory.id)).collect();
    let mut given = of_prompt.clone();
    for document in lessons.iter().map(|lesson| name(&lesson.memory.id)) {
        if !given.contains(&document) {
            given.push(document);
        }
    }
    Ok(Answer { ranking, of_prompt, given, asks_back: recalled.question.is_some() })
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
    let kind = document.kind.unwrap_or(MemoryKind::Insight);
    let mut draft = MemoryDraft::new(kind, "", document.text.as_str(), formed_at);
    draft.quote.clone_from(&document.quote);
    draft.files.clone_from(&document.files);
    draft.entities = document.people.iter().map(|name| Mention::new(EntityKind::Person, name)).collect();
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
    let moment = match (&asked.file, asked.text.starts_with("$ "), &asked.branch) {
        (Some(_), _, _) => Moment::File,
        (None, true, _) => Moment::Failure,
        (None, false, Some(_)) => Moment::Opening,
        (None, false, None) => Moment::Prompt,
    };
    let text = asked.file.as_ref().map_or_else(|| asked.text.clone(), |file| format!("{file}\n{}", asked.text));
    let files = asked.file.iter().cloned().collect();
    let query = Query { moment, files, ..Query::prompt(&text, scope) };
    let chars = match moment {
        Moment::File => app.settings.file_budget_chars,
        Moment::Prompt | Moment::Opening | Moment::Failure => app.settings.prompt_budget_chars,
    };
    let situation = Situation {
        query: &query,
        model: &app.settings.model,
        weights,
        budget: Budget { memories: app.settings.most_memories, chars },
        least_confidence: 0.0,
        now,
    };
    let mut failure = None;
    let mut vector = || {
        lean.embed_limited(&query.text_to_embed(), weights.tokens(query.moment))
            .map_err(|error| failure = Some(error))
            .ok()
    };
    let recalled = recall::recall(&situation, store, &mut vector, &|_| Vec::new())?;
    match failure {
        Some(error) => Err(error).with_context(|| format!("embed query {}", asked.id)),
        None => Ok(recalled),
    }
}

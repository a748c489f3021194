//! `sessions search`: one syntax over everything that was said and done, in any session of any agent.

use std::thread::JoinHandle;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{project_key, resolve};
use crate::cli::App;
use crate::cli::error::NothingFound;
use crate::cli::output::{print_json, print_line};
use crate::cli::paint::Paint;
use crate::embed::{self, LeanEmbedder};
use crate::model::{Agent, MemoryId, Role, SessionId, Step, Timestamp, ToolStatus};
use crate::search::{self, Found, Hit, Meaning, SYNTAX, Snippet};
use crate::store::sqlite::SqliteStore;
use crate::store::{Condition, Filter, MessageQuery, SessionStore, StoreError};
use crate::text::{one_line, printable};

/// Tokens of a search that are embedded: it is short, and what it costs grows with them.
const QUERY_TOKENS: usize = 32;

#[derive(Args, Debug)]
#[command(after_long_help = SYNTAX, after_help = "Try --help for the whole syntax, with from:, agent:, file:, kind:, after: and more.")]
pub(super) struct SearchArgs {
    /// Words, "phrases", operator:value, and - before what must not be; all in one pair of quotes: 'sqlite -redis'
    #[arg(required = true)]
    text: Vec<String>,
    /// Only what one side said, or what was done (also: from:user)
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Only in this project: key, name or directory (also: project:NAME)
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// By words alone, without asking the model
    #[arg(long)]
    words: bool,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    /// The person
    User,
    /// The agent
    Agent,
    /// Tools: what they were given, and what failures said
    Tool,
}

#[derive(Serialize)]
pub(in crate::cli) struct Searched {
    /// No message holds all the words; these hold some of them.
    loosened: bool,
    /// Whether the model was asked, too.
    by_meaning: bool,
    messages: Vec<FoundMessage>,
}

#[derive(Serialize)]
struct FoundMessage {
    session: SessionId,
    agent: Option<Agent>,
    host: Option<String>,
    project: Option<String>,
    title: Option<String>,
    turn: u32,
    seq: u32,
    /// Who said it, or `tool`.
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ToolStatus>,
    at: Timestamp,
    score: f32,
    all_words: bool,
    memory: Option<MemoryId>,
    cosine: Option<f32>,
    snippet: String,
    more_in_session: u32,
}

pub(super) fn run(args: &SearchArgs, app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    let mut query = search::parse(&args.text.join(" "), &app.clock())?;
    query.limit = args.limit;
    query.filters.extend(args.from.map(|from| {
        Filter::only(match from {
            From::User => Condition::From(Role::User),
            From::Agent => Condition::From(Role::Agent),
            From::Tool => Condition::FromTool,
        })
    }));
    if let Some(name) = &args.project {
        query.filters.push(Filter::only(Condition::Project(project_key(name, store)?)));
    }
    let found = ask(query, app, store, !args.words)?;
    let is_empty = found.hits.is_empty();
    if args.json {
        print_json(&to_json(found))?;
    } else {
        print_found(&found);
    }
    if is_empty { Err(NothingFound.into()) } else { Ok(()) }
}

fn print_found(found: &Found) {
    let paint = Paint::for_stdout();
    print_line(listing(found, paint));
    if let Some(hit) = found.hits.first() {
        let (session, seq) = (hit.found.session.native(), hit.found.step.seq());
        let how = format!("open the first: memory-lane sessions show {} --at {seq}", one_line(session, 60));
        print_line(paint.faint(&how));
    }
}

/// Searches, with the model's help if one is installed and wanted.
pub(in crate::cli) fn ask(
    mut query: MessageQuery,
    app: &App,
    store: &mut SqliteStore,
    by_meaning: bool,
) -> anyhow::Result<Found> {
    resolve(&mut query, store)?;
    let by_meaning = by_meaning && !query.text.is_empty() && !query.asks_only_calls();
    let mut vector = by_meaning.then(|| vector(app, query.text.clone())).flatten();
    match store.index_steps() {
        // Somebody else is writing, or may alone: then the latest steps are not found.
        Ok(()) | Err(StoreError::Locked { .. } | StoreError::ReadOnly { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut embed = |_: &str| vector.take()?.join().ok().flatten();
    let meaning = Meaning { model: &app.settings.model, now: app.now, embed: &mut embed };
    Ok(search::find(&query, store, by_meaning.then_some(meaning))?)
}

/// The vector of a search, made on a second thread while words are looked up: most searches need it, and it takes longer
/// than all the rest. None where no model is installed.
fn vector(app: &App, text: String) -> Option<JoinHandle<Option<Vec<f32>>>> {
    let pack = app.paths.models().join(&app.settings.model);
    if !embed::is_installed(&pack) {
        return None;
    }
    // A search goes on without a model that does not work; `doctor` says what is wrong with it.
    let embed = move || LeanEmbedder::open(&pack).and_then(|mut it| it.embed_limited(&text, QUERY_TOKENS)).ok();
    Some(std::thread::spawn(embed))
}

/// The answer as JSON.
pub(in crate::cli) fn to_json(found: Found) -> Searched {
    let messages = found.hits.into_iter().map(|hit| {
        let step = hit.found;
        let (role, tool, status) = match &step.step {
            Step::Said(message) => (message.role.as_str(), None, None),
            Step::Called(call) => ("tool", Some(call.name.clone()), Some(call.status)),
        };
        FoundMessage {
            agent: agent_of(&step.session),
            seq: step.step.seq(),
            at: step.step.at(),
            session: step.session,
            host: step.host,
            project: step.project,
            title: step.title,
            turn: step.turn,
            role,
            tool,
            status,
            score: hit.score,
            all_words: hit.all_words,
            memory: hit.near.map(|(id, _)| id),
            cosine: hit.near.map(|(_, cosine)| cosine),
            snippet: hit.snippet.text,
            more_in_session: step.more,
        }
    });
    Searched { loosened: found.loosened, by_meaning: found.by_meaning, messages: messages.collect() }
}

fn agent_of(session: &SessionId) -> Option<Agent> {
    Agent::parse(session.0.split('/').next()?)
}

/// The answer as text: one heading for each session in the order of its best message.
pub(in crate::cli) fn listing(found: &Found, paint: Paint) -> String {
    if found.hits.is_empty() {
        return "nothing found".to_owned();
    }
    let mut lines = Vec::new();
    if found.loosened {
        lines.push("no message holds all the words; these hold some of them".to_owned());
    }
    let mut told: Vec<&SessionId> = Vec::new();
    for hit in &found.hits {
        let session = &hit.found.session;
        if told.contains(&session) {
            continue;
        }
        told.push(session);
        let of_session: Vec<&Hit> = found.hits.iter().filter(|other| other.found.session == *session).collect();
        lines.push(heading(hit, paint));
        lines.extend(of_session.iter().map(|hit| line(hit, paint)));
        let more: u32 = of_session.iter().map(|hit| hit.found.more).sum();
        lines.extend((more > 0).then(|| paint.faint(&format!("    and {more} more of this session"))));
    }
    lines.join("\n")
}

fn heading(hit: &Hit, paint: Paint) -> String {
    let message = &hit.found;
    let agent = message.session.0.split('/').next().unwrap_or_default();
    let mut parts = vec![paint.strong(&one_line(agent, 20)), one_line(message.session.native(), 60)];
    parts.extend(message.host.as_deref().map(|host| format!("at {}", one_line(host, 40))));
    parts.extend(message.project.as_deref().map(|project| one_line(project, 60)));
    parts.extend(message.title.as_deref().map(|title| one_line(title, 80)));
    parts.join("  ")
}

fn line(hit: &Hit, paint: Paint) -> String {
    let who = match &hit.found.step {
        Step::Said(message) => message.role.as_str().to_owned(),
        Step::Called(call) if call.status == ToolStatus::Failed => {
            format!("{} {}", one_line(&call.name, 40), paint.bad("failed"))
        }
        Step::Called(call) => one_line(&call.name, 40),
    };
    let near = match hit.near {
        Some((id, cosine)) if !hit.all_words => format!("  (memory #{id}, meaning {:.0} %)", cosine * 100.0),
        _ => String::new(),
    };
    format!(
        "  @{} {} {}: {}{}",
        hit.found.step.seq(),
        hit.found.step.at().date(),
        who,
        marked(&hit.snippet, paint),
        paint.faint(&near)
    )
}

fn marked(snippet: &Snippet, paint: Paint) -> String {
    let mut out = String::new();
    let mut done = 0;
    for mark in &snippet.marks {
        out.push_str(&printable(&snippet.text[done..mark.start]));
        out.push_str(&paint.found(&printable(&snippet.text[mark.clone()])));
        done = mark.end;
    }
    out.push_str(&printable(&snippet.text[done..]));
    out
}

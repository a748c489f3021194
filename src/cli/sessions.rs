//! `sessions`: what was taken in, to look at and to search.

mod show;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::app::App;
use super::output::{print_json, print_line, print_text};
use crate::model::{Agent, Role, Session, SessionId, Timestamp, Turn, since};
use crate::store::{MessageHit, MessageQuery, SessionFilter, SessionStore};
use crate::text::one_line;
use crate::trace;

/// Look at the sessions that were taken in.
#[derive(Args, Debug)]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List sessions, latest first
    List(ListArgs),
    /// Show what was said and done in one session
    Show(ShowArgs),
    /// Search what was said
    Search(SearchArgs),
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Only of this project: key, name or directory
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Only of this agent
    #[arg(long, value_parser = agent)]
    agent: Option<Agent>,
    /// Only on this branch
    #[arg(long)]
    branch: Option<String>,
    /// Only later than this: 2026-02-11, 2026-02-11T15:00:00Z, 7d, 12h, yesterday
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many; 0 for all
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Also sub-agents' sessions
    #[arg(long)]
    subagents: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// The session's id or the start of it
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct SearchArgs {
    /// Words that a message must hold
    #[arg(required = true)]
    text: Vec<String>,
    /// Only what one side said
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Only in this project: key, name or directory
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
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
}

#[derive(Serialize)]
struct Listed {
    sessions: Vec<Session>,
}

#[derive(Serialize)]
struct Shown {
    session: Session,
    turns: Vec<Turn>,
}

#[derive(Serialize)]
struct Searched {
    messages: Vec<FoundMessage>,
}

#[derive(Serialize)]
struct FoundMessage {
    session: SessionId,
    turn: u32,
    score: f32,
    role: Role,
    text: String,
    at: Timestamp,
    seq: u32,
    uuid: Option<String>,
}

/// Lists, shows or searches.
pub(super) fn run(args: &SessionsArgs, app: &App) -> anyhow::Result<()> {
    let store = app.open_store()?;
    match &args.command {
        Command::List(args) => list(args, app, &store),
        Command::Show(args) => show(args, &store),
        Command::Search(args) => search(args, &store),
    }
}

fn agent(name: &str) -> Result<Agent, String> {
    Agent::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Agent::ALL.iter().map(|agent| agent.as_str()).collect();
        format!("known agents are {}", names.join(", "))
    })
}

fn list(args: &ListArgs, app: &App, store: &dyn SessionStore) -> anyhow::Result<()> {
    let filter = SessionFilter {
        project: args.project.as_deref().map(|name| project_key(name, store)).transpose()?,
        agent: args.agent,
        branch: args.branch.clone(),
        since: args.since.as_deref().map(|text| since(text, app.now)).transpose()?,
        subagents: args.subagents,
        limit: 0,
    };
    let mut sessions = store.sessions(&filter)?;
    // Files with nothing but titles and bookkeeping are known to the store, so that they are not read again.
    sessions.retain(|session| session.user_messages + session.agent_messages + session.tool_calls > 0);
    if args.limit > 0 {
        sessions.truncate(args.limit);
    }
    if args.json {
        return print_json(&Listed { sessions });
    }
    if sessions.is_empty() {
        print_line("no sessions; `memory-lane ingest` takes them in");
    }
    for session in &sessions {
        print_line(show::row(session));
    }
    Ok(())
}

fn show(args: &ShowArgs, store: &dyn SessionStore) -> anyhow::Result<()> {
    let id = find(&args.id, store)?;
    let session = store.session(&id)?.ok_or_else(|| anyhow!("session {id} is gone"))?;
    let turns = store.turns(&id, 0)?;
    if args.json {
        return print_json(&Shown { session, turns });
    }
    print_text(&show::transcript(&session, &turns));
    Ok(())
}

fn search(args: &SearchArgs, store: &dyn SessionStore) -> anyhow::Result<()> {
    let query = MessageQuery {
        text: args.text.join(" "),
        role: args.from.map(|from| match from {
            From::User => Role::User,
            From::Agent => Role::Agent,
        }),
        project: args.project.as_deref().map(|name| project_key(name, store)).transpose()?,
        limit: args.limit,
    };
    let hits = store.search_messages(&query)?;
    if args.json {
        return print_json(&Searched { messages: hits.into_iter().map(found).collect() });
    }
    if hits.is_empty() {
        print_line("nothing found");
    }
    for hit in &hits {
        let MessageHit { session, turn, message, .. } = hit;
        let (date, who) = (message.at.date(), message.role.as_str());
        print_line(format!("{} turn {turn}  {date}  {who}: {}", session.native(), one_line(&message.text, 200)));
    }
    Ok(())
}

fn found(hit: MessageHit) -> FoundMessage {
    let message = hit.message;
    FoundMessage {
        session: hit.session,
        turn: hit.turn,
        score: hit.score,
        role: message.role,
        text: message.text,
        at: message.at,
        seq: message.seq,
        uuid: message.uuid,
    }
}

/// The session with this id, or the only one whose native id starts with it.
fn find(id: &str, store: &dyn SessionStore) -> anyhow::Result<SessionId> {
    let whole = SessionId(id.to_owned());
    if store.session(&whole)?.is_some() {
        return Ok(whole);
    }
    let native = whole.native();
    let mut found = store.sessions_starting(native)?;
    if let Some(exact) = found.iter().find(|session| session.native() == native) {
        return Ok(exact.clone());
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => bail!("no session {native}; `memory-lane sessions list` shows what there is"),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<&str> = found.iter().map(SessionId::native).collect();
            bail!("{native} is the start of several sessions: {}", ids.join(", "))
        }
    }
}

/// The key of a project given by key, name or directory.
fn project_key(name: &str, store: &dyn SessionStore) -> anyhow::Result<String> {
    let directory = std::path::Path::new(name);
    if directory.is_dir() {
        return Ok(trace::project::identify(&std::path::absolute(directory)?).key);
    }
    let sessions = store.sessions(&SessionFilter { subagents: true, ..SessionFilter::default() })?;
    let mut keys: Vec<String> = sessions.into_iter().filter_map(|session| session.project).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.iter().any(|key| key == name) {
        return Ok(name.to_owned());
    }
    let mut alike: Vec<String> = keys.into_iter().filter(|key| key.ends_with(&format!("/{name}"))).collect();
    match (alike.pop(), alike.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => bail!("no project {name}; give its key, its name or a directory in it"),
        (Some(last), false) => bail!("{name} may be {last} or {}; give the whole key", alike.join(" or ")),
    }
}

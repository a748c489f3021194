//! `sessions list`: which sessions there are, and what became of them.

use clap::Args;
use serde::Serialize;

use super::project_key;
use crate::cli::App;
use crate::cli::counted::counted;
use crate::cli::error::NothingFound;
use crate::cli::output::{print_json, print_line};
use crate::cli::paint::Paint;
use crate::model::{Agent, Session, SessionOutcome, Timestamp};
use crate::store::{SessionFilter, SessionStore};
use crate::text::one_line;

/// Most characters of a title and of a message on their lines.
const TITLE_CHARS: usize = 100;

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Only of this project: key, name or directory
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Only of this agent
    #[arg(long, value_parser = agent)]
    agent: Option<Agent>,
    /// Only on this branch
    #[arg(long)]
    branch: Option<String>,
    /// Only read on this machine
    #[arg(long)]
    host: Option<String>,
    /// Only those that ended so: ended, failed, interrupted
    #[arg(long, value_parser = outcome)]
    outcome: Option<SessionOutcome>,
    /// Only those that name this pull request: number or address
    #[arg(long, value_name = "NUMBER")]
    pr: Option<String>,
    /// Only later than this: yesterday, 2026-02-11, 2026-02-11T15:00:00Z, 7d, 12h
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only begun before this
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// Only those that a program began, with nobody there: `claude -p`, `codex exec`
    #[arg(long)]
    headless: bool,
    /// Only pinned ones
    #[arg(long)]
    pinned: bool,
    /// At most so many; 0 for all
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Also sub-agents' sessions
    #[arg(long)]
    subagents: bool,
    /// Show the first and the last message, too
    #[arg(long)]
    long: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed {
    sessions: Vec<Session>,
}

fn agent(name: &str) -> Result<Agent, String> {
    Agent::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Agent::ALL.iter().map(|agent| agent.as_str()).collect();
        format!("known agents are {}", names.join(", "))
    })
}

fn outcome(name: &str) -> Result<SessionOutcome, String> {
    SessionOutcome::parse(name).ok_or_else(|| {
        let names: Vec<&str> = SessionOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        format!("outcomes are {}", names.join(", "))
    })
}

pub(super) fn run(args: &ListArgs, app: &App, store: &dyn SessionStore) -> anyhow::Result<()> {
    let when = |text: &String| app.moment(text);
    let filter = SessionFilter {
        project: args.project.as_deref().map(|name| project_key(name, store)).transpose()?,
        agent: args.agent,
        branch: args.branch.clone(),
        host: args.host.clone(),
        outcome: args.outcome,
        pull_request: args.pr.clone(),
        parent: None,
        since: args.since.as_ref().map(when).transpose()?,
        before: args.before.as_ref().map(when).transpose()?,
        headless: args.headless,
        pinned: args.pinned,
        // Files with nothing but titles and bookkeeping are known to the store, so that they are not read again.
        with_steps: true,
        subagents: args.subagents,
        limit: args.limit,
    };
    let sessions = store.sessions(&filter)?;
    let all = SessionFilter { with_steps: true, limit: 1, ..SessionFilter::default() };
    let none_fits = sessions.is_empty() && filter.narrows() && !store.sessions(&all)?.is_empty();
    if args.json {
        print_json(&Listed { sessions })?;
        return if none_fits { Err(NothingFound.into()) } else { Ok(()) };
    }
    if none_fits {
        print_line("no session fits this; `memory-lane sessions list` shows them all");
        return Err(NothingFound.into());
    }
    if sessions.is_empty() {
        print_line("no sessions; `memory-lane ingest` takes them in");
    }
    let paint = Paint::for_stdout();
    for session in &sessions {
        print_line(row(session, args.long, paint));
    }
    Ok(())
}

/// Two lines for a session, four with its first and last message.
fn row(session: &Session, long: bool, paint: Paint) -> String {
    let outcome = match session.outcome {
        SessionOutcome::Ended => "ended".to_owned(),
        other => paint.bad(other.as_str()),
    };
    let mut facts = vec![
        minute(session.ended_at),
        paint.strong(session.agent.as_str()),
        outcome,
        counted(session.turns, "turn", "turns"),
        counted(session.tool_calls, "call", "calls"),
        counted(session.files, "file", "files"),
    ];
    facts.extend(duration(session));
    facts.extend((session.memories > 0).then(|| counted(session.memories, "memory", "memories")));
    facts.extend(session.headless.then(|| "headless".to_owned()));
    facts.extend(session.pinned_at.is_some().then(|| "pinned".to_owned()));
    facts.extend(session.project.as_deref().map(|project| one_line(project, 60)));
    facts.extend(session.branch.as_deref().map(|branch| format!("on {}", one_line(branch, 40))));
    facts.extend(session.host.as_deref().map(|host| format!("at {}", one_line(host, 40))));
    let mut lines = vec![facts.join("  ")];
    let id = one_line(session.id.native(), 60);
    let title = session.title.as_deref().or(session.first_prompt.as_deref()).unwrap_or("(no words)");
    lines.push(format!("    {}  {}", paint.faint(&id), one_line(title, TITLE_CHARS)));
    if long {
        let mut said = |name: &str, text: Option<&str>| {
            lines.extend(text.map(|text| format!("    {name}: {}", one_line(text, 2 * TITLE_CHARS))));
        };
        said("first", session.first_prompt.as_deref());
        said("last", session.last_message.as_deref());
    }
    lines.join("\n")
}

fn minute(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string().chars().take(16).collect::<String>().replace('T', " "))
}

fn duration(session: &Session) -> Option<String> {
    let minutes = (session.ended_at?.millis() - session.started_at?.millis()) / 60_000;
    Some(match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    })
}

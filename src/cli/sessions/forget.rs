//! `sessions forget`: a session goes for good, as a memory does.

use anyhow::{Context, bail};
use clap::Args;

use super::session_id;
use crate::cli::counted::{self, counted};
use crate::cli::setup::{Answer, ask};
use crate::cli::{App, print_line, worker};
use crate::distiller::DeadLetters;
use crate::model::{Memory, MemoryId, MemoryStatus, Session, SessionId};
use crate::store::sqlite::SqliteStore;
use crate::store::{ForgottenSession, MemoryFilter, MemoryStore, SessionFilter, SessionStore, spool};
use crate::text;

#[derive(Args, Debug)]
pub(super) struct ForgetArgs {
    /// The session's id or the start of it
    id: String,
    /// Also forget the memories that were caught from it
    #[arg(long)]
    memories: bool,
    /// Do not ask before deleting
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &ForgetArgs, app: &App, store: &mut SqliteStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    let shown = text::one_line(id.native(), 60);
    let caught = caught_from(&id, store)?;
    let forks = forks_of(&id, store)?;
    if !args.yes {
        tell(&id, args.memories, caught.len(), store)?;
        if ask("Delete this for good?") != Answer::Yes {
            bail!("nothing was deleted: say yes, or give --yes, to forget {shown}");
        }
    }
    // Under the lease, or a worker that is reading the session would store what it finds in it.
    let forgotten = worker::with_lease(app, store, |store, _| {
        spool::take_in(&app.paths.spool(), store)?;
        for memory in caught.iter().filter(|_| args.memories) {
            store.forget_memory(memory.id, app.now)?;
        }
        let forgotten = store.forget_session(&id, app.now)?;
        DeadLetters::at(app.paths.dead_letters()).forget(&id).context("drop a model's replies about the session")?;
        Ok(forgotten)
    })?;
    let Some(forgotten) = forgotten else { bail!("session {shown} is gone") };
    print_line(format_args!("forgotten {shown}: {}", what_went(&forgotten)));
    print_line("its transcript is left as it is, and is not taken in again");
    if !caught.is_empty() {
        let numbers: Vec<MemoryId> = caught.iter().map(|memory| memory.id).collect();
        print_line(memories_line(&numbers, args.memories));
    }
    for fork in &forks {
        let fork = text::one_line(fork.id.native(), 60);
        print_line(format_args!("its fork {fork} may hold copies: `memory-lane sessions forget {fork}`"));
    }
    Ok(())
}

/// Says before the question what it is about.
fn tell(id: &SessionId, with_memories: bool, caught: usize, store: &dyn SessionStore) -> anyhow::Result<()> {
    let Some(session) = store.session(id)? else { bail!("session {id} is gone") };
    let said = session.user_messages + session.agent_messages;
    print_line(format_args!(
        "{}  {}: {}, {}",
        text::one_line(id.native(), 60),
        text::one_line(session.title.as_deref().unwrap_or("(no words)"), 100),
        counted(said, "message", "messages"),
        counted(session.tool_calls, "call", "calls")
    ));
    if caught > 0 {
        let fate = if with_memories { "go as well" } else { "stay; --memories forgets them, too" };
        print_line(format_args!("{} caught from it: {fate}", counted::memories(caught)));
    }
    Ok(())
}

/// Memories whose moment is in the session, whatever became of them.
fn caught_from(id: &SessionId, store: &dyn MemoryStore) -> anyhow::Result<Vec<Memory>> {
    let filter = MemoryFilter { session: Some(id.clone()), ..MemoryFilter::default() };
    let mut caught = store.memories(&filter)?;
    caught.extend(store.memories(&MemoryFilter { status: Some(MemoryStatus::Superseded), ..filter })?);
    caught.sort_unstable_by_key(|memory| memory.id);
    Ok(caught)
}

fn forks_of(id: &SessionId, store: &dyn SessionStore) -> anyhow::Result<Vec<Session>> {
    let filter = SessionFilter { parent: Some(id.clone()), with_steps: true, ..SessionFilter::default() };
    Ok(store.sessions(&filter)?)
}

fn what_went(forgotten: &ForgottenSession) -> String {
    let of = match forgotten.subagents {
        0 => String::new(),
        subagents => format!(" (with {})", counted(subagents, "sub-agent", "sub-agents")),
    };
    let (messages, calls) = (forgotten.messages, forgotten.calls);
    format!("{} and {}{of}", counted(messages, "message", "messages"), counted(calls, "call", "calls"))
}

fn memories_line(numbers: &[MemoryId], forgotten: bool) -> String {
    let list: Vec<String> = numbers.iter().map(|id| format!("#{id}")).collect();
    let (count, list) = (counted::memories(numbers.len()), list.join(", "));
    if forgotten {
        return format!("{count} caught from it forgotten as well: {list}");
    }
    format!(
        "{count} caught from it kept, with what was said around: {list}; `memory-lane memories forget NUMBER` deletes one"
    )
}

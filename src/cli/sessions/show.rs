//! `sessions show`: one session, whole for people, in pages for agents.

use anyhow::{anyhow, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::page::{FEWEST_TOKENS, Page, page_of, pages};
use super::session_id;
use super::transcript::Told;
use crate::cli::output::{print_json, print_line, print_text};
use crate::cli::paint::Paint;
use crate::model::{RawRecord, Session, SessionId, Turn};
use crate::store::SessionStore;
use crate::text::{one_line, printable};

/// Tokens of a page, unless asked for others.
pub(in crate::cli) const PAGE_TOKENS: usize = 4_000;

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// The session's id or the start of it
    id: String,
    /// Only this page, from 1
    #[arg(long, value_name = "NUMBER")]
    page: Option<usize>,
    /// About how many tokens a page may have [default: 4000]
    #[arg(long, value_name = "COUNT")]
    tokens: Option<usize>,
    /// The page with the message or call at this position, which is set off; of a call all that is kept
    #[arg(long, value_name = "SEQ", conflicts_with = "page")]
    at: Option<u32>,
    /// The records that were not understood, as they were written but for secrets
    #[arg(long, conflicts_with_all = ["page", "tokens", "at"])]
    raw: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was not understood of a session.
#[derive(Serialize)]
struct Kept {
    session: SessionId,
    raw: Vec<RawRecord>,
}

#[derive(Serialize)]
struct Whole {
    session: Session,
    turns: Vec<Turn>,
    subagents: Vec<Self>,
}

/// One page of a session.
#[derive(Serialize)]
pub(in crate::cli) struct Shown {
    pub(in crate::cli) session: SessionId,
    pub(in crate::cli) page: usize,
    pub(in crate::cli) pages: usize,
    /// About how many tokens this page takes.
    pub(in crate::cli) tokens: usize,
    /// About how many tokens all pages take together.
    pub(in crate::cli) tokens_in_all: usize,
    pub(in crate::cli) text: String,
}

pub(super) fn run(args: &ShowArgs, store: &dyn SessionStore) -> anyhow::Result<()> {
    let id = session_id(&args.id, store)?;
    if args.raw {
        return raw(args.json, id, store);
    }
    let told = Told::read(&id, store)?.ok_or_else(|| anyhow!("session {id} is gone"))?;
    let paged = args.page.is_some() || args.tokens.is_some() || args.at.is_some();
    if args.json && !paged {
        return print_json(&whole(told));
    }
    let paint = if args.json { Paint::PLAIN } else { Paint::for_stdout() };
    if !paged {
        let text: String = told.items(paint, None).into_iter().map(|item| item.text).collect();
        print_text(&text);
        return Ok(());
    }
    let place = args.at.map_or_else(|| Place::Page(args.page.unwrap_or(1)), Place::Step);
    let tokens = args.tokens.unwrap_or(PAGE_TOKENS);
    ensure!(tokens >= FEWEST_TOKENS, "a page of {tokens} tokens holds nothing; give --tokens {FEWEST_TOKENS} or more");
    let shown = page(&told, place, tokens, paint)?;
    if args.json {
        return print_json(&shown);
    }
    print_text(&shown.text);
    print_text(&paint.faint(&format!("\n{}\n", footer(&shown))));
    Ok(())
}

fn raw(json: bool, session: SessionId, store: &dyn SessionStore) -> anyhow::Result<()> {
    let raw = store.raw_records(&session)?;
    if json {
        return print_json(&Kept { session, raw });
    }
    if raw.is_empty() {
        print_line(format_args!("every record of {} was understood, or none was kept", one_line(session.native(), 60)));
    }
    let paint = Paint::for_stdout();
    for record in &raw {
        let cut = if record.text.len() as u64 == record.bytes { "" } else { ", cut or redacted" };
        let about = format!("line {}: {}, {} bytes{cut}", record.line, one_line(&record.why, 80), record.bytes);
        print_line(format_args!("{}\n{}", paint.strong(&about), printable(&record.text)));
    }
    Ok(())
}

/// Where to open a session.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Place {
    /// The page with this number, from 1.
    Page(usize),
    /// The page with the step at this position, which is set off.
    Step(u32),
}

/// One page of a session laid out on pages of at most `tokens` tokens.
pub(in crate::cli) fn page(told: &Told, place: Place, tokens: usize, paint: Paint) -> anyhow::Result<Shown> {
    let mark = match place {
        Place::Page(_) => None,
        Place::Step(seq) => Some(seq),
    };
    if let Some(seq) = mark.filter(|seq| told.last_step().is_none_or(|last| *seq > last)) {
        let last = told.last_step().map_or_else(|| "none".to_owned(), |last| format!("@{last}"));
        bail!("there is no message or call @{seq}: the last one of the session is {last}");
    }
    let all = pages(&told.items(paint, mark), tokens);
    let number = match place {
        Place::Page(number) => number,
        Place::Step(seq) => page_of(&all, seq) + 1,
    };
    let Some(page) = number.checked_sub(1).and_then(|index| all.get(index)) else {
        bail!("there is no page {number}: the session has {} of {tokens} tokens", all.len());
    };
    Ok(Shown {
        session: told.session.id.clone(),
        page: number,
        pages: all.len(),
        tokens: page.tokens(),
        tokens_in_all: all.iter().map(Page::tokens).sum(),
        text: page.text.clone(),
    })
}

fn footer(shown: &Shown) -> String {
    let Shown { page, pages, tokens, tokens_in_all, .. } = shown;
    let next = if page < pages { format!("; next: --page {}", page + 1) } else { String::new() };
    format!("page {page} of {pages}, about {tokens} of {tokens_in_all} tokens{next}")
}

fn whole(told: Told) -> Whole {
    Whole { session: told.session, turns: told.turns, subagents: told.agents.into_iter().map(whole).collect() }
}

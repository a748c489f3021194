//! `statusline`: a line under the client's prompt that says what was recalled in this session; and, from the same input, how
//! much of the person's quota is used, so that a distiller leaves the rest alone. The client runs this after every answer
//! and shows whatever it prints, so it prints nothing else and never fails.

use std::io::Read;

use clap::Args;
use serde::Deserialize;

use super::App;
use super::output::print_line;
use crate::config::{Backend, variable};
use crate::hook::{Journal, LONGEST_EVENT};
use crate::model::{Agent, SessionId, Timestamp};
use crate::store::sqlite::SqliteStore;
use crate::store::{DistillerStore, MemoryStore, Quota, RecallFilter, RecallStore, StoreError};
use crate::text::one_line;

/// Width where the client does not say.
const COLUMNS: usize = 80;

/// Arguments of `statusline`.
#[derive(Args)]
pub(super) struct StatuslineArgs {
    /// Keep the quota and print nothing, for use in a status line of your own
    #[arg(long)]
    quiet: bool,
}

/// What is read of the client's input.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Input {
    session_id: Option<String>,
    rate_limits: Option<serde_json::Map<String, serde_json::Value>>,
}

/// One of the client's `rate_limits`.
#[derive(Deserialize)]
struct RateLimit {
    /// 0 to 100.
    used_percentage: f32,
    /// Seconds since 1970.
    resets_at: i64,
}

pub(super) fn run(args: &StatuslineArgs, app: &App) {
    match line(args, app) {
        Ok(line) => line.iter().for_each(print_line),
        Err(error) => Journal::new(&app.paths).log(app.now, &format!("statusline: {error:#}")),
    }
}

fn line(args: &StatuslineArgs, app: &App) -> anyhow::Result<Option<String>> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(LONGEST_EVENT).read_to_end(&mut input)?;
    let input: Input = serde_json::from_slice(&input)?;
    let mut store = match SqliteStore::open_for_hook(&app.paths.database()) {
        Err(StoreError::Missing { .. }) => return Ok(None),
        opened => opened?,
    };
    note_quotas(&input, app.now, &mut store)?;
    if args.quiet { Ok(None) } else { recalled(&input, &store) }
}

/// The client runs this every few seconds: nothing is written where nothing has changed.
fn note_quotas(input: &Input, now: Timestamp, store: &mut SqliteStore) -> anyhow::Result<()> {
    let client = Backend::Claude.as_str();
    let known = store.quotas(client, now)?;
    let said = input.rate_limits.iter().flatten().filter_map(|(name, value)| quota(name, value));
    let changed: Vec<Quota> = said.filter(|quota| quota.resets_at > now && !known.contains(quota)).collect();
    if !changed.is_empty() {
        store.note_quotas(client, &changed)?;
    }
    Ok(())
}

fn quota(name: &str, value: &serde_json::Value) -> Option<Quota> {
    let RateLimit { used_percentage, resets_at } = RateLimit::deserialize(value).ok()?;
    let resets_at = Timestamp(resets_at.checked_mul(1_000)?);
    Some(Quota { name: one_line(name, 40), used: (used_percentage / 100.0).clamp(0.0, 1.0), resets_at })
}

/// How many memories were injected in this session, and the latest; nothing where there are none.
fn recalled(input: &Input, store: &SqliteStore) -> anyhow::Result<Option<String>> {
    let Some(native) = &input.session_id else { return Ok(None) };
    let session = SessionId::new(Agent::ClaudeCode, native);
    let filter = RecallFilter { session: Some(session), injected: true, ..RecallFilter::default() };
    let recalls = store.recalls(&filter)?;
    let Some(latest) = recalls.first() else { return Ok(None) };
    let columns = variable("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok()).unwrap_or(COLUMNS);
    let memory = store.memory(latest.memory)?;
    let what = memory.map(|memory| format!(": #{} {} {}", memory.id, memory.draft.kind, memory.draft.title));
    Ok(Some(one_line(&format!("{} recalled{}", recalls.len(), what.unwrap_or_default()), columns)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_a_quota_is_taken_for_one() {
        let read = |value| quota("five_hour", &value);
        let known = Quota { name: "five_hour".to_owned(), used: 0.235, resets_at: Timestamp(1_790_000_000_000) };
        assert_eq!(read(json!({"used_percentage": 23.5, "resets_at": 1_790_000_000, "more": true})), Some(known));
        assert_eq!(read(json!({"used_percentage": "much", "resets_at": 1})), None);
        assert_eq!(read(json!({"used_percentage": 5, "resets_at": i64::MAX})), None);
        assert_eq!(read(json!(null)), None);
    }
}

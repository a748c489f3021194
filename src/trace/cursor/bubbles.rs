//! The editor's database: conversations (`composerData:<id>`) whose messages (`bubbleId:<id>:<message>`) stand apart.
//!
//! Only rows with these keys are read: the other table holds settings and tokens.

use std::io;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::messages::{person, plain};
use crate::model::{Agent, Timestamp, ToolStatus};
use crate::trace::Parsed;
use crate::trace::builder::Builder;
use crate::trace::database::{failed, open};
use crate::trace::document::{DocumentSession, SessionSink, written_at};
use crate::trace::fields::{elements, moment, or_empty, owned};

const COMPOSERS: &str = "composerData:";

/// Gives every conversation that has messages.
pub(super) fn sessions(path: &Path, sink: &mut dyn SessionSink) -> io::Result<()> {
    let db = open(path)?;
    let written = written_at(path);
    for id in ids(&db).map_err(failed)? {
        let Some(composer) = value(&db, &format!("{COMPOSERS}{id}")).map_err(failed)? else { continue };
        let changed = moment(composer.get("lastUpdatedAt")).or_else(|| moment(composer.get("createdAt")));
        if changed.is_some_and(|changed| sink.has(Agent::Cursor, &id, changed)) {
            continue;
        }
        let parsed = session(&db, &id, written).map_err(failed)?;
        if !parsed.steps.is_empty() && !sink.take(DocumentSession { agent: Agent::Cursor, changed, parsed }) {
            break;
        }
    }
    Ok(())
}

/// The names of all conversations: by key, so that the index is used and the values, up to a gigabyte, are not read.
fn ids(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        db.prepare("SELECT key FROM cursorDiskKV WHERE key >= 'composerData:' AND key < 'composerData;' ORDER BY key")?;
    let keys = statement.query_map([], |row| row.get::<_, String>(0))?;
    keys.map(|key| key.map(|key| key[COMPOSERS.len()..].to_owned())).collect()
}

/// A value, stored as text or as bytes; none where it is missing, empty or not JSON.
fn value(db: &Connection, key: &str) -> rusqlite::Result<Option<Value>> {
    let mut statement = db.prepare_cached("SELECT value FROM cursorDiskKV WHERE key = ?")?;
    let found = statement.query_row([key], |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => serde_json::from_slice(bytes).ok(),
            _ => None,
        })
    });
    Ok(found.optional()?.flatten())
}

fn session(db: &Connection, id: &str, written: Timestamp) -> rusqlite::Result<Parsed> {
    let snapshot = db.unchecked_transaction()?;
    let composer = value(&snapshot, &format!("{COMPOSERS}{id}"))?.unwrap_or(Value::Null);
    let created = moment(composer.get("createdAt"));
    let mut builder = Builder::new(id, created.unwrap_or(written));
    head(&mut builder, &composer);
    builder.spans(created);
    let mut missing = 0;
    for header in elements(&composer, "fullConversationHeadersOnly") {
        let bubble = or_empty(header, "bubbleId");
        match value(&snapshot, &format!("bubbleId:{id}:{bubble}"))? {
            Some(content) => take(&mut builder, bubble, &content),
            None => missing += 1,
        }
    }
    // Older versions keep the messages in the conversation itself.
    for content in elements(&composer, "conversation") {
        take(&mut builder, or_empty(content, "bubbleId"), content);
    }
    for _ in 0..missing {
        builder.count("message that is missing");
    }
    if or_empty(&composer, "status") == "aborted" {
        builder.interrupt();
    }
    Ok(builder.parsed)
}

fn head(builder: &mut Builder, composer: &Value) {
    let facts = &mut builder.parsed.facts;
    facts.usage.model = composer.pointer("/modelConfig/modelName").and_then(Value::as_str).map(str::to_owned);
    facts.agent_title = owned(composer, "name");
    let parents = ["/subagentInfo/parentComposerId", "/parentComposerId"];
    facts.parent = parents.iter().find_map(|place| composer.pointer(place)?.as_str()).map(str::to_owned);
    facts.subagent = facts.parent.is_some();
    let places = ["/workspaceIdentifier/uri/fsPath", "/workspaceIdentifier/uri/path", "/context/workspacePath"];
    let repository = composer.pointer("/trackedGitRepos/0/repoPath");
    let place = places.iter().find_map(|place| composer.pointer(place)).or(repository).and_then(Value::as_str);
    facts.cwd = place.filter(|place| !place.is_empty()).map(str::to_owned);
    let branch = composer.pointer("/activeBranch/branchName").or_else(|| composer.get("createdOnBranch"));
    facts.branch = branch.and_then(Value::as_str).filter(|branch| !branch.is_empty()).map(str::to_owned);
}

fn take(builder: &mut Builder, id: &str, bubble: &Value) {
    builder.record(Some(id));
    builder.at(moment(bubble.get("createdAt")).or_else(|| moment(bubble.pointer("/timingInfo/clientStartTime"))));
    match bubble.get("type").and_then(Value::as_i64) {
        Some(1) => person(builder, or_empty(bubble, "text")),
        Some(2) => {
            let tokens = |place: &str| bubble.pointer(place).and_then(Value::as_u64).unwrap_or(0);
            let usage = &mut builder.parsed.facts.usage;
            usage.add(tokens("/tokenCount/inputTokens"), tokens("/tokenCount/outputTokens"));
            builder.agent(or_empty(bubble, "text"));
            if let Some(tool) = bubble.get("toolFormerData").filter(|tool| !or_empty(tool, "name").is_empty()) {
                call(builder, tool);
            }
        }
        other => builder.skip("unknown bubble", &other.map_or_else(String::new, |kind| kind.to_string()), bubble),
    }
}

fn call(builder: &mut Builder, tool: &Value) {
    let id = or_empty(tool, "toolCallId");
    let input = [tool.get("rawArgs"), tool.get("params")].into_iter().flatten().map(decoded);
    let input = input.into_iter().find(|input| !matches!(input, Value::Null | Value::String(_))).unwrap_or(Value::Null);
    builder.call(id, or_empty(tool, "name"), &input);
    let result = tool.get("result").map(decoded).unwrap_or(Value::Null);
    let Some(status) = status(tool, &result) else { return };
    let error = ["/error/clientVisibleErrorMessage", "/error/message", "/error"];
    let error = error.iter().find_map(|place| tool.pointer(place)?.as_str()).unwrap_or_default();
    let output = plain(&result);
    builder.result(id, status, if output.is_empty() { error } else { &output });
}

/// A value that may be JSON written as text.
fn decoded(value: &Value) -> Value {
    match value {
        Value::String(json) => serde_json::from_str(json).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

/// How a call ended. A refused or failed command is `completed` all the same; further data tell.
fn status(tool: &Value, result: &Value) -> Option<ToolStatus> {
    let further = tool.pointer("/additionalData/status").and_then(Value::as_str).unwrap_or_default();
    let rejected = result.get("rejected") == Some(&Value::Bool(true));
    let exit = ["exitCode", "exitCodeV2"].iter().find_map(|name| result.get(name)?.as_i64());
    match or_empty(tool, "status") {
        "cancelled" | "rejected" | "aborted" => Some(ToolStatus::Cancelled),
        "error" | "failed" => Some(ToolStatus::Failed),
        "completed" | "success" if rejected || matches!(further, "rejected" | "cancelled") => {
            Some(ToolStatus::Cancelled)
        }
        "completed" | "success" if further == "error" || exit.is_some_and(|exit| exit != 0) => Some(ToolStatus::Failed),
        "completed" | "success" => Some(ToolStatus::Ok),
        _ => None,
    }
}

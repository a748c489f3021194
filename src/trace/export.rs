//! What one gets on asking a chat service for one's data: an array of conversations, alone, in shards or in a zip.

mod chatgpt;
mod claude_ai;
mod elements;
mod huggingchat;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::document::{DocumentReader, DocumentSession, SessionSink, file_name, written_at};
use super::{HEAD_BYTES, Reader, Reading};
use crate::model::{Agent, Timestamp};
use elements::{Element, elements};

/// How a zip archive starts.
const ZIP: &[u8] = b"PK\x03\x04";

/// Turns one conversation into a session; none when it is of another service.
type Read1 = fn(&Value, Timestamp) -> Option<DocumentSession>;

/// A service's conversations: members that tell them apart from others', and how one is read.
const SERVICES: &[(&[&str], Read1)] = &[
    (&["\"mapping\""], chatgpt::session),
    (&["\"chat_messages\"", "\"uuid\""], claude_ai::session),
    (&["\"messages\"", "\"_id\""], huggingchat::session),
];

/// Reads `conversations.json`, `conversations-000.json` and so on, and zip archives with such files.
pub(super) struct Exports;

impl Reader for Exports {
    fn agents(&self) -> &'static [Agent] {
        &[Agent::ChatGpt, Agent::ClaudeAi, Agent::HuggingChat]
    }

    fn may_hold(&self, path: &Path) -> bool {
        is_shard(file_name(path)) || path.extension().is_some_and(|extension| extension == "zip")
    }

    fn recognises(&self, path: &Path, head: &[u8]) -> bool {
        if head.starts_with(ZIP) {
            return shards(path).is_ok_and(|names| !names.is_empty());
        }
        let is_json = head.trim_ascii_start().starts_with(b"[") || is_shard(file_name(path));
        is_json && SERVICES.iter().any(|(members, _)| has_members(head, members))
    }

    fn reading(&self) -> Reading<'_> {
        Reading::Document(self)
    }
}

impl DocumentReader for Exports {
    fn sessions(&self, path: &Path, sink: &mut dyn SessionSink) -> io::Result<()> {
        let written = written_at(path);
        let mut file = File::open(path)?;
        let mut start = [0; ZIP.len()];
        let is_zip = file.read(&mut start)? == ZIP.len() && start == ZIP;
        drop(file);
        if !is_zip {
            return conversations(BufReader::with_capacity(HEAD_BYTES, File::open(path)?), written, sink).map(|_| ());
        }
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
        for name in shards(path)? {
            let shard = archive.by_name(&name).map_err(io::Error::other)?;
            if !conversations(BufReader::with_capacity(HEAD_BYTES, shard), written, sink)? {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a file's name is that of a list of conversations.
fn is_shard(name: &str) -> bool {
    name.starts_with("conversations") && name.ends_with(".json")
}

/// The lists of conversations in an archive, by name.
fn shards(path: &Path) -> io::Result<Vec<String>> {
    let archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    let names = archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned);
    let mut names: Vec<String> = names.filter(|name| is_shard(name.rsplit('/').next().unwrap_or(name))).collect();
    names.sort_unstable();
    Ok(names)
}

fn has_members(head: &[u8], members: &[&str]) -> bool {
    let head = String::from_utf8_lossy(head);
    members.iter().all(|member| head.contains(member))
}

/// Gives every conversation of a list, of which one at a time is held. False when no more are wanted.
///
/// What is no conversation of a known service is counted in the session before it, else in the one after it.
fn conversations(list: impl Read, written: Timestamp, sink: &mut dyn SessionSink) -> io::Result<bool> {
    let mut waiting: Option<DocumentSession> = None;
    let mut odd: Vec<(&'static str, u64)> = Vec::new();
    let mut number = 0;
    let mut wanted = true;
    let read = elements(list, &mut |element| {
        number += 1;
        let found = match element {
            Element::Whole(bytes) => serde_json::from_str::<Value>(&String::from_utf8_lossy(bytes)).ok(),
            Element::TooLong => None,
        };
        let Some(conversation) = found else {
            odd.push(("conversation that is not JSON or too long", number));
            return true;
        };
        let Some(mut session) = SERVICES.iter().find_map(|(_, read)| read(&conversation, written)) else {
            odd.push(("conversation of an unknown form", number));
            return true;
        };
        count(&mut session, &mut odd);
        if let Some(ready) = waiting.replace(session) {
            wanted = sink.take(ready);
        }
        wanted
    });
    if let Some(mut last) = waiting.filter(|_| wanted) {
        count(&mut last, &mut odd);
        wanted = sink.take(last);
    }
    read.map(|()| wanted)
}

fn count(session: &mut DocumentSession, odd: &mut Vec<(&'static str, u64)>) {
    for (why, number) in odd.drain(..) {
        session.parsed.count(why, number);
    }
}

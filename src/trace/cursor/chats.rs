//! The command line's databases, one a chat: messages as JSON, named by their hash, in an order that a root blob gives
//! in protobuf.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use super::messages;
use crate::model::Agent;
use crate::trace::builder::Builder;
use crate::trace::database::{failed, open};
use crate::trace::document::{DocumentSession, SessionSink, file_name, written_at};
use crate::trace::fields::{moment, or_empty, owned};

/// Bytes of a blob's name.
const NAME_BYTES: usize = 32;

/// Gives the chat, if it has messages.
pub(super) fn session(path: &Path, sink: &mut dyn SessionSink) -> io::Result<()> {
    let db = open(path)?;
    let snapshot = db.unchecked_transaction().map_err(failed)?;
    let meta = meta(&snapshot).map_err(failed)?;
    let native = owned(&meta, "agentId");
    let native = native.unwrap_or_else(|| path.parent().map_or("", file_name).to_owned());
    let created = moment(meta.get("createdAt"));
    let mut builder = Builder::new(&native, created.unwrap_or_else(|| written_at(path)));
    builder.parsed.facts.agent_title = owned(&meta, "name").filter(|name| name != "New Agent");
    builder.spans(created);
    let mut blobs = Blobs { db: &snapshot, messages: HashMap::new() };
    for name in names(&blobs.read(or_empty(&meta, "latestRootBlobId")).map_err(failed)?) {
        blobs.tell(&mut builder, &name).map_err(failed)?;
    }
    if !builder.is_empty() {
        builder.spans(Some(written_at(path)));
        sink.take(DocumentSession { agent: Agent::Cursor, changed: None, parsed: builder.parsed });
    }
    Ok(())
}

/// The chat's own facts: JSON, written as hexadecimal digits in one row.
fn meta(db: &Connection) -> rusqlite::Result<Value> {
    let mut statement = db.prepare("SELECT value FROM meta ORDER BY key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = row.get_ref(0)? else { continue };
        let json = unhex(bytes).unwrap_or_else(|| bytes.to_vec());
        if let Ok(meta) = serde_json::from_slice::<Value>(&json)
            && meta.get("latestRootBlobId").is_some()
        {
            return Ok(meta);
        }
    }
    Ok(Value::Null)
}

struct Blobs<'a> {
    db: &'a Connection,
    /// How often a message stood in the chat: the same words said twice are one blob.
    messages: HashMap<String, u32>,
}

impl Blobs<'_> {
    fn read(&self, name: &str) -> rusqlite::Result<Vec<u8>> {
        let mut statement = self.db.prepare_cached("SELECT data FROM blobs WHERE id = ?")?;
        let mut rows = statement.query([name])?;
        Ok(match rows.next()? {
            Some(row) => match row.get_ref(0)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        })
    }

    /// Adds the message in a blob. Other blobs, of which there are several kinds, are counted.
    fn tell(&mut self, builder: &mut Builder, name: &str) -> rusqlite::Result<()> {
        let content = self.read(name)?;
        match serde_json::from_slice::<Value>(&content) {
            Ok(message) if !or_empty(&message, "role").is_empty() => {
                let again = self.messages.entry(name.to_owned()).or_default();
                *again += 1;
                let id =
                    owned(&message, "id").unwrap_or_else(|| format!("{}-{name}-{again}", builder.parsed.facts.native));
                builder.record(Some(&id));
                messages::message(builder, or_empty(&message, "role"), &message);
            }
            _ if content.is_empty() => builder.count("message that is missing"),
            _ => builder.count("blob that is no-message"),
        }
        Ok(())
    }
}

/// The names in the first field of the root, in order; other fields are passed over.
fn names(root: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = root;
    while let Some((tag, after)) = varint(rest) {
        let (field, wire) = (tag >> 3, tag & 7);
        let Some((content, after)) = field_content(wire, after) else { break };
        if field == 1 && content.len() == NAME_BYTES {
            names.push(content.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        rest = after;
    }
    names
}

/// The bytes of one field and what follows it.
fn field_content(wire: u64, rest: &[u8]) -> Option<(&[u8], &[u8])> {
    match wire {
        0 => varint(rest).map(|(_, after)| (&rest[..0], after)),
        1 => rest.split_at_checked(8),
        2 => {
            let (length, after) = varint(rest)?;
            after.split_at_checked(usize::try_from(length).ok()?)
        }
        5 => rest.split_at_checked(4),
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_root() {
        let mut root = vec![0x0a, 32];
        root.extend([0xab; 32]);
        root.extend([0x10, 0x96, 0x01]); // field 2, a number
        root.extend([0x4a, 3, b'/', b'p', b'/']); // field 9, text
        root.extend([0x0a, 32]);
        root.extend([0xcd; 32]);
        assert_eq!(names(&root), ["ab".repeat(32), "cd".repeat(32)]);
        assert_eq!(names(&root[..root.len() - 1]), ["ab".repeat(32)]);
        assert!(names(&[0xff; 40]).is_empty());
    }

    #[test]
    fn digits_become_bytes() {
        assert_eq!(unhex(b"7b7D").as_deref(), Some(&b"{}"[..]));
        assert_eq!(unhex(b"7b7"), None);
        assert_eq!(unhex(b"xx"), None);
        assert_eq!(unhex(b""), None);
    }
}

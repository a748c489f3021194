//! The last messages of a transcript, read from its end: the hook needs them at every prompt, whatever the size.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use super::claude::{Record, spoken, text};
use super::parsed::start_of;
use crate::model::Role;

/// How much is read at a time, and at most. Plumbing between messages can be longer than a block, rarely than ten.
const BLOCK_BYTES: u64 = 64 * 1024;
const MOST_BYTES: u64 = 1024 * 1024;

/// Most bytes of a message that are given out.
const MESSAGE_BYTES: usize = 2000;

/// A message near the end of a transcript. As written: not redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailMessage {
    /// Who speaks.
    pub role: Role,
    /// What was said, cut to about 2,000 characters.
    pub text: String,
    /// The record's id.
    pub uuid: Option<String>,
}

/// The last `limit` messages of either side, oldest first, by the same rules as for the whole transcript.
///
/// Reads at most 1 MB. A file that is missing, empty or not understood has none.
pub fn tail(path: &Path, limit: usize) -> Vec<TailMessage> {
    let Ok(mut file) = File::open(path) else { return Vec::new() };
    let Ok(size) = file.seek(SeekFrom::End(0)) else { return Vec::new() };
    let mut found = Vec::new();
    let mut start = size;
    // The start of a line whose end is in the blocks read before.
    let mut rest: Vec<u8> = Vec::new();
    while start > 0 && size - start < MOST_BYTES && found.len() < limit {
        let length = BLOCK_BYTES.min(start);
        start -= length;
        let Some(mut block) = read_at(&mut file, start, length) else { break };
        block.append(&mut rest);
        let from =
            if start == 0 { 0 } else { block.iter().position(|&byte| byte == b'\n').map_or(block.len(), |at| at + 1) };
        for line in block[from..].rsplit(|&byte| byte == b'\n') {
            if found.len() == limit {
                break;
            }
            found.extend(message(line));
        }
        block.truncate(from);
        rest = block;
    }
    found.reverse();
    found
}

fn read_at(file: &mut File, start: u64, length: u64) -> Option<Vec<u8>> {
    let mut block = Vec::with_capacity(usize::try_from(length).ok()?);
    file.seek(SeekFrom::Start(start)).ok()?;
    file.take(length).read_to_end(&mut block).ok()?;
    Some(block)
}

/// The message in a line, which is looked into only when it can be one.
fn message(line: &[u8]) -> Option<TailMessage> {
    if !(holds(line, b"\"user\"") || holds(line, b"\"assistant\"")) {
        return None;
    }
    let record = Record::read(line)?;
    let (role, said) = spoken(&record)?;
    Some(TailMessage {
        role,
        text: start_of(&said, MESSAGE_BYTES).to_owned(),
        uuid: text(record.uuid).map(std::borrow::Cow::into_owned),
    })
}

/// Whether a line has a member `type` with this value, at any depth.
fn holds(line: &[u8], value: &[u8]) -> bool {
    const NAME: &[u8] = b"\"type\":";
    let mut rest = line;
    while let Some(at) = memmem::find(rest, NAME) {
        rest = &rest[at + NAME.len()..];
        if rest.trim_ascii_start().starts_with(value) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, uuid: u32, said: &str) -> String {
        let message = serde_json::json!({"content": [{"type": "text", "text": said}]});
        format!("{}\n", serde_json::json!({"type": kind, "uuid": uuid.to_string(), "message": message}))
    }

    fn check(content: &[u8], limit: usize, expected: &[(Role, &str)]) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let found = tail(file.path(), limit);
        let found: Vec<_> = found.iter().map(|message| (message.role, message.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn gives_the_last_messages_oldest_first() {
        let content: String =
            (0..50).map(|n| line(if n % 2 == 0 { "user" } else { "assistant" }, n, &n.to_string())).collect();
        check(content.as_bytes(), 3, &[(Role::Agent, "47"), (Role::User, "48"), (Role::Agent, "49")]);
        check(line("user", 1, "only").as_bytes(), 5, &[(Role::User, "only")]);
        check(b"", 5, &[]);
        assert_eq!(tail(Path::new("/no/such/file"), 3), []);
    }

    #[test]
    fn passes_over_plumbing_larger_than_a_block() {
        let mut content = line("user", 1, "before");
        content.push_str(&format!("{{\"type\":\"progress\",\"data\":\"{}\"}}\n", "x".repeat(300_000)));
        content.push_str(&line("assistant", 2, "after"));
        content.push_str("{\"type\":\"user\",\"message\":{\"content\":\"cut o");
        check(content.as_bytes(), 4, &[(Role::User, "before"), (Role::Agent, "after")]);
    }

    #[test]
    fn bad_bytes_spoil_only_their_line() {
        let mut content = line("user", 1, "good").into_bytes();
        content.extend(b"\xff\xfe{\"type\":\"user\"\n\n\n");
        content.extend(line("user", 2, "also \u{2028} good").into_bytes());
        check(&content, 4, &[(Role::User, "good"), (Role::User, "also \u{2028} good")]);
    }

    #[test]
    fn reads_a_bounded_part() {
        let mut content = line("user", 1, "too far away");
        content.push_str(&format!("{{\"type\":\"mode\",\"data\":\"{}\"}}\n", "x".repeat(2_000_000)));
        check(content.as_bytes(), 4, &[]);
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), line("user", 1, &"é".repeat(5000))).unwrap();
        assert_eq!(tail(file.path(), 1)[0].text, "é".repeat(1000));
    }
}

//! Members of JSON objects, found without parsing what nobody asks for: most of a transcript's bytes are results and
//! snapshots that are not kept.
//!
//! A value that is passed over is only looked through for its end. So a record with nonsense deep inside such a value is
//! read all the same; one that was cut off never closes and is told from a whole one.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

/// A value as it stands in the file; none where there is none, or null.
pub(super) type Raw<'a> = Option<&'a [u8]>;

/// Words of eight bytes in which a quote or escape is near.
const NEAR_WORDS: usize = 4;

/// Hands the members of an object to `take` by name, without those that are null. None where it is no whole object; what
/// came before the damage was handed out then.
pub(super) fn each_member<'a>(json: &'a [u8], mut take: impl FnMut(&'a [u8], &'a [u8])) -> Option<()> {
    let mut cursor = Cursor::new(json);
    cursor.members(|name, cursor| {
        if let Some(value) = cursor.raw()? {
            take(name, value);
        }
        Some(())
    })?;
    cursor.is_at_end().then_some(())
}

/// A place in JSON, at the start of a value or after one. Every method is none where the JSON is not well-formed.
///
/// Going into an object or array here, rather than taking it as a whole first, looks at each byte once.
pub(super) struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first value.
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, at: blank_end(json, 0) }
    }

    /// The first byte of the value.
    pub(super) fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(&self) -> bool {
        blank_end(self.json, self.at) == self.json.len()
    }

    /// Passes a value.
    #[inline]
    pub(super) fn value(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.at = value_end(self.json, start)?;
        Some(&self.json[start..self.at])
    }

    /// The same, where null counts as none.
    #[inline]
    pub(super) fn raw(&mut self) -> Option<Raw<'a>> {
        Some(Some(self.value()?).filter(|value| *value != b"null"))
    }

    /// Passes everything up to a place where a value is known to end.
    pub(super) fn pass_to(&mut self, end: usize) -> Option<&'a [u8]> {
        let value = self.json.get(self.at..end).filter(|value| !value.is_empty())?;
        self.at = end;
        Some(value)
    }

    /// Passes an object, stopping before each member's value for `take` to pass it.
    #[inline]
    pub(super) fn members(&mut self, mut take: impl FnMut(&'a [u8], &mut Self) -> Option<()>) -> Option<()> {
        self.list(b'{', b'}', |cursor| {
            let name = cursor.at + 1;
            let name_end = string_end(cursor.json, cursor.at)?;
            let colon = blank_end(cursor.json, name_end);
            if cursor.json.get(colon) != Some(&b':') {
                return None;
            }
            cursor.at = blank_end(cursor.json, colon + 1);
            take(&cursor.json[name..name_end - 1], cursor)
        })
    }

    /// Passes an array, stopping before each element for `take` to pass it.
    pub(super) fn elements(&mut self, take: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.list(b'[', b']', take)
    }

    #[inline]
    fn list(&mut self, open: u8, close: u8, mut take: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.peek() != Some(open) {
            return None;
        }
        self.at = blank_end(self.json, self.at + 1);
        if self.peek() == Some(close) {
            self.at += 1;
            return Some(());
        }
        loop {
            take(self)?;
            self.at = blank_end(self.json, self.at);
            match self.peek()? {
                b',' => self.at = blank_end(self.json, self.at + 1),
                byte if byte == close => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }
}

#[inline]
fn blank_end(json: &[u8], mut at: usize) -> usize {
    while json.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

#[inline]
fn value_end(json: &[u8], at: usize) -> Option<usize> {
    match json.get(at)? {
        b'"' => string_end(json, at),
        b'{' | b'[' => container_end(json, at),
        _ => {
            let length = json[at..].iter().take_while(|&&byte| is_of_scalars(byte)).count();
            (length > 0).then_some(at + length)
        }
    }
}

/// The place after the string that starts at `at`.
#[inline]
fn string_end(json: &[u8], at: usize) -> Option<usize> {
    if json.get(at) != Some(&b'"') {
        return None;
    }
    let escapes = |quote: usize| json[..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
    let is_end = |quote: &usize| json[quote - 1] != b'\\' || escapes(*quote) % 2 == 0;
    let from = at + 1;
    let end = near::<b'"'>(json, from).filter(is_end);
    let far = || memchr_iter(b'"', &json[from..]).map(|length| from + length).find(is_end);
    Some(end.or_else(far)? + 1)
}

/// The first such byte from `from` on, if it is near. Most are, where calling [`memchr`] costs more than the search.
#[inline]
fn near<const BYTE: u8>(json: &[u8], mut from: usize) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    for _ in 0..NEAR_WORDS {
        let word = json.get(from..)?.first_chunk()?;
        // The high bit of each byte that is zero, which is where the byte looked for is.
        let others = u64::from_le_bytes(*word) ^ u64::from_le_bytes([BYTE; 8]);
        let found = !(((others & LOW) + LOW) | others | LOW);
        if found != 0 {
            return Some(from + found.trailing_zeros() as usize / 8);
        }
        from += word.len();
    }
    None
}

/// The place after the object or array that starts at `at`.
fn container_end(json: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0u32;
    loop {
        match OUTSIDE[usize::from(*json.get(at)?)] {
            Outside::Plain => at += 1,
            Outside::Quote => at = string_end(json, at)?,
            Outside::Open => {
                depth += 1;
                at += 1;
            }
            Outside::Close => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            Outside::Never => return None,
        }
    }
}

/// What a byte outside of strings is.
#[derive(Clone, Copy)]
enum Outside {
    Plain,
    Quote,
    Open,
    Close,
    Never,
}

static OUTSIDE: [Outside; 256] = {
    let mut table = [Outside::Never; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = match byte {
            b'"' => Outside::Quote,
            b'{' | b'[' => Outside::Open,
            b'}' | b']' => Outside::Close,
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => Outside::Plain,
            byte if is_of_scalars(byte) => Outside::Plain,
            _ => Outside::Never,
        };
        byte += 1;
    }
    table
};

/// Whether numbers and literals have such a byte.
const fn is_of_scalars(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.')
}

/// The text of a string.
pub(super) fn string(json: &[u8]) -> Option<Cow<'_, str>> {
    string_start(json, usize::MAX)
}

/// The text of a string, of a longer one at least the first `bytes` bytes.
pub(super) fn string_start(json: &[u8], bytes: usize) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut near = inside.len().min(bytes.saturating_add(4));
    if let Some(first) = memchr(b'\\', &inside[..near]) {
        return unescaped(inside, first, bytes).map(Cow::Owned);
    }
    // Not inside a character, of which the second and later bytes look like this.
    while near < inside.len() && near > bytes && inside[near] & 0xc0 == 0x80 {
        near -= 1;
    }
    Some(lossy(&inside[..near]))
}

/// The text of bytes. Asking first whether they are valid is faster than [`String::from_utf8_lossy`] alone.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A string with its escapes resolved, of which the first stands at `escape`.
fn unescaped(inside: &[u8], mut escape: usize, bytes: usize) -> Option<String> {
    let mut out = Vec::with_capacity(inside.len().min(bytes.saturating_add(64)));
    let mut from = 0;
    while out.len() < bytes {
        out.extend_from_slice(&inside[from..escape]);
        if escape == inside.len() {
            break;
        }
        from = escape + 2;
        match *inside.get(escape + 1)? {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let (c, length) = unicode(&inside[escape..])?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                from = escape + length;
            }
            byte @ (b'"' | b'\\' | b'/') => out.push(byte),
            _ => return None,
        }
        let far = || memchr(b'\\', &inside[from..]).map_or(inside.len(), |length| from + length);
        escape = near::<b'\\'>(inside, from).unwrap_or_else(far);
    }
    Some(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The character that `\uXXXX` at the start stands for, two of them if they are a pair, and how long that is. Half a
/// pair, which programs leave when they cut a text, is the replacement character.
fn unicode(escape: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits =
            str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let mut chars = char::decode_utf16([first].into_iter().chain(unit(6)));
    match chars.next()? {
        Ok(c) => Some((c, 6 * c.len_utf16())),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

#[cfg(test)]
mod tests;

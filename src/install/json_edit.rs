//! Sets and removes single members of a JSON document; every other byte stays as it is.
//!
//! Removing what was just inserted gives the document back byte for byte, unless its object was empty before.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value};

/// Why a document cannot be edited.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EditError {
    /// It is not JSON; with the reader's words.
    NotJson(String),
    /// The member with this dotted path must be an object.
    NotAnObject(String),
}

/// The document with the member at `path` set to `value`; objects on the way are made.
pub(super) fn set_member(text: &str, path: &[&str], value: &Value) -> Result<String, EditError> {
    let mut object = root_object(text)?;
    for (depth, key) in path.iter().enumerate() {
        let rest = &path[depth + 1..];
        let Some(found) = object.find(key) else {
            return Ok(insert(text, &object, key, &nested(rest, value)));
        };
        if rest.is_empty() {
            let rendered = render(value, &Style::of_value(text, &object, found));
            return Ok(splice(text, found.value.clone(), &rendered));
        }
        object = Object::at(text, found.value.start).ok_or_else(|| not_an_object(&path[..=depth]))?;
    }
    Ok(text.to_owned())
}

/// The document without the member at `path`; `None` when it has no such member.
pub(super) fn remove_member(text: &str, path: &[&str]) -> Result<Option<String>, EditError> {
    let mut object = root_object(text)?;
    for (depth, key) in path.iter().enumerate() {
        let Some(position) = object.members.iter().rposition(|member| member.key == *key) else { return Ok(None) };
        if depth + 1 == path.len() {
            return Ok(Some(splice(text, object.extent(position), "")));
        }
        let start = object.members[position].value.start;
        object = Object::at(text, start).ok_or_else(|| not_an_object(&path[..=depth]))?;
    }
    Ok(None)
}

fn not_an_object(path: &[&str]) -> EditError {
    EditError::NotAnObject(path.join("."))
}

fn nested(path: &[&str], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |inner, key| Value::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

fn splice(text: &str, range: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..range.start], &text[range.end..])
}

fn root_object(text: &str) -> Result<Object, EditError> {
    serde_json::from_str::<Value>(text).map_err(|error| EditError::NotJson(error.to_string()))?;
    Object::at(text, skip_space(text, 0)).ok_or_else(|| EditError::NotAnObject("the document".to_owned()))
}

struct Member {
    key: String,
    /// From the key's quote.
    start: usize,
    value: Range<usize>,
}

struct Object {
    open: usize,
    close: usize,
    members: Vec<Member>,
}

impl Object {
    /// The object whose brace is at `open`, in text that is known to be valid JSON.
    fn at(text: &str, open: usize) -> Option<Self> {
        if text.as_bytes().get(open) != Some(&b'{') {
            return None;
        }
        let mut members = Vec::new();
        let mut at = skip_space(text, open + 1);
        while text.as_bytes().get(at)? == &b'"' {
            let key_end = value_end(text, at);
            let key = serde_json::from_str(&text[at..key_end]).ok()?;
            let value_start = skip_space(text, skip_space(text, key_end) + 1);
            let value = value_start..value_end(text, value_start);
            let after = skip_space(text, value.end);
            members.push(Member { key, start: at, value });
            at = if text.as_bytes().get(after)? == &b',' { skip_space(text, after + 1) } else { after };
        }
        Some(Self { open, close: at, members })
    }

    /// The last one wins when a key stands twice, as it does for readers.
    fn find(&self, key: &str) -> Option<&Member> {
        self.members.iter().rev().find(|member| member.key == key)
    }

    /// What must go for the member to be gone: with its comma, and with the space that led to it.
    fn extent(&self, position: usize) -> Range<usize> {
        let member = &self.members[position];
        if position > 0 {
            self.members[position - 1].value.end..member.value.end
        } else if let Some(next) = self.members.get(1) {
            member.start..next.start
        } else {
            self.open + 1..self.close
        }
    }
}

fn skip_space(text: &str, at: usize) -> usize {
    let space = text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    at + space.count()
}

fn value_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (start, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(bytes[at - 1], b'"' | b'}' | b']') {
            return at;
        }
    }
    at
}

fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// How the neighbours of a new value are laid out.
struct Style {
    newline: &'static str,
    /// One level of indentation; none means all on one line.
    unit: Option<String>,
    /// Indentation of the line that the value stands on.
    indent: String,
}

impl Style {
    fn of_value(text: &str, object: &Object, member: &Member) -> Self {
        let first = object.members.first().map_or(object.open, |first| first.start);
        let unit = line_indent(text, first).map(|_| unit_of(text));
        let indent = line_indent(text, member.start).unwrap_or_default().to_owned();
        Self { newline: newline_of(text), unit, indent }
    }
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The white space before `at`, if nothing else precedes it on its line and it is not the first line.
fn line_indent(text: &str, at: usize) -> Option<&str> {
    let line = text[..at].rfind('\n')? + 1;
    let before = &text[line..at];
    before.trim_matches([' ', '\t']).is_empty().then_some(before)
}

/// Indentation of the document's own members; two spaces when it has none.
fn unit_of(text: &str) -> String {
    let root = Object::at(text, skip_space(text, 0));
    let first = root.as_ref().and_then(|root| root.members.first());
    let unit = first.and_then(|first| line_indent(text, first.start)).filter(|unit| !unit.is_empty());
    unit.unwrap_or("  ").to_owned()
}

fn insert(text: &str, object: &Object, key: &str, value: &Value) -> String {
    let key = Value::from(key);
    let Some(last) = object.members.last() else { return fill(text, object, &key, value) };
    match line_indent(text, last.start) {
        Some(indent) => {
            let style = Style { newline: newline_of(text), unit: Some(unit_of(text)), indent: indent.to_owned() };
            let new = format!(",{}{indent}{key}: {}", style.newline, render(value, &style));
            splice(text, last.value.end..last.value.end, &new)
        }
        None => splice(text, last.value.end..last.value.end, &format!(", {key}: {value}")),
    }
}

/// Gives an empty object its first member.
fn fill(text: &str, object: &Object, key: &Value, value: &Value) -> String {
    let line = text[..object.open].rfind('\n').map_or(0, |at| at + 1);
    let outer: String = text[line..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let (newline, unit) = (newline_of(text), unit_of(text));
    let indent = format!("{outer}{unit}");
    let rendered = render(value, &Style { newline, unit: Some(unit), indent: indent.clone() });
    splice(text, object.open + 1..object.close, &format!("{newline}{indent}{key}: {rendered}{newline}{outer}"))
}

fn render(value: &Value, style: &Style) -> String {
    let Some(unit) = &style.unit else { return value.to_string() };
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
    match value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)) {
        // A line end inside a string is always escaped, so every raw one is layout.
        Ok(()) => String::from_utf8_lossy(&bytes).replace('\n', &format!("{}{}", style.newline, style.indent)),
        Err(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests;

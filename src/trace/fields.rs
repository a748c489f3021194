//! Reading members of JSON records whose shape nobody promised.

use serde_json::Value;

use super::parsed::Parsed;
use crate::model::Timestamp;

/// Hands every line that is a JSON object to `take` with its number, from 1; counts the others. What is not understood,
/// here or by `take`, is kept.
pub(super) fn each_object(
    bytes: &[u8],
    line_number: &mut u64,
    out: &mut Parsed,
    mut take: impl FnMut(Value, u64, &mut Parsed),
) {
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        *line_number += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(line)) {
            Ok(value) if value.is_object() => take(value, *line_number, out),
            Ok(_) => out.skip("not an object", *line_number),
            Err(_) => out.skip("not JSON", *line_number),
        }
        out.keep(line);
    }
}

/// Whether one of the first lines of a file's start is a JSON object for which `is_ours` holds.
pub(super) fn any_object(head: &[u8], is_ours: impl Fn(&Value) -> bool) -> bool {
    let lines = head.split(|&byte| byte == b'\n').take(50);
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&String::from_utf8_lossy(line)).ok())
        .any(|line| is_ours(&line))
}

/// A member that is a string with something in it.
pub(super) fn text<'a>(record: &'a Value, member: &str) -> Option<&'a str> {
    record.get(member)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The same as an owned string.
pub(super) fn owned(record: &Value, member: &str) -> Option<String> {
    text(record, member).map(str::to_owned)
}

/// A member that is a string; empty where there is none.
pub(super) fn or_empty<'a>(record: &'a Value, member: &str) -> &'a str {
    record.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a point in time: see [`moment`].
pub(super) fn time(record: &Value, member: &str) -> Option<Timestamp> {
    moment(record.get(member))
}

/// A point in time: RFC 3339, or a number of milliseconds or seconds since the epoch, also as text.
pub(super) fn moment(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => Timestamp::parse(text).or_else(|| since_epoch(text.trim().parse().ok()?)),
        Value::Number(number) => since_epoch(number.as_f64()?),
        // As MongoDB exports them.
        Value::Object(members) => moment(members.get("$date")),
        _ => None,
    }
}

/// Below 10^11 it is seconds: as milliseconds that would be before March 1973.
fn since_epoch(number: f64) -> Option<Timestamp> {
    let millis = if number < 1e11 { number * 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked: up to the year 5138")]
    (millis > 0.0 && millis < 1e14).then(|| Timestamp(millis.round() as i64))
}

/// A member that is a number of something; 0 if it is none.
pub(super) fn count(record: &Value, member: &str) -> u64 {
    record.get(member).and_then(Value::as_u64).unwrap_or(0)
}

/// A member's elements; none if it is no array.
pub(super) fn elements<'a>(record: &'a Value, member: &str) -> &'a [Value] {
    record.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Texts of a content: a string, one block or an array of both, where a block has a member `text`.
pub(super) fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(blocks) => blocks.iter().flat_map(texts).collect(),
        block => block.get("text").and_then(Value::as_str).into_iter().collect(),
    }
}

/// The text without the elements of these names; one that is not closed stays.
pub(super) fn without_elements(text: &str, names: &[&str]) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, element) = rest.split_at(at);
        kept.push_str(before);
        match names.iter().find_map(|name| after_element(element, name)) {
            Some(after) => rest = after,
            None => {
                kept.push('<');
                rest = &element[1..];
            }
        }
    }
    kept.push_str(rest);
    kept.trim().to_owned()
}

fn after_element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let inside = text.strip_prefix('<')?.strip_prefix(name)?;
    inside.starts_with([' ', '>']).then(|| inside.split_once(&format!("</{name}>")).map(|(_, after)| after)).flatten()
}

/// The objects in a damaged document that are whole themselves and `is_wanted`, those inside them not.
pub(super) fn whole_objects(bytes: &[u8], is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(start) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'{')) {
        let rest = &bytes[at + start..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) if is_wanted(&value) => {
                found.push(value);
                at += start + values.byte_offset().max(1);
            }
            _ => at += start + 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contents_of_every_form_have_texts() {
        let check = |content: Value, expected: &[&str]| assert_eq!(texts(&content), expected, "{content}");
        check(json!("one"), &["one"]);
        check(json!([{"text": "one"}, "two", {"image": 1}]), &["one", "two"]);
        check(json!({"type": "text", "text": "one"}), &["one"]);
        check(json!(null), &[]);
        check(json!(5), &[]);
    }

    #[test]
    fn elements_are_taken_out_whole() {
        let check = |text: &str, expected: &str| assert_eq!(without_elements(text, &["memo", "skill"]), expected);
        check("do <memo n=\"1\">x</memo>it", "do it");
        check("<skill>x</skill>\n\nreview this", "review this");
        check("a <memory> is kept, <memo> too", "a <memory> is kept, <memo> too");
        check("1 < 2", "1 < 2");
    }

    fn check_moment(value: &Value, expected: Option<i64>) {
        assert_eq!(moment(Some(value)).map(Timestamp::millis), expected, "{value}");
    }

    #[test]
    fn times_come_in_many_forms() {
        check_moment(&json!(1_795_207_035_526_u64), Some(1_795_207_035_526));
        check_moment(&json!(1_795_207_035.5), Some(1_795_207_035_500));
        check_moment(&json!("2026-02-11T15:31:21.085Z"), Some(1_770_823_881_085));
        check_moment(&json!("1795207035526"), Some(1_795_207_035_526));
        check_moment(&json!({"$date": "2026-02-11T15:31:21.085Z"}), Some(1_770_823_881_085));
        check_moment(&json!(0), None);
        check_moment(&json!(-5), None);
        check_moment(&json!(1e300), None);
        check_moment(&json!("soon"), None);
        check_moment(&json!(null), None);
    }
}

//! Members of JSON values, as far as other programs keep to their own forms.

use serde_json::Value;

use crate::model::Timestamp;

/// A text member; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text member with something in it.
pub(super) fn filled(value: &Value, name: &str) -> Option<String> {
    Some(text(value, name).trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The elements of an array member.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
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

/// A point in time: RFC 3339, or a number of milliseconds or seconds since the epoch, also as text.
pub(super) fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => Timestamp::parse(text).or_else(|| number(text.trim().parse().ok()?)),
        Value::Number(number_) => number(number_.as_f64()?),
        // As MongoDB exports them.
        Value::Object(members) => time(members.get("$date")),
        _ => None,
    }
}

/// Below 10^11 it is seconds: as milliseconds that would be before March 1973.
fn number(number: f64) -> Option<Timestamp> {
    let millis = if number < 1e11 { number * 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked: up to the year 5138")]
    (millis > 0.0 && millis < 1e14).then(|| Timestamp(millis.round() as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: Option<i64>) {
        assert_eq!(time(Some(value)).map(Timestamp::millis), expected, "{value}");
    }

    #[test]
    fn times_come_in_many_forms() {
        check(&json!(1_795_207_035_526_u64), Some(1_795_207_035_526));
        check(&json!(1_795_207_035.5), Some(1_795_207_035_500));
        check(&json!("2026-02-11T15:31:21.085Z"), Some(1_770_823_881_085));
        check(&json!("1795207035526"), Some(1_795_207_035_526));
        check(&json!({"$date": "2026-02-11T15:31:21.085Z"}), Some(1_770_823_881_085));
        check(&json!(0), None);
        check(&json!(-5), None);
        check(&json!(1e300), None);
        check(&json!("soon"), None);
        check(&json!(null), None);
    }
}

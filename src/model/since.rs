//! Points in time as people give them.

use super::Timestamp;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A text that is no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time; give 2026-02-11, 2026-02-11T15:00:00Z, 30d, 12h, today or yesterday")]
pub struct NoTime(String);

/// Reads a day (its start in UTC), a time, or how long before `now`: `2026-02-11`, `2026-02-11T15:00:00Z`, `7d`, `12h`,
/// `2w`, `30m`, `today`, `yesterday`.
pub fn since(text: &str, now: Timestamp) -> Result<Timestamp, NoTime> {
    let text = text.trim();
    ago(text, now)
        .or_else(|| named_day(text, now))
        .or_else(|| Timestamp::parse(text))
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| NoTime(text.to_owned()))
}

fn named_day(text: &str, now: Timestamp) -> Option<Timestamp> {
    let days_back = match text.to_ascii_lowercase().as_str() {
        "today" => 0,
        "yesterday" => 1,
        _ => return None,
    };
    Some(Timestamp((now.millis().div_euclid(DAY_MS) - days_back) * DAY_MS))
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = text.chars().next_back()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let millis = count.checked_mul(minutes * 60_000)?;
    Some(Timestamp(now.millis().checked_sub(millis)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let now = Timestamp::parse("2026-02-11T12:00:00Z").unwrap();
        assert_eq!(since(text, now).ok().map(|at| at.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_days_times_and_spans() {
        check("2026-02-01", Some("2026-02-01T00:00:00.000Z"));
        check("2026-02-01T10:00:00+02:00", Some("2026-02-01T08:00:00.000Z"));
        check("7d", Some("2026-02-04T12:00:00.000Z"));
        check("30d", Some("2026-01-12T12:00:00.000Z"));
        check("90m", Some("2026-02-11T10:30:00.000Z"));
        check(" yesterday ", Some("2026-02-10T00:00:00.000Z"));
        check("Today", Some("2026-02-11T00:00:00.000Z"));
        check("tomorrow", None);
        check("99999999999999999d", None);
        check("é", None);
        check("", None);
    }
}

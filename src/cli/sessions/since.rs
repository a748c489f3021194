//! Points in time as people give them.

use anyhow::anyhow;

use crate::model::Timestamp;

/// Reads a day, a time, or how long ago: `2026-02-11`, `2026-02-11T15:00:00Z`, `7d`, `12h`, `2w`, `30m`.
pub(super) fn parse(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    ago(text, now)
        .or_else(|| Timestamp::parse(text))
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| anyhow!("`{text}` is no time; give 2026-02-11, 2026-02-11T15:00:00Z, 7d or 12h"))
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
        assert_eq!(parse(text, now).ok().map(|at| at.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_days_times_and_spans() {
        check("2026-02-01", Some("2026-02-01T00:00:00.000Z"));
        check("2026-02-01T10:00:00+02:00", Some("2026-02-01T08:00:00.000Z"));
        check("7d", Some("2026-02-04T12:00:00.000Z"));
        check("90m", Some("2026-02-11T10:30:00.000Z"));
        check("yesterday", None);
        check("99999999999999999d", None);
        check("é", None);
        check("", None);
    }
}

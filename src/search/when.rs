//! Points in time as people give them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::model::Timestamp;

/// What "now" and "yesterday" mean.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Now.
    pub now: Timestamp,
    /// Where the person's days begin.
    pub zone: TimeZone,
}

impl Clock {
    /// A clock in UTC.
    pub fn utc(now: Timestamp) -> Self {
        Self { now, zone: TimeZone::UTC }
    }

    fn start_of(&self, date: Date) -> Option<Timestamp> {
        Some(Timestamp(date.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond()))
    }

    fn today(&self) -> Option<Date> {
        Some(jiff::Timestamp::from_millisecond(self.now.millis()).ok()?.to_zoned(self.zone.clone()).date())
    }
}

/// A stretch of time: a day, a month, or everything from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Its first moment.
    pub start: Timestamp,
    /// The moment after it, for days, months and years.
    pub end: Option<Timestamp>,
}

impl When {
    /// Reads `today`, `yesterday`, `2026-02-11`, `2026-02`, `2026`, `2026-02-11T15:00:00Z`, `2026-02-11T15:00`, or how
    /// long ago: `30m`, `12h`, `7d`, `2w`.
    pub fn parse(text: &str, clock: &Clock) -> Option<Self> {
        let text = text.trim();
        named(text, clock).or_else(|| ago(text, clock.now)).or_else(|| moment(text, clock))
    }
}

fn named(text: &str, clock: &Clock) -> Option<When> {
    let today = clock.today()?;
    let (first, length): (Date, Span) = match text.to_lowercase().as_str() {
        "today" => (today, 1.day()),
        "yesterday" => (today.yesterday().ok()?, 1.day()),
        _ => dated(text)?,
    };
    Some(When { start: clock.start_of(first)?, end: Some(clock.start_of(first.checked_add(length).ok()?)?) })
}

/// A year, a month or a day of the calendar.
fn dated(text: &str) -> Option<(Date, Span)> {
    let parts: Vec<&str> = text.split('-').collect();
    let widths = [4, 2, 2];
    let well_formed = parts
        .iter()
        .zip(widths)
        .all(|(part, width)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !well_formed || parts.len() > widths.len() {
        return None;
    }
    let number = |place: usize| parts.get(place).map_or(Some(1), |part| part.parse::<i8>().ok());
    let first = Date::new(parts[0].parse().ok()?, number(1)?, number(2)?).ok()?;
    let length = match parts.len() {
        1 => 1.year(),
        2 => 1.month(),
        _ => 1.day(),
    };
    Some((first, length))
}

fn ago(text: &str, now: Timestamp) -> Option<When> {
    let unit = text.chars().next_back()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let count = &text[..text.len() - unit.len_utf8()];
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis = count.parse::<i64>().ok()?.checked_mul(minutes * 60_000)?;
    Some(When { start: Timestamp(now.millis().checked_sub(millis)?), end: None })
}

fn moment(text: &str, clock: &Clock) -> Option<When> {
    let start = Timestamp::parse(text).or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(Timestamp(local.to_zoned(clock.zone.clone()).ok()?.timestamp().as_millisecond()))
    })?;
    Some(When { start, end: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, start: Option<&str>, end: Option<&str>) {
        let now = Timestamp::parse("2026-02-11T12:00:00Z").unwrap();
        let clock = Clock { now, zone: TimeZone::fixed(jiff::tz::offset(2)) };
        let when = When::parse(text, &clock);
        assert_eq!(when.map(|when| when.start.to_string()).as_deref(), start, "{text}");
        assert_eq!(when.and_then(|when| when.end).map(|at| at.to_string()).as_deref(), end, "{text}");
    }

    #[test]
    fn days_begin_where_the_person_is() {
        check("today", Some("2026-02-10T22:00:00.000Z"), Some("2026-02-11T22:00:00.000Z"));
        check("Yesterday", Some("2026-02-09T22:00:00.000Z"), Some("2026-02-10T22:00:00.000Z"));
        check("2026-02-01", Some("2026-01-31T22:00:00.000Z"), Some("2026-02-01T22:00:00.000Z"));
        check("2026-02", Some("2026-01-31T22:00:00.000Z"), Some("2026-02-28T22:00:00.000Z"));
        check("2025", Some("2024-12-31T22:00:00.000Z"), Some("2025-12-31T22:00:00.000Z"));
    }

    #[test]
    fn moments_and_spans_have_no_end() {
        check("2026-02-01T10:00:00+02:00", Some("2026-02-01T08:00:00.000Z"), None);
        check("2026-02-01T10:00", Some("2026-02-01T08:00:00.000Z"), None);
        check("7d", Some("2026-02-04T12:00:00.000Z"), None);
        check("90m", Some("2026-02-11T10:30:00.000Z"), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["soon", "99999999999999999d", "-3d", "+3d", "d", "é", "", "2026-2-1", "2026-13", "2026-02-30", "1-2-3-4"]
        {
            check(text, None, None);
        }
    }
}

//! Points in time, as the program stores and prints them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: milliseconds since the Unix epoch, UTC.
///
/// Serialised as RFC 3339 (`2026-02-11T15:31:21.085Z`); read from the same form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339; `None` when the text is not a point in time.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed: jiff::Timestamp = text.trim().parse().ok()?;
        Some(Self(parsed.as_millisecond()))
    }

    /// The milliseconds since the Unix epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Days from `self` to `later`; negative when `later` is earlier.
    pub fn days_until(self, later: Self) -> f64 {
        (later.0 - self.0) as f64 / 86_400_000.0
    }

    /// The calendar day in UTC, `2026-02-11`.
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_rfc_3339() {
        let at = Timestamp::parse("2026-02-11T15:31:21.085Z").unwrap();
        assert_eq!(at.millis(), 1_770_823_881_085);
        assert_eq!(at.to_string(), "2026-02-11T15:31:21.085Z");
        assert_eq!(at.date(), "2026-02-11");
        assert_eq!(Timestamp::parse("2026-02-11T16:31:21.085+01:00"), Some(at));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn counts_days() {
        let monday = Timestamp::parse("2026-02-09T00:00:00Z").unwrap();
        let tuesday_noon = Timestamp::parse("2026-02-10T12:00:00Z").unwrap();
        assert!((monday.days_until(tuesday_noon) - 1.5).abs() < 1e-9);
    }
}

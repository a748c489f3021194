//! What a server says beside its reply about how much of a quota is left.

use std::time::Duration;

/// One of a server's limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// As the server calls it: `requests`, `tokens`.
    pub name: String,
    /// Share that is used, 0 to 1.
    pub used: f32,
    /// After what time it is whole again.
    pub resets_after: Duration,
}

/// The limits in these headers, by Anthropic's names for them or OpenAI's, which many endpoints share.
pub(super) fn limits<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Vec<Limit> {
    let served_at = header("date").and_then(date);
    let mut limits = Vec::new();
    for name in ["requests", "tokens", "input-tokens", "output-tokens"] {
        let anthropic = |part: &str| header(&format!("anthropic-ratelimit-{name}-{part}"));
        let openai = |part: &str| header(&format!("x-ratelimit-{part}-{name}"));
        let found = [
            (anthropic("limit"), anthropic("remaining"), anthropic("reset")),
            (openai("limit"), openai("remaining"), openai("reset")),
        ];
        limits.extend(found.into_iter().find_map(|(limit, remaining, reset)| {
            let (limit, remaining) = (number(limit?)?, number(remaining?)?);
            let resets_after = span(reset?, served_at)?;
            let used = (1.0 - remaining / limit).clamp(0.0, 1.0) as f32;
            (limit > 0.0).then(|| Limit { name: name.to_owned(), used, resets_after })
        }));
    }
    limits
}

/// After what time a server that says no may be asked again: when it says so, else when what is used up is reset.
pub(super) fn wait<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    let served_at = header("date").and_then(date);
    let named = header("retry-after").and_then(|value| span(value, served_at));
    let used_up =
        || limits(&header).into_iter().filter(|limit| limit.used >= 1.0).map(|limit| limit.resets_after).max();
    named.or_else(used_up)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds, units as in `6m0s` or `17ms`, or a date; a date counts from the server's own clock.
fn span(text: &str, served_at: Option<jiff::Timestamp>) -> Option<Duration> {
    let text = text.trim();
    if let Some(seconds) = number(text) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if let Some(at) = text.parse().ok().or_else(|| date(text)) {
        let left = at.duration_since(served_at?);
        return Some(Duration::try_from(left).unwrap_or_default());
    }
    units(text)
}

fn units(mut text: &str) -> Option<Duration> {
    let mut whole = Duration::ZERO;
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, rest) = text.split_at(digits);
        let unit = rest.find(|c: char| c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
        let seconds = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        whole = whole.checked_add(Duration::try_from_secs_f64(number(count)? * seconds).ok()?)?;
        text = &rest[unit.len()..];
    }
    Some(whole)
}

/// The form of HTTP's own dates.
fn date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("date", "Fri, 27 Nov 2026 10:00:00 GMT");

    fn of(headers: &[(&str, &str)]) -> (Vec<(String, u32, u64)>, Option<u64>) {
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let percent = |limit: Limit| (limit.name, (limit.used * 100.0).round() as u32, limit.resets_after.as_secs());
        (limits(header).into_iter().map(percent).collect(), wait(header).map(|wait| wait.as_secs()))
    }

    #[test]
    fn both_ways_of_naming_limits_are_read() {
        let anthropic = [
            DATE,
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-27T10:00:02Z"),
            ("anthropic-ratelimit-input-tokens-limit", "50000"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-11-27T10:00:40Z"),
        ];
        let expected = vec![("requests".to_owned(), 2, 2), ("input-tokens".to_owned(), 100, 40)];
        assert_eq!(of(&anthropic), (expected, Some(40)));
        let openai = [
            ("x-ratelimit-limit-tokens", "1000"),
            ("x-ratelimit-remaining-tokens", "250"),
            ("x-ratelimit-reset-tokens", "6m0.5s"),
        ];
        assert_eq!(of(&openai), (vec![("tokens".to_owned(), 75, 360)], None));
    }

    #[test]
    fn the_wait_is_what_the_server_names() {
        assert_eq!(of(&[("retry-after", "7")]).1, Some(7));
        assert_eq!(of(&[DATE, ("retry-after", "Fri, 27 Nov 2026 10:01:30 GMT")]).1, Some(90));
        assert_eq!(of(&[("retry-after", "Fri, 27 Nov 2026 10:01:30 GMT")]).1, None, "the server's clock is not known");
        assert_eq!(of(&[DATE, ("retry-after", "Fri, 27 Nov 2026 09:00:00 GMT")]).1, Some(0));
    }

    #[test]
    fn what_is_no_limit_is_left_alone() {
        let broken = |limit, remaining, reset| {
            of(&[
                ("x-ratelimit-limit-requests", limit),
                ("x-ratelimit-remaining-requests", remaining),
                ("x-ratelimit-reset-requests", reset),
            ])
            .0
        };
        assert_eq!(broken("0", "0", "1s"), []);
        assert_eq!(broken("10", "many", "1s"), []);
        assert_eq!(broken("10", "1", "soon"), []);
        assert_eq!(broken("10", "1", "-1"), []);
        assert_eq!(broken("NaN", "1", "1s"), []);
        assert_eq!(broken("10", "20", "1s"), [("requests".to_owned(), 0, 1)]);
    }
}

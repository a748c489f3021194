//! What of a message with the role `user` the person said. Cursor wraps that, and puts much else around it.

use crate::model::Timestamp;

/// What stands in one such message.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Prompt {
    /// The person's own words; empty where all was put there by the program.
    pub(super) words: String,
    /// When they were sent, if it says.
    pub(super) at: Option<Timestamp>,
    /// The directory that the agent works in, if it says.
    pub(super) workspace: Option<String>,
}

/// Takes such a message apart. Without the wrapping, what is in no element is the person's.
pub(super) fn prompt(text: &str) -> Prompt {
    let at = inside(text, "timestamp").and_then(|(time, _)| time_of(time));
    let workspace = text.lines().find_map(|line| line.trim().strip_prefix("Workspace Path:")).map(str::trim);
    let workspace = workspace.filter(|path| !path.is_empty()).map(str::to_owned);
    let mut queries = Vec::new();
    let mut rest = text;
    while let Some((query, after)) = inside(rest, "user_query") {
        queries.push(query.trim());
        rest = after;
    }
    let words = if queries.is_empty() { outside(text) } else { queries.join("\n") };
    Prompt { words, at, workspace }
}

/// The inside of the first `<name>…</name>` and what follows it; an unclosed one goes to the end.
fn inside<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    Some(after.split_once(&format!("</{name}>")).unwrap_or((after, "")))
}

/// Elements that the program puts around the person's words.
const ENVELOPES: &[&str] = &[
    "timestamp",
    "user_info",
    "system_reminder",
    "system-reminder",
    "system_notification",
    "additional_data",
    "attached_files",
    "image_files",
    "open_and_recently_viewed_files",
    "manually_attached_skills",
    "agent_skills",
    "available_skills",
    "project_layout",
    "git_status",
    "rules",
    "always_applied_workspace_rules",
    "agent_transcripts",
    "task_notification",
    "memory-lane",
];

/// The text without these elements.
fn outside(text: &str) -> String {
    let mut text = text.to_owned();
    for name in ENVELOPES {
        while let Some(start) = text.find(&format!("<{name}")) {
            let tag_ends = text[start + 1 + name.len()..].starts_with(['>', ' ', '\n']);
            let closing = format!("</{name}>");
            let Some(end) = text[start..].find(&closing).filter(|_| tag_ends) else { break };
            text.replace_range(start..start + end + closing.len(), "");
        }
    }
    text.trim().to_owned()
}

/// `Monday, Jun 22, 2026, 11:09 AM (UTC+8)`; the zone may have minutes. Without one the time is not known.
fn time_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = Timestamp::parse(text) {
        return Some(at);
    }
    let (time, zone) = text.strip_suffix(')')?.split_once(" (UTC")?;
    let (_, time) = time.split_once(", ")?;
    let time = jiff::civil::DateTime::strptime("%b %d, %Y, %I:%M %p", time).ok()?;
    let utc = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(Timestamp(utc - offset_minutes(zone)? * 60_000))
}

/// `+8`, `-5:30`, nothing.
fn offset_minutes(zone: &str) -> Option<i64> {
    if zone.is_empty() {
        return Some(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let minutes = hours.parse::<i64>().ok()?.checked_mul(60)? + minutes.parse::<i64>().ok()?;
    (minutes <= 15 * 60).then_some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &str, at: Option<&str>) {
        let found = prompt(text);
        assert_eq!((found.words.as_str(), found.at.map(|at| at.to_string()).as_deref()), (words, at), "{text}");
    }

    #[test]
    fn the_persons_words_are_unwrapped() {
        check("<user_query>\nfix it\n</user_query>", "fix it", None);
        check(
            "<timestamp>Monday, Jun 22, 2026, 11:09 AM (UTC+8)</timestamp>\n<user_query>\nhello\n</user_query>",
            "hello",
            Some("2026-06-22T03:09:00.000Z"),
        );
        check(
            "<timestamp>Monday, Oct 5, 2026, 9:05 PM (UTC-5:30)</timestamp>more words",
            "more words",
            Some("2026-10-06T02:35:00.000Z"),
        );
        check("<timestamp>Monday, Jan 1, 2024</timestamp>x", "x", None);
        check("<user_info>OS: linux</user_info>", "", None);
        check("<system_notification>\ndone\n</system_notification>", "", None);
        check("is a < b and <b>c</b>?", "is a < b and <b>c</b>?", None);
        check("<user_query>cut o", "cut o", None);
        check("<rules_engine> fails <rules>x</rules>", "<rules_engine> fails <rules>x</rules>", None);
    }

    #[test]
    fn the_workspace_is_named_among_the_facts() {
        let found = prompt("<user_info>\nOS Version: linux\nWorkspace Path: /home/ada/app\n</user_info>");
        assert_eq!((found.workspace.as_deref(), found.words.as_str()), (Some("/home/ada/app"), ""));
    }
}

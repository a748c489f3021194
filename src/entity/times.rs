//! Events (releases, meetings, dates) and reminders (things to be done at a time).

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, regex};
use crate::model::EntityKind;

const DAY: &str = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";
const MONTH: &str = "January|February|March|April|May|June|July|August|September|October|November|December|\
    Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec";

static REMINDERS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\b(?:remind me|reminder)\b(?: to| about| that)?[^.!?\n]{0,60}".to_owned(),
        format!(r"\b(?i:by|before|until|due|no later than)\s+(?i:next\s+|this\s+|end of\s+)?(?i:{DAY}|tomorrow|tonight|next week|next month|the end of the (?:week|month|day)|end of (?:week|month|day))\b"),
        r"(?i)\b(?:next|later this) (?:week|month|sprint|quarter)\b".to_owned(),
    ]
    .iter()
    .map(|pattern| regex(pattern))
    .collect()
});

static EVENTS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\b(?i:release|version|launch of|tag)\s+v?\d+(?:\.\d+)+(?:-[\w.]+)?\b".to_owned(),
        r"\bv\d+(?:\.\d+){1,2}(?:-[\w.]+)?\b".to_owned(),
        format!(r"\b(?i:{DAY})(?:'s)?\s+(?i:meeting|call|demo|review|release|sync|standup|stand-up|workshop)\b"),
        r"(?i)\b(?:kick-?off|all-hands|retro(?:spective)?|stand-?up|sprint (?:review|planning)|demo day|code freeze|feature freeze) ?(?:meeting|call)?\b".to_owned(),
        format!(r"\b(?:{MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"),
        format!(r"\b\d{{1,2}}\.? (?:{MONTH})(?: \d{{4}})?\b"),
        r"\b20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b".to_owned(),
    ]
    .iter()
    .map(|pattern| regex(pattern))
    .collect()
});

/// Every event and reminder, as written; a reminder with a date in it stays whole.
pub(super) fn find(text: &str) -> Vec<Found> {
    let kinds = [(EntityKind::Reminder, &*REMINDERS), (EntityKind::Event, &*EVENTS)];
    let mut found = Vec::new();
    for (kind, patterns) in kinds {
        for place in patterns.iter().flat_map(|pattern| pattern.find_iter(text)) {
            let name = place.as_str().trim_end_matches([' ', ',', ';', '.']);
            found.push(Found::new(kind, place.start(), name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(EntityKind, &str)]) {
        let found = find(text);
        let found: Vec<(EntityKind, &str)> = found.iter().map(|f| (f.kind, f.name.as_str())).collect();
        assert_eq!(found, expected, "times in {text:?}");
    }

    #[test]
    fn events_and_reminders_are_found() {
        use EntityKind::{Event, Reminder};
        check("remind me to rotate the key.", &[(Reminder, "remind me to rotate the key")]);
        check("we need it by Friday", &[(Reminder, "by Friday")]);
        check("do it next week", &[(Reminder, "next week")]);
        check("at the Friday meeting", &[(Event, "Friday meeting")]);
        check("since release 2.1.0", &[(Event, "release 2.1.0")]);
        check("on March 3rd", &[(Event, "March 3rd")]);
    }

    #[test]
    fn verbs_and_numbers_are_none() {
        check("you may 3 times march on", &[]);
        check("use 10.2 of them by default", &[]);
    }
}

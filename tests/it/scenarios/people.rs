//! People and places: what is about them, not what merely names them.

use serde_json::Value;

use super::{explained, memory, of, prompt, read_file, said, score, signals};
use crate::support::Home;

const EVENTS: &str =
    "Indy Hall hosts a night market on Thursday and a book swap in December; both are open to members.";
const COUNTS: &str = "Indy Hall had 42 check-ins on Monday, 38 on Tuesday and 51 on Wednesday.";

fn indy_hall() -> Home {
    let home = Home::with_model();
    home.import(&[
        memory("insight", "What is on at Indy Hall", EVENTS, &[("project", "Indy Hall")]),
        memory("insight", "Check-in counts of the week", COUNTS, &[("project", "Indy Hall")]),
        memory("decision", "Baskets live in SQLite", "One SQLite file for the baskets, no Redis.", &[]),
    ]);
    home
}

#[test]
fn a_question_about_events_brings_the_events_and_not_the_head_counts() {
    let home = indy_hall();
    let text = said(&home, &prompt("a", "What events does Indy Hall have coming up?"));
    assert!(text.contains(EVENTS), "{text}");
    assert!(!text.contains(COUNTS), "{text}");
    let counts = of(&explained(&home, "What events does Indy Hall have coming up?"), 2)["explanation"].clone();
    assert_eq!(counts["outcome"], "dropped", "{counts}");
}

#[test]
fn a_question_about_the_counts_brings_the_counts() {
    let home = indy_hall();
    let text = said(&home, &prompt("a", "how many check-ins did Indy Hall have on Tuesday?"));
    assert!(text.contains(COUNTS), "{text}");
}

#[test]
fn a_mention_alone_brings_nothing() {
    let home = indy_hall();
    let text = said(&home, &prompt("a", "rename the css class of the Indy Hall footer to site-footer"));
    assert!(!text.contains(COUNTS), "{text}");
}

#[test]
fn without_entities_the_meaning_decides_alone() {
    let home = indy_hall();
    let asked = "which database holds the baskets of the shop?";
    let text = said(&home, &prompt("a", asked));
    assert!(text.contains("One SQLite file") && !text.contains("Indy Hall"), "{text}");
    assert!(explained(&home, asked).iter().all(|hit| !signals(hit).contains(&"entity".to_owned())));
}

#[test]
fn a_file_stands_for_a_person() {
    let home = Home::with_model();
    home.import(&[
        memory(
            "commitment",
            "Mails to Amy are casual",
            "Amy Pond prefers short mails with first names.",
            &[("person", "Amy Pond")],
        ),
        memory("commitment", "Bob reads no mail", "Bob Ray wants a call, never a mail.", &[("person", "Bob Ray")]),
    ]);
    let text = said(&home, &read_file("a", "people/amy.md"));
    assert!(text.contains("Amy Pond prefers") && !text.contains("Bob Ray"), "{text}");
    assert_eq!(said(&home, &read_file("a", "people/zoe.md")), "");
    assert_eq!(said(&home, &read_file("b", "drafts/amy.md")), "", "only a page about her stands for her");
}

#[test]
fn a_memory_about_a_persons_page_comes_when_the_person_is_mentioned() {
    let home = Home::with_model();
    let mut page: Value = memory(
        "correction",
        "Ask before you write there",
        "Ask me before you change what that page says about birthdays.",
        &[],
    );
    page.as_object_mut().unwrap().remove("entities");
    page["files"] = serde_json::json!(["people/amy.md"]);
    home.import(&[page]);
    let hits = explained(&home, "note in what we have on Amy that her birthday is in May");
    assert!(hits[0]["explanation"]["why"].as_str().unwrap().contains("mentions Amy"), "{hits:?}");
}

#[test]
fn who_and_what_is_named_together_comes_first() {
    let home = Home::with_model();
    home.import(&[
        memory(
            "decision",
            "Launch of Apollo in May",
            "Amy Pond and Bob Ray moved the launch of acme/apollo to May.",
            &[("person", "Amy Pond"), ("person", "Bob Ray"), ("project", "acme/apollo")],
        ),
        memory("insight", "Amy on launches", "Amy Pond likes launches in the morning.", &[("person", "Amy Pond")]),
        memory("insight", "Bob on launches", "Bob Ray does not come to launches.", &[("person", "Bob Ray")]),
    ]);
    let asked = "what did Amy and Bob decide about the launch of apollo?";
    let hits = explained(&home, asked);
    assert_eq!(hits[0]["id"], 1, "{hits:?}");
    let named = |id: i64| {
        let signals = of(&hits, id)["explanation"]["signals"].clone();
        let entity = signals.as_array().unwrap().iter().find(|signal| signal["name"] == "entity").unwrap().clone();
        entity["value"].as_f64().unwrap()
    };
    assert!((named(1) - 3.0).abs() < 1e-6 && (named(2) - 1.0).abs() < 1e-6);
    assert!(score(&hits, 1) > score(&hits, 2).max(score(&hits, 3)));
    assert!(said(&home, &prompt("a", asked)).contains("to May"));
}

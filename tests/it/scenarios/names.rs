//! "Which Mark?": names that fit several people.

use std::fs;

use super::{PROJECT, explained, memory, prompt, said, signals};
use crate::support::Home;

const WEBER: &str = "Mark Weber wants the pricing page in two columns, monthly and yearly side by side.";
const OLSEN: &str = "Mark Olsen said the landlord raises the rent of the office in March.";

fn two_marks() -> Home {
    let home = Home::with_model();
    home.import(&[
        memory("decision", "Pricing page in two columns", WEBER, &[("person", "Mark Weber")]),
        memory("insight", "The rent rises", OLSEN, &[("person", "Mark Olsen")]),
        memory("workflow", "Deploys go out on Tuesdays", "We deploy on Tuesdays before noon.", &[]),
    ]);
    home
}

#[test]
fn what_did_mark_say_asks_which_one_and_the_answer_brings_his_memories() {
    let home = two_marks();
    let question = said(&home, &prompt("a", "What did Mark say?"));
    assert!(question.contains("Which Mark?"), "{question}");
    assert!(question.contains("Mark Weber") && question.contains("Mark Olsen"), "{question}");
    assert!(!question.contains(WEBER) && !question.contains(OLSEN), "nothing of either until it is known: {question}");

    let answer = said(&home, &prompt("a", "Mark Olsen"));
    assert!(answer.contains(OLSEN) && !answer.contains(WEBER), "{answer}");
    assert!(!answer.contains("Which Mark"), "{answer}");

    let later = said(&home, &prompt("a", "and what did Mark want on the pricing page?"));
    assert!(!later.contains("Which Mark"), "the session knows who Mark is: {later}");
    let elsewhere = said(&home, &prompt("b", "What did Mark say?"));
    assert!(elsewhere.contains("Which Mark?"), "another session does not: {elsewhere}");
}

#[test]
fn an_answer_by_number_is_understood() {
    let home = two_marks();
    let question = said(&home, &prompt("a", "what did mark say"));
    let first = question.lines().find(|line| line.trim_start().starts_with("1.")).unwrap_or_default().to_owned();
    let (body, other) = if first.contains("Weber") { (WEBER, OLSEN) } else { (OLSEN, WEBER) };
    let answer = said(&home, &prompt("a", "the first one"));
    assert!(answer.contains(body) && !answer.contains(other), "{answer}");
}

#[test]
fn where_only_one_of_them_fits_nothing_is_asked() {
    let home = two_marks();
    let text = said(&home, &prompt("a", "how did Mark want the pricing page laid out, in how many columns?"));
    assert!(text.contains(WEBER) && !text.contains("Which Mark") && !text.contains(OLSEN), "{text}");
}

#[test]
fn the_full_name_settles_the_first_name_for_the_session() {
    let home = two_marks();
    let text = said(&home, &prompt("a", "What did Mark Weber want on the pricing page?"));
    assert!(text.contains(WEBER) && !text.contains("Which"), "{text}");
    let later = said(&home, &prompt("a", "What did Mark say?"));
    assert!(!later.contains("Which Mark"), "{later}");
}

#[test]
fn whoever_goes_on_without_an_answer_is_not_asked_again() {
    let home = two_marks();
    assert!(said(&home, &prompt("a", "What did Mark say?")).contains("Which Mark?"));
    let on = said(&home, &prompt("a", "never mind, on which weekday do we deploy?"));
    assert!(on.contains("Tuesdays") && !on.contains("Which"), "{on}");
    assert!(!said(&home, &prompt("a", "What did Mark say?")).contains("Which Mark?"));
}

#[test]
fn a_common_word_is_no_name() {
    let home = two_marks();
    for text in ["mark the pricing tests as done", "Mark it as done, will you?", "will it work and may I mark them?"] {
        let said = said(&home, &prompt("a", text));
        assert!(!said.contains("Which") && !said.contains("mentions Mark"), "{text}: {said}");
        assert!(explained(&home, text).iter().all(|hit| !signals(hit).contains(&"entity".to_owned())), "{text}");
    }
}

#[test]
fn a_merge_a_split_and_an_alias_change_what_is_asked_and_can_be_taken_back() {
    let home = two_marks();
    let asks = |session: &str| said(&home, &prompt(session, "What did Mark say?")).contains("Which Mark?");
    assert!(asks("a"));
    home.run(&["entities", "alias", "Mark Weber", "Mark"]);
    assert!(!asks("b"), "the person said who Mark is");
    home.run(&["entities", "undo"]);
    assert!(asks("c"));
    home.run(&["entities", "merge", "Mark Olsen", "Mark Weber"]);
    assert!(!asks("d"), "there is one Mark now");
    let shown = home.json(&["entities", "show", "mark olsen", "--json"]);
    assert_eq!((&shown["name"], &shown["memories"]), (&"Mark Weber".into(), &2.into()));
    home.run(&["entities", "split", "Mark Weber", "Mark Ito", "--memory", "2"]);
    assert!(asks("e"), "there are two again");
    home.run(&["entities", "undo"]);
    assert!(!asks("f"));
    home.run(&["entities", "undo"]);
    assert!(asks("g"));
    home.run(&["entities", "ignore", "Mark Olsen"]);
    assert!(!asks("h"));
    let changes = home.json(&["entities", "changes", "--json"]);
    assert_eq!(changes["changes"].as_array().unwrap().len(), 4);
}

#[test]
fn the_queue_lists_what_is_open_and_is_worked_off() {
    let home = two_marks();
    home.import(&[memory("insight", "Mark is away", "Mark is away in July.", &[("person", "Mark")])]);
    let queue = home.json(&["entities", "queue", "--json"]);
    let open = &queue["unresolved"][0];
    assert_eq!(open["mention"]["name"], "Mark");
    assert_eq!(open["candidates"].as_array().unwrap().len(), 2);
    assert!(home.run(&["entities", "queue"]).contains("Mark is away"));
    home.run(&["entities", "resolve", "Mark", "Mark Olsen"]);
    assert_eq!(home.json(&["entities", "queue", "--json"])["unresolved"].as_array().unwrap().len(), 0);
    assert_eq!(home.json(&["entities", "show", "Mark Olsen", "--json"])["memories"], 2);
    let (status, error) = home.fails(&["entities", "show", "mark"]);
    assert!(status == 1 && error.contains("Mark Weber") && error.contains("give a number"), "{error}");
}

#[test]
fn names_that_a_person_wrote_down_are_known() {
    let home = two_marks();
    let names = home.path().join("people.txt");
    fs::write(&names, "# who is who\nMark Olsen | mo | our landlord's agent\nproject: acme/api\n").unwrap();
    let settings = format!(r#"{{"entity_sources":[{:?}],"deadline_ms":60000}}"#, names.to_str().unwrap());
    fs::write(home.path().join("config.json"), settings).unwrap();
    assert!(home.run(&["entities", "sync"]).contains("2 names from 1 source"));
    let question = said(&home, &prompt("a", "What did Mark say?"));
    assert!(question.contains("Mark Olsen (our landlord's agent)"), "{question}");
    let answer = said(&home, &prompt("a", "the landlord's agent"));
    assert!(answer.contains(OLSEN) && !answer.contains(WEBER), "{answer}");
    fs::remove_file(names).unwrap();
    let (_, error) = home.fails(&["entities", "sync"]);
    assert!(error.contains("people.txt") && error.contains("entity_sources"), "{error}");
}

#[test]
fn a_name_spelt_nearly_right_finds_the_person() {
    let home = Home::with_model();
    home.import(&[
        memory(
            "commitment",
            "No slides",
            "Michael Ford wants no slides, only a page to read.",
            &[("person", "Michael Ford")],
        ),
        memory("insight", "Slides", "The slides of the fair are in the drawer.", &[]),
    ]);
    let hits = explained(&home, "prepare what we show to Micheal tomorrow, slides or a page?");
    let first = &hits[0];
    assert_eq!(first["id"], 1, "{hits:?}");
    assert!(first["explanation"]["why"].as_str().unwrap().contains("Michael Ford"), "{first}");
    assert_eq!(
        home.json(&["recall", "What did Micheal say?", "--cwd", PROJECT, "--json"])["question"],
        serde_json::Value::Null
    );
}

//! From one session to the next: what was corrected, and what keeps being put off.

use super::talk::Talk;
use super::{explained, memory, of, prompt, said, score, signals};
use crate::support::Home;

#[test]
fn the_tone_for_amy_is_corrected_in_one_session_and_known_in_the_next() {
    let home = Home::with_model();
    let transcript = Talk::on(16, "one")
        .asks("write the mail that tells Amy about the new opening hours")
        .says("Dear Ms Albright, we are pleased to inform you that our opening hours have been updated.")
        .asks("No, not so stiff. Always use a casual tone with Amy: first names, and two short sentences.")
        .says("Hi Amy, we open at nine now. See you there!")
        .written(&home);
    home.run(&["worker", transcript.to_str().unwrap()]);
    let asked = "draft a mail to Amy about the summer party";
    let text = said(&home, &prompt("two", asked));
    assert!(text.contains("casual tone"), "{text}\n{:?}", explained(&home, asked));
}

#[test]
fn what_is_put_off_three_times_is_a_pattern() {
    let home = Home::new();
    for (day, id, words) in [
        (6, "one", "Let's postpone the invoice export for the bookkeeper to next week"),
        (13, "two", "let's postpone the invoice export for the bookkeeper to next week"),
        (20, "three", "Let us postpone the invoice export for the bookkeeper to next week again"),
    ] {
        Talk::on(day, id)
            .asks("what is left for this Friday?")
            .says("The invoice export for the bookkeeper is left.")
            .asks(words)
            .says("Fine, it stays on the list.")
            .written(&home);
    }
    home.run(&["ingest"]);
    home.run(&["catch"]);
    let listed = home.json(&["memories", "list", "--json"]);
    let patterns: Vec<_> =
        listed["memories"].as_array().unwrap().iter().filter(|memory| memory["kind"] == "pattern").collect();
    assert_eq!(patterns.len(), 1, "{listed}");
    assert_eq!(patterns[0]["times_observed"], 3, "{listed}");
    assert!(patterns[0]["body"].as_str().unwrap().contains("invoice export"), "{listed}");
}

#[test]
fn what_became_of_a_memory_is_noted_and_counts_a_little() {
    let home = Home::with_model();
    home.import(&[memory(
        "correction",
        "The port stays 8080",
        "Set SHOP_PORT instead of changing the port of the shop: the balancer expects 8080.",
        &[],
    )]);
    let asked = "let the shop listen on another port than the balancer expects";
    assert!(said(&home, &prompt("one", asked)).contains("SHOP_PORT"));
    let shown = home.json(&["memories", "show", "1", "--json"]);
    let at = shown["recalls"][0]["at"].as_str().unwrap();
    let talk = Talk::around(at, "one").asks(asked).says("I set SHOP_PORT to 9000; 8080 stays.");
    let transcript = talk.written(&home);
    let before = explained(&home, asked);
    home.run(&["worker", transcript.to_str().unwrap()]);
    let shown = home.json(&["memories", "show", "1", "--json"]);
    assert_eq!(shown["uses"]["followed"], 1, "{shown}");
    assert!(home.run(&["memories", "show", "1"]).contains("followed 1, ignored 0, contradicted 0"));
    let after = explained(&home, asked);
    assert!(signals(&of(&after, 1)).contains(&"used".to_owned()), "{after:?}");
    let gain = score(&after, 1) / score(&before, 1);
    assert!((gain - 1.01).abs() < 0.002, "{gain}");
}

//! Thumbs: five down let a memory sink, one up begins its way back.

use super::{explained, memory, prompt, said, score};
use crate::support::Home;

#[test]
fn five_thumbs_down_let_it_sink_and_one_up_begins_the_recovery() {
    let home = Home::with_model();
    home.import(&[
        memory("decision", "Backups go to the attic", "The nightly backup goes to the disk in the attic.", &[]),
        memory("insight", "The attic disk is full", "The disk in the attic for backups has 3 GB left.", &[]),
        memory("workflow", "Deploys go out on Tuesdays", "We deploy on Tuesdays before noon.", &[]),
    ]);
    let asked = "where does the nightly backup go, to the disk in the attic?";
    assert!(said(&home, &prompt("a", asked)).contains("The nightly backup goes"));
    let before = explained(&home, asked);
    assert!(score(&before, 1) > score(&before, 2), "it comes first");
    let mut last = score(&before, 1);
    for _ in 0..5 {
        home.run(&["feedback", "1", "down"]);
        let now = score(&explained(&home, asked), 1);
        assert!(now < last, "every vote counts: {now} after {last}");
        last = now;
    }
    let share = last / score(&before, 1);
    assert!((share - 0.95_f64.powi(5)).abs() < 0.01, "five per cent each: {share}");
    home.run(&["feedback", "1", "up"]);
    let recovered = score(&explained(&home, asked), 1);
    assert!((recovered / last - 1.05).abs() < 0.01, "{recovered} after {last}");
    assert!(recovered < score(&before, 1), "one vote does not make up for five");
}

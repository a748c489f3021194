//! Damage to a file costs what was damaged and no more.

use std::path::Path;

use memory_lane::model::Step;
use memory_lane::trace::{Parsed, TraceParser, TracedStep, recognise, tail};
use proptest::prelude::*;
use serde_json::json;

use super::session_file::SessionFile;
use super::{ID, file};

fn parser() -> Box<dyn TraceParser> {
    let head = file().user("x").text();
    recognise(head.as_bytes()).unwrap().parser(Path::new(&format!("/p/{ID}.jsonl")))
}

/// A session of `rounds` rounds with every kind of record that later ones depend on.
fn session(rounds: usize) -> SessionFile {
    let mut file = file();
    for round in 0..rounds {
        file = file
            .user(&format!("prompt {round}"))
            .record(
                "queue-operation",
                json!({"operation": "enqueue", "content": format!("queued {round}"), "uuid": null}),
            )
            .call(&format!("t{round}"), "Bash", json!({"command": format!("make {round}")}))
            .record("queue-operation", json!({"operation": "remove", "uuid": null}))
            .result(&format!("t{round}"), &format!("output {round}"), round % 3 == 0)
            .agent(&format!("answer {round}"));
        if round % 2 == 0 {
            file = file.user("[Request interrupted by user]");
        }
    }
    file
}

/// Steps as they are after every part is in the store.
fn settled(parts: &[&[u8]], replayed: usize) -> Vec<TracedStep> {
    let mut parser = parser();
    let mut steps: Vec<TracedStep> = Vec::new();
    let mut before = parser_steps(&parts[..replayed]);
    steps.append(&mut before);
    for part in &parts[..replayed] {
        parser.replay(part);
    }
    for part in &parts[replayed..] {
        let parsed = parser.read(part);
        steps.extend(parsed.steps);
        for end in parsed.results {
            for step in &mut steps {
                if let Step::Called(call) = &mut step.step
                    && call.call_id == end.call_id
                {
                    end.clone().settle(call);
                }
            }
        }
    }
    steps
}

fn parser_steps(parts: &[&[u8]]) -> Vec<TracedStep> {
    if parts.is_empty() { Vec::new() } else { settled(parts, 0) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        drop(parser().read(&bytes));
        let _whoever = recognise(&bytes);
    }

    #[test]
    fn where_a_file_is_cut_makes_no_difference(rounds in 1usize..6, cuts in proptest::collection::vec(0usize..1000, 0..4), replayed in 0usize..4) {
        let file = session(rounds);
        let lines = file.lines();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (lines.len() + 1)).collect();
        at.extend([0, lines.len()]);
        at.sort_unstable();
        let parts: Vec<String> = at.windows(2).map(|w| lines[w[0]..w[1]].iter().map(|line| format!("{line}\n")).collect()).collect();
        let parts: Vec<&[u8]> = parts.iter().map(|part: &String| part.as_bytes()).collect();
        let whole = file.text();
        prop_assert_eq!(settled(&parts, replayed.min(parts.len())), settled(&[whole.as_bytes()], 0));
        let (mut joined, mut parser) = (Parsed::default(), parser());
        parts.iter().for_each(|part| joined.append(parser.read(part)));
        prop_assert_eq!(joined, self::parser().read(whole.as_bytes()));
    }

    #[test]
    fn a_damaged_line_costs_itself(which in 0usize..1000, damage in proptest::collection::vec(any::<u8>(), 1..40), at in 0usize..1000) {
        let lines: Vec<String> = (0..12).map(|n| file().user(&format!("prompt {n}")).lines()[0].replace(&format!("{ID}-1"), &format!("{ID}-{n}"))).collect();
        let which = which % lines.len();
        let mut content = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let mut line = line.clone().into_bytes();
            if n == which {
                let at = at % line.len();
                let damage = damage.iter().copied().filter(|&byte| byte != b'\n');
                line.splice(at.., damage);
            }
            content.extend(line);
            content.push(b'\n');
        }
        let parsed = parser().read(&content);
        let said: Vec<_> = super::said(&parsed).into_iter().map(|(_, text)| text.to_owned()).collect();
        for n in (0..lines.len()).filter(|&n| n != which) {
            prop_assert!(said.contains(&format!("prompt {n}")), "prompt {} is lost in {:?}", n, said);
        }
    }

    #[test]
    fn the_tail_is_the_end_of_the_whole(rounds in 1usize..8, limit in 1usize..6, cut in 0usize..200) {
        let file = (0..rounds).fold(file(), |file, n| file.user(&format!("prompt {n}")).agent(&format!("answer {n}")));
        let mut content = file.text().into_bytes();
        content.truncate(content.len() - cut.min(content.len()));
        let whole = parser().read(&content[..content.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1)]);
        let disk = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(disk.path(), &content).unwrap();
        let tail: Vec<_> = tail(disk.path(), limit).into_iter().map(|message| (message.role, message.text)).collect();
        let all: Vec<_> = super::said(&whole).into_iter().map(|(role, text)| (role, text.to_owned())).collect();
        // A cut in the line end alone leaves a last record that is whole.
        let expected = &all[all.len().saturating_sub(limit)..];
        prop_assert!(tail == expected || cut == 1 || cut == 0);
    }
}

//! Damage to a file costs what was damaged and no more, whoever wrote it.

use memory_lane::model::Step;
use memory_lane::trace::{TracedStep, recognise};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{codex, copilot, gemini, lines, parser, pi, said};

/// Files in which the person says `prompt 0`, `prompt 1` …, one in each line after the first.
fn files(rounds: u32) -> Vec<(&'static str, Vec<Value>)> {
    let all = |first: Value, prompt: &dyn Fn(u32) -> Value| -> Vec<Value> {
        std::iter::once(first).chain((0..rounds).map(prompt)).collect()
    };
    let text = |n: u32| format!("prompt {n}");
    let chain = |n: u32| format!("e{n}<{}", n.checked_sub(1).map(|before| format!("e{before}")).unwrap_or_default());
    vec![
        (codex::NAME, all(codex::meta("/w"), &|n| codex::user(n, &text(n)))),
        (pi::NAME, all(pi::header("/w"), &|n| pi::user(n, &chain(n), &text(n)))),
        (gemini::NAME, all(gemini::header(), &|n| gemini::message(n, &format!("m{n}"), "user", &text(n)))),
        (copilot::NAME, all(copilot::start("/w"), &|n| copilot::event(n, "user.message", json!({"content": text(n)})))),
    ]
}

/// Rounds with calls and ends, in the agents whose files are read in parts.
fn rounds(count: u32) -> Vec<(&'static str, Vec<Value>)> {
    let mut codex = vec![codex::meta("/w")];
    let mut copilot = vec![copilot::start("/w")];
    for n in 0..count {
        let (id, said) = (format!("c{n}"), format!("prompt {n}"));
        codex.extend([codex::user(n, &said), codex::call(n, &id, "shell", &json!({"command": "make"}))]);
        codex.push(codex::event(n, json!({"type": "exec_command_end", "call_id": id, "exit_code": n % 2})));
        codex.extend([codex::output(n, &id, "out"), codex::answer(n, "answer")]);
        copilot.push(copilot::event(n, "user.message", json!({"content": said})));
        copilot.push(copilot::call(n, &id, "bash", json!({"command": "make"})));
        copilot.push(copilot::end(n, &id, json!({"success": n % 2 == 0})));
        if n % 3 == 0 {
            codex.push(codex::event(n, json!({"type": "turn_aborted", "reason": "interrupted"})));
            copilot.push(copilot::event(n, "abort", json!({})));
        }
    }
    vec![(codex::NAME, codex), (copilot::NAME, copilot)]
}

/// Steps as they are after every part is in the store, of which the first `replayed` were read by an earlier run.
fn settled(name: &str, parts: &[&[u8]], replayed: usize) -> Vec<TracedStep> {
    let mut earlier = parser(name, parts.concat().as_slice());
    let mut later = parser(name, parts.concat().as_slice());
    let mut steps: Vec<TracedStep> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let parsed = if number < replayed {
            later.replay(part);
            earlier.read(part)
        } else {
            later.read(part)
        };
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (name, records) in files(1) {
            let mut parser = parser(name, lines(&records).as_bytes());
            drop(parser.read(&bytes));
            drop(parser.others());
        }
        let _whoever = recognise(&bytes);
    }

    #[test]
    fn a_damaged_line_costs_itself(which in 0usize..12, damage in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..1000) {
        for (name, records) in files(12) {
            let whole = lines(&records);
            let mut content = Vec::new();
            for (number, line) in whole.lines().enumerate() {
                let mut line = line.as_bytes().to_vec();
                if number == which + 1 {
                    let at = at % line.len();
                    line.splice(at.., damage.iter().copied().filter(|&byte| byte != b'\n'));
                }
                content.extend(line);
                content.push(b'\n');
            }
            let parsed = parser(name, whole.as_bytes()).read(&content);
            let said: Vec<String> = said(&parsed).into_iter().map(|(_, text)| text.to_owned()).collect();
            for n in (0..12).filter(|&n| n != which) {
                prop_assert!(said.contains(&format!("prompt {n}")), "{}: prompt {} is lost in {:?}", name, n, said);
            }
        }
    }

    #[test]
    fn a_cut_file_keeps_what_stands_before_the_cut(cut in 0usize..2000) {
        for (name, records) in files(12) {
            let whole = lines(&records);
            let cut = cut % whole.len();
            let kept = whole[..cut].matches('\n').count().saturating_sub(1);
            let parsed = parser(name, whole.as_bytes()).read(&whole.as_bytes()[..cut]);
            prop_assert!(said(&parsed).len() >= kept, "{}: {} of {}", name, said(&parsed).len(), kept);
        }
    }

    #[test]
    fn where_a_file_is_cut_makes_no_difference(count in 1u32..6, cuts in proptest::collection::vec(0usize..1000, 0..4), replayed in 0usize..4) {
        for (name, records) in rounds(count) {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (records.len() + 1)).collect();
            at.extend([0, records.len()]);
            at.sort_unstable();
            let parts: Vec<String> = at.windows(2).map(|w| lines(&records[w[0]..w[1]])).collect();
            let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
            let whole = lines(&records);
            prop_assert_eq!(settled(name, &parts, replayed), settled(name, &[whole.as_bytes()], 0));
        }
    }
}

//! Something failed, then worked another way.
//!
//! A command fails, and a changed command succeeds with no edit between: what differs between the two is the lesson.
//! The same command succeeding after an edit is coding, the same command succeeding by itself is weather.

use super::{Conversation, Moment};
use crate::catcher::command::{edits_files, essential, head, heads, likeness, only_looks, steps, subcommands};
use crate::catcher::lexicon::LEXICON;
use crate::catcher::moment::{Evidence, Recovery};
use crate::model::{FileAction, ToolCall, ToolStatus, Trigger, Turn};
use crate::text::one_line;

/// How many calls after the failure are looked at: what comes later was not tried because of it.
const LOOK_AHEAD: usize = 6;
/// Shared words over joint words from which another program does the same work.
const SAME_WORK: f32 = 0.4;
/// The same for the same program, whose name is one shared word already.
const SAME_PROGRAM: f32 = 0.35;
/// A command of one word ends too many others.
const FEWEST_WRAPPED: usize = 2;
/// A command of more words is not replaced by another that shares its last one.
const MOST_REPLACED: usize = 4;
/// Longest telling line kept of an error.
const ERROR_CHARS: usize = 160;

/// Recoveries, each once, at the call that worked.
pub(super) fn detect(conversation: &Conversation<'_>) -> Vec<Moment> {
    conversation.turns().iter().flat_map(in_turn).collect()
}

fn in_turn(turn: &Turn) -> Vec<Moment> {
    let calls: Vec<&ToolCall> = turn.calls().collect();
    let mut moments = Vec::new();
    let mut at = 0;
    while at < calls.len() {
        match recovery(&calls[at..]) {
            Some((recovery, used)) => {
                moments.push(Moment {
                    trigger: Trigger::Recovery,
                    turn: turn.number,
                    strength: 1 + usize::from(recovery.environment),
                    evidence: Evidence::Calls(recovery),
                    lasting: true,
                    direction: None,
                });
                at += used;
            }
            None => at += 1,
        }
    }
    moments
}

/// The recovery that begins with the first of these calls, and how many calls it took.
fn recovery(calls: &[&ToolCall]) -> Option<(Recovery, usize)> {
    let failed = calls.first()?;
    let command = failed.command.as_deref()?;
    let environment = real_failure(failed)?;
    let mut failures = 1;
    for (index, call) in calls.iter().enumerate().skip(1).take(LOOK_AHEAD) {
        if edits(call) {
            return None;
        }
        let same_work = |next: &&str| is_variant(command, next) || is_replacement(command, next, environment);
        let Some(next) = call.command.as_deref().filter(same_work) else { continue };
        match call.status {
            ToolStatus::Ok if reports_failure(&call.output) => failures += 1,
            ToolStatus::Ok => {
                let found = Recovery {
                    failed: essential(command),
                    worked: essential(next),
                    error: telling_line(&failed.output),
                    failures,
                    environment,
                    seq: call.seq,
                };
                return (found.failed != found.worked).then_some((found, index + 1));
            }
            ToolStatus::Failed => failures += 1,
            ToolStatus::Pending | ToolStatus::Cancelled => {}
        }
    }
    None
}

/// Whether the call failed for a reason that may be learnt from; if so, whether the reason lay in the command or its
/// surroundings.
fn real_failure(call: &ToolCall) -> Option<bool> {
    let command = call.command.as_deref()?;
    let output = call.output.to_lowercase();
    if call.status != ToolStatus::Failed || LEXICON.no_failure.matches(&output) || expected_exit(command, &call.output)
    {
        return None;
    }
    let environment = LEXICON.environment.matches(&output);
    let excused = LEXICON.code.matches(&output) || only_looks(command) || says_nothing(&call.output);
    if excused && !says_usage(&output) {
        return None;
    }
    (!edits_files(command)).then_some(environment)
}

/// Exit codes that are an answer rather than a failure: nothing found, checks pending, killed from outside.
fn expected_exit(command: &str, output: &str) -> bool {
    let code = output.trim_start().strip_prefix("Exit code ").and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u16>().ok()
    });
    let heads = heads(command);
    match code {
        Some(1) => {
            let silent = ["grep", "rg", "egrep", "diff", "cmp", "test", "[", "which", "pgrep", "command", "git"];
            says_nothing(output) && heads.iter().any(|head| silent.contains(head))
        }
        Some(8) => command.contains("gh pr checks"),
        Some(124 | 130 | 137 | 143 | 144) => true,
        _ => false,
    }
}

fn says_nothing(output: &str) -> bool {
    telling_line(output).is_empty()
}

/// Whether the program names its own usage as the trouble, whatever else the output holds.
fn says_usage(output: &str) -> bool {
    let marks = ["usage:", "unknown flag", "unknown option", "unrecognized", "command not found", "invalid option"];
    marks.iter().any(|mark| output.contains(mark)) || output.contains("illegal option")
}

/// Pipelines hide exit codes: an output that begins with a usage error is a failure whatever the status says.
fn reports_failure(output: &str) -> bool {
    let start: String = output.chars().take(200).collect::<String>().to_lowercase();
    LEXICON.environment.matches(&start)
}

fn edits(call: &ToolCall) -> bool {
    let edited = call.files.iter().any(|file| file.action == FileAction::Edit);
    edited && call.status == ToolStatus::Ok || call.command.as_deref().is_some_and(edits_files)
}

/// Whether `next` is another way to do what `command` was to do.
///
/// Steps that both begin with are left out. The next step must call the same program with the same subcommands, or
/// share most of its words; or the whole failed command comes again behind a step that was missing.
fn is_variant(command: &str, next: &str) -> bool {
    let (a, b) = (essential(command), essential(next));
    let (first, second) = (steps(&a), steps(&b));
    if a == b || first.is_empty() {
        return false;
    }
    if first.len() < second.len() && second.ends_with(&first) {
        return true;
    }
    let common = first.iter().zip(&second).take_while(|(a, b)| a == b).count();
    let (Some(failed), Some(worked)) = (first.get(common), second.get(common)) else { return false };
    let same_program = head(failed).zip(head(worked)).is_some_and(|(a, b)| a == b);
    let likeness = likeness(&first[common..].join(" "), &second[common..].join(" "));
    if same_program {
        subcommands(failed) == subcommands(worked) && likeness >= SAME_PROGRAM
    } else {
        likeness >= SAME_WORK
    }
}

/// Whether another program does with the same object what `command` was to do: `pip install flask`, then `uv add flask`;
/// or the same command does it where that program is set up: `docker compose run app pytest`.
fn is_replacement(command: &str, next: &str, environment: bool) -> bool {
    let (a, b) = (essential(command), essential(next));
    let (first, second) = (steps(&a), steps(&b));
    let ([failed], [worked]) = (first.as_slice(), second.as_slice()) else { return false };
    if head(failed) == head(worked) || only_looks(next) {
        return false;
    }
    let words = |step: &str| -> Vec<String> { step.split_whitespace().map(str::to_owned).collect() };
    let (before, after) = (words(failed), words(worked));
    if before.len() >= FEWEST_WRAPPED && after.ends_with(&before) {
        return true;
    }
    let same_object = before.len() <= MOST_REPLACED && before.len() > 1 && before.last() == after.last();
    environment && same_object && before.last().is_some_and(|object| !object.starts_with('-'))
}

/// The line of the output that says what was wrong.
pub(in crate::catcher) fn telling_line(output: &str) -> String {
    let lines: Vec<&str> = output
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Exit code") && line.chars().any(char::is_alphabetic))
        .collect();
    let telling = lines.iter().find(|line| {
        let line = line.to_lowercase();
        LEXICON.environment.matches(&line) && !line.starts_with("usage")
    });
    let blunt = lines.iter().find(|line| line.to_lowercase().contains("error"));
    telling.or(blunt).or(lines.first()).map(|line| one_line(line, ERROR_CHARS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_do_the_same_work() {
        let check = |failed: &str, next: &str, expected: bool| {
            assert_eq!(is_variant(failed, next), expected, "{failed:?} then {next:?}");
        };
        check("rocket diff 7 --stat", "rocket diff 7 --name-only", true);
        check("rocket fmt", "rocket trust && rocket fmt", true);
        check("python tool.py --all", "python3 tool.py --all", true);
        check("cd a && rocket build 2>&1 | tail", "cd a && rocket build", false);
        check("rocket status", "rocket check", false);
        check("git -C /x status", "git -C /x gc", false);
        check("./run.sh start", "./run.sh stop", false);
    }

    #[test]
    fn another_program_does_the_same_work() {
        let check = |failed: &str, next: &str, environment: bool, expected: bool| {
            assert_eq!(is_replacement(failed, next, environment), expected, "{failed:?} then {next:?}");
        };
        check("pytest tests", "docker compose run --rm app pytest tests", false, true);
        check("npm test", "pnpm test", true, true);
        check("npm test", "pnpm test", false, false);
        check("pip install flask", "uv add flask", true, true);
        check("rocket launch", "ls launch", true, false);
        check("rocket launch", "rocket check launch", true, false);
        check("rocket launch", "timeout 60 rocket launch", true, false);
        check("rocket", "ship rocket", true, false);
        check("rocket launch", "ship launch && ship land", true, false);
    }

    #[test]
    fn the_telling_line_is_found() {
        let check = |output: &str, expected: &str| assert_eq!(telling_line(output), expected, "{output:?}");
        check("Exit code 1\nreading\nunknown flag: --x\nUsage: rocket", "unknown flag: --x");
        check("Exit code 2\nstarting\nError: no fuel", "Error: no fuel");
        check("Exit code 1", "");
    }
}

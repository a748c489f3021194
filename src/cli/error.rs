//! What people see when something failed, and the status the process ends with.
#![expect(clippy::print_stderr, reason = "errors go to standard error, here and nowhere else")]

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::output;
use crate::config::SettingsError;
use crate::embed::EmbedError;
use crate::store::StoreError;
use crate::text::printable;

/// Status of a search that finds nothing, as in grep; standard error stays empty.
const NOTHING_FOUND: u8 = 1;
/// Status for bad input or surroundings: something the person can change.
const USER: u8 = 1;
/// Status for a fault of the program (`EX_SOFTWARE`).
const INTERNAL: u8 = 70;

/// Something is wrong that the person can set right, and the command has said what on standard output.
#[derive(Debug, thiserror::Error)]
#[error("something is wrong")]
pub(super) struct Said;

/// A search found nothing and has said so.
#[derive(Debug, thiserror::Error)]
#[error("nothing found")]
pub(super) struct NothingFound;

/// Prints an error with its causes and a hint, and gives the exit status. What was printed but not written is an error,
/// too, unless there is one already that says more.
pub(super) fn report(result: anyhow::Result<()>) -> ExitCode {
    let result = match (result, output::finish()) {
        (Err(error), Err(unwritten)) if error.is::<NothingFound>() => Err(unwritten),
        (Ok(()), Err(unwritten)) => Err(unwritten),
        (result, _) => result,
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    if error.is::<NothingFound>() {
        return ExitCode::from(NOTHING_FOUND);
    }
    if error.is::<Said>() {
        return ExitCode::from(USER);
    }
    // Ids, paths and names in it may come from files that anybody wrote.
    let mut last = printable(&error.to_string());
    eprintln!("error: {last}");
    for cause in error.chain().skip(1) {
        let cause = printable(&cause.to_string());
        if !last.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        last = cause;
    }
    if let Some(hint) = hint(&error) {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(if is_internal(&error) { INTERNAL } else { USER })
}

/// Prints a usage error, or help and version, which clap treats alike. Never status 2: a client that runs this program
/// as a hook would take it for a refused prompt.
pub(super) fn usage(mut error: clap::Error, arguments: &[OsString]) -> ExitCode {
    if let Some(word) = excluded_first(&error, arguments) {
        let how = format!("a search that begins with `-` goes after `--`: memory-lane sessions search -- '{word}'");
        error.insert(ContextKind::InvalidArg, ContextValue::String(word));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![how.into()]));
    }
    let printed = error.print();
    if error.use_stderr() {
        return ExitCode::from(USER);
    }
    output::note(printed);
    report(Ok(()))
}

/// The word that a search must not find, where it was taken for an option.
fn excluded_first(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let [_, sessions, search, rest @ ..] = arguments else { return None };
    if error.kind() != ErrorKind::UnknownArgument || sessions != "sessions" || search != "search" {
        return None;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_word = |word: &&str| word.starts_with(unknown.as_str()) && !word.starts_with("--");
    rest.iter().filter_map(|word| word.to_str()).find(is_word).map(printable)
}

fn is_internal(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Engine { .. }))
}

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(StoreError::Locked { .. }) = error.downcast_ref() {
        return Some("`memory-lane status` shows whether a worker is running");
    }
    if error.downcast_ref::<SettingsError>().is_some() {
        return Some("`memory-lane doctor` shows every setting with its default");
    }
    if error.downcast_ref::<EmbedError>().is_some() {
        return Some("`memory-lane model add` installs the model; `memory-lane doctor` checks it");
    }
    None
}

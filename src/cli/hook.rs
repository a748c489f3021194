//! The hook: whatever happens, status 0 and nothing on standard output but the answer.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use super::app;
use crate::config::{CHILD, Paths, Settings, variable};
use crate::hook::{HookEvent, Journal, LONGEST_EVENT, Surroundings, refuse, respond};

/// Reads one event and answers it.
pub(super) fn run(started: Instant) -> ExitCode {
    if variable(CHILD).is_some() {
        return ExitCode::SUCCESS;
    }
    // A panic's message would go to standard error, which some clients show; the log is the place for it.
    std::panic::set_hook(Box::new(|_| {}));
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| answer(started))) {
        let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        log(&format!("the hook failed: {}", what.unwrap_or("no message")));
    }
    end()
}

/// Ends at once: the threads that still embed are of no use any more, and closing the last connection to the database
/// would cost a checkpoint of 12 to 17 ms.
#[expect(clippy::exit, reason = "nothing is left to do, and unwinding costs more than the whole search")]
fn end() -> ExitCode {
    std::process::exit(0)
}

fn answer(started: Instant) {
    let mut input = Vec::new();
    if let Err(error) = std::io::stdin().lock().take(LONGEST_EVENT).read_to_end(&mut input) {
        return log(&format!("standard input cannot be read: {error}"));
    }
    let event = match HookEvent::from_json(&String::from_utf8_lossy(&input)) {
        Ok(Some(event)) => event,
        Ok(None) => return,
        Err(error) => return log(&error.to_string()),
    };
    let Some(paths) = Paths::from_env() else { return };
    let out = &mut std::io::stdout().lock();
    // The defaults would inject where the person has said that nothing is to be.
    let settings = match Settings::load(&paths.settings()) {
        Ok(settings) => settings,
        Err(error) => {
            log(&format!("{error}; until then nothing is recalled"));
            return refuse(&event, &error, out);
        }
    };
    let surroundings = Surroundings {
        paths: &paths,
        settings: &settings,
        now: app::now(),
        started,
        program: std::env::current_exe().ok(),
    };
    respond(&event, &surroundings, out);
}

fn log(what: &str) {
    if let Some(paths) = Paths::from_env() {
        Journal::new(&paths).log(app::now(), what);
    }
}

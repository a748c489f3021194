//! `memory-lane model` where it refuses, and where it has nothing to do.

use std::fs;
use std::path::Path;

use memory_lane::embed::catalog::DEFAULT_MODEL;

use crate::support::{Home, model_home};

/// What a refusal says on standard error.
fn refused(home: &Home, arguments: &[&str]) -> String {
    home.fails(&[&["model"], arguments].concat()).1
}

fn files_in(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn refusals_say_what_to_do_and_leave_nothing() {
    let home = Home::new();
    let nothing = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], expected: &str| {
        let message = refused(&home, arguments);
        assert!(message.contains(expected), "{message}");
        assert_eq!(files_in(home.path()), 0, "{arguments:?}");
    };
    check(&["use", DEFAULT_MODEL], "memory-lane model add");
    check(&["use", "word2vec"], "no model is called word2vec");
    check(&["add", "word2vec"], DEFAULT_MODEL);
    check(&["add", "--from", nothing.path().to_str().unwrap()], "put it there");
}

#[test]
fn a_file_that_is_not_the_pinned_one_is_refused() {
    let (home, given) = (Home::new(), tempfile::tempdir().unwrap());
    let build = memory_lane::embed::catalog::runtime_here().unwrap();
    fs::write(given.path().join(build.wheel.name), "PK").unwrap();
    let error = refused(&home, &["add", "--from", given.path().to_str().unwrap()]);
    assert!(error.contains("SHA-256"), "{error}");
    assert_eq!(files_in(home.path()), 0);
    assert!(given.path().join(build.wheel.name).exists(), "what the person gave is left alone");
}

#[test]
fn adding_what_is_there_needs_no_source() {
    let (home, nothing) = (Home::new(), tempfile::tempdir().unwrap());
    let mut command = home.command(&["model", "add", "--from", nothing.path().to_str().unwrap()]);
    let output = command.env("MEMORY_LANE_HOME", model_home().home()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

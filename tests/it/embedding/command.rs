//! `memory-lane model` where it refuses, and where it has nothing to do.

use std::fs;
use std::path::Path;

use clap::Parser;
use memory_lane::cli::{App, model};
use memory_lane::config::{Paths, Settings};
use memory_lane::embed::catalog::DEFAULT_MODEL;
use memory_lane::model::Timestamp;

use crate::support::model_home;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: model::ModelArgs,
}

fn run(home: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let app = App { paths: Paths::at(home), settings: Settings::default(), now: Timestamp(0) };
    let line = Line::try_parse_from(["model"].iter().chain(arguments))?;
    model::run(&line.args, &app)
}

#[test]
fn refusals_say_what_to_do_and_leave_nothing() {
    let home = tempfile::tempdir().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], expected: &str| {
        let message = format!("{:#}", run(home.path(), arguments).unwrap_err());
        assert!(message.contains(expected), "{message}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{arguments:?}");
    };
    check(&["use", DEFAULT_MODEL], "memory-lane model add");
    check(&["use", "word2vec"], "no model is called word2vec");
    check(&["add", "word2vec"], DEFAULT_MODEL);
    check(&["add", "--from", nothing.path().to_str().unwrap()], "put it there");
}

#[test]
fn a_file_that_is_not_the_pinned_one_is_refused() {
    let (home, given) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let build = memory_lane::embed::catalog::runtime_here().unwrap();
    fs::write(given.path().join(build.wheel.name), "PK").unwrap();
    let error = run(home.path(), &["add", "--from", given.path().to_str().unwrap()]).unwrap_err();
    assert!(format!("{error:#}").contains("SHA-256"), "{error:#}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    assert!(given.path().join(build.wheel.name).exists(), "what the person gave is left alone");
}

#[test]
fn adding_what_is_there_needs_no_source() {
    let nothing = tempfile::tempdir().unwrap();
    run(model_home().home(), &["add", "--from", nothing.path().to_str().unwrap()]).unwrap();
}

//! What tests need around the program: homes, the real client and the API it talks to, servers of models.

pub(crate) mod client;
mod home;
pub(crate) mod messages_api;
pub(crate) mod model_apis;
pub(crate) mod model_server;
pub(crate) mod planted;
pub(crate) mod run;

use std::path::PathBuf;

use memory_lane::config::{Paths, variable};

pub(crate) use home::{Home, feed};

/// A home with an installed model: `$MEMORY_LANE_TEST_MODEL`, else `.test/home` in the repository.
pub(crate) fn model_home() -> Paths {
    let home = variable("MEMORY_LANE_TEST_MODEL")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".test/home"), PathBuf::from);
    let paths = Paths::at(home);
    assert!(
        paths.models().is_dir() && paths.runtime().is_dir(),
        "no model is installed in {}: run `make test`, which installs one, or set MEMORY_LANE_TEST_MODEL to a home",
        paths.home().display()
    );
    paths
}

/// The directory of facts and samples, `$MEMORY_LANE_SHARED` or beside the repository, if this machine has it. Says so
/// when a test goes without it.
#[expect(clippy::print_stderr, reason = "a test that goes without its samples says so")]
pub(crate) fn shared() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let place = variable("MEMORY_LANE_SHARED").map_or_else(default, PathBuf::from);
    let found = place.join("traces/samples/expected.jsonl").exists().then_some(place);
    if found.is_none() {
        eprintln!("SKIPPED: no sample transcripts; set MEMORY_LANE_SHARED to the directory that holds traces/samples");
    }
    found
}

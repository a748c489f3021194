//! The command line: one file for each command, the hook before everything else.

mod app;
pub mod ingest;
mod output;
pub mod sessions;

pub use app::App;
pub use output::{print_json, print_line, print_text};

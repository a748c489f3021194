//! The command line: one file for each command, the hook before everything else.

mod app;
mod output;
pub mod setup;

pub use app::App;
pub use output::{print_json, print_line, print_text};

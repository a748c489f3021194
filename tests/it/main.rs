//! The one integration-test binary.

mod catching;
mod ingest;
mod traces;

fn main() {}

//! The one integration-test binary.

mod ingest;
mod traces;

fn main() {}

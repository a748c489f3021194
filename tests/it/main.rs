//! Integration tests: one binary, one module for each surface.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod embedding;
mod support;

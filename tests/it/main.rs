//! The one integration binary: every further one would link the whole program again.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod commands;
mod embedding;
mod hook;
mod layers;
mod support;

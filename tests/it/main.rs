//! The one integration-test binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail the test they serve")]

mod plugin_tree;
mod real_client;
mod setup;
mod support;

//! The one integration binary: every further one would link the whole program again.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod agents;
mod catching;
mod commands;
mod consolidating;
mod differential;
mod distilling;
mod documents;
mod embedding;
mod evaluating;
mod hook;
mod ingest;
mod layers;
mod mcp;
mod plugin_tree;
mod poisoning;
mod promote;
mod queue;
mod real_agents;
mod real_client;
mod real_client_tools;
mod scenarios;
mod schedule;
mod searching;
mod secrets;
mod setup;
mod store_contract;
mod support;
mod traces;

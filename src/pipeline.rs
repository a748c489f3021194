//! The steps from what agents wrote to what can be recalled: ingest, catch, embed.

mod embed;

pub use embed::embed;

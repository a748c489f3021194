//! The steps from what agents wrote to what can be recalled: ingest, catch, embed.

mod catch;
mod embed;
mod ingest;

pub use catch::{CatchReport, catch};
pub use embed::embed;
pub use ingest::{IngestProgress, IngestReport, ingest};

//! What runs over many sessions: taking them in, catching memories from them.

mod catch;
mod ingest;

pub use catch::{CatchReport, catch};
pub use ingest::{IngestProgress, IngestReport, ingest};

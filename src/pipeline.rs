//! What runs over many sessions: taking them in, catching memories from them.

mod ingest;

pub use ingest::{IngestProgress, IngestReport, ingest};

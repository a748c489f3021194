//! The steps from what agents wrote to what can be recalled: ingest, catch, embed.

mod catch;
mod due;
mod embed;
mod ingest;
mod titles;

pub use catch::{CatchReport, catch, catch_from};
pub use due::{Due, due};
pub use embed::embed;
pub use ingest::{IngestProgress, IngestReport, ingest};
pub use titles::{Titler, title_sessions};

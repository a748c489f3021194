//! The steps from what agents wrote to what can be recalled: ingest, catch (by rules, then by a model if the person wants
//! that), embed.

mod catch;
mod embed;
mod ingest;

pub use catch::{CatchReport, DistilReport, Distilling, catch, distil, distilled_title, estimate};
pub use embed::embed;
pub use ingest::{IngestProgress, IngestReport, ingest};

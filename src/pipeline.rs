//! The steps from what agents wrote to what can be recalled: ingest, catch, embed.

mod catch;
mod embed;

pub use catch::{CatchReport, catch};
pub use embed::embed;
/// stub
pub struct IngestReport {
    /// s
    pub files_read: usize,
}
/// stub
pub fn ingest(
    _: &mut dyn crate::store::SessionStore,
    _: &[std::path::PathBuf],
    _: &[String],
    _: &mut dyn FnMut(usize),
) -> anyhow::Result<IngestReport> {
    Ok(IngestReport { files_read: 0 })
}

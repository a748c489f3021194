//! stub
use super::App;
/// stub
#[derive(clap::Args)]
pub struct IngestArgs {}
/// stub
pub fn run(_: &IngestArgs, _: &App) -> anyhow::Result<()> {
    Ok(())
}

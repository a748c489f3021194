//! stub
use super::App;
/// stub
#[derive(clap::Args)]
pub struct SessionsArgs {}
/// stub
pub fn run(_: &SessionsArgs, _: &App) -> anyhow::Result<()> {
    Ok(())
}

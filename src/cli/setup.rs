//! stub
use super::App;
/// stub
#[derive(clap::Args)]
pub struct SetupArgs {}
/// stub
#[derive(clap::Args)]
pub struct UninstallArgs {}
/// stub
pub fn run(_: &SetupArgs, _: &App) -> anyhow::Result<()> {
    Ok(())
}
/// stub
pub fn uninstall(_: &UninstallArgs, _: &App) -> anyhow::Result<()> {
    Ok(())
}

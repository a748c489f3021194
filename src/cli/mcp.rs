//! `mcp`: the same things for agents, as tools over standard input and output.
//!
//! The only part of the program with a runtime, and one thread of it: a call opens the store, answers and closes it.

mod arguments;
mod server;
mod tools;

use std::io::IsTerminal;

use anyhow::{Context, bail};
use clap::Args;
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;

use server::Server;

/// Arguments of `mcp`.
#[derive(Args)]
pub(super) struct McpArgs {}

/// Serves until the agent closes standard input.
pub(super) fn run(_: &McpArgs) -> anyhow::Result<()> {
    if std::io::stdin().is_terminal() {
        bail!(
            "mcp speaks to an agent over standard input; the plugin starts it, or: claude mcp add memory-lane -- memory-lane mcp"
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the server")?;
    let served = runtime.block_on(async {
        match Server.serve(rmcp::transport::stdio()).await {
            Ok(running) => running.waiting().await.map(|_| ()).context("serve"),
            // Nobody asked for anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error).context("greet the agent"),
        }
    });
    // A read of standard input that never ends must not keep the process.
    runtime.shutdown_background();
    served
}

//! The command line: one file for each command, the hook before everything else.

mod app;
mod catch;
mod counted;
mod distil;
mod doctor;
mod entities;
mod error;
mod eval;
mod exchange;
mod feedback;
mod hook;
mod ingest;
mod mcp;
mod memories;
mod model;
mod output;
mod paint;
mod queue_state;
mod recall;
mod remember;
mod schedule;
mod sessions;
mod setup;
mod sources;
mod status;
mod statusline;
mod timings;
mod worker;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

pub use app::App;
pub use output::{print_json, print_line, print_text};

/// A memory for coding agents: keeps their sessions, catches what mattered, recalls it at the next prompt.
#[derive(Parser)]
#[command(name = "memory-lane", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up everything: model, plugin, first ingest
    Setup(setup::SetupArgs),
    /// Take back what setup did; memories stay
    Uninstall(setup::UninstallArgs),
    /// Answer a hook event on standard input
    Hook,
    /// Read agents' sessions into the store
    Ingest(ingest::IngestArgs),
    /// Catch memories from what was ingested
    Catch(catch::CatchArgs),
    /// Show what would be recalled for a text
    Recall(recall::RecallArgs),
    /// Store a memory by hand
    Remember(remember::RememberArgs),
    /// List, show and change memories
    Memories(memories::MemoriesArgs),
    /// Say that a recalled memory helped or did not
    Feedback(feedback::FeedbackArgs),
    /// List, show and search sessions
    Sessions(sessions::SessionsArgs),
    /// Show which agents are here and how much of their sessions was taken in
    Sources(sources::SourcesArgs),
    /// Serve memories and sessions to an agent as tools, over standard input and output
    Mcp(mcp::McpArgs),
    /// List and correct what memories are about
    Entities(entities::EntitiesArgs),
    /// Read memories from JSON lines
    Import(exchange::ImportArgs),
    /// Write memories as JSON lines
    Export(exchange::ExportArgs),
    /// Let the system run the worker at intervals
    Schedule(schedule::ScheduleArgs),
    /// Show how much there is
    Status(status::StatusArgs),
    /// Print a status line for Claude Code, and keep what it says of your quota
    Statusline(statusline::StatuslineArgs),
    /// Check that everything works, and say what to do where it does not
    Doctor(doctor::DoctorArgs),
    /// Show how long hooks take, stage by stage
    Timings(timings::TimingsArgs),
    /// Measure recall and triggers on judged sets
    Eval(eval::EvalArgs),
    /// List, add and choose embedding models
    Model(model::ModelArgs),
    /// Ingest, catch and embed what is new (started by hooks and schedulers)
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

/// Runs the program on these arguments; `started` is when the process began.
pub fn run(arguments: impl Iterator<Item = OsString>, started: Instant) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    // The hook comes first, before anything that costs time or could end with status 2. Older clients pass no arguments.
    let hook = match arguments.get(1) {
        None => !std::io::stdin().is_terminal(),
        Some(first) => {
            first == "hook" && !arguments[2..].iter().any(|argument| argument == "--help" || argument == "-h")
        }
    };
    if hook {
        return hook::run(started);
    }
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => error::report(dispatch(cli.command)),
        Err(error) => error::usage(error, &arguments),
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    let (app, unusable) = App::despite_settings()?;
    match (command, unusable) {
        (Command::Doctor(args), unusable) => doctor::run(&args, &app, unusable.as_ref()),
        (Command::Statusline(args), _) => {
            statusline::run(&args, &app);
            Ok(())
        }
        (_, Some(error)) => Err(error.into()),
        (command, None) => dispatch_to(command, &app),
    }
}

/// Commands that need the settings.
fn dispatch_to(command: Command, app: &App) -> anyhow::Result<()> {
    match command {
        Command::Setup(args) => setup::run(&args, app),
        Command::Uninstall(args) => setup::run_uninstall(&args, app),
        Command::Hook => Ok(()),
        Command::Ingest(args) => ingest::run(&args, app),
        Command::Catch(args) => catch::run(&args, app),
        Command::Recall(args) => recall::run(&args, app),
        Command::Remember(args) => remember::run(&args, app),
        Command::Memories(args) => memories::run(&args, app),
        Command::Feedback(args) => feedback::run(&args, app),
        Command::Sessions(args) => sessions::run(&args, app),
        Command::Sources(args) => sources::run(&args, app),
        Command::Mcp(args) => mcp::run(&args),
        Command::Entities(args) => entities::run(&args, app),
        Command::Import(args) => exchange::import(&args, app),
        Command::Export(args) => exchange::export(&args, app),
        Command::Schedule(args) => schedule::run(&args, app),
        Command::Status(args) => status::run(&args, app),
        Command::Statusline(_) | Command::Doctor(_) => Ok(()),
        Command::Timings(args) => timings::run(&args, app),
        Command::Eval(args) => eval::run(&args, app),
        Command::Model(args) => model::run(&args, app),
        Command::Worker(args) => worker::run(&args, app),
    }
}

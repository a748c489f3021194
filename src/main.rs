//! The `memory-lane` program; everything is in the library.

use std::process::ExitCode;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = Instant::now();
    memory_lane::embed::forbid_telemetry();
    memory_lane::cli::run(std::env::args_os(), started)
}

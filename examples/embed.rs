//! How near are two texts? `cargo run --release --example embed -- "first text" "second text"`
//!
//! Needs an installed model: `memory-lane model add`.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use memory_lane::config::{Paths, Settings};
use memory_lane::embed::{Embedder, LeanEmbedder, forbid_telemetry};

fn main() -> anyhow::Result<()> {
    forbid_telemetry();
    let texts: Vec<String> = std::env::args().skip(1).collect();
    let [first, second] = texts.as_slice() else {
        anyhow::bail!("give two texts");
    };
    let paths = Paths::from_env().ok_or_else(|| anyhow::anyhow!("set MEMORY_LANE_HOME"))?;
    let model = Settings::load(&paths.settings())?.model;
    let mut embedder = LeanEmbedder::open(&paths.models().join(model))?;
    let (one, other) = (embedder.embed(first)?, embedder.embed(second)?);
    let cosine: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();
    println!("{cosine:.4}");
    Ok(())
}

//! The hook as the client runs it: a fresh process for every event, page cache warm, beside references of the same run.
//!
//! `cargo bench` prints one table. CPU is user and system time of the process, which other load disturbs least; wall is
//! from spawn to exit. The corpus is made by a seeded generator: word frequencies fall like those of prose (Zipf),
//! vectors are mixtures of real ones. It differs from real memories in that no two of them belong together.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking")]

mod corpus;
mod measure;

use std::path::{Path, PathBuf};

use measure::{Figures, Run, run_once};
use memory_lane::embed::LeanEmbedder;

const ROUNDS: usize = 25;
/// The generator's words are no English: the tokenizer cuts each into about three pieces.
const WORDS_OF_64: usize = 21;
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const PROGRAM: &str = env!("CARGO_BIN_EXE_memory-lane");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => measure::launch(&arguments[1..]),
        Some("embed") => embed_alone(Path::new(&arguments[1])),
        _ => table(),
    }
}

/// The floor of every hook that embeds: model and text, nothing else.
fn embed_alone(home: &Path) {
    let mut embedder = LeanEmbedder::open(&home.join("models/all-MiniLM-L6-v2")).unwrap();
    let vector = embedder.embed_limited(&corpus::prompt(64), 64).unwrap();
    assert_eq!(vector.len(), 384);
    #[expect(clippy::exit, reason = "the hook ends this way too")]
    std::process::exit(0);
}

fn table() {
    let model = model_home();
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hook-process");
    std::fs::create_dir_all(&scratch).unwrap();
    let this = std::env::current_exe().unwrap();
    println!("{:34} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "CPU ms", "CPU max", "wall ms", "wall p95", "RSS MB");
    let nothing = scratch.join("nothing.json");
    std::fs::write(&nothing, "").unwrap();
    row("true", &Run::new("true", &[], &nothing));
    row("node -e 0", &Run::new("node", &["-e", "0"], &nothing));
    let embed = Run::new(this.to_str().unwrap(), &["embed", model.to_str().unwrap()], &nothing);
    let floor = row("lean embedding alone, 64 tokens", &embed);
    for size in SIZES {
        let home = corpus::home(&scratch, size, Some(&model));
        for (name, words) in [("prompt of 64 tokens, window", WORDS_OF_64), ("prompt of 200 words, window", 200)] {
            let event = corpus::prompt_event(&scratch, words);
            let figures = row(&format!("{name}, {size}"), &hook(&home, &event));
            println!("{:34} {:>8.2} × the embedding alone", "", figures.cpu / floor.cpu);
        }
        row(&format!("file without memories, {size}"), &hook(&home, &corpus::file_event(&scratch)));
    }
    let without = corpus::home(&scratch, 10_001, None);
    row("no model, 64 tokens, 10000", &hook(&without, &corpus::prompt_event(&scratch, WORDS_OF_64)));
    let home = corpus::home(&scratch, 10_000, Some(&model));
    measure::beside_a_writer(PROGRAM, &home, &corpus::answered_event(&scratch, 7));
    // It holds now what the next run must not find.
    std::fs::remove_dir_all(&home).unwrap();
}

fn hook(home: &Path, event: &Path) -> Run {
    Run::new(PROGRAM, &["hook"], event).with_home(home)
}

fn row(name: &str, run: &Run) -> Figures {
    let runs: Vec<_> = (0..=ROUNDS).map(|_| run_once(run)).skip(1).collect();
    let figures = Figures::of(&runs);
    println!(
        "{name:34} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>9.0}",
        figures.cpu, figures.cpu_max, figures.wall, figures.wall_p95, figures.rss
    );
    figures
}

/// A home with model and runtime, as `make test` prepares it.
fn model_home() -> PathBuf {
    let home = memory_lane::config::variable("MEMORY_LANE_TEST_MODEL")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".test/home"), PathBuf::from);
    assert!(home.join("models").is_dir(), "no model under {}: run `make bench`", home.display());
    home
}

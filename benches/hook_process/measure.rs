//! Runs a program once and reads what it cost.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use memory_lane::model::Timestamp;
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{MemoryStore, RecallFilter, RecallStore, spool};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::corpus;

/// The hook's own deadline.
const DEADLINE_MS: f64 = 300.0;

/// A program with its input.
pub(crate) struct Run {
    program: String,
    arguments: Vec<String>,
    input: PathBuf,
    home: Option<PathBuf>,
}

impl Run {
    pub(crate) fn new(program: &str, arguments: &[&str], input: &Path) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { program: program.to_owned(), arguments, input: input.to_owned(), home: None }
    }

    pub(crate) fn with_home(mut self, home: &Path) -> Self {
        self.home = Some(home.to_owned());
        self
    }
}

/// One run: CPU and wall in milliseconds, peak memory in MB.
#[derive(Clone, Copy)]
pub(crate) struct Once {
    cpu: f64,
    wall: f64,
    rss: f64,
}

/// Many runs.
pub(crate) struct Figures {
    pub(crate) cpu: f64,
    pub(crate) cpu_max: f64,
    pub(crate) wall: f64,
    pub(crate) wall_p95: f64,
    pub(crate) rss: f64,
}

impl Figures {
    pub(crate) fn of(runs: &[Once]) -> Self {
        let sorted = |read: fn(&Once) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(read).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (cpu, wall, rss) = (sorted(|run| run.cpu), sorted(|run| run.wall), sorted(|run| run.rss));
        Self {
            cpu: cpu[cpu.len() / 2],
            cpu_max: cpu[cpu.len() - 1],
            wall: wall[wall.len() / 2],
            wall_p95: wall[wall.len() * 95 / 100],
            rss: rss[rss.len() - 1],
        }
    }
}

/// Runs it below a launcher of its own, as the kernel reports peak memory only for all children together.
pub(crate) fn run_once(run: &Run) -> Once {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("measure").arg(&run.input).arg(&run.program).args(&run.arguments);
    if let Some(home) = &run.home {
        command.env("MEMORY_LANE_HOME", home);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 4, "{} printed {text:?}", run.program);
    assert!(numbers[3] == 0.0, "{} ended with status {}", run.program, numbers[3]);
    Once { cpu: numbers[0], wall: numbers[1], rss: numbers[2] }
}

/// The launcher: input file, program, arguments.
pub(crate) fn launch(arguments: &[String]) {
    let input = File::open(&arguments[0]).unwrap();
    let started = Instant::now();
    let status = Command::new(&arguments[1])
        .args(&arguments[2..])
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let wall = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1000.0;
    let code = status.code().unwrap_or(-1);
    println!("{cpu} {} {} {code}", wall.as_secs_f64() * 1000.0, usage.max_rss() as f64 / 1024.0);
}

/// Eight hooks at once, again and again, while another process's place is taken by a writer in this one.
pub(crate) fn beside_a_writer(program: &str, home: &Path, event: &Path) {
    static STOP: AtomicBool = AtomicBool::new(false);
    let database = home.join("memory-lane.db");
    let before = injected(&database);
    let writer = {
        let database = database.clone();
        std::thread::spawn(move || {
            let mut store = SqliteStore::open(&database).unwrap();
            let mut batch = 0;
            while !STOP.load(Ordering::Relaxed) {
                store.add_memories(&corpus::drafts(2_000_000 + batch * 20, 20), Timestamp(1)).unwrap();
                batch += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            batch
        })
    };
    let mut runs = Vec::new();
    for round in 0..10 {
        let hooks: Vec<_> = (0..8)
            .map(|n| {
                let event = corpus::in_session(event, &format!("parallel-{}-{round}-{n}", std::process::id()));
                let run = Run::new(program, &["hook"], &event).with_home(home);
                std::thread::spawn(move || {
                    let ran = run_once(&run);
                    std::fs::remove_file(event).unwrap();
                    ran
                })
            })
            .collect();
        runs.extend(hooks.into_iter().map(|hook| hook.join().unwrap()));
    }
    STOP.store(true, Ordering::Relaxed);
    let batches = writer.join().unwrap();
    let figures = Figures::of(&runs);
    let late = runs.iter().filter(|run| run.wall > DEADLINE_MS).count();
    println!(
        "8 hooks at once beside a writer: wall median {:.0} ms, p95 {:.0} ms, {late} of {} over {DEADLINE_MS} ms; \
         {} recalled, {batches} transactions",
        figures.wall,
        figures.wall_p95,
        runs.len(),
        injected(&database) - before
    );
}

/// Memories injected so far. What the writer's lock kept from being written at once waits in the spool: it is taken in as
/// the next worker would.
fn injected(database: &Path) -> usize {
    let mut store = SqliteStore::open(database).unwrap();
    spool::take_in(&database.with_file_name("recalls.spool"), &mut store).unwrap();
    store.recalls(&RecallFilter { injected: true, ..RecallFilter::default() }).unwrap().len()
}

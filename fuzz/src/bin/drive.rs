//! Drives every target with a deterministic mutator, on any compiler.
//!
//! ```text
//! drive [--executions N | --seconds N] [--seed N] [TARGET…]   mutations of the vectors
//! drive garbage [TARGET…]                                    16 MiB of every flavour
//! drive bits                                                 every bit of every vector, one at a time
//! drive seeds FOLDER                                         what libFuzzer is to begin with
//! ```
//!
//! Ends with 1 where a target panicked or took too much memory, and leaves the input in `artifacts`.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use casemate_fuzz::edits::flip_every_bit;
use casemate_fuzz::memory::{Counting, peak_of};
use casemate_fuzz::mutate::Mutator;
use casemate_fuzz::{TARGETS, Target, garbage, max_peak, target, vectors};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The longest input that is made.
const MAX_LEN: usize = 16 << 10;

fn main() -> ExitCode {
    match Command::parse(std::env::args().skip(1)) {
        Ok(Command::Mutate { targets, seed, limit }) => all(targets, |it| mutate(it, seed, limit)),
        Ok(Command::Garbage { targets }) => {
            let flavours = garbage::flavours();
            all(targets, |it| throw_garbage(it, &flavours))
        }
        Ok(Command::Bits) => flip_bits(),
        Ok(Command::Seeds { folder }) => write_seeds(&folder),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

/// When to stop.
#[derive(Clone, Copy)]
enum Limit {
    Executions(u64),
    Time(Duration),
}

enum Command {
    Mutate { targets: Vec<&'static Target>, seed: u64, limit: Limit },
    Garbage { targets: Vec<&'static Target> },
    Bits,
    Seeds { folder: PathBuf },
}

impl Command {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut seed, mut limit, mut is_garbage, mut targets) =
            (0, Limit::Executions(2_000), false, Vec::new());
        let number = |it: Option<String>| it.and_then(|it| it.parse().ok()).ok_or("a number is missing");
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seed" => seed = number(arguments.next())?,
                "--executions" => limit = Limit::Executions(number(arguments.next())?),
                "--seconds" => limit = Limit::Time(Duration::from_secs(number(arguments.next())?)),
                "garbage" => is_garbage = true,
                "bits" => return Ok(Self::Bits),
                "seeds" => {
                    let folder = arguments.next().ok_or("a folder is missing")?.into();
                    return Ok(Self::Seeds { folder });
                }
                name => targets.push(target(name).ok_or(format!("no target is called {name}"))?),
            }
        }
        if targets.is_empty() {
            targets = TARGETS.iter().collect();
        }
        Ok(if is_garbage { Self::Garbage { targets } } else { Self::Mutate { targets, seed, limit } })
    }
}

fn all(targets: Vec<&'static Target>, mut with: impl FnMut(&'static Target) -> bool) -> ExitCode {
    println!(
        "{:<12} {:>11} {:>8} {:>12} {:>12}  slowest",
        "target", "executions", "seconds", "slowest ms", "most KiB"
    );
    let failed = targets.into_iter().filter(|it| !with(it)).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What happened to one target.
struct Tally {
    target: &'static Target,
    begun: Instant,
    executions: u64,
    slowest: (Duration, String),
    peak: usize,
}

impl Tally {
    fn new(target: &'static Target) -> Self {
        let slowest = (Duration::ZERO, String::new());
        Self { target, begun: Instant::now(), executions: 0, slowest, peak: 0 }
    }

    /// Runs the target once; answers whether that went well.
    fn run(&mut self, input: &[u8], name: &str) -> bool {
        let own = input.to_vec();
        let (mut outcome, begun) = (Ok(()), Instant::now());
        let run = self.target.run;
        let peak = peak_of(|| outcome = catch_unwind(move || run(own)));
        let took = begun.elapsed();
        self.executions += 1;
        self.peak = self.peak.max(peak);
        if took > self.slowest.0 {
            self.slowest = (took, name.to_owned());
        }
        if outcome.is_err() || peak > max_peak(input.len()) {
            let why = if outcome.is_err() { "panicked" } else { "took too much memory" };
            eprintln!("{} {why} ({name}, {peak} bytes): {}", self.target.name, keep(self.target, input));
            return false;
        }
        true
    }

    fn print(&self) {
        println!(
            "{:<12} {:>11} {:>8.1} {:>12.3} {:>12}  {}",
            self.target.name,
            self.executions,
            self.begun.elapsed().as_secs_f64(),
            self.slowest.0.as_secs_f64() * 1000.0,
            self.peak / 1024,
            self.slowest.1,
        );
    }
}

fn mutate(target: &'static Target, seed: u64, limit: Limit) -> bool {
    let seeds = (target.seeds)();
    let mut tally = Tally::new(target);
    let mut is_well = seeds.iter().all(|it| tally.run(it, "a seed"));
    let mut mutator = Mutator::new(seed, MAX_LEN);
    let goes_on = |tally: &Tally| match limit {
        Limit::Executions(most) => tally.executions < most,
        Limit::Time(longest) => tally.begun.elapsed() < longest,
    };
    while is_well && goes_on(&tally) {
        let name = format!("number {}", tally.executions);
        is_well = tally.run(&mutator.next(&seeds), &name);
    }
    tally.print();
    is_well
}

fn throw_garbage(target: &'static Target, flavours: &[(&str, Vec<u8>)]) -> bool {
    // The vectors are made by whoever needs them first, which is nobody's time.
    (target.run)((target.seeds)().into_iter().next().unwrap_or_default());
    let mut tally = Tally::new(target);
    let is_well = flavours.iter().all(|(name, bytes)| tally.run(bytes, name));
    tally.print();
    is_well
}

fn flip_bits() -> ExitCode {
    println!("{:<16} {:>8} {:>10} {:>8}", "vector", "bits", "unsigned", "seconds");
    for vector in vectors::all() {
        let begun = Instant::now();
        let (bits, unsigned) = flip_every_bit(vector);
        println!("{:<16} {bits:>8} {unsigned:>10} {:>8.1}", vector.name, begun.elapsed().as_secs_f64());
    }
    ExitCode::SUCCESS
}

/// Writes the input down; answers where.
fn keep(target: &Target, input: &[u8]) -> String {
    let path = Path::new("artifacts").join(format!("{}-{}", target.name, input.len()));
    let written = std::fs::create_dir_all("artifacts").and_then(|()| std::fs::write(&path, input));
    written.map_or_else(|error| error.to_string(), |()| path.display().to_string())
}

fn write_seeds(folder: &Path) -> ExitCode {
    for target in &TARGETS {
        let folder = folder.join(target.name);
        let write = |(nth, seed): (usize, &Vec<u8>)| std::fs::write(folder.join(format!("seed-{nth}")), seed);
        let seeds = (target.seeds)();
        let written =
            std::fs::create_dir_all(&folder).and_then(|()| seeds.iter().enumerate().try_for_each(write));
        if let Err(error) = written {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

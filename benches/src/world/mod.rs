//! The scheduler of two worlds: what a step costs, at worst and on average, what it needs, and how fast it is
//! checked. What each row means is in docs/benchmarks.md.

mod assault;
mod count;
mod metal;
mod simulator;
mod walk;

use std::num::NonZeroUsize;
use std::time::Instant;

use casemate_world::{CPUS, Config, CpuId, Event, Outcome, State, THREADS, step};
use casemate_world_model::{Setting, Until, search};

use crate::row::{Bench, median};
use assault::Assault;
use walk::{Situation, Walk};

pub(crate) use count::{Counted, Uncounted};

/// Instructions of a step that are wanted on average, under the default design.
const AVERAGE_WANTED: f64 = 150.0;
/// Instructions of any step: the bound that is stated, on x86-64. A step has no loop but over threads or CPUs,
/// and a thread is in one phase, so that it is come by in the loops of that phase only. What each adds was
/// read off the machine code of the longest ways (docs/world-c.md).
const STEP_MOST: u64 = STRAIGHT_ON + THREADS as u64 * FOR_A_THREAD + CPUS as u64 * FOR_A_CPU;
/// All that is not in a loop.
const STRAIGHT_ON: u64 = 450;
/// All loops that come by a thread: who is the most urgent, and where he is in the line.
const FOR_A_THREAD: u64 = 30;
/// All loops that come by a CPU: how many threads are there.
const FOR_A_CPU: u64 = 32;
/// Bytes of state that are wanted for each CPU and thread there may be.
const STATE_WANTED: usize = 64;

// What has a goal for every build is held in every build.
const _: () = assert!(size_of::<State>() <= STATE_WANTED * (CPUS + THREADS));

/// Measures everything.
pub(crate) fn bench() -> Bench {
    let mut bench = Bench::default();
    average(&mut bench);
    worst(&mut bench);
    let each = size_of::<State>() as f64 / (CPUS + THREADS) as f64;
    let wanted = STATE_WANTED as f64;
    bench.against_limit("state, bytes for a CPU or thread, at most", each, wanted, wanted / each, 1.0);
    natively(&mut bench);
    checker(&mut bench);
    simulator::simulator(&mut bench);
    metal::metal(&mut bench);
    bench
}

/// What the process that is counted does: these steps, one after another.
pub(crate) fn be_counted(what: &Counted) {
    situations(what).for_each(|mut it| {
        std::hint::black_box(counted(&mut it.state, &it.config, it.cpu, it.event));
    });
}

/// The most that a step takes, and the bound that is stated.
///
/// # Errors
///
/// It cannot be counted here.
pub(crate) fn most() -> Result<(u64, u64), Uncounted> {
    let counts = count::steps(&Counted::Assault)?;
    Ok((counts.into_iter().max().unwrap_or(0), STEP_MOST))
}

/// A step to be counted. Its name is what the counter looks for, so it stands alone.
#[inline(never)]
fn counted(state: &mut State, config: &Config, cpu: CpuId, event: Event) -> Outcome {
    step(state, config, cpu, event)
}

fn situations(what: &Counted) -> Box<dyn Iterator<Item = Situation>> {
    match what {
        Counted::Walk { design } => {
            let designs = walk::designs();
            let (_, config) = designs[*design % designs.len()];
            Box::new(Walk::new(config).take(count::WALKED))
        }
        Counted::Assault => Box::new(Assault::new().take(count::ASSAULTED)),
    }
}

fn average(bench: &mut Bench) {
    for (design, (name, _)) in walk::designs().into_iter().enumerate() {
        let row = format!("instructions of a step on average, {name}, at most");
        match count::steps(&Counted::Walk { design }) {
            Ok(counts) => {
                let average = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
                if design == 0 {
                    bench.against_limit(&row, average, AVERAGE_WANTED, AVERAGE_WANTED / average, 1.0);
                } else {
                    bench.info(
                        &format!("instructions of a step on average, {name}"),
                        average,
                        "instructions",
                    );
                }
            }
            Err(why) => bench.not_measured(&row, why.to_string()),
        }
    }
}

fn worst(bench: &mut Bench) {
    let row = "instructions of any step, any design, at most";
    match most() {
        Ok((most, stated)) => {
            let (most, stated) = (most as f64, stated as f64);
            bench.against_limit(row, most, stated, stated / most, 1.0);
        }
        Err(why) => bench.not_measured(row, why.to_string()),
    }
}

/// Steps in a second of this processor, and nothing else.
fn natively(bench: &mut Bench) {
    const ROUNDS: usize = 5;
    let walked: Vec<Situation> = situations(&Counted::Walk { design: 0 }).collect();
    let rates = (0..ROUNDS).map(|_| {
        let mut states: Vec<State> = walked.iter().map(|it| it.state).collect();
        let begun = Instant::now();
        for (state, it) in states.iter_mut().zip(&walked) {
            std::hint::black_box(counted(state, &it.config, it.cpu, it.event));
        }
        walked.len() as f64 / begun.elapsed().as_secs_f64()
    });
    bench.info("steps, default, states in no cache", median(rates.collect()), "steps/s");
}

/// The model checker on the default design, on one thread.
fn checker(bench: &mut Bench) {
    let config = Config::new(2);
    let setting = Setting::new(config, 2);
    let begun = Instant::now();
    let verdict = search(&setting, Until::AllIsSeen, NonZeroUsize::MIN);
    let seconds = begun.elapsed().as_secs_f64();
    let states = verdict.states as f64;
    bench.info("model checker, default, 2 CPUs and 2 requests", states / seconds, "states/s");
    bench.info("model checker, the same", states, "states");
}

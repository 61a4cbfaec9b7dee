//! How fast the simulator is.

use std::time::Instant;

use casemate_manifest::Source;
use casemate_world_sim::{Scenario, simulate};

use crate::row::{Bench, median};

/// Events in a second of one core that are wanted.
const WANTED: f64 = 5e6;
/// As long as is simulated, so that a run takes a fraction of a second.
const MILLIS: u64 = 300_000;
const ROUNDS: usize = 5;
/// Four CPUs, clients of the TEE and tasks beside them.
const LOAD: &str = include_str!("../../../scenarios/world/sessions-smp.yaml");

/// Measures the default design under a load that every build has.
pub(super) fn simulator(bench: &mut Bench) {
    let source = Source { name: "sessions-smp.yaml".into(), text: LOAD.into() };
    let scenario: Scenario = casemate_manifest::document(&source).expect("a test simulates it");
    let scenario = Scenario { millis: MILLIS, ..scenario };
    let rates = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        let measured = simulate(&scenario, &scenario.designs[0]).expect("a test simulates it");
        measured.events as f64 / begun.elapsed().as_secs_f64()
    });
    let rate = median(rates.collect());
    bench.against_limit("events simulated in a second, at least", rate, WANTED, rate / WANTED, 1.0);
}

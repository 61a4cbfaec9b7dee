//! Two workers on one pool, many times: what enclaves compute does not depend on it.

use casemate_model::{Bytes, Nanos};

use crate::programs::{shuffle, shuffled};
use crate::trial::{Guest, Trial};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const STEPS: u64 = 6_000;

#[test]
fn fifty_runs_of_six_enclaves_on_two_workers_leave_the_right_memory_each_time() {
    for run in 0..50 {
        let seeds = (1..).map(|seed: u64| seed + run * NAMES.len() as u64);
        let mut trial = Trial::new(Bytes::mib(3), 2).slice(Nanos::from_millis(1));
        for (name, seed) in NAMES.into_iter().zip(seeds.clone()) {
            trial = trial.guest(Guest::new(name, shuffle(4, STEPS, seed)));
        }
        let ran = trial.run();
        for (name, seed) in NAMES.into_iter().zip(seeds) {
            ran.finished(name, &shuffled(4, STEPS, seed));
        }
        assert!(ran.report.workloads.iter().all(|workload| workload.page_outs > Some(0)), "run {run}");
    }
}

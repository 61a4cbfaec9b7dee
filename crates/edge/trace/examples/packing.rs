//! How full the GPUs of OpenB get, per policy, and how near that is to the bound.
//!
//! ```text
//! cargo run --release -p casemate-trace --example packing -- DIR [SEEDS] [WORKLOAD…]
//! ```
//!
//! `DIR` holds `openb_node_list_all_node.csv.gz` and `openb_pod_list_WORKLOAD.csv.gz`. Each row is a mean over
//! seeds of arrivals up to 100 % of the GPUs (see `casemate_trace::Inflation`).

#[path = "packing/fragmentation.rs"]
mod fragmentation;
#[path = "packing/openb.rs"]
mod openb;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use casemate_bound::{bound, demands, groups};
use casemate_packing::{BestFit, Cluster, FirstFit, Policy, Room};
use fragmentation::Fragmentation;
use openb::{GPU, OpenB};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: packing DIR [SEEDS] [WORKLOAD...]");
        return ExitCode::from(2);
    };
    let seeds = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(10);
    let mut workloads: Vec<String> = arguments.collect();
    if workloads.is_empty() {
        workloads =
            ["default", "cpu100", "gpushare40", "gpuspec10", "multigpu20"].map(str::to_owned).to_vec();
    }
    println!("{:12} {:12} {:>11} {:>14}", "workload", "policy", "allocated %", "us a placement");
    for workload in &workloads {
        match OpenB::read(Path::new(&folder), workload) {
            Ok(openb) => measure(&openb, workload, seeds),
            Err(told) => {
                eprintln!("{told}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn measure(openb: &OpenB, workload: &str, seeds: u64) {
    let (mut sum, mut slowest, mut gap) = (0.0, 0.0_f64, 0.0_f64);
    for seed in 42..42 + seeds {
        let start = Instant::now();
        let groups = groups(&openb.nodes);
        let asked = openb.arrivals(seed).map(|pod| (openb.request(pod), pod.total_gpu_milli()));
        let bound = bound(&groups, &demands(asked));
        slowest = slowest.max(start.elapsed().as_secs_f64());
        gap = gap.max(bound.most as f64 / bound.reached - 1.0);
        sum += 100.0 * bound.most as f64 / openb.gpu_milli as f64;
        println!("{seed} {bound:?}");
    }
    println!("{workload:12} bound {:.3} slowest {slowest:.2} s gap {gap:.6}", sum / seeds as f64);
    if std::env::var_os("ONLY").is_some() { return; }
    row(openb, workload, seeds, "room", || Room::new(&[GPU]));
    row(openb, workload, seeds, "fgd", Fragmentation::default);
    row(openb, workload, seeds, "best fit", || BestFit::new(&openb.nodes));
    row(openb, workload, seeds, "first fit", || FirstFit);
}

fn row<P: Policy>(openb: &OpenB, workload: &str, seeds: u64, name: &str, policy: impl Fn() -> P) {
    let (mut sum, mut arrived) = (0.0, 0);
    let start = Instant::now();
    for seed in 42..42 + seeds {
        let mut cluster = Cluster::new(openb.nodes.clone(), policy());
        let mut placed = 0;
        for pod in openb.arrivals(seed) {
            arrived += 1;
            if cluster.place(openb.request(pod)).is_some() {
                placed += pod.total_gpu_milli();
            }
        }
        sum += 100.0 * placed as f64 / openb.gpu_milli as f64;
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(arrived);
    println!("{workload:12} {name:12} {:>11.2} {micros:>14.1}", sum / seeds as f64);
}

//! How full clusters get, per policy, and how near that is to what no placement can exceed.
//!
//! ```text
//! cargo run --release -p casemate-trace --example packing -- DIR [SEEDS] [WORKLOAD…]
//! ```
//!
//! `DIR` holds `openb_node_list_all_node.csv.gz` and `openb_pod_list_WORKLOAD.csv.gz`; the workloads `sgx`,
//! `tdx` and `mixed` are synthetic and need no files. Each row is a mean over seeds of arrivals up to 100 % of
//! what the nodes have: GPUs, or encrypted memory. See docs/placement.md.

#[path = "packing/fragmentation.rs"]
mod fragmentation;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use casemate_fleet::{BestFit, FirstFit, Room, Score};
use casemate_trace::synthetic::Cluster;
use casemate_trace::{Limits, Workload};
use fragmentation::Fragmentation;

const WORKLOADS: [&str; 8] =
    ["default", "cpu100", "gpushare40", "gpuspec10", "multigpu20", "sgx", "tdx", "mixed"];

/// Nodes of a synthetic cluster.
const NODES: usize = 200;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: packing DIR [SEEDS] [WORKLOAD...]");
        return ExitCode::from(2);
    };
    let seeds = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(10).max(1);
    let mut workloads: Vec<String> = arguments.collect();
    if workloads.is_empty() {
        workloads = WORKLOADS.map(str::to_owned).to_vec();
    }
    println!(
        "| workload | policy | allocated % | bound % | % of bound | least | us a placement | bound, s |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for workload in &workloads {
        let read = |seed| read(Path::new(&folder), workload, seed);
        match (42..42 + seeds).map(read).collect::<Result<Vec<_>, _>>() {
            Ok(instances) => measure(workload, &instances),
            Err(told) => {
                eprintln!("{told}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// A workload by its name, under a seed.
fn read(folder: &Path, workload: &str, seed: u64) -> Result<Workload, String> {
    let cluster = match workload {
        "sgx" => Cluster::Sgx,
        "tdx" => Cluster::Tdx,
        "mixed" => Cluster::Mixed,
        _ => {
            let bytes = |name: String| {
                let path = folder.join(name);
                std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
            };
            let nodes = bytes("openb_node_list_all_node.csv.gz".into())?;
            let pods = bytes(format!("openb_pod_list_{workload}.csv.gz"))?;
            let read = Workload::openb(&nodes, &pods, seed, &Limits::default());
            return read.map_err(|error| format!("{workload}: {error}"));
        }
    };
    Ok(Workload::synthetic(cluster, NODES, seed))
}

/// Every policy on the instances of a workload, one for each seed.
fn measure(workload: &str, instances: &[Workload]) {
    let mut slowest = 0.0_f64;
    let bound_of = |instance: &Workload| {
        let start = Instant::now();
        let bound = instance.bound();
        slowest = slowest.max(start.elapsed().as_secs_f64());
        100.0 * bound.most as f64 / instance.capacity() as f64
    };
    let row = Row { workload, instances, bounds: instances.iter().map(bound_of).collect(), slowest };
    row.print("room", |_| Room::new());
    row.print("fgd, online", |instance| Fragmentation::new(instance.counted()));
    row.print("best fit", |_| BestFit);
    row.print("first fit", |_| FirstFit);
}

struct Row<'a> {
    workload: &'a str,
    instances: &'a [Workload],
    bounds: Vec<f64>,
    slowest: f64,
}

impl Row<'_> {
    fn print<S: Score>(&self, name: &str, score: impl Fn(&Workload) -> S) {
        let (mut sum, mut arrived, mut least) = (0.0, 0, f64::INFINITY);
        let start = Instant::now();
        for (instance, bound) in self.instances.iter().zip(&self.bounds) {
            let placed = instance.place(score(instance));
            let allocated = 100.0 * placed as f64 / instance.capacity() as f64;
            sum += allocated;
            least = least.min(100.0 * allocated / bound);
            arrived += instance.arrivals();
        }
        let micros = start.elapsed().as_secs_f64() * 1e6 / arrived as f64;
        let seeds = self.instances.len() as f64;
        let (mean, bound) = (sum / seeds, self.bounds.iter().sum::<f64>() / seeds);
        println!(
            "| {} | {name} | {mean:.2} | {bound:.2} | {:.2} | {least:.2} | {micros:.1} | {:.2} |",
            self.workload,
            100.0 * mean / bound,
            self.slowest
        );
    }
}

//! How full a cluster gets, in % of what no placement can exceed: the default packing on every workload.

use std::path::{Path, PathBuf};
use std::time::Instant;

use casemate_fleet::Room;
use casemate_trace::synthetic::Cluster;
use casemate_trace::{Limits, Workload};

use crate::row::Bench;

/// OpenB's lists of pods.
const OPENB: [&str; 5] = ["default", "cpu100", "gpushare40", "gpuspec10", "multigpu20"];
/// Clusters of TEE nodes, made up.
const SYNTHETIC: [(&str, Cluster); 3] =
    [("sgx", Cluster::Sgx), ("tdx", Cluster::Tdx), ("mixed", Cluster::Mixed)];
/// Nodes of a synthetic cluster.
const NODES: usize = 200;
/// Orders of arrival; the mean counts.
const SEEDS: std::ops::Range<u64> = 42..52;
/// % of the bound that is wanted.
const GOAL_PERCENT: f64 = 98.0;
/// The longest a bound may take, in seconds.
const BOUND_SECONDS: f64 = 2.0;

/// Adds a row for each workload, and one for the slowest bound.
pub(super) fn bench(bench: &mut Bench) {
    let mut slowest: f64 = 0.0;
    let folder = folder();
    for name in OPENB {
        let read = |seed| openb(&folder, name, seed);
        match SEEDS.map(read).collect::<Result<Vec<_>, _>>() {
            Ok(all) => slowest = slowest.max(measure(bench, name, &all)),
            Err(why) => bench.not_measured(&format!("OpenB {name}, % of the bound"), why),
        }
    }
    for (name, cluster) in SYNTHETIC {
        let all: Vec<_> = SEEDS.map(|seed| Workload::synthetic(cluster, NODES, seed)).collect();
        slowest = slowest.max(measure(bench, name, &all));
    }
    let (ours, limit) = (slowest * 1e3, BOUND_SECONDS * 1e3);
    bench.against_limit("the slowest bound, ms at most", ours, limit, limit / ours, 1.0);
}

/// Adds the rows of a workload, and answers how many seconds the slowest bound took.
fn measure(bench: &mut Bench, name: &str, all: &[Workload]) -> f64 {
    let (mut placed, mut most, mut slowest) = (0.0, 0.0, 0.0_f64);
    let (mut arrivals, mut seconds) = (0, 0.0);
    for workload in all {
        let begun = Instant::now();
        let bound = workload.bound();
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        placed += workload.place(Room::new()) as f64 / workload.capacity() as f64;
        seconds += begun.elapsed().as_secs_f64();
        arrivals += workload.arrivals();
        most += bound.most as f64 / workload.capacity() as f64;
    }
    let percent = 100.0 * placed / most;
    let row = format!("packing {name}, % of the bound");
    bench.against_limit(&row, percent, GOAL_PERCENT, percent / GOAL_PERCENT, 1.0);
    let seeds = all.len() as f64;
    bench.info(&format!("packing {name}, allocated"), 100.0 * placed / seeds, "% of capacity");
    bench.info(&format!("packing {name}, bound"), 100.0 * most / seeds, "% of capacity");
    bench.info(&format!("packing {name}"), arrivals as f64 / seconds, "placements/s");
    slowest
}

fn openb(folder: &Path, name: &str, seed: u64) -> Result<Workload, String> {
    let bytes = |name: String| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let nodes = bytes("openb_node_list_all_node.csv.gz".to_owned())?;
    let pods = bytes(format!("openb_pod_list_{name}.csv.gz"))?;
    Workload::openb(&nodes, &pods, seed, &Limits::default()).map_err(|error| format!("{name}: {error}"))
}

/// Where OpenB's lists are: `CASEMATE_DATA`, or `../shared/data` beside the project.
fn folder() -> PathBuf {
    let base = std::env::var_os("CASEMATE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    base.join("openb")
}

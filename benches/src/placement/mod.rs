//! Placing pods on very many nodes. What each row means is in docs/benchmarks.md.

mod cluster;
mod packing;
mod plain;

use std::time::Instant;

use casemate_fleet::{BestFit, Fleet, NodeId, ReservationId, Room, Score, ShapeId};
use casemate_placement::{Decision, Hypothetical, Ledger};

use crate::random::Random;
use crate::row::{Bench, median};
use cluster::Cluster;
use plain::Plain;

/// Nodes in each round of the curve.
const CURVE: [u32; 6] = [1_000, 5_000, 10_000, 25_000, 50_000, 100_000];
/// Where the goal is stated.
const GOAL_NODES: u32 = 5_000;
/// Placements a second that are wanted there.
const GOAL_RATE: f64 = 50_000.0;
/// Pods for each node: most nodes are full then.
const PODS_PER_NODE: usize = 10;
/// Rounds; the median counts.
const ROUNDS: u64 = 5;
/// Placements of the peer that are timed: it is slow.
const PEER_PLACEMENTS: usize = 2_000;
/// The most memory a million pods on the largest cluster may take.
const MEMORY_MAX: f64 = (4_u64 << 30) as f64;

/// Measures everything.
pub(crate) fn bench() -> Bench {
    let mut bench = Bench::default();
    let mut seconds_each = Vec::new();
    for nodes in CURVE {
        let rounds: Vec<(f64, f64)> = (1..=ROUNDS).map(|seed| fleet(Room::new(), nodes, seed)).collect();
        let filling = median(rounds.iter().map(|it| it.0).collect());
        let churning = median(rounds.iter().map(|it| it.1).collect());
        bench.info(&format!("fleet, {nodes} nodes, filled"), filling, "placements/s");
        bench.info(
            &format!("fleet, {nodes} nodes, one leaves for each that comes"),
            churning,
            "placements/s",
        );
        if nodes == GOAL_NODES {
            let name = "placements/s, 5000 nodes, wanted";
            bench.against_limit(name, churning, GOAL_RATE, churning / GOAL_RATE, 1.0);
        }
        seconds_each.push((nodes, 1.0 / churning));
    }
    growth(&mut bench, &seconds_each);
    against_looking_at_every_node(&mut bench);
    ledger(&mut bench);
    packing::bench(&mut bench);
    bench
}

/// Placements a second while a cluster is filled, and while one pod leaves for each that comes.
fn fleet<S: Score>(score: S, nodes: u32, seed: u64) -> (f64, f64) {
    let (mut fleet, shapes) = Cluster::new(nodes).fleet(score);
    let mut random = Random::new(seed);
    let pods = nodes as usize * PODS_PER_NODE;
    fleet.reserve(pods);
    let mut held = Vec::with_capacity(pods);
    let begun = Instant::now();
    fill(&mut fleet, &shapes, &mut random, pods, &mut held);
    let filling = pods as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for _ in 0..pods {
        let leaving = held.swap_remove(random.below(held.len()));
        fleet.release(leaving);
        held.extend(fleet.place(shapes[random.below(shapes.len())], anywhere));
    }
    (filling, pods as f64 / begun.elapsed().as_secs_f64())
}

fn fill<S: Score>(
    fleet: &mut Fleet<S>,
    shapes: &[ShapeId],
    random: &mut Random,
    pods: usize,
    held: &mut Vec<ReservationId>,
) {
    for _ in 0..pods {
        held.extend(fleet.place(shapes[random.below(shapes.len())], anywhere));
    }
}

fn anywhere(_: NodeId) -> bool {
    true
}

/// The cost of one placement may grow no faster than the logarithm of the number of nodes.
fn growth(bench: &mut Bench, seconds_each: &[(u32, f64)]) {
    let (Some((few, at_few)), Some((many, at_many))) =
        (seconds_each.iter().find(|it| it.0 == GOAL_NODES), seconds_each.last())
    else {
        return;
    };
    let allowed = f64::from(*many).ln() / f64::from(*few).ln();
    let grown = at_many / at_few;
    let name = format!("growth of cost, {few} to {many} nodes, % (log of nodes)");
    bench.against_limit(&name, grown * 100.0, allowed * 100.0, allowed / grown, 1.0);
}

/// The same cluster, the same pods, the same score (best fit); the peer looks at every node each time.
fn against_looking_at_every_node(bench: &mut Bench) {
    let mut pairs = Vec::new();
    for seed in 1..=ROUNDS {
        let (_, churning) = fleet(BestFit, GOAL_NODES, seed);
        let cluster = Cluster::new(GOAL_NODES);
        let mut plain = Plain::new(&cluster);
        let mut random = Random::new(seed);
        let requests = cluster.requests();
        for _ in 0..PEER_PLACEMENTS {
            plain.place(&requests[random.below(requests.len())]);
        }
        let begun = Instant::now();
        for _ in 0..PEER_PLACEMENTS {
            plain.place(&requests[random.below(requests.len())]);
        }
        pairs.push((churning, PEER_PLACEMENTS as f64 / begun.elapsed().as_secs_f64()));
    }
    let ours = median(pairs.iter().map(|it| it.0).collect());
    let peer = median(pairs.iter().map(|it| it.1).collect());
    let ratio = median(pairs.iter().map(|it| it.0 / it.1).collect());
    bench.against_peer("best fit: placements/s, 5000 nodes, every node looked at", ours, peer, ratio, 1.0);
}

/// With names, filters and reservations by name, as `run` and `plan` place.
fn ledger(bench: &mut Bench) {
    let rounds: Vec<f64> = (1..=ROUNDS).map(|seed| by_name(GOAL_NODES, 50_000, seed)).collect();
    let ours = median(rounds);
    let name = "placements/s by name, 5000 nodes, wanted";
    bench.against_limit(name, ours, GOAL_RATE, ours / GOAL_RATE, 1.0);
    let million = by_name(100_000, 1_000_000, 1);
    bench.info("by name, 1,000,000 pods on 100,000 nodes", million, "placements/s");
    match most_memory() {
        Ok(most) => {
            let name = "memory for 1,000,000 pods on 100,000 nodes, MiB at most";
            let mib = |bytes: f64| bytes / f64::from(1 << 20);
            bench.against_limit(name, mib(most), mib(MEMORY_MAX), MEMORY_MAX / most, 1.0);
        }
        Err(why) => bench.not_measured("memory for 1,000,000 pods on 100,000 nodes", why),
    }
}

fn by_name(nodes: u32, pods: usize, seed: u64) -> f64 {
    let cluster = Cluster::new(nodes);
    let mut ledger = Ledger::<Hypothetical>::new(cluster.nodes()).expect("names differ");
    let mut templates = cluster.pods();
    let mut random = Random::new(seed);
    let mut plans = Vec::with_capacity(pods);
    let begun = Instant::now();
    for nth in 0..pods {
        let which = random.below(templates.len());
        let pod = &mut templates[which];
        pod.key.name = format!("pod-{nth}");
        if let Decision::Placed(plan) = ledger.place(pod, cluster::NOW) {
            plans.push(plan);
        }
    }
    let rate = pods as f64 / begun.elapsed().as_secs_f64();
    for plan in plans {
        ledger.release(plan).expect("its own plan");
    }
    rate
}

/// The most memory this process ever had.
fn most_memory() -> Result<f64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|it| it.trim().strip_suffix("kB")).and_then(|it| it.trim().parse::<f64>().ok());
    kib.map(|kib| kib * 1024.0).ok_or_else(|| "the system does not say VmHWM".to_owned())
}

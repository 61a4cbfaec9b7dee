//! Paging and enclaves on one node. What each row means is in docs/benchmarks.md.

mod kernel;
mod limit;
mod pattern;
mod pool;
pub(crate) mod swap;

use casemate_model::{Bytes, PAGE_SIZE, Pages};
use casemate_node::pager::{Mechanism, MechanismChoice};

use crate::row::{Bench, median};
use limit::{Limit, Scales};
use pattern::Pattern;
use pool::{Rig, Walked};
use swap::SwapPeer;

const POOL: Bytes = Bytes::mib(128);
const POOL_FRAMES: Pages = Pages(POOL.0 / PAGE_SIZE);
/// Every memory walked over is twice the pool.
const MEMORY_PAGES: u64 = POOL_FRAMES.0 * 2;
/// Pages that came back keep their place in the swap, so it needs room for more than the memory.
const SWAP: Bytes = Bytes(MEMORY_PAGES * PAGE_SIZE * 2);
/// mprotect needs two mappings a frame; Linux allows 65,530 by default.
const MPROTECT_FRAMES: Pages = Pages(8192);

const RANDOM_ACCESSES: u64 = 400_000;
/// Four times over the memory.
const SEQUENTIAL_ACCESSES: u64 = MEMORY_PAGES * 4;
const LIMIT_ROUNDS: u64 = 7;
const SWAP_PAIRS: u64 = 5;
const KERNEL_PAIRS: u64 = 7;
/// Of each pair's sides, alternating; the fastest counts.
const KERNEL_RUNS: u64 = 3;

/// Adds its rows; in words, why there are none.
type Part = fn(&mut Bench) -> Result<(), String>;

/// Measures everything. What this machine cannot measure is in the result with its reason.
pub(crate) fn bench() -> Bench {
    let mut bench = Bench::default();
    // Pages of 4 KiB are what is compared; huge ones would serve one side only. The peer,
    // which this process starts, inherits it.
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        bench.not_measured("without huge pages", error.to_string());
    }
    let parts: [(&str, Part); 4] = [
        ("evict+load", against_limit),
        ("encrypted paging against zram swap", against_zram),
        ("wasm enclave against plain wasmtime", against_wasmtime),
        ("paging otherwise", otherwise),
    ];
    for (name, part) in parts {
        if let Err(why) = part(&mut bench) {
            bench.not_measured(name, why);
        }
    }
    bench
}

fn against_limit(bench: &mut Bench) -> Result<(), String> {
    let rig = rig(POOL_FRAMES, 1, MechanismChoice::Auto)?;
    let mut scales = Scales::new(POOL_FRAMES.0 as usize, MEMORY_PAGES as usize);
    let mut rounds = Vec::new();
    for seed in 1..=LIMIT_ROUNDS {
        rounds.push((scales.measure(), walk(&rig, MEMORY_PAGES, Pattern::Random, RANDOM_ACCESSES, seed)?));
    }
    let median = |of: fn(&(Limit, Walked)) -> f64| median(rounds.iter().map(of).collect());
    bench.against_limit(
        &format!("evict+load, random, pages/s ({})", rig.mechanism()),
        median(|(_, ours)| ours.loads_per_second),
        median(|(limit, _)| limit.pages_per_second()),
        median(|(limit, ours)| ours.loads_per_second / limit.pages_per_second()),
        0.5,
    );
    bench.info("seal 4 KiB", median(|(limit, _)| limit.seal_ns), "ns");
    bench.info("open 4 KiB", median(|(limit, _)| limit.open_ns), "ns");
    bench.info("bare fault", median(|(limit, _)| limit.fault_ns), "ns");
    bench.info(
        "evict+load against that limit with pages in the cache",
        median(|(limit, ours)| ours.loads_per_second / limit.cached_pages_per_second()),
        "of it",
    );
    bench.info("seal 4 KiB in the cache", median(|(limit, _)| limit.cached_seal_ns), "ns");
    bench.info("open 4 KiB in the cache", median(|(limit, _)| limit.cached_open_ns), "ns");
    let times = rig.miss_times(MEMORY_PAGES, RANDOM_ACCESSES / 2).map_err(|error| error.to_string())?;
    bench.info("evict+load p50", times.p50_ns, "ns");
    bench.info("evict+load p99", times.p99_ns, "ns");
    Ok(())
}

fn against_zram(bench: &mut Bench) -> Result<(), String> {
    let peer = SwapPeer::set_up(SWAP, POOL)?;
    let rig = rig(POOL_FRAMES, 1, MechanismChoice::Auto)?;
    for (pattern, accesses) in
        [(Pattern::Random, RANDOM_ACCESSES), (Pattern::Sequential, SEQUENTIAL_ACCESSES)]
    {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 1..=SWAP_PAIRS {
            let our = walk(&rig, MEMORY_PAGES, pattern, accesses, seed)?;
            let their = peer.measure(MEMORY_PAGES, pattern, accesses, seed)?;
            if their.checksum != our.checksum {
                return Err("the two sides did not read the same".into());
            }
            if their.major_faults == 0 {
                return Err("the peer's cgroup did not make it swap".into());
            }
            ratios.push(our.accesses_per_second / their.accesses_per_second);
            ours.push(our.accesses_per_second);
            theirs.push(their.accesses_per_second);
        }
        bench.against_peer(
            &format!("encrypted paging against zram swap, {}, accesses/s", pattern.as_str()),
            median(ours),
            median(theirs),
            median(ratios),
            1.4,
        );
    }
    Ok(())
}

fn against_wasmtime(bench: &mut Bench) -> Result<(), String> {
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..KERNEL_PAIRS {
        let (mut our, mut their) = (0f64, 0f64);
        for _ in 0..KERNEL_RUNS {
            let (inside, outside) = (kernel::in_enclave()?, kernel::in_wasmtime()?);
            if inside.checksum != outside.checksum {
                return Err("the two sides did not compute the same".into());
            }
            our = our.max(inside.passes_per_second);
            their = their.max(outside.passes_per_second);
        }
        ratios.push(our / their);
        ours.push(our);
        theirs.push(their);
    }
    bench.against_peer(
        "wasm enclave against plain wasmtime, resident, passes/s",
        median(ours),
        median(theirs),
        median(ratios),
        0.97,
    );
    Ok(())
}

fn otherwise(bench: &mut Bench) -> Result<(), String> {
    let one = rig(POOL_FRAMES, 1, MechanismChoice::Auto)?;
    let sequential = walk(&one, MEMORY_PAGES, Pattern::Sequential, SEQUENTIAL_ACCESSES, 1)?;
    bench.info("evict+load, sequential", sequential.loads_per_second, "pages/s");
    let two = rig(POOL_FRAMES, 2, MechanismChoice::Auto)?;
    let together = two.walk_together(2, MEMORY_PAGES / 2, RANDOM_ACCESSES / 2);
    bench.info("evict+load, random, two workers", together.map_err(|error| error.to_string())?, "pages/s");
    match rig(MPROTECT_FRAMES, 1, MechanismChoice::Only(Mechanism::Mprotect)) {
        Ok(rig) => {
            let walked = walk(&rig, MPROTECT_FRAMES.0 * 2, Pattern::Random, RANDOM_ACCESSES / 4, 1)?;
            bench.info("evict+load, random, mprotect", walked.loads_per_second, "pages/s");
        }
        Err(why) => bench.not_measured("evict+load, random, mprotect", why),
    }
    Ok(())
}

fn rig(frames: Pages, workers: u16, mechanism: MechanismChoice) -> Result<Rig, String> {
    Rig::new(frames, workers, mechanism).map_err(|error| error.to_string())
}

fn walk(rig: &Rig, pages: u64, pattern: Pattern, accesses: u64, seed: u64) -> Result<Walked, String> {
    rig.walk(pages, pattern, accesses, seed).map_err(|error| error.to_string())
}

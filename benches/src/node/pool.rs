//! Our side: memories of a pool, entered and walked over.

use std::num::NonZeroU16;
use std::sync::{Arc, Barrier};
use std::time::Instant;

use casemate_model::{Bytes, EnclaveId, PAGE_SIZE, Pages, WorkerId};
use casemate_node::pager::{EnclaveMemory, MechanismChoice, Pool, PoolConfig, PoolError};

use super::pattern::{Pattern, Walk};

/// What a walk did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walked {
    /// Accesses a second.
    pub(crate) accesses_per_second: f64,
    /// Pages a second that were opened and mapped, each in the place of one that was sealed.
    pub(crate) loads_per_second: f64,
    /// Over what was read.
    pub(crate) checksum: u64,
}

/// Nanoseconds of an access that has to evict and load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MissTimes {
    /// Half are faster.
    pub p50_ns: f64,
    /// One in a hundred is slower: those that seal a batch.
    pub p99_ns: f64,
}

/// A pool for walks.
pub(crate) struct Rig {
    pool: Arc<Pool>,
}

impl Rig {
    /// A pool of `frames`, entered by up to `workers` threads.
    ///
    /// # Errors
    ///
    /// What this machine lacks.
    pub(crate) fn new(frames: Pages, workers: u16, mechanism: MechanismChoice) -> Result<Self, PoolError> {
        let pool = Pool::new(PoolConfig { mechanism, ..PoolConfig::new(frames, workers) })?;
        Ok(Self { pool })
    }

    /// How its pages move.
    pub(crate) fn mechanism(&self) -> &'static str {
        self.pool.mechanism().as_str()
    }

    /// One thread's walk over a memory of `pages` pages, which is filled first.
    ///
    /// # Errors
    ///
    /// As [`Rig::new`].
    pub(crate) fn walk(
        &self,
        pages: u64,
        pattern: Pattern,
        accesses: u64,
        seed: u64,
    ) -> Result<Walked, PoolError> {
        let memory = self.memory(0, pages)?;
        let mut entered = memory.enter(worker(0));
        let mut walk = Walk::begin(&mut entered, pages, pattern, seed);
        let loads = memory.stats().page_ins;
        let seconds = walk.go(&mut entered, accesses);
        let loads = memory.stats().page_ins - loads;
        Ok(Walked {
            accesses_per_second: accesses as f64 / seconds,
            loads_per_second: loads as f64 / seconds,
            checksum: walk.checksum(),
        })
    }

    /// How long single random accesses take that miss.
    ///
    /// # Errors
    ///
    /// As [`Rig::new`].
    pub(crate) fn miss_times(&self, pages: u64, accesses: u64) -> Result<MissTimes, PoolError> {
        let memory = self.memory(0, pages)?;
        let mut entered = memory.enter(worker(0));
        let mut walk = Walk::begin(&mut entered, pages, Pattern::Random, 1);
        let faults = memory.stats().faults;
        let times = walk.times(&mut entered, accesses);
        let faults = (memory.stats().faults - faults) as usize;
        // Whatever misses takes longer than whatever hits.
        let misses = &times[times.len().saturating_sub(faults)..];
        let at = |percent: usize| misses.get(misses.len() * percent / 100).map_or(f64::NAN, |&ns| ns as f64);
        Ok(MissTimes { p50_ns: at(50), p99_ns: at(99) })
    }

    /// `threads` walks at once, each over a memory of its own. Loads a second of all.
    ///
    /// # Errors
    ///
    /// As [`Rig::new`].
    pub(crate) fn walk_together(&self, threads: u16, pages: u64, accesses: u64) -> Result<f64, PoolError> {
        let memories: Vec<_> =
            (0..threads).map(|number| self.memory(number, pages)).collect::<Result<_, _>>()?;
        let loads = || memories.iter().map(|memory| memory.stats().page_ins).sum::<u64>();
        let (filled, walked) = (Barrier::new(memories.len() + 1), Barrier::new(memories.len() + 1));
        let (seconds, loads) = std::thread::scope(|scope| {
            for (memory, number) in memories.iter().zip(0..) {
                let (filled, walked) = (&filled, &walked);
                scope.spawn(move || {
                    let mut entered = memory.enter(worker(number));
                    let mut walk = Walk::begin(&mut entered, pages, Pattern::Random, u64::from(number) + 1);
                    filled.wait();
                    walk.go(&mut entered, accesses);
                    walked.wait();
                });
            }
            filled.wait();
            let (before, started) = (loads(), Instant::now());
            walked.wait();
            (started.elapsed().as_secs_f64(), loads() - before)
        });
        Ok(loads as f64 / seconds)
    }

    fn memory(&self, number: u16, pages: u64) -> Result<EnclaveMemory, PoolError> {
        let bytes = Bytes(pages * PAGE_SIZE);
        let memory = self.pool.create(EnclaveId { index: number.into(), generation: 0 }, bytes)?;
        memory.grow(bytes).expect("that is its limit, and the address space is reserved");
        Ok(memory)
    }
}

fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::MIN.saturating_add(number))
}

//! A node in virtual time: workers that pick, run and account, one event at a time.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use casemate_cpu::{After, CpuConfig, Next, RunQueue, Weight};
use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};

pub(crate) fn id(index: usize) -> EnclaveId {
    EnclaveId { index: index as u32, generation: 0 }
}

pub(crate) fn worker(index: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(index + 1).unwrap())
}

pub(crate) fn weight(units: u32) -> Weight {
    Weight::new(units).unwrap()
}

/// Workers over one queue, and what each enclave received.
pub(crate) struct Machine {
    pub(crate) queue: RunQueue,
    pub(crate) now: Timestamp,
    /// When each worker asks the queue next, and the run that ends then.
    ends: BTreeMap<(Timestamp, WorkerId), Option<Run>>,
    pub(crate) served: BTreeMap<EnclaveId, u64>,
}

struct Run {
    id: EnclaveId,
    ran: Nanos,
    after: After,
}

/// An idle worker looks again after this long.
const IDLE: Nanos = Nanos(100_000);

impl Machine {
    pub(crate) fn new(workers: u16, slice: Nanos) -> Self {
        let queue = RunQueue::new(NonZeroU16::new(workers).unwrap(), CpuConfig { slice }).unwrap();
        let ends = (0..workers).map(|index| ((Timestamp(u64::from(index)), worker(index)), None)).collect();
        Self { queue, now: Timestamp(0), ends, served: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, index: usize, units: u32) {
        self.queue.add(id(index), weight(units), self.now).unwrap();
    }

    /// Ends the run that ends first, and starts that worker's next. `behaviour` says how long the enclave
    /// runs of its slice and what it wants then. Returns which enclave was picked.
    pub(crate) fn step(
        &mut self,
        behaviour: impl Fn(EnclaveId, Nanos) -> (Nanos, After),
    ) -> Option<EnclaveId> {
        let ((at, worker), ended) = self.ends.pop_first().expect("every worker has a next event");
        self.now = at;
        if let Some(Run { id, ran, after }) = ended {
            *self.served.entry(id).or_default() += ran.0;
            self.queue.account(id, ran, at, after).unwrap();
        }
        let Next::Run { id, slice, .. } = self.queue.pick(worker, at) else {
            self.ends.insert((at.after(IDLE), worker), None);
            return None;
        };
        let (ran, after) = behaviour(id, slice);
        self.ends.insert((at.after(ran), worker), Some(Run { id, ran, after }));
        Some(id)
    }

    /// Steps until `until`, everybody running each slice in full.
    pub(crate) fn run_hogs(&mut self, until: Timestamp) {
        while self.now < until {
            self.step(|_, slice| (slice, After::Ready));
        }
    }

    pub(crate) fn served(&self, index: usize) -> u64 {
        self.served.get(&id(index)).copied().unwrap_or(0)
    }
}

//! The independent checker, watching this node.
//!
//! Whoever acts reports here at once; the judge does its own sums. Nothing the
//! node decides depends on what it says. What happens to pages happens in fault
//! handlers, which write a journal; it is read before anything else is reported, so
//! that the judge hears everything in the order it happened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use casemate_checker::{Contender, Findings, HowLeft, Judge, Limits, Observation};
use casemate_cpu::{After, Claim};
use casemate_epc::Version;
use casemate_model::{EnclaveId, Nanos, Pages, Timestamp, WorkerId};

use crate::pager::{PageEvent, PageMove, Pool, PoolStats};

/// A handle to the node's judge. Clones report to the same one.
#[derive(Clone)]
pub(crate) struct Watch {
    bench: Arc<Mutex<Bench>>,
    pool: Arc<Pool>,
}

/// The judge, and what is counted on the way to it.
struct Bench {
    /// Gone once the watch has ended.
    judge: Option<Judge>,
    residency: Residency,
}

/// Pages resident in the pool, as the journal tells it.
#[derive(Clone, Copy, Debug, Default)]
struct Residency {
    now: u64,
    max: u64,
}

impl Watch {
    pub(crate) fn new(limits: Limits, pool: Arc<Pool>) -> Self {
        let bench = Bench { judge: Some(Judge::new(limits)), residency: Residency::default() };
        Self { bench: Arc::new(Mutex::new(bench)), pool }
    }

    pub(crate) fn observe(&self, observation: Observation) {
        let mut bench = self.lock();
        self.read_journal(&mut bench);
        if let Some(judge) = bench.judge.as_mut() {
            judge.observe(observation);
        }
    }

    /// Reads what is in the journal. Called at every tick, so that no fault handler
    /// waits for room in it.
    pub(crate) fn catch_up(&self) {
        self.read_journal(&mut self.lock());
    }

    /// The most pages that were resident at once.
    pub(crate) fn resident_max(&self) -> Pages {
        Pages(self.lock().residency.max)
    }

    fn read_journal(&self, bench: &mut Bench) {
        let Bench { judge, residency } = bench;
        self.pool.drain_journal(&mut |event| {
            residency.count(event.what);
            if let Some(judge) = judge.as_mut() {
                judge.observe(of_page(event));
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Bench> {
        self.bench.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run queue chose for `worker` among these claims.
    pub(crate) fn picked(&self, worker: WorkerId, picked: Option<EnclaveId>, claims: &[Claim]) {
        let contenders = claims.iter().map(|claim| Contender {
            enclave: claim.id,
            weight: u64::from(claim.weight.units()),
            vruntime: claim.vruntime,
            deadline: claim.deadline,
            running: claim.running,
        });
        self.observe(Observation::CpuPicked { worker, picked, contenders: contenders.collect() });
    }

    /// What the pool says of itself while nothing runs.
    pub(crate) fn at_rest(&self) {
        let PoolStats { frames, resident, .. } = self.pool.stats();
        let (frames_capacity, frames_resident) = (frames.0, resident.0);
        self.observe(Observation::Pool { frames_capacity, frames_resident });
    }

    pub(crate) fn entered(&self, enclave: EnclaveId, worker: WorkerId, at: Timestamp) {
        self.observe(Observation::EnclaveEntered { enclave, worker, at });
    }

    pub(crate) fn left(&self, enclave: EnclaveId, worker: WorkerId, at: Timestamp, ran: Nanos, after: After) {
        let how = match after {
            After::Ready => HowLeft::Aex,
            After::Blocked => HowLeft::Blocked,
            After::Done => HowLeft::Ended,
        };
        self.observe(Observation::EnclaveLeft { enclave, worker, at, ran, how });
    }

    pub(crate) fn suspended(&self, enclave: EnclaveId) {
        self.observe(Observation::EnclaveSuspended { enclave });
    }

    /// Ends the watch. `None` where it had ended before.
    pub(crate) fn finish(&self) -> Option<Findings> {
        self.lock().judge.take().map(Judge::finish)
    }
}

impl Residency {
    fn count(&mut self, what: PageMove) {
        match what {
            PageMove::In(_) => self.now += 1,
            PageMove::Out(..) | PageMove::Removed => self.now = self.now.saturating_sub(1),
        }
        self.max = self.max.max(self.now);
    }
}

/// A page event in the judge's terms. An enclave's memories are told apart by the upper
/// half of the page number.
fn of_page(event: PageEvent) -> Observation {
    let PageEvent { enclave, slot, page, frame, what } = event;
    let page = u64::from(slot.0) << 32 | u64::from(page.0);
    let frame = u64::from(frame);
    match what {
        PageMove::In(version) => {
            Observation::PageIn { enclave, page, version: version.map(Version::get), frame }
        }
        PageMove::Removed => Observation::PageRemoved { enclave, page, frame },
        PageMove::Out(version, by) => {
            Observation::PageOut { enclave, page, version: version.get(), frame, by }
        }
    }
}

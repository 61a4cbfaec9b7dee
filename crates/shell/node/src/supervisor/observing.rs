//! How memory and CPU are shared out, told to whoever watches.
//!
//! Nothing here happens, and no worker does anything for it, unless the node's
//! configuration asks for it.

use casemate_cpu::Standing;
use casemate_model::{EnclaveId, Nanos, Pages};
use casemate_report::{EnclaveSample, EnclaveState, Sample};

use super::Supervisor;
use crate::memories::Memories;
use crate::pager::MemoryStats;
use crate::roster::Stage;
use crate::schedule::Share;
use crate::task::Task;

impl Supervisor<'_> {
    /// When the next visit is due, on the node's monotonic clock.
    pub(super) fn next_visit(&self) -> Option<Nanos> {
        let every = match (self.means.sampling, &self.means.stays) {
            (Some(sampling), Some(_)) => sampling.min(STAYS_TAKEN_EVERY),
            (Some(sampling), None) => sampling,
            (None, Some(_)) => STAYS_TAKEN_EVERY,
            (None, None) => return None,
        };
        Some(self.visited.saturating_add(every))
    }

    /// Tells how things stand, where that is due.
    pub(super) fn observe(&mut self) {
        let now = self.means.clock.monotonic();
        if self.next_visit().is_some_and(|due| due <= now) {
            self.visited = now;
            self.hand_over_stays();
        }
        if self.means.sampling.is_some_and(|every| self.sampled.saturating_add(every) <= now) {
            self.sampled = now;
            self.sample();
        }
    }

    /// Hands the observer what the workers recorded.
    pub(super) fn hand_over_stays(&mut self) {
        let Some(stays) = &self.means.stays else { return };
        let (stays, lost) = stays.take();
        if !stays.is_empty() {
            self.means.observer.stays(stays);
        }
        if lost > 0 {
            self.means.observer.stays_lost(lost);
        }
    }

    /// Tells the observer how things stand now, where samples are asked for.
    pub(super) fn sample(&mut self) {
        if self.means.sampling.is_none() {
            return;
        }
        let time = self.now();
        let shares = self.means.schedule.shares();
        let mut enclaves: Vec<_> = self.by_enclave.iter().map(|(&id, &at)| self.unstarted(id, at)).collect();
        let live = self.by_enclave.values().enumerate().filter_map(|(index, &at)| {
            let Stage::Live { task, .. } = &self.entries[at].stage else { return None };
            Some((index, task))
        });
        let live: Vec<_> = live.collect();
        let memories: Vec<_> = live.iter().map(|(_, task)| &*task.memories).collect();
        let (pool, stats) = Memories::survey(&self.means.pool, &memories);
        for ((index, task), memory) in live.into_iter().zip(stats) {
            describe(task, memory, shares.get(&task.id()), &mut enclaves[index]);
        }
        self.means.observer.sample(Sample { time, frames: pool.frames, free: pool.free, enclaves });
    }

    /// An enclave that has yet to be attested.
    fn unstarted(&self, id: EnclaveId, at: usize) -> EnclaveSample {
        let entry = &self.entries[at];
        let enclave = self.container(at).demand.enclave;
        EnclaveSample {
            enclave: id,
            container: entry.key.clone(),
            state: EnclaveState::Building,
            verdict: entry.report.verdict,
            worker: None,
            resident: Pages::ZERO,
            total: Pages::ZERO,
            guaranteed: enclave.map(|enclave| enclave.epc_guaranteed.to_pages_ceil()).unwrap_or_default(),
            faults: 0,
            page_ins: 0,
            page_outs: 0,
            aex: 0,
            eexit: 0,
            cpu: Nanos::ZERO,
            fair: Nanos::ZERO,
        }
    }
}

/// What is known of an attested enclave.
fn describe(task: &Task, memory: MemoryStats, share: Option<&Share>, sample: &mut EnclaveSample) {
    sample.resident = Pages(memory.resident_pages);
    sample.total = Pages(memory.zero_fills);
    sample.faults = memory.faults;
    sample.page_ins = memory.page_ins;
    sample.page_outs = memory.page_outs;
    sample.aex = task.control.yields();
    sample.eexit = task.control.eexits();
    sample.state = match share.map(|share| share.standing) {
        Some(Standing::Running(worker)) => {
            sample.worker = Some(worker);
            EnclaveState::Inside
        }
        // A worker that is on its way out still has the body; then it is not suspended.
        _ if task.is_seen_suspended() => EnclaveState::Suspended,
        Some(Standing::Ready) => EnclaveState::Ready,
        // Its program has ended, and the supervisor is about to hear of it.
        Some(Standing::Blocked) | None => EnclaveState::Blocked,
    };
    (sample.cpu, sample.fair) = share
        .map_or_else(|| (task.control.charged(), task.control.charged()), |share| (share.cpu, share.fair));
}

/// How often stays are taken from the workers, at least.
const STAYS_TAKEN_EVERY: Nanos = Nanos::from_millis(100);

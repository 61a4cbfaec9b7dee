//! Stays of enclaves on CPUs, kept by the workers until the supervisor takes them.
//!
//! Each worker has its own buffer, so that recording makes no worker wait for another.
//! A buffer that is full drops what comes, and counts it: memory is bounded, and a
//! picture with a gap in it can say so.

use std::num::NonZeroU16;
use std::sync::{Mutex, MutexGuard, PoisonError};

use casemate_report::Stay;

/// The most stays kept for one worker between two visits of the supervisor: 80 every
/// millisecond, at the longest interval between visits.
const KEPT_MAX: usize = 8192;

/// The workers' buffers.
pub(crate) struct Stays(Box<[Mutex<Kept>]>);

#[derive(Default)]
struct Kept {
    stays: Vec<Stay>,
    lost: u64,
}

impl Stays {
    pub(crate) fn new(workers: NonZeroU16) -> Self {
        Self((0..workers.get()).map(|_| Mutex::default()).collect())
    }

    /// Keeps a stay that has just ended, on the buffer of its worker.
    pub(crate) fn record(&self, stay: Stay) {
        let index = usize::from(stay.worker.index());
        let Some(buffer) = self.0.get(index) else { return };
        let mut kept = lock(buffer);
        if kept.stays.len() < KEPT_MAX {
            kept.stays.push(stay);
        } else {
            kept.lost += 1;
        }
    }

    /// What was kept since the last time, and how many stays were not.
    pub(crate) fn take(&self) -> (Vec<Stay>, u64) {
        let mut taken = (Vec::new(), 0);
        for buffer in &self.0 {
            let Kept { mut stays, lost } = std::mem::take(&mut *lock(buffer));
            taken.0.append(&mut stays);
            taken.1 += lost;
        }
        taken
    }
}

fn lock(buffer: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use casemate_model::{EnclaveId, Timestamp, WorkerId};
    use casemate_report::StayEnd;

    fn stay(worker: u16, from: u64) -> Stay {
        Stay {
            worker: WorkerId(NonZeroU16::new(worker).unwrap()),
            enclave: EnclaveId { index: 0, generation: 0 },
            from: Timestamp(from),
            until: Timestamp(from + 1),
            end: StayEnd::Aex,
            faults: 0,
        }
    }

    #[test]
    fn a_full_buffer_counts_what_it_drops_and_goes_on_once_emptied() {
        let stays = Stays::new(NonZeroU16::new(2).unwrap());
        for at in 0..KEPT_MAX as u64 + 3 {
            stays.record(stay(1, at));
        }
        stays.record(stay(2, 7));
        let (taken, lost) = stays.take();
        assert_eq!((taken.len(), lost), (KEPT_MAX + 1, 3));
        assert_eq!(taken.last(), Some(&stay(2, 7)));
        stays.record(stay(1, 9));
        assert_eq!(stays.take(), (vec![stay(1, 9)], 0));
    }
}

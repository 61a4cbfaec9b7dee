//! The periodic secure task, and what it has done.

use core::sync::atomic::{AtomicU64, Ordering};

use casemate_metal_abi::apps::PERIODIC_COUNT;
use casemate_metal_abi::message::ERROR_NOT_SUPPORTED;

use crate::job::Job;

static RUNS: AtomicU64 = AtomicU64::new(0);
static LATE: AtomicU64 = AtomicU64::new(0);

/// Its time has come.
pub(super) fn task() {
    RUNS.fetch_add(1, Ordering::Relaxed);
}

/// Its time has come again before it was done.
pub(crate) fn was_late() {
    LATE.fetch_add(1, Ordering::Relaxed);
}

#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    match job.function {
        PERIODIC_COUNT => job.set_value(0, RUNS.load(Ordering::Relaxed), LATE.load(Ordering::Relaxed)),
        _ => Err(ERROR_NOT_SUPPORTED),
    }
}

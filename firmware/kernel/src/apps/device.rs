//! Waits for the test device.

use core::sync::atomic::{AtomicU64, Ordering};

use casemate_metal_abi::apps::DEVICE_WAIT;
use casemate_metal_abi::message::{ERROR_CANCEL, ERROR_NOT_SUPPORTED};

use crate::job::Job;
use crate::sys::supervisor;

static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    if job.function != DEVICE_WAIT {
        return Err(ERROR_NOT_SUPPORTED);
    }
    if let Ok((nanos @ 1.., _)) = job.value(0) {
        supervisor::device_after(nanos);
    }
    supervisor::block();
    if supervisor::is_cancelled() {
        return Err(ERROR_CANCEL);
    }
    let before = INTERRUPTS.fetch_add(1, Ordering::Relaxed);
    job.set_value(0, before + 1, 0)
}

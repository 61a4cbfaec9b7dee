//! A service that calls a service.

use core::sync::atomic::{AtomicUsize, Ordering};

use casemate_metal_abi::apps::{CHAIN_DEADLOCK, CHAIN_SUM};
use casemate_metal_abi::message::{ERROR_NOT_SUPPORTED, ERROR_TARGET_DEAD};
use casemate_world::ThreadId;

use crate::job::Job;
use crate::sys::supervisor;

/// The threads of the services; no thread has this number.
const NONE: usize = usize::MAX;
static SERVICES: [AtomicUsize; 2] = [const { AtomicUsize::new(NONE) }; 2];

/// A service is this thread.
pub(crate) fn is(place: usize, thread: ThreadId) {
    SERVICES[place % 2].store(thread.index(), Ordering::Relaxed);
}

fn call(place: usize, argument: u64) -> Option<u64> {
    supervisor::call(ThreadId::new(SERVICES[place % 2].load(Ordering::Relaxed))?, argument)
}

/// In what a service is called with: it is to call back whoever called it.
const BACK: u64 = 1 << 63;

/// Adds its number, and calls the other.
pub(super) fn first(job: &mut Job) {
    let argument = supervisor::argument();
    job.word = call(1, argument.wrapping_add(1_000)).unwrap_or(0);
}

/// Adds its number; called with [`BACK`] it calls the first, and says whether that was refused.
pub(super) fn second(job: &mut Job) {
    let argument = supervisor::argument();
    job.word =
        if argument & BACK != 0 { call(0, 0).is_none().into() } else { argument.wrapping_add(1_000_000) };
}

#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    let argument = match job.function {
        CHAIN_SUM => job.value(0)?.0 & !BACK,
        CHAIN_DEADLOCK => BACK,
        _ => return Err(ERROR_NOT_SUPPORTED),
    };
    let sum = call(0, argument).ok_or(ERROR_TARGET_DEAD)?;
    job.set_value(0, sum, 0)
}

//! Which CPUs are on, and what the others do.

use core::sync::atomic::{AtomicUsize, Ordering};

use casemate_machine::sys::cpu;
use casemate_metal_abi::psci;

use crate::CPUS;
use crate::sys::call::smc;
use crate::sys::start;
use crate::sys::work::Work;

/// What CPUs that are switched on are to do.
static WORK: Work = Work::new();
static READY: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

fn ask(function: u32, a: u64, b: u64, c: u64) -> i64 {
    smc([function.into(), a, b, c, 0, 0, 0, 0])[0] as i64
}

/// Switches the machine off.
pub(crate) fn system_off(code: u64) {
    ask(psci::SYSTEM_OFF, code, 0, 0);
}

/// Sleeps until an interrupt of the REE's is pending; they have to be masked.
pub(crate) fn suspend() {
    ask(psci::CPU_SUSPEND[1], 0, 0, 0);
}

/// The version of PSCI.
pub(crate) fn version() -> i64 {
    ask(psci::VERSION, 0, 0, 0)
}

/// Whether a CPU is on: 0, off: 1, or coming up: 2.
pub(crate) fn affinity(number: usize) -> i64 {
    ask(psci::AFFINITY_INFO[1], number as u64, 0, 0)
}

/// Switches a CPU on.
pub(crate) fn switch_on(number: usize) -> i64 {
    ask(psci::CPU_ON[1], number as u64, start::entry(), 0)
}

/// Runs this on every CPU, this one too, and waits until all are done.
pub(crate) fn on_all(cpus: usize, work: fn(usize)) {
    let cpus = cpus.clamp(1, CPUS);
    READY.store(0, Ordering::Relaxed);
    DONE.store(0, Ordering::Relaxed);
    WORK.set(work);
    let on = (1..cpus).filter(|number| switch_on(*number) == psci::SUCCESS).count();
    while READY.load(Ordering::Acquire) < on {
        cpu::pause();
    }
    work(0);
    while DONE.load(Ordering::Acquire) < on {
        cpu::pause();
    }
    // Off again, so that they can be switched on for other work.
    for number in 1..=on {
        while affinity(number) != 1 {
            cpu::pause();
        }
    }
}

/// A CPU that was switched on does what is to be done, and goes off.
pub(crate) fn others_work(number: usize) -> ! {
    READY.fetch_add(1, Ordering::AcqRel);
    WORK.run(number);
    DONE.fetch_add(1, Ordering::AcqRel);
    loop {
        ask(psci::CPU_OFF, 0, 0, 0);
    }
}

//! A function that other CPUs are to run.

use core::cell::UnsafeCell;

/// It.
pub(crate) struct Work(UnsafeCell<fn(usize)>);

// SAFETY: it is set while no other CPU is on, and read by CPUs that were switched on afterwards.
unsafe impl Sync for Work {}

impl Work {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(|_| {}))
    }

    /// Sets it.
    pub(crate) fn set(&self, work: fn(usize)) {
        // SAFETY: no other CPU is on.
        unsafe { *self.0.get() = work };
        casemate_machine::sys::cpu::dsb();
    }

    /// Runs it on this CPU.
    pub(crate) fn run(&self, number: usize) {
        // SAFETY: nobody sets it while other CPUs are on.
        let work = unsafe { *self.0.get() };
        work(number);
    }
}

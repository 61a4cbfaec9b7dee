//! What a worker, the supervisor and a running enclave share about it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use casemate_model::Nanos;

/// One enclave's switches and counters. All of it is plain flags and counts:
/// nothing is ordered by it, so every access is relaxed.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// When the current slice ends, on the node's monotonic clock, in nanoseconds.
    slice_end: AtomicU64,
    stop: AtomicBool,
    yields: AtomicU64,
    eexits: AtomicU64,
    /// CPU time the run queue has charged for, in nanoseconds.
    charged: AtomicU64,
    refused_growth: AtomicU64,
}

impl Control {
    /// Gives the enclave the CPU until `end` (monotonic).
    pub(crate) fn begin_slice(&self, end: Nanos) {
        self.slice_end.store(end.0, Relaxed);
    }

    /// Ends the slice now; the enclave notices when the present epoch ends.
    pub(crate) fn end_slice(&self) {
        self.slice_end.store(0, Relaxed);
    }

    /// Whether the slice is over at `now` (monotonic).
    pub(crate) fn slice_is_over(&self, now: Nanos) -> bool {
        now.0 >= self.slice_end.load(Relaxed)
    }

    /// Asks the enclave to end at its next exit, whichever kind comes first.
    pub(crate) fn request_stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// Whether it has been asked to end.
    pub(crate) fn stop_requested(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// Counts an asynchronous exit that gave the CPU away.
    pub(crate) fn count_yield(&self) {
        self.yields.fetch_add(1, Relaxed);
    }

    /// How often the enclave was interrupted to give the CPU away.
    pub(crate) fn yields(&self) -> u64 {
        self.yields.load(Relaxed)
    }

    /// Counts a call to the host.
    pub(crate) fn count_eexit(&self) {
        self.eexits.fetch_add(1, Relaxed);
    }

    /// Calls to the host so far.
    pub(crate) fn eexits(&self) -> u64 {
        self.eexits.load(Relaxed)
    }

    /// Counts CPU time the run queue has charged for.
    pub(crate) fn charge(&self, ran: Nanos) {
        self.charged.fetch_add(ran.0, Relaxed);
    }

    /// CPU time the run queue has charged for.
    pub(crate) fn charged(&self) -> Nanos {
        Nanos(self.charged.load(Relaxed))
    }

    /// Counts a refused `memory.grow`.
    pub(crate) fn count_refused_growth(&self) {
        self.refused_growth.fetch_add(1, Relaxed);
    }

    /// How often `memory.grow` was refused because the limit was reached.
    pub(crate) fn refused_growth(&self) -> u64 {
        self.refused_growth.load(Relaxed)
    }
}

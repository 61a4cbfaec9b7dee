//! One enclave as the queue holds it. Neither type is `Clone`: a value is moved
//! from queue to queue, so an enclave is in exactly one of them.

use casemate_model::{EnclaveId, Nanos, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use crate::Weight;
use crate::vtime::{Lag, VirtualDeadline, Vruntime};

/// An active enclave: ready or running.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) id: EnclaveId,
    pub(crate) weight: Weight,
    /// Service asked for at a time. Takes effect with the next deadline.
    pub(crate) request: Nanos,
    pub(crate) vruntime: Vruntime,
    pub(crate) deadline: VirtualDeadline,
    /// When it became ready, or was picked.
    pub(crate) since: Timestamp,
}

/// A blocked enclave: it takes no part in V.
#[derive(Debug)]
pub(crate) struct Sleeper {
    pub(crate) weight: Weight,
    pub(crate) request: Nanos,
    pub(crate) lag: Lag,
}

impl Entity {
    /// An enclave that becomes ready at `vruntime` with a fresh request.
    pub(crate) fn starting(
        id: EnclaveId,
        weight: Weight,
        request: Nanos,
        vruntime: Vruntime,
        now: Timestamp,
    ) -> Self {
        Self { id, weight, request, vruntime, deadline: vruntime.deadline(request, weight), since: now }
    }

    /// Charges service received. A request served in full is followed by the next; one that was cut
    /// short keeps its deadline, so yielding early neither gains nor loses.
    pub(crate) fn charge(&mut self, ran: Nanos) {
        let weight = if seeded(Mutant::CpuIgnoresWeight) { Weight::ONE_CPU } else { self.weight };
        self.vruntime = self.vruntime.after_service(ran, weight);
        self.renew_if_served();
    }

    /// Moves the vruntime forward without service.
    pub(crate) fn forgive(&mut self, step: i128) {
        self.vruntime.0 += step;
        self.renew_if_served();
    }

    /// What is left of the current request.
    pub(crate) fn slice_left(&self) -> Nanos {
        self.vruntime.service_until(self.deadline, self.weight)
    }

    /// Follows the origin of virtual time.
    pub(crate) fn rebase(&mut self, shift: i128) {
        self.vruntime.0 -= shift;
        self.deadline.0 -= shift;
    }

    fn renew_if_served(&mut self) {
        if self.slice_left() == Nanos::ZERO {
            self.deadline = self.vruntime.deadline(self.request, self.weight);
        }
    }
}

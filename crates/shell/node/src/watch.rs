//! The independent checker, watching this node.
//!
//! Whoever acts reports here at once; the judge does its own sums. Nothing the
//! node decides depends on what it says.

use std::sync::{Arc, Mutex, PoisonError};

use casemate_checker::{Findings, HowLeft, Judge, Limits, Observation};
use casemate_cpu::After;
use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};

/// A handle to the node's judge. Clones report to the same one.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<Option<Judge>>>);

impl Watch {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(Some(Judge::new(limits)))))
    }

    pub(crate) fn observe(&self, observation: Observation) {
        if let Some(judge) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            judge.observe(observation);
        }
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map(Judge::finish)
    }
}

//! Being inside an enclave, as a value.

use casemate_model::{EnclaveId, Timestamp, WorkerId};
use casemate_policy::Expired;
use thiserror::Error;

use crate::life::Handle;

/// One worker inside one enclave: the capability for crossing its boundary.
///
/// Made by [`Enclave::enter`](crate::Enclave::enter) only, while the witness holds. It borrows the enclave, so nobody else
/// can enter, suspend or destroy it meanwhile. It ends by [`aex`](Self::aex) or [`eexit`](Self::eexit); dropped without
/// either, the stay is counted as [abandoned](crate::Tally::abandoned).
#[derive(Debug)]
#[must_use = "say how the stay ended: aex or eexit"]
pub struct Inside<'a> {
    handle: &'a mut Handle,
    worker: WorkerId,
    since: Timestamp,
    ended: bool,
}

impl<'a> Inside<'a> {
    pub(crate) fn begin(handle: &'a mut Handle, worker: WorkerId, since: Timestamp) -> Self {
        handle.tally.entries += 1;
        Self { handle, worker, since, ended: false }
    }

    /// The enclave.
    #[must_use]
    pub fn enclave(&self) -> EnclaveId {
        self.handle.id
    }

    /// Who is inside.
    #[must_use]
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// When it was entered.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Counts `calls` host calls made during the stay: an EEXIT and an EENTER each.
    pub fn called_out(&mut self, calls: u32) {
        self.handle.tally.eexit += u64::from(calls);
        self.handle.tally.entries += u64::from(calls);
    }

    /// Interrupted from outside (asynchronous exit).
    pub fn aex(mut self) {
        self.handle.tally.aex += 1;
        self.ended = true;
    }

    /// Left by itself (EEXIT).
    pub fn eexit(mut self) {
        self.handle.tally.eexit += 1;
        self.ended = true;
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.handle.tally.abandoned += 1;
        }
    }
}

/// An enclave was not entered because its witness does not hold at that instant. Suspend it, or attest it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("enclave {enclave} was not entered")]
pub struct Lapsed {
    /// Which.
    pub enclave: EnclaveId,
    /// Since when, or until when.
    #[source]
    pub expired: Expired,
}

//! What the queue is told and what it answers.

use core::fmt;

use casemate_model::{EnclaveId, Nanos, WorkerId};

/// What a worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an enclave that was picked is on its worker until it is accounted for"]
pub enum Next {
    /// Enter this enclave, and take it off after `slice` at the latest.
    Run {
        /// Which enclave.
        id: EnclaveId,
        /// What is left of its request.
        slice: Nanos,
        /// How long it was ready before it was picked.
        waited: Nanos,
    },
    /// Nothing is ready.
    Idle,
}

/// What an enclave wants after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// To run on.
    Ready,
    /// To wait for something; [`RunQueue::wake`](crate::RunQueue::wake) ends the wait.
    Blocked,
    /// Nothing more: it leaves the queue.
    Done,
}

/// What a wake-up did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "where the enclave became ready, an idle worker has to be told"]
pub enum Wake {
    /// It was blocked and is ready now.
    BecameReady,
    /// It was ready already.
    WasReady,
    /// It is running. If it blocks at the end of this run it stays ready instead.
    Remembered,
    /// It has left the queue: a wake-up that came too late, which is no fault.
    Gone,
}

/// Where an enclave is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waiting for a worker.
    Ready,
    /// On this worker.
    Running(WorkerId),
    /// Waiting for a wake-up.
    Blocked,
}

/// A call out of turn: a fault of the shell that drives the queue. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// An enclave of this id is in the queue already.
    AlreadyQueued(EnclaveId),
    /// No enclave of this id is in the queue.
    NotQueued(EnclaveId),
    /// The enclave is on no worker, so there is no run to account for.
    NotRunning(EnclaveId),
    /// The enclave is on a worker: account for its run instead.
    StillRunning(EnclaveId, WorkerId),
    /// The queue holds as many enclaves as its arithmetic is proven for.
    Full(usize),
    /// A slice of nothing, or longer than the longest allowed.
    SliceOutOfRange(Nanos),
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyQueued(id) => write!(f, "enclave {id} is already in the run queue"),
            Self::NotQueued(id) => write!(f, "enclave {id} is not in the run queue"),
            Self::NotRunning(id) => write!(f, "enclave {id} is on no worker: there is no run to account for"),
            Self::StillRunning(id, worker) => {
                write!(f, "enclave {id} is still on worker {worker}: account for its run as done instead")
            }
            Self::Full(limit) => write!(f, "the run queue already holds {limit} enclaves, its limit"),
            Self::SliceOutOfRange(slice) => {
                write!(f, "a slice of {} ns is not between 1 ns and 10 s", slice.0)
            }
        }
    }
}

impl core::error::Error for Misuse {}

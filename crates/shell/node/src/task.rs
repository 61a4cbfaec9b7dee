//! One enclave that can be scheduled: its life cycle, its program and its memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use casemate_enclave::{Enclave, Interior, Ready, Suspended};
use casemate_model::{EnclaveId, Nanos};

use crate::control::Control;
use crate::guest::Execution;
use crate::memories::Memories;

/// An attested enclave and what runs in it.
pub(crate) struct Task {
    id: EnclaveId,
    pub(crate) control: Arc<Control>,
    pub(crate) memories: Arc<Memories>,
    body: Mutex<Body>,
}

/// What only one thread at a time may touch: a worker during its turn, or the
/// supervisor between turns.
pub(crate) struct Body {
    pub(crate) lifecycle: Lifecycle,
    /// Reached only from inside. Gone once the program has ended; with it goes its store.
    pub(crate) execution: Option<Interior<Execution>>,
    /// CPU time used so far.
    pub(crate) cpu: Nanos,
}

/// Where an enclave stands, as far as scheduling goes.
pub(crate) enum Lifecycle {
    /// May be entered while its witness holds.
    Ready(Enclave<Ready>),
    /// Its witness lapsed; waits for a new one.
    Suspended(Enclave<Suspended>),
    /// Handed back to the supervisor.
    Gone,
}

impl Body {
    pub(crate) fn is_suspended(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Suspended(_))
    }
}

impl Task {
    pub(crate) fn new(
        enclave: Enclave<Ready>,
        execution: Execution,
        control: Arc<Control>,
        memories: Arc<Memories>,
    ) -> Arc<Self> {
        let id = enclave.id();
        let execution = Some(Interior::new(&enclave, execution));
        let body = Body { lifecycle: Lifecycle::Ready(enclave), execution, cpu: Nanos::ZERO };
        Arc::new(Self { id, control, memories, body: Mutex::new(body) })
    }

    /// Drops the last handle to it, once no worker has one any more: a worker keeps its
    /// own for a moment after a turn. Nobody else may have one.
    pub(crate) fn let_go(self: Arc<Self>) {
        while Arc::strong_count(&self) > 1 {
            thread::yield_now();
        }
    }

    pub(crate) fn id(&self) -> EnclaveId {
        self.id
    }

    /// Whether it is known to be suspended, without waiting for a turn to end.
    pub(crate) fn is_seen_suspended(&self) -> bool {
        self.body.try_lock().is_ok_and(|body| body.is_suspended())
    }

    /// Waits for the present turn, if there is one, to end.
    pub(crate) fn body(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

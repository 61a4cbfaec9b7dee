//! The handle and its steps.

use std::sync::atomic::{AtomicU64, Ordering};

use casemate_model::{ContainerKey, EnclaveId, Measurement, Timestamp, WorkerId};
use casemate_mutant::{Mutant, active as seeded};
use casemate_policy::{Attested, Workload};

use crate::refused::same;
use crate::{
    Cleaned, Created, Initialised, Inside, Lapsed, Mismatch, Ready, Refused, State, Suspended, Tally, Unclean,
};

/// Handles dropped without [`Enclave::destroy`], in this process. Their plaintext may still be in memory.
#[must_use]
pub fn leaked() -> u64 {
    LEAKED.load(Ordering::SeqCst)
}

static LEAKED: AtomicU64 = AtomicU64::new(0);

/// One enclave in state `S`. There is one handle for each; it is not `Clone` and each step consumes it.
#[derive(Debug)]
#[must_use = "an enclave that is dropped instead of destroyed is counted as leaked"]
pub struct Enclave<S: State> {
    handle: Handle,
    state: S,
}

/// What is the same in every state.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) id: EnclaveId,
    pub(crate) container: ContainerKey,
    pub(crate) tally: Tally,
    destroyed: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.destroyed {
            LEAKED.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl<S: State> Enclave<S> {
    /// Which instance this is.
    #[must_use]
    pub fn id(&self) -> EnclaveId {
        self.handle.id
    }

    /// The container it is run for.
    #[must_use]
    pub fn container(&self) -> &ContainerKey {
        &self.handle.container
    }

    /// What was counted so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.handle.tally
    }

    /// Ends it (EREMOVE), after its memory and key were cleaned.
    ///
    /// # Errors
    ///
    /// Where another enclave was cleaned. The handle comes back.
    pub fn destroy(self, cleaned: Cleaned) -> Result<Tally, Refused<S, Unclean>> {
        if cleaned.enclave() != self.id() {
            let why = Unclean::Another { cleaned: cleaned.enclave(), enclave: self.id() };
            return Err(Refused { enclave: self, why });
        }
        let Self { mut handle, .. } = self;
        handle.destroyed = true;
        Ok(handle.tally)
    }
}

impl Enclave<Created> {
    /// Brings an enclave into being (ECREATE). The id must be new: a slot's next instance has the next generation.
    pub fn create(id: EnclaveId, container: ContainerKey) -> Self {
        let handle = Handle { id, container, tally: Tally::default(), destroyed: false };
        Self { handle, state: Created }
    }

    /// Fixes its contents, which measure to `measurement` (EINIT).
    pub fn initialise(self, measurement: Measurement) -> Enclave<Initialised> {
        Enclave { handle: self.handle, state: Initialised { measurement } }
    }
}

impl Enclave<Initialised> {
    /// What it measured to.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        self.state.measurement
    }

    /// Makes it enterable, on a witness for this very instance, container and measurement.
    ///
    /// # Errors
    ///
    /// Where the witness speaks of anything else. The handle comes back; the witness is gone.
    pub fn attest(
        self,
        witness: Attested<Workload>,
    ) -> Result<Enclave<Ready>, Refused<Initialised, Mismatch>> {
        let Self { handle, state } = self;
        match admit(&handle, state.measurement, &witness) {
            Ok(()) => Ok(Enclave { handle, state: Ready { measurement: state.measurement, witness } }),
            Err(why) => Err(Refused { enclave: Self { handle, state }, why }),
        }
    }
}

impl Enclave<Ready> {
    /// What it measured to.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        self.state.measurement
    }

    /// The last instant at which it may be entered on its present witness.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.state.witness.not_after()
    }

    /// Takes `worker` in (EENTER, ERESUME), if the witness holds now.
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub fn enter(&mut self, worker: WorkerId, now: Timestamp) -> Result<Inside<'_>, Lapsed> {
        match self.state.witness.at(now) {
            Ok(fresh) => Ok(Inside::begin(&mut self.handle, worker, fresh.at())),
            Err(_) if seeded(Mutant::EnclaveIgnoresLapse) => Ok(Inside::begin(&mut self.handle, worker, now)),
            Err(expired) => Err(Lapsed { enclave: self.handle.id, expired }),
        }
    }

    /// Puts a new witness in the place of the present one, so that running need not stop.
    ///
    /// # Errors
    ///
    /// Where the new one speaks of anything but this very enclave; the present one stays.
    pub fn renew(&mut self, witness: Attested<Workload>) -> Result<(), Mismatch> {
        admit(&self.handle, self.state.measurement, &witness)?;
        self.state.witness = witness;
        self.handle.tally.renewals += 1;
        Ok(())
    }

    /// Stops it from being entered: its witness has lapsed or is no longer believed. The witness is dropped.
    pub fn suspend(self) -> Enclave<Suspended> {
        let Self { mut handle, state } = self;
        handle.tally.suspensions += 1;
        Enclave { handle, state: Suspended { measurement: state.measurement } }
    }
}

impl Enclave<Suspended> {
    /// What it measured to.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        self.state.measurement
    }

    /// Makes it enterable again, on a new witness for this very enclave.
    ///
    /// # Errors
    ///
    /// Where the witness speaks of anything else. The handle comes back; the witness is gone.
    pub fn resume(self, witness: Attested<Workload>) -> Result<Enclave<Ready>, Refused<Suspended, Mismatch>> {
        let Self { mut handle, state } = self;
        match admit(&handle, state.measurement, &witness) {
            Ok(()) => {
                handle.tally.renewals += 1;
                Ok(Enclave { handle, state: Ready { measurement: state.measurement, witness } })
            }
            Err(why) => Err(Refused { enclave: Self { handle, state }, why }),
        }
    }
}

fn admit(handle: &Handle, measurement: Measurement, witness: &Attested<Workload>) -> Result<(), Mismatch> {
    if seeded(Mutant::EnclaveIgnoresSubject) {
        return Ok(());
    }
    same(witness.subject(), handle.id, &handle.container, measurement)
}

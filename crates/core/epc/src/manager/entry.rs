//! Running an enclave, and ending it.

use casemate_model::WorkerId;

use super::Manager;
use crate::{Closing, EnterError, MIN_RESIDENT, PageTable, Running, Slot, Victims};

/// What became of the wish to run an enclave.
#[derive(Debug)]
#[must_use]
#[allow(clippy::large_enum_variant, reason = "a box would allocate, and this is made once a slice")]
pub enum Entry {
    /// It runs, once its [`Gate`](crate::Gate) is quiet.
    Entered(Running),
    /// It holds frames others must be able to count on: evict these, then ask again.
    Shrink(Victims),
    /// Others hold what is needed for a bounded moment: ask again.
    Wait,
    /// It cannot run now.
    Refused(EnterError),
}

impl Manager {
    /// `worker` is about to run an enclave. From the answer [`Entry::Entered`] on no
    /// other worker begins to evict its pages.
    pub fn enter(&mut self, slot: Slot, worker: WorkerId) -> Entry {
        let Some(enclave) = self.enclave(slot) else { return Entry::Refused(EnterError::Unknown) };
        if enclave.closing {
            return Entry::Refused(EnterError::Closed);
        }
        if let Some(other) = enclave.worker {
            return Entry::Refused(EnterError::RunsOn(other));
        }
        if self.entered == self.config.entries {
            return Entry::Refused(EnterError::NoEntryLeft { entries: self.config.entries });
        }
        let charge = enclave.charge();
        let charged = self.charged - MIN_RESIDENT + charge;
        if charge > MIN_RESIDENT
            && let Some(surplus @ 1..) = charged.checked_sub(self.pool.capacity())
        {
            let most = surplus.min(charge - MIN_RESIDENT).min(u32::from(self.config.batch)) as usize;
            return match self.take_victims(Some(slot), Some(worker), most) {
                Some(victims) => Entry::Shrink(victims),
                None => Entry::Wait,
            };
        }
        if let Err(refused) = enclave.gate.announce(worker) {
            return Entry::Refused(refused);
        }
        self.charged = charged;
        self.entered += 1;
        if let Some(enclave) = self.enclave_mut(slot) {
            enclave.worker = Some(worker);
        }
        Entry::Entered(Running { slot, worker })
    }

    /// The enclave no longer runs.
    ///
    /// # Panics
    /// `running` is another manager's.
    pub fn leave(&mut self, running: Running) {
        let Running { slot, worker } = running;
        let enclave = self.enclave_mut(slot).expect("a running enclave is not destroyed");
        assert_eq!(enclave.worker.take(), Some(worker), "the enclave runs elsewhere");
        enclave.gate.leave();
        let charge = enclave.charge();
        self.charged = self.charged - charge + MIN_RESIDENT;
        self.entered -= 1;
    }

    /// Begins to destroy an enclave: it never runs, faults or loses a page to others again.
    /// What it was guaranteed can be guaranteed to others from now on.
    ///
    /// # Errors
    /// It runs, is being destroyed already, or is unknown.
    pub fn close(&mut self, slot: Slot) -> Result<Closing, EnterError> {
        let enclave = self.enclave_mut(slot).ok_or(EnterError::Unknown)?;
        enclave.gate.close()?;
        enclave.closing = true;
        let guaranteed = core::mem::take(&mut enclave.guaranteed);
        self.guaranteed -= guaranteed;
        self.charged -= guaranteed;
        Ok(Closing { slot })
    }

    /// Frees the slot of an enclave whose pages have all been removed.
    ///
    /// # Errors
    /// Frames of it are still out or resident: [`Manager::remove`] what there is, wait for
    /// the rest, and ask again.
    pub fn destroyed(&mut self, closing: Closing) -> Result<PageTable, Closing> {
        let slot = closing.slot;
        let done =
            self.enclave(slot).is_some_and(|enclave| enclave.resident() == 0 && enclave.gate.is_quiet());
        if !done {
            return Err(closing);
        }
        self.live.retain(|live| *live != slot);
        let enclave = self.slots[usize::from(slot.0)].take().expect("it was there a moment ago");
        Ok(enclave.table)
    }
}

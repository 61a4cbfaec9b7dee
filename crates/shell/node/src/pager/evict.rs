//! Taking pages out: seal, zero, drop.

use casemate_epc::{PageBytes, PageNo, Removals, Version, Victims};
use casemate_model::EnclaveId;

use super::{PoisonKind, Pool, entry};
use crate::sys::signal;

/// Why a page returns to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// It was sealed and gives its frame to another page.
    Evicted,
    /// Its enclave is destroyed.
    Destroyed,
}

/// A page about to return to the kernel: its plaintext is gone already.
#[derive(Debug)]
pub struct Returned<'a> {
    /// Whose it was.
    pub enclave: EnclaveId,
    /// Which it was.
    pub page: PageNo,
    /// Why it goes.
    pub why: Returning,
    /// What is on it now: zeroes.
    pub bytes: &'a PageBytes,
}

impl Pool {
    /// Seals, zeroes and drops pages, and frees their frames.
    #[inline(never)]
    pub(super) fn evict(&self, mut victims: Victims) {
        self.seal(&victims);
        self.wipe(&mut victims, Returning::Evicted);
        if let Some(journal) = &self.journal {
            journal.make_room();
        }
        let mut manager = self.manager.lock();
        if let Some(journal) = &self.journal {
            journal.evicted(&victims, entry::worker());
        }
        manager.evicted(victims);
    }

    fn seal(&self, victims: &Victims) {
        let mut ahead = victims.iter().skip(1);
        for victim in victims.iter() {
            if let Some(next) = ahead.next() {
                self.mapper.arena().prefetch(next);
            }
            let enclave = self.enclave(victim.slot());
            match victim.binding() {
                Ok(binding) => enclave.seal(&binding, self.mapper.arena().read(victim)),
                Err(_) => enclave.poison(victim.page(), Version::LOST, PoisonKind::VersionsExhausted),
            }
        }
    }

    /// Zeroes and drops pages of a memory that is being destroyed. Returns how many.
    pub(super) fn remove(&self, mut removals: Removals) -> u64 {
        let pages = removals.victims().iter().count();
        self.wipe(removals.victims_mut(), Returning::Destroyed);
        if let Some(journal) = &self.journal {
            journal.make_room();
        }
        let mut manager = self.manager.lock();
        if let Some(journal) = &self.journal {
            journal.removed(removals.victims());
        }
        manager.removed(removals);
        pages as u64
    }

    /// Zeroes pages, shows them to the observer and returns them to the kernel.
    fn wipe(&self, victims: &mut Victims, why: Returning) {
        for victim in victims.iter_mut() {
            self.mapper.arena().zero(victim);
            if let Some(observe) = &self.observer {
                let enclave = self.enclave(victim.slot()).id();
                let bytes = self.mapper.arena().read(victim);
                observe(&Returned { enclave, page: victim.page(), why, bytes });
            }
        }
        if let Err(error) = self.mapper.discard(victims) {
            signal::die("return a page to the kernel", &error);
        }
    }
}

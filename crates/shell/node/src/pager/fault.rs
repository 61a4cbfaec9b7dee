//! Bringing pages in, inside the signal handler of the thread that needs them.

use casemate_epc::{Fault, Load, LoadSource};

use super::{Pool, entry};
use crate::sys::lock::Patience;
use crate::sys::signal;

impl Pool {
    /// Resolves a fault at `address` raised as `raised`. `false`: it is not ours.
    pub(crate) fn resolve(&self, raised: i32, address: usize) -> bool {
        if raised != self.mapper.signal() {
            return false;
        }
        let Some((slot, page)) = self.mapper.arena().locate(address) else { return false };
        self.prefetch_sealed(slot, page);
        let worker = entry::worker();
        let mut patience = Patience::default();
        loop {
            // Not in the match: the lock would be held through its arms.
            let fault = self.manager.lock().begin_fault(slot, page, worker);
            match fault {
                Fault::Outside => return false,
                Fault::AlreadyResident => return true,
                Fault::Wait => patience.wait(),
                Fault::Evict(victims) => self.evict(victims),
                Fault::Load(load) => {
                    self.load(load);
                    return true;
                }
            }
        }
    }

    /// Not inlined, nor is [`Pool::evict`]: their stack frames would be held at once, and
    /// a thread that never entered an enclave has 8 KiB of signal stack, of which the
    /// kernel's own frame takes 3.5 with AVX-512. All of this takes 4.
    #[inline(never)]
    fn load(&self, load: Load) {
        let first = load.bindings().next().expect("a load has a page").page;
        let pages = load.bindings().count();
        let filled = match load.source() {
            LoadSource::Zero => self.mapper.fill_zeroes(load.slot(), first, pages),
            LoadSource::Sealed => {
                let enclave = self.enclave(load.slot());
                let mut bounce = self.bounces.take();
                for (binding, page) in load.bindings().zip(bounce.iter_mut()) {
                    enclave.open(&binding, page);
                }
                let filled = self.mapper.fill(load.slot(), first, bounce.bytes(pages));
                bounce.zero(pages);
                filled
            }
        };
        if let Some(journal) = &self.journal {
            journal.make_room();
        }
        match filled {
            Ok(()) => {
                let mut manager = self.manager.lock();
                if let Some(journal) = &self.journal {
                    journal.loaded(&load);
                }
                manager.loaded(load);
            }
            Err(error) => {
                self.manager.lock().failed(load);
                signal::die("map a page of an enclave", &error);
            }
        }
    }
}

//! Bringing pages in.

use casemate_model::WorkerId;
use casemate_mutant::{Mutant, active as seeded};

use super::Manager;
use crate::table::{PAYLOAD_MASK, PageState};
use crate::tokens::LoadPage;
use crate::{Load, LoadSource, MAX_CLUSTER, PageNo, Slot, Victims};

/// What to do about a fault.
#[derive(Debug)]
#[must_use]
pub enum Fault {
    /// No page of an enclave: the access is somebody else's to judge.
    Outside,
    /// The page is there by now: repeat the access.
    AlreadyResident,
    /// Others hold what is needed for a bounded moment: ask again.
    Wait,
    /// No frame is free: evict these, then ask again.
    Evict(Victims),
    /// Fill these.
    Load(Load),
}

impl Manager {
    /// A thread touched a page that is not resident. `worker` is the worker whose
    /// enclave the thread runs, `None` where it runs none. Constant time but for a
    /// scan over the enclaves when the pool is full; does not allocate.
    pub fn begin_fault(&mut self, slot: Slot, page: PageNo, worker: Option<WorkerId>) -> Fault {
        let Some(enclave) = self.enclave(slot) else { return Fault::Outside };
        if enclave.closing || page.0 >= enclave.size {
            return Fault::Outside;
        }
        let source = match enclave.table.get(page) {
            None => return Fault::Outside,
            Some(PageState::Resident { .. }) => return Fault::AlreadyResident,
            Some(PageState::Moving { .. }) => return Fault::Wait,
            Some(PageState::Never) => LoadSource::Zero,
            Some(PageState::Sealed { .. }) => LoadSource::Sealed,
        };
        let headroom = self.headroom(enclave);
        let available = headroom.min(self.pool.free());
        if available > 0 {
            let wanted = enclave.streams.cluster(page);
            return Fault::Load(self.grant(slot, page, source, wanted.min(available as usize)));
        }
        // Without headroom, only giving up a page of its own makes room for another.
        let from = (headroom == 0).then_some(slot);
        match self.take_victims(from, worker, usize::from(self.config.batch)) {
            Some(victims) => Fault::Evict(victims),
            None => Fault::Wait,
        }
    }

    /// The pages of a load are filled and mapped.
    ///
    /// # Panics
    /// The load is another manager's.
    pub fn loaded(&mut self, load: Load) {
        let Load { slot, source, pages, .. } = load;
        let (clock, active_size) = (self.clock, self.active_size());
        self.adjust(slot, |enclave, links, pool| {
            enclave.tally.faults += 1;
            for (at, LoadPage { frame, page, version, evicted_at }) in pages.into_iter().flatten().enumerate()
            {
                let frame = pool.park(frame);
                enclave.loading -= 1;
                enclave.table.set(page, PageState::Resident { version, frame });
                match source {
                    LoadSource::Zero => enclave.tally.zero_fills += 1,
                    LoadSource::Sealed => enclave.tally.page_ins += 1,
                }
                // Only the page that was asked for has proved that it comes back.
                let distance = clock.wrapping_sub(evicted_at) & PAYLOAD_MASK;
                let proved = at == 0 && source == LoadSource::Sealed && distance <= active_size;
                let list = if proved { &mut enclave.active } else { &mut enclave.inactive };
                links.push(list, frame, slot, page);
            }
        });
    }

    /// The pages of a load could not be filled: everything is as before.
    ///
    /// # Panics
    /// The load is another manager's.
    pub fn failed(&mut self, load: Load) {
        let Load { slot, source, pages, .. } = load;
        self.adjust(slot, |enclave, _, pool| {
            for LoadPage { frame, page, version, evicted_at } in pages.into_iter().flatten() {
                pool.give(frame);
                enclave.loading -= 1;
                let before = match source {
                    LoadSource::Zero => PageState::Never,
                    LoadSource::Sealed => PageState::Sealed { version, evicted_at },
                };
                enclave.table.set(page, before);
            }
        });
    }

    /// Pages the active lists may hold together.
    fn active_size(&self) -> u64 {
        u64::from(self.pool.capacity()) * u64::from(self.config.active_percent) / 100
    }

    /// Takes frames for up to `most` pages from `first` on, all from the same source.
    fn grant(&mut self, slot: Slot, first: PageNo, source: LoadSource, most: usize) -> Load {
        self.adjust(slot, |enclave, _, pool| {
            let mut pages = [const { None }; MAX_CLUSTER];
            let mut granted = 0;
            for (place, number) in pages.iter_mut().zip(first.0..enclave.size).take(most) {
                let page = PageNo(number);
                let (version, evicted_at) = match (source, enclave.table.get(page)) {
                    (LoadSource::Zero, Some(PageState::Never)) => (crate::Version::ZERO, 0),
                    (LoadSource::Sealed, Some(PageState::Sealed { version, evicted_at })) => {
                        let any = seeded(Mutant::EpcLoadsFirstCopy);
                        (if any { crate::Version::ZERO } else { version }, evicted_at)
                    }
                    _ => break,
                };
                let Some(frame) = pool.take() else { break };
                enclave.table.set(page, PageState::Moving { version });
                enclave.loading += 1;
                granted += 1;
                *place = Some(LoadPage { frame, page, version, evicted_at });
            }
            enclave.streams.note(first, granted);
            Load { slot, enclave: enclave.table.enclave, source, pages }
        })
    }
}

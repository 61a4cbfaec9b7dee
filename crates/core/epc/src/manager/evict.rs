//! Taking frames from under pages.

use casemate_model::WorkerId;
use casemate_mutant::{Mutant, active as seeded};

use super::Manager;
use crate::table::PageState;
use crate::{Closing, MAX_BATCH, Slot, Version, Victim, Victims};

/// Pages of an enclave that is being destroyed, to zero and drop, then to hand to
/// [`Manager::removed`].
#[derive(Debug)]
#[must_use = "removals hold frames; hand them to `Manager::removed`"]
pub struct Removals(Victims);

impl Removals {
    /// The pages as victims: at least one. They are never sealed.
    pub fn victims(&self) -> &Victims {
        &self.0
    }

    /// The same, each to its holder alone.
    pub fn victims_mut(&mut self) -> &mut Victims {
        &mut self.0
    }
}

impl Manager {
    /// Up to a batch of an enclave's pages, oldest first, to swap it out whole, its
    /// guaranteed pages included: who asks for that gives them up.
    /// `None`: it has none, or runs on another worker than `worker`.
    pub fn shed(&mut self, slot: Slot, worker: Option<WorkerId>) -> Option<Victims> {
        self.enclave(slot)?;
        let most = usize::from(self.config.batch);
        let victims = self.take_listed(slot, most, |gate| gate.try_begin_evict(worker));
        (!victims.is_empty()).then_some(victims)
    }

    /// The victims are sealed under their bindings, zeroed and no longer mapped.
    ///
    /// # Panics
    /// The victims are another manager's.
    pub fn evicted(&mut self, victims: Victims) {
        for Victim { frame, slot, page, version, .. } in victims.victims.into_iter().flatten() {
            let evicted_at = self.clock;
            self.clock += 1;
            self.adjust(slot, |enclave, _, pool| {
                pool.give(frame);
                let version = version.unwrap_or(Version::LOST);
                let sealed = PageState::Sealed { version, evicted_at };
                let forgets = seeded(Mutant::EpcForgetsSealedCopy);
                enclave.table.set(page, if forgets { PageState::Never } else { sealed });
                enclave.tally.page_outs += 1;
                enclave.gate.end_evict();
            });
        }
    }

    /// The next pages of an enclave that is being destroyed; `None` when there are no more.
    pub fn remove(&mut self, closing: &Closing) -> Option<Removals> {
        let victims = self.take_listed(closing.slot, MAX_BATCH, |_| true);
        (!victims.is_empty()).then_some(Removals(victims))
    }

    /// The pages are zeroed and no longer mapped.
    ///
    /// # Panics
    /// The pages are another manager's.
    pub fn removed(&mut self, removals: Removals) {
        for Victim { frame, slot, page, .. } in removals.0.victims.into_iter().flatten() {
            self.adjust(slot, |enclave, _, pool| {
                pool.give(frame);
                enclave.table.set(page, PageState::Never);
            });
        }
    }

    /// Takes up to `most` victims beyond its guarantee from one enclave: `from`, or the
    /// one whose oldest page has waited longest.
    pub(super) fn take_victims(
        &mut self,
        from: Option<Slot>,
        worker: Option<WorkerId>,
        most: usize,
    ) -> Option<Victims> {
        let slot = from.or_else(|| self.oldest(worker))?;
        let most = most.min(self.enclave(slot)?.spare() as usize);
        let victims = self.take_listed(slot, most, |gate| gate.try_begin_evict(worker));
        (!victims.is_empty()).then_some(victims)
    }

    /// The enclave with the oldest inactive page of those `worker` may evict from.
    fn oldest(&self, worker: Option<WorkerId>) -> Option<Slot> {
        self.live
            .iter()
            .filter_map(|slot| {
                let enclave = self.enclave(*slot)?;
                let frame = enclave.inactive.oldest()?;
                (enclave.spare() > 0 && enclave.gate.permits(worker))
                    .then(|| (self.links.stamp(frame), *slot))
            })
            .min()
            .map(|(_, slot)| slot)
    }

    /// Takes up to `most` of an enclave's resident pages off its lists, each after
    /// `permit` said so.
    fn take_listed(&mut self, slot: Slot, most: usize, permit: impl Fn(&crate::Gate) -> bool) -> Victims {
        let mut victims = Victims::NONE;
        for place in victims.victims.iter_mut().take(most) {
            *place = self.adjust(slot, |enclave, links, pool| {
                // Balance keeps a page here while there is any: at most 90 % are active.
                enclave.inactive.oldest().filter(|_| permit(&enclave.gate))?;
                let index = links.pop_oldest(&mut enclave.inactive)?;
                let (_, page) = links.page(index);
                let sealed_last = match enclave.table.get(page) {
                    Some(PageState::Resident { version, .. }) => version,
                    state => unreachable!("a listed page is resident, not {state:?}"),
                };
                let reuses = seeded(Mutant::EpcReusesVersion);
                let version = if reuses { Ok(sealed_last) } else { sealed_last.next() };
                enclave.table.set(page, PageState::Moving { version: version.unwrap_or(Version::LOST) });
                Some(Victim {
                    frame: pool.unpark(index),
                    slot,
                    enclave: enclave.table.enclave,
                    page,
                    version,
                })
            });
            if place.is_none() {
                break;
            }
        }
        victims
    }
}

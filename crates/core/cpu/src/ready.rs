//! The ready queue: found by id, by virtual deadline and by vruntime.

use alloc::collections::{BTreeMap, BTreeSet};

use casemate_model::EnclaveId;
use casemate_mutant::{Mutant, active as seeded};

use crate::active::Active;
use crate::entity::Entity;
use crate::vtime::Vruntime;

/// Enclaves that want a worker and have none.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    entities: BTreeMap<EnclaveId, Entity>,
    /// (virtual deadline, id), ascending: the first is due first. Carries the vruntime, which a search needs.
    by_deadline: BTreeMap<(i128, EnclaveId), Vruntime>,
    /// (vruntime, id), ascending: the first has received least.
    by_vruntime: BTreeSet<(i128, EnclaveId)>,
}

impl Ready {
    pub(crate) fn insert(&mut self, entity: Entity) {
        self.by_deadline.insert((entity.deadline.0, entity.id), entity.vruntime);
        self.by_vruntime.insert((entity.vruntime.0, entity.id));
        self.entities.insert(entity.id, entity);
    }

    pub(crate) fn remove(&mut self, id: EnclaveId) -> Option<Entity> {
        let entity = self.entities.remove(&id)?;
        self.by_deadline.remove(&(entity.deadline.0, id));
        self.by_vruntime.remove(&(entity.vruntime.0, id));
        Some(entity)
    }

    pub(crate) fn get(&self, id: EnclaveId) -> Option<&Entity> {
        self.entities.get(&id)
    }

    /// For changes that move neither the vruntime nor the deadline.
    pub(crate) fn get_mut(&mut self, id: EnclaveId) -> Option<&mut Entity> {
        self.entities.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }

    /// The eligible enclave that is due first, if any is eligible.
    pub(crate) fn earliest_eligible(&self, active: &Active) -> Option<&Entity> {
        // Eligibility is monotone in vruntime: this settles the hopeless case without a walk.
        let &(least, _) = self.by_vruntime.first()?;
        if !active.is_eligible(Vruntime(least)) {
            return None;
        }
        let may_run =
            |vruntime: Vruntime| active.is_eligible(vruntime) || seeded(Mutant::CpuIgnoresEligibility);
        let (&(_, id), _) = self.by_deadline.iter().find(|(_, vruntime)| may_run(**vruntime))?;
        self.entities.get(&id)
    }

    /// The enclave with the least vruntime.
    pub(crate) fn least_served(&self) -> Option<&Entity> {
        self.by_vruntime.first().and_then(|(_, id)| self.entities.get(id))
    }

    /// Follows the origin of virtual time.
    pub(crate) fn rebase(&mut self, shift: i128) {
        for (_, mut entity) in core::mem::take(self).entities {
            entity.rebase(shift);
            self.insert(entity);
        }
    }
}

//! The queue's books as plain numbers, for whoever audits it.

use casemate_model::EnclaveId;

use crate::Weight;
use crate::entity::Entity;

/// An enclave that wants CPU, and what it rests that on. Virtual times are in units of
/// [`RunQueue::VRUNTIME_PER_NANO`](crate::RunQueue::VRUNTIME_PER_NANO) and can be compared with earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: EnclaveId,
    /// Its weight.
    pub weight: Weight,
    /// Its virtual runtime. That of a running enclave is as of when it was picked.
    pub vruntime: i128,
    /// Its virtual deadline.
    pub deadline: i128,
    /// Whether it is on a worker.
    pub running: bool,
}

impl Claim {
    /// `origin` is how far virtual time was renormalised so far.
    pub(crate) fn of(entity: &Entity, running: bool, origin: i128) -> Self {
        Self {
            id: entity.id,
            weight: entity.weight,
            vruntime: entity.vruntime.0 + origin,
            deadline: entity.deadline.0 + origin,
            running,
        }
    }
}

//! A pod that has a place, as the ledger remembers it.

use std::sync::Arc;

use casemate_affinity::PodTerms;
use casemate_model::{PlacementPolicy, Tee};

use crate::society::Guest;
use casemate_fleet::{NodeId, ReservationId};

/// A pod that has a place.
#[derive(Clone, Debug)]
pub struct Resident {
    pub(crate) node: NodeId,
    pub(crate) ticket: u64,
    pub(crate) reservation: ReservationId,
    pub(crate) guest: Guest,
    pub(crate) terms: Arc<PodTerms>,
    priority: i32,
    policy: PlacementPolicy,
    tee: Option<Tee>,
}

impl Resident {
    pub(crate) fn new(
        (node, ticket, reservation): (NodeId, u64, ReservationId),
        (guest, terms): (Guest, Arc<PodTerms>),
        priority: i32,
        policy: PlacementPolicy,
        tee: Option<Tee>,
    ) -> Self {
        Self { node, ticket, reservation, guest, terms, priority, policy, tee }
    }

    /// Larger is more important.
    #[must_use]
    pub const fn priority(&self) -> i32 {
        self.priority
    }

    /// How it shares its node.
    #[must_use]
    pub const fn policy(&self) -> PlacementPolicy {
        self.policy
    }

    /// The TEE that protects it; `None` where it is not confidential.
    #[must_use]
    pub const fn tee(&self) -> Option<Tee> {
        self.tee
    }

    /// Its labels, and what it says of others.
    #[must_use]
    pub fn terms(&self) -> &PodTerms {
        &self.terms
    }
}

//! What is free on a node, unit by unit.

use crate::ask::{Ask, Locality};
use crate::kinds::Kinds;
use crate::{Misfit, Resource};
use casemate_fleet::{Stock, Want};

/// The units of one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room<'a> {
    kinds: &'a Kinds,
    stock: &'a Stock,
    free: &'a [u64],
}

impl<'a> Room<'a> {
    pub(crate) const fn new(kinds: &'a Kinds, stock: &'a Stock, free: &'a [u64]) -> Self {
        Self { kinds, stock, free }
    }

    /// The same node with nothing on it.
    pub(crate) fn emptied(self) -> Self {
        Self { free: self.stock.units(), ..self }
    }

    /// The capacity of each unit, and what is free of it.
    pub(crate) fn of(&self, resource: &Resource) -> (&'a [u64], &'a [u64]) {
        let range = self.kinds.known(resource).map_or(0..0, |kind| self.stock.range(kind));
        let of = |units: &'a [u64]| units.get(range.clone()).unwrap_or_default();
        (of(self.stock.units()), of(self.free))
    }

    /// Why the pod's share of a resource does not fit the units that are free.
    pub(crate) fn misfit(&self, resource: &Resource, ask: &Ask<'_>, locality: Locality) -> Option<Misfit> {
        let (units, free) = self.of(resource);
        let unit = units.iter().copied().max()?;
        match self.kinds.want(ask, resource, locality) {
            Want::Share(amount) => {
                let most = free.iter().copied().max().unwrap_or(0);
                (amount > most).then_some(Misfit::Scattered { free: most, unit })
            }
            Want::Whole(wanted) => {
                let whole = units.iter().zip(free).filter(|(unit, free)| unit == free && **free > 0).count();
                let (wanted, free) = (u64::from(wanted), u64::try_from(whole).unwrap_or(u64::MAX));
                let all = u64::try_from(units.len()).unwrap_or(u64::MAX);
                (wanted > free).then_some(Misfit::Shared { wanted, free, all })
            }
            Want::Spread(_) => None,
        }
    }
}

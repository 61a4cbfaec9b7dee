//! The five things a node can run out of, and checked arithmetic over all of them.

use std::fmt;

use casemate_model::{Bytes, Capacity, MilliCpu, PAGE_SIZE};
use casemate_mutant::{Mutant, active as seeded};

use crate::fleet::{Kind, Request, Stock, Want};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Encrypted memory, in bytes.
    Epc,
    /// Enclave slots.
    Slots,
    /// Memory-encryption key slots.
    KeySlots,
    /// CPU, in thousandths.
    Cpu,
    /// Ordinary memory, in bytes.
    Memory,
}

impl Resource {
    /// Every resource, in the order reports list them.
    pub const ALL: [Self; 5] = [Self::Epc, Self::Slots, Self::KeySlots, Self::Cpu, Self::Memory];

    /// How much of it is in `capacity`, in its own unit.
    #[must_use]
    pub const fn of(self, capacity: &Capacity) -> u64 {
        match self {
            Self::Epc => capacity.epc.0,
            Self::Slots => capacity.slots as u64,
            Self::KeySlots => capacity.key_slots as u64,
            Self::Cpu => capacity.cpu.0,
            Self::Memory => capacity.memory.0,
        }
    }

    /// An amount of it as people write it: `64Mi`, `250m`, `3`.
    pub(crate) fn amount(self, units: u64) -> String {
        match self {
            Self::Epc | Self::Memory => Bytes(units).to_string(),
            Self::Cpu => MilliCpu(units).to_string(),
            Self::Slots | Self::KeySlots => units.to_string(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epc => "EPC",
            Self::Slots => "enclave slots",
            Self::KeySlots => "key slots",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
        })
    }
}

/// The sum, or the first resource of which it does not fit its type.
pub(crate) fn sum(a: &Capacity, b: &Capacity) -> Result<Capacity, Resource> {
    Ok(Capacity {
        epc: a.epc.checked_add(b.epc).ok_or(Resource::Epc)?,
        slots: a.slots.checked_add(b.slots).ok_or(Resource::Slots)?,
        key_slots: a.key_slots.checked_add(b.key_slots).ok_or(Resource::KeySlots)?,
        cpu: a.cpu.checked_add(b.cpu).ok_or(Resource::Cpu)?,
        memory: a.memory.checked_add(b.memory).ok_or(Resource::Memory)?,
    })
}

/// Of each resource the larger amount.
pub(crate) fn most(a: &Capacity, b: &Capacity) -> Capacity {
    Capacity {
        epc: a.epc.max(b.epc),
        slots: a.slots.max(b.slots),
        key_slots: a.key_slots.max(b.key_slots),
        cpu: a.cpu.max(b.cpu),
        memory: a.memory.max(b.memory),
    }
}

/// What is left of `a` without `b`; nothing where `b` is more.
pub(crate) fn rest(a: &Capacity, b: &Capacity) -> Capacity {
    Capacity {
        epc: a.epc.saturating_sub(b.epc),
        slots: a.slots.saturating_sub(b.slots),
        key_slots: a.key_slots.saturating_sub(b.key_slots),
        cpu: a.cpu.saturating_sub(b.cpu),
        memory: a.memory.saturating_sub(b.memory),
    }
}

/// The capacity that can be handed out: encrypted memory in whole pages.
pub(crate) fn usable(capacity: &Capacity) -> Capacity {
    Capacity { epc: Bytes(capacity.epc.0 - capacity.epc.0 % PAGE_SIZE), ..*capacity }
}

/// What can be handed out of a capacity, a kind each.
pub(crate) fn stock(capacity: &Capacity) -> Stock {
    let usable = usable(capacity);
    Stock::new(kinds().map(|(kind, resource)| (kind, [resource.of(&usable)])))
}

/// A request for these amounts.
pub(crate) fn wanted(request: &Capacity) -> Request {
    let overlooked = |resource| resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
    let asked = kinds().filter(|(_, resource)| !overlooked(*resource));
    let wants = asked.map(|(kind, resource)| (kind, Want::Share(resource.of(request))));
    Request::new(wants).expect("each resource is a kind of its own")
}

fn kinds() -> impl Iterator<Item = (Kind, Resource)> {
    (0..).map(Kind).zip(Resource::ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_does_not_fit_names_its_resource() {
        let one = Capacity { slots: 1, cpu: MilliCpu(1), ..Capacity::default() };
        let full = Capacity { cpu: MilliCpu(u64::MAX), ..Capacity::default() };
        assert_eq!(sum(&one, &full), Err(Resource::Cpu));
        let full = Capacity { slots: u32::MAX, ..Capacity::default() };
        assert_eq!(sum(&one, &full), Err(Resource::Slots));
    }

    #[test]
    fn half_a_page_of_epc_is_none() {
        let capacity = Capacity { epc: Bytes(3 * PAGE_SIZE - 1), memory: Bytes(1), ..Capacity::default() };
        assert_eq!(usable(&capacity), Capacity { epc: Bytes(2 * PAGE_SIZE), ..capacity });
    }
}

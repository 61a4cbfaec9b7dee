//! Amounts of everything a node can run out of, and checked arithmetic over all of it.

use casemate_model::{Bytes, Capacity, DeviceKind, Devices, MilliCpu};

use crate::Resource;
use crate::overcommit::Excess;

/// So much of each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) capacity: Capacity,
    pub(crate) devices: Devices,
    /// Bytes a second.
    pub(crate) bandwidth: u64,
    /// What enclaves use beyond their requests. Nothing of it is reserved.
    pub(crate) excess: Excess,
}

impl Amounts {
    /// Of no resource anything.
    pub(crate) const NOTHING: Self = Self {
        capacity: Capacity { epc: Bytes(0), slots: 0, key_slots: 0, cpu: MilliCpu(0), memory: Bytes(0) },
        devices: Devices::new(),
        bandwidth: 0,
        excess: Excess::NONE,
    };

    /// Each resource of which there is any, in the order reports list them.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource> {
        let counted = Resource::ALL.into_iter().filter(|it| it.among(self) > 0);
        let devices = self.devices.iter().filter(|(_, amount)| **amount > 0);
        counted.chain(devices.map(|(kind, _)| Resource::Device(kind.clone())))
    }

    /// Sets how much there is of a resource.
    pub(crate) fn set(&mut self, resource: &Resource, amount: u64) {
        let small = u32::try_from(amount).unwrap_or(u32::MAX);
        match resource {
            Resource::Epc => self.capacity.epc = Bytes(amount),
            Resource::Slots => self.capacity.slots = small,
            Resource::KeySlots => self.capacity.key_slots = small,
            Resource::Cpu => self.capacity.cpu = MilliCpu(amount),
            Resource::Memory => self.capacity.memory = Bytes(amount),
            Resource::Bandwidth => self.bandwidth = amount,
            Resource::Device(kind) => drop(self.devices.insert(kind.clone(), amount)),
        }
    }

    /// Adds these.
    ///
    /// # Errors
    ///
    /// The first resource of which the sum does not fit its type; then nothing was added.
    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Resource> {
        let bandwidth = self.bandwidth.checked_add(other.bandwidth).ok_or(Resource::Bandwidth)?;
        let overflows = |(kind, amount): &(&DeviceKind, &u64)| {
            self.devices.get(*kind).is_some_and(|held| held.checked_add(**amount).is_none())
        };
        if let Some((kind, _)) = other.devices.iter().find(overflows) {
            return Err(Resource::Device(kind.clone()));
        }
        self.capacity = sum(&self.capacity, &other.capacity)?;
        self.bandwidth = bandwidth;
        for (kind, amount) in &other.devices {
            let held = self.devices.entry(kind.clone()).or_default();
            *held = held.saturating_add(*amount);
        }
        self.excess.add(&other.excess);
        Ok(())
    }

    /// Takes these away; nothing is left where they are more.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.capacity = rest(&self.capacity, &other.capacity);
        self.bandwidth = self.bandwidth.saturating_sub(other.bandwidth);
        for (kind, amount) in &other.devices {
            if let Some(held) = self.devices.get_mut(kind) {
                *held = held.saturating_sub(*amount);
            }
        }
        self.excess.subtract(&other.excess);
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
    fn a_sum_that_does_not_fit_changes_nothing() {
        let gpus = |count| Devices::from([("gpu".into(), count)]);
        let mut held = Amounts { devices: gpus(u64::MAX), bandwidth: 7, ..Amounts::NOTHING };
        let before = held.clone();
        let one = Amounts { devices: gpus(1), bandwidth: 1, ..Amounts::NOTHING };
        assert_eq!(held.add(&one), Err(Resource::Device("gpu".into())));
        let much = Amounts { bandwidth: u64::MAX, ..Amounts::NOTHING };
        assert_eq!(held.add(&much), Err(Resource::Bandwidth));
        assert_eq!(held, before);
    }
}

//! Everything a node can run out of, and checked arithmetic over all of it.

use std::fmt;

use casemate_model::{Bytes, Capacity, DeviceKind, Devices, MilliCpu, Node, PAGE_SIZE};
use casemate_mutant::{Mutant, active as seeded};

use crate::facts::Numbers;
use crate::fleet::{Kind, Request, Stock, Want};

/// A kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Anything else, by its name.
    Device(DeviceKind),
}

/// So much of each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) capacity: Capacity,
    pub(crate) devices: Devices,
}

impl Resource {
    /// Every resource that is no device, in the order reports list them.
    pub const ALL: [Self; 5] = [Self::Epc, Self::Slots, Self::KeySlots, Self::Cpu, Self::Memory];

    /// How much of it is in `capacity`, in its own unit. Of devices there is none in it.
    #[must_use]
    pub const fn of(&self, capacity: &Capacity) -> u64 {
        match self {
            Self::Epc => capacity.epc.0,
            Self::Slots => capacity.slots as u64,
            Self::KeySlots => capacity.key_slots as u64,
            Self::Cpu => capacity.cpu.0,
            Self::Memory => capacity.memory.0,
            Self::Device(_) => 0,
        }
    }

    /// How much of it is in `amounts`.
    pub(crate) fn among(&self, amounts: &Amounts) -> u64 {
        match self {
            Self::Device(kind) => amounts.devices.get(kind).copied().unwrap_or(0),
            _ => self.of(&amounts.capacity),
        }
    }

    /// How much of it a node can hand out. `None` where it does not count it: pods, where it lists no limit.
    pub(crate) fn on(&self, node: &Node) -> Option<u64> {
        match self {
            Self::Device(kind) => match node.devices.get(kind) {
                None if kind.as_str() == DeviceKind::PODS => None,
                amount => Some(amount.copied().unwrap_or(0)),
            },
            _ => Some(self.of(&usable(&node.capacity))),
        }
    }

    /// An amount of it as people write it: `64Mi`, `250m`, `3`.
    #[must_use]
    pub fn amount(&self, units: u64) -> String {
        match self {
            Self::Epc | Self::Memory => Bytes(units).to_string(),
            Self::Cpu => MilliCpu(units).to_string(),
            Self::Device(kind) if is_bytes(kind) => Bytes(units).to_string(),
            Self::Slots | Self::KeySlots | Self::Device(_) => units.to_string(),
        }
    }

    /// What one of it is.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Epc | Self::Memory => "bytes",
            Self::Cpu => "millicpu",
            Self::Device(kind) if is_bytes(kind) => "bytes",
            Self::Slots | Self::KeySlots | Self::Device(_) => "pieces",
        }
    }
}

/// Of these Kubernetes counts bytes.
fn is_bytes(kind: &DeviceKind) -> bool {
    kind.as_str() == "ephemeral-storage" || kind.as_str().starts_with("hugepages-")
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epc => "EPC",
            Self::Slots => "enclave slots",
            Self::KeySlots => "key slots",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Device(kind) => kind.as_str(),
        })
    }
}

impl Amounts {
    /// Of no resource anything.
    pub(crate) const NOTHING: Self = Self {
        capacity: Capacity { epc: Bytes(0), slots: 0, key_slots: 0, cpu: MilliCpu(0), memory: Bytes(0) },
        devices: Devices::new(),
    };

    /// Each resource of which there is any, in the order reports list them.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource> {
        let counted = Resource::ALL.into_iter().filter(|it| it.of(&self.capacity) > 0);
        let devices = self.devices.iter().filter(|(_, amount)| **amount > 0);
        counted.chain(devices.map(|(kind, _)| Resource::Device(kind.clone())))
    }

    /// Adds these. What does not fit its type is left as it was.
    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Resource> {
        self.capacity = sum(&self.capacity, &other.capacity)?;
        for (kind, amount) in &other.devices {
            let held = self.devices.entry(kind.clone()).or_default();
            *held = held.saturating_add(*amount);
        }
        Ok(())
    }

    /// Takes these away; nothing is left where they are more.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.capacity = rest(&self.capacity, &other.capacity);
        for (kind, amount) in &other.devices {
            if let Some(held) = self.devices.get_mut(kind) {
                *held = held.saturating_sub(*amount);
            }
        }
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

/// Kinds of device by the numbers that the fleet knows them by.
#[derive(Debug)]
pub(crate) struct Kinds {
    devices: Numbers<DeviceKind>,
}

impl Kinds {
    pub(crate) fn new() -> Self {
        Self { devices: Numbers::default() }
    }

    /// What a node can hand out. Pods it lists no limit of are a kind of which it has no end.
    pub(crate) fn stock(&mut self, node: &Node) -> Stock {
        let pods = DeviceKind(DeviceKind::PODS.to_owned());
        let counted = Resource::ALL.into_iter().chain(node.devices.keys().cloned().map(Resource::Device));
        let limitless = (!node.devices.contains_key(&pods)).then_some(Resource::Device(pods));
        let all = counted.chain(limitless).map(|it| (self.number(&it), [it.on(node).unwrap_or(u64::MAX)]));
        Stock::new(all)
    }

    /// A request for these amounts.
    pub(crate) fn wanted(&mut self, amounts: &Amounts) -> Request {
        let overlooked =
            |resource: &Resource| *resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
        let asked = amounts.resources().filter(|resource| !overlooked(resource));
        let wants = asked.map(|it| (self.number(&it), Want::Share(it.among(amounts))));
        Request::new(wants).expect("each resource is a kind of its own")
    }

    fn number(&mut self, resource: &Resource) -> Kind {
        let number = match resource {
            Resource::Device(kind) => usize::try_from(self.devices.number(kind))
                .unwrap_or(usize::MAX)
                .saturating_add(Resource::ALL.len()),
            _ => Resource::ALL.iter().position(|it| it == resource).unwrap_or(Resource::ALL.len()),
        };
        Kind(u16::try_from(number).expect("fewer than 2^16 kinds of device"))
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
    fn half_a_page_of_epc_is_none() {
        let capacity = Capacity { epc: Bytes(3 * PAGE_SIZE - 1), memory: Bytes(1), ..Capacity::default() };
        assert_eq!(usable(&capacity), Capacity { epc: Bytes(2 * PAGE_SIZE), ..capacity });
    }
}

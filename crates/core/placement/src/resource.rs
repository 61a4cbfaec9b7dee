//! Everything a node can run out of.

use std::fmt;

use casemate_model::{Bytes, Capacity, DeviceKind, MilliCpu, Node};

use crate::amounts::Amounts;
use crate::units::Units;

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
    /// Bandwidth of encrypted memory, in bytes a second.
    Bandwidth,
    /// Anything else, by its name.
    Device(DeviceKind),
}

impl Resource {
    /// Every resource that a node lists.
    pub fn counted(node: &Node) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain(node.devices.keys().cloned().map(Self::Device))
    }

    /// How much of it a node can hand out; `None` where it does not count it.
    #[must_use]
    pub fn listed(&self, node: &Node) -> Option<u64> {
        self.on(node)
    }

    /// How much each of its units has, where the node has it in units.
    #[must_use]
    pub fn units(&self, node: &Node) -> Vec<u64> {
        crate::units::Units::of(self, node).map(|units| units.iter().collect()).unwrap_or_default()
    }

    /// Every resource that is no device, in the order reports list them.
    pub const ALL: [Self; 6] =
        [Self::Epc, Self::Slots, Self::KeySlots, Self::Cpu, Self::Memory, Self::Bandwidth];

    /// How much of it is in `capacity`, in its own unit. Of devices and bandwidth there is none in it.
    #[must_use]
    pub const fn of(&self, capacity: &Capacity) -> u64 {
        match self {
            Self::Epc => capacity.epc.0,
            Self::Slots => capacity.slots as u64,
            Self::KeySlots => capacity.key_slots as u64,
            Self::Cpu => capacity.cpu.0,
            Self::Memory => capacity.memory.0,
            Self::Bandwidth | Self::Device(_) => 0,
        }
    }

    /// How much of it is in `amounts`.
    pub(crate) fn among(&self, amounts: &Amounts) -> u64 {
        match self {
            Self::Device(kind) => amounts.devices.get(kind).copied().unwrap_or(0),
            Self::Bandwidth => amounts.bandwidth,
            _ => self.of(&amounts.capacity),
        }
    }

    /// How much of it a node can hand out. `None` where it is not counted there: pods, where it lists no limit
    /// of them, and bandwidth, where nobody knows what it has.
    pub(crate) fn on(&self, node: &Node) -> Option<u64> {
        Units::of(self, node).map(|units| units.sum())
    }

    /// What one of its units is called, of which a node can have several.
    pub(crate) const fn unit_name(&self) -> &'static str {
        match self {
            Self::Epc | Self::Bandwidth => "NUMA node",
            _ => "unit",
        }
    }

    /// An amount of it as people write it: `64Mi`, `250m`, `3`.
    #[must_use]
    pub fn amount(&self, units: u64) -> String {
        match self {
            Self::Epc | Self::Memory => Bytes(units).to_string(),
            Self::Bandwidth => format!("{}/s", Bytes(units)),
            Self::Cpu => MilliCpu(units).to_string(),
            Self::Device(kind) if is_bytes(kind) => Bytes(units).to_string(),
            Self::Slots | Self::KeySlots | Self::Device(_) => units.to_string(),
        }
    }

    /// So much of it to four digits at most, for people: `282.6Ti` where [`Resource::amount`] says `296364675Mi`.
    #[must_use]
    pub fn about(&self, units: u64) -> String {
        const LARGE: [(u64, &str); 4] = [(1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
        let exact = self.amount(units);
        if exact.len() <= 6 {
            return exact;
        }
        match self.unit() {
            "bytes" | "bytes/s" => {
                let found = LARGE.iter().find(|(size, _)| units >= *size);
                let Some((size, unit)) = found else { return exact };
                let second = if self.unit() == "bytes/s" { "/s" } else { "" };
                format!("{:.1}{unit}{second}", units as f64 / *size as f64)
            }
            "millicpu" => (units / 1_000).to_string(),
            _ => exact,
        }
    }

    /// What one of it is.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Epc | Self::Memory => "bytes",
            Self::Bandwidth => "bytes/s",
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
            Self::Bandwidth => "memory bandwidth",
            Self::Device(kind) => kind.as_str(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_people_is_short_and_near_what_there_is() {
        let about = |resource: Resource, units| resource.about(units);
        assert_eq!(about(Resource::Memory, 64 << 20), "64Mi");
        assert_eq!(about(Resource::Memory, 296_364_675 << 20), "282.6Ti");
        assert_eq!(about(Resource::Bandwidth, (10 << 30) + 1), "10.0Gi/s");
        assert_eq!(about(Resource::Cpu, 1_500), "1500m");
        assert_eq!(about(Resource::Cpu, 83_710_128), "83710");
        assert_eq!(about(Resource::Slots, 5_930_090), "5930090");
    }
}

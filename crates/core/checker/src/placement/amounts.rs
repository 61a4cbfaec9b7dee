//! What pods take of nodes and what nodes have. Sums in 128 bits, so that no request can wrap one.

use std::collections::BTreeMap;

use casemate_model::{Container, DeviceKind, Node, Pod, Scope, Sharing};

use crate::Rule;

/// Bytes in a page of encrypted memory, of which an enclave has whole ones.
const EPC_PAGE: u128 = 4096;

/// Thousandths of a CPU in a hardware thread.
const THREAD: u128 = 1000;

/// Encrypted memory, enclave slots, key slots, CPU, memory: in that order.
type Counted = [u128; 5];

const CPU: usize = 3;

const COUNTED: [(&str, Rule); 5] = [
    ("bytes of EPC", Rule::EpcOvercommitted),
    ("enclave slots", Rule::SlotsOvercommitted),
    ("key slots", Rule::KeySlotsOvercommitted),
    ("milli-CPU", Rule::CpuOvercommitted),
    ("bytes of memory", Rule::MemoryOvercommitted),
];

/// So much of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    counted: Counted,
    devices: BTreeMap<DeviceKind, u128>,
    /// Of encrypted memory, in bytes a second. Counted by NUMA node only.
    bandwidth: u128,
}

/// Something of which there would be too much.
pub(super) struct Excess<'a> {
    pub(super) rule: Rule,
    pub(super) unit: &'a str,
    pub(super) asked: u128,
    pub(super) total: u128,
    pub(super) capacity: u128,
}

impl Amounts {
    /// What the pod has in use at its worst moment: while one of its init containers runs, alone, or while all
    /// the others do. The sandbox is there at every moment. Whoever shares with nobody is never paged.
    pub(super) fn of(pod: &Pod, sharing: Sharing) -> Self {
        let mut worst = Self::default();
        for container in &pod.containers {
            worst.add(&demand(pod, container, sharing));
        }
        for container in &pod.init_containers {
            let alone = demand(pod, container, sharing);
            for (worst, alone) in worst.counted.iter_mut().zip(alone.counted) {
                *worst = alone.max(*worst);
            }
            for (kind, alone) in alone.devices {
                let worst = worst.devices.entry(kind).or_default();
                *worst = alone.max(*worst);
            }
        }
        let (keys, cpu) = (u128::from(pod.overhead_key_slots), u128::from(pod.overhead_cpu.0));
        let sandbox = [0, 0, keys, cpu, u128::from(pod.overhead_memory.0)];
        let devices = BTreeMap::from([(DeviceKind::from(DeviceKind::PODS), 1)]);
        let bandwidth = u128::from(pod.scheduling.bandwidth.unwrap_or(0));
        worst.add(&Self { counted: sandbox, devices, bandwidth });
        worst
    }

    /// The same on this node: whoever shares cores with nobody has whole ones, one at least.
    pub(super) fn on(&self, node: &Node, sharing: Sharing) -> Self {
        let mut charge = self.clone();
        if sharing == Sharing::Exclusive(Scope::Core) {
            let core = THREAD * u128::from(node.hardware.threads_per_core.max(1));
            charge.counted[CPU] = charge.counted[CPU].max(1).div_ceil(core).saturating_mul(core);
        }
        charge
    }

    /// What the node can hand out: of encrypted memory no more than its NUMA nodes have, where that is known.
    fn in_all(node: &Node) -> Counted {
        let capacity = &node.capacity;
        let by_numa = node.hardware.numa.iter().map(|numa| whole_pages(numa.epc.0));
        let epc = match by_numa.sum() {
            0 => whole_pages(capacity.epc.0),
            by_numa => by_numa.min(whole_pages(capacity.epc.0)),
        };
        [
            epc,
            u128::from(capacity.slots),
            u128::from(capacity.key_slots),
            u128::from(capacity.cpu.0),
            u128::from(capacity.memory.0),
        ]
    }

    /// The encrypted memory that the node can hand out, in bytes.
    pub(super) fn epc_of(node: &Node) -> u128 {
        Self::in_all(node)[0]
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in self.counted.iter_mut().zip(other.counted) {
            *sum = sum.saturating_add(more);
        }
        for (kind, more) in &other.devices {
            let sum = self.devices.entry(kind.clone()).or_default();
            *sum = sum.saturating_add(*more);
        }
        self.bandwidth = self.bandwidth.saturating_add(other.bandwidth);
    }

    pub(super) fn take_away(&mut self, other: &Self) {
        for (sum, less) in self.counted.iter_mut().zip(other.counted) {
            *sum = sum.saturating_sub(less);
        }
        for (kind, less) in &other.devices {
            if let Some(sum) = self.devices.get_mut(kind) {
                *sum = sum.saturating_sub(*less);
            }
        }
        self.bandwidth = self.bandwidth.saturating_sub(other.bandwidth);
    }

    /// Encrypted memory, in bytes.
    pub(super) fn epc(&self) -> u128 {
        self.counted[0]
    }

    /// Of encrypted memory, in bytes a second.
    pub(super) fn bandwidth(&self) -> u128 {
        self.bandwidth
    }

    /// Of each kind of device.
    pub(super) fn devices(&self) -> &BTreeMap<DeviceKind, u128> {
        &self.devices
    }

    /// Of what there would be too much on the node, if this came to what is `used`.
    pub(super) fn excesses<'a>(&'a self, used: &Self, node: &Node) -> impl Iterator<Item = Excess<'a>> {
        let capacities = Self::in_all(node);
        let counted = COUNTED.into_iter().zip(self.counted).zip(used.counted).zip(capacities);
        let counted = counted.map(|((((unit, rule), asked), used), capacity)| Excess {
            rule,
            unit,
            asked,
            total: used.saturating_add(asked),
            capacity,
        });
        let devices = self.devices.iter().filter_map(|(kind, asked)| {
            // Where it lists no limit on pods, it has none.
            let capacity = match node.devices.get(kind) {
                None if kind.0 == DeviceKind::PODS => return None,
                None => 0,
                Some(amount) => u128::from(*amount),
            };
            let total = used.devices.get(kind).copied().unwrap_or(0).saturating_add(*asked);
            Some(Excess { rule: Rule::DevicesOvercommitted, unit: &kind.0, asked: *asked, total, capacity })
        });
        let all: Vec<_> = counted.chain(devices).collect();
        all.into_iter().filter(|it| it.asked > 0 && it.total > it.capacity)
    }
}

fn demand(pod: &Pod, container: &Container, sharing: Sharing) -> Amounts {
    let demand = &container.demand;
    let mut counted = [0, 0, 0, u128::from(demand.cpu.0), u128::from(demand.memory.0)];
    if let Some(enclave) = demand.enclave {
        let measured = || pod.scheduling.working_sets.get(&container.name).copied();
        let most = match sharing {
            Sharing::Shared => None,
            Sharing::Exclusive(_) => enclave.epc_limit.or_else(measured),
        };
        let bytes = most.map_or(0, |most| most.0).max(enclave.epc_guaranteed.0);
        counted[0] = u128::from(bytes).div_ceil(EPC_PAGE) * EPC_PAGE;
        counted[1] = u128::from(enclave.slots);
        counted[2] = u128::from(enclave.key_slots);
    }
    let devices = demand.devices.iter().map(|(kind, amount)| (kind.clone(), u128::from(*amount)));
    Amounts { counted, devices: devices.collect(), bandwidth: 0 }
}

fn whole_pages(bytes: u64) -> u128 {
    u128::from(bytes) / EPC_PAGE * EPC_PAGE
}

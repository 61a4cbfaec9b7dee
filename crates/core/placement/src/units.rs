//! The units a node has of a resource: what the fleet's notion of a divisible device is made of.
//!
//! Encrypted memory and its bandwidth have a unit for each NUMA node, where the node's hardware tells them apart;
//! a device has the units that the hardware lists; everything else is one unit. Units are as large as the
//! hardware says, encrypted memory in whole pages, and together no larger than what the node lists in all: where
//! the two differ the lesser is believed, and the last units give way.

use casemate_model::{Bytes, Capacity, DeviceKind, Node, NumaNode, PAGE_SIZE};

use crate::Resource;

/// The units of one resource on one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units<'a> {
    split: Split<'a>,
    /// What they have together at most.
    total: u64,
}

#[derive(Clone, Copy, Debug)]
enum Split<'a> {
    One,
    Epc(&'a [NumaNode]),
    Bandwidth(&'a [NumaNode]),
    Listed(&'a [u64]),
}

impl<'a> Units<'a> {
    /// `None` where the resource is not counted there.
    pub(crate) fn of(resource: &Resource, node: &'a Node) -> Option<Self> {
        let numa = node.hardware.numa.as_slice();
        let one = |total| Self { split: Split::One, total };
        Some(match resource {
            Resource::Epc => {
                let known = numa.iter().any(|it| it.epc.0 > 0);
                Self {
                    split: if known { Split::Epc(numa) } else { Split::One },
                    total: pages(node.capacity.epc.0),
                }
            }
            Resource::Bandwidth => {
                let known = !numa.is_empty() && numa.iter().all(|it| it.bandwidth.is_some());
                return known.then_some(Self { split: Split::Bandwidth(numa), total: u64::MAX });
            }
            Resource::Device(kind) => {
                let total = match node.devices.get(kind) {
                    None if kind.as_str() == DeviceKind::PODS => return None,
                    amount => amount.copied().unwrap_or(0),
                };
                match node.hardware.units.get(kind) {
                    Some(units) if !units.is_empty() => Self { split: Split::Listed(units), total },
                    _ => one(total),
                }
            }
            _ => one(resource.of(&node.capacity)),
        })
    }

    /// The capacity of each.
    pub(crate) fn iter(self) -> impl Iterator<Item = u64> + 'a {
        let mut left = self.total;
        (0..self.len()).map(move |nth| {
            let unit = self.listed(nth).min(left);
            left -= unit;
            unit
        })
    }

    /// What they have together.
    pub(crate) fn sum(self) -> u64 {
        match self.split {
            Split::One => self.total,
            _ => self.iter().fold(0, u64::saturating_add),
        }
    }

    fn len(self) -> usize {
        match self.split {
            Split::One => 1,
            Split::Epc(numa) | Split::Bandwidth(numa) => numa.len(),
            Split::Listed(units) => units.len(),
        }
    }

    fn listed(self, nth: usize) -> u64 {
        let listed = match self.split {
            Split::One => Some(self.total),
            Split::Epc(numa) => numa.get(nth).map(|it| pages(it.epc.0)),
            Split::Bandwidth(numa) => numa.get(nth).and_then(|it| it.bandwidth),
            Split::Listed(units) => units.get(nth).copied(),
        };
        listed.unwrap_or(0)
    }
}

/// What a node hands out of everything that is no device.
pub(crate) fn handed_out(node: &Node) -> Capacity {
    Capacity { epc: Bytes(Resource::Epc.on(node).unwrap_or(0)), ..node.capacity }
}

/// In whole pages: half a page of encrypted memory is none.
const fn pages(bytes: u64) -> u64 {
    bytes - bytes % PAGE_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::fixture::words::node;
    use proptest::prelude::*;

    fn with_epc(in_all: u64, numa: &[u64]) -> Node {
        let mut node = node("tee=sgx");
        node.capacity.epc = Bytes(in_all);
        node.hardware.numa =
            numa.iter().map(|it| NumaNode { epc: Bytes(*it), ..NumaNode::default() }).collect();
        node
    }

    fn units(resource: &Resource, node: &Node) -> Vec<u64> {
        Units::of(resource, node).map(|it| it.iter().collect()).unwrap_or_default()
    }

    #[test]
    fn half_a_page_of_epc_is_none() {
        assert_eq!(units(&Resource::Epc, &with_epc(3 * PAGE_SIZE - 1, &[])), [2 * PAGE_SIZE]);
        let numa = with_epc(4 * PAGE_SIZE, &[2 * PAGE_SIZE - 1, 2 * PAGE_SIZE]);
        assert_eq!(units(&Resource::Epc, &numa), [PAGE_SIZE, 2 * PAGE_SIZE]);
    }

    #[test]
    fn where_nobody_knows_on_which_numa_node_it_is_epc_is_one_unit() {
        assert_eq!(units(&Resource::Epc, &with_epc(4 * PAGE_SIZE, &[0, 0])), [4 * PAGE_SIZE]);
    }

    #[test]
    fn the_lesser_of_what_the_node_and_what_its_numa_nodes_list_is_believed() {
        let more = with_epc(3 * PAGE_SIZE, &[2 * PAGE_SIZE, 2 * PAGE_SIZE]);
        assert_eq!(units(&Resource::Epc, &more), [2 * PAGE_SIZE, PAGE_SIZE]);
        let less = with_epc(9 * PAGE_SIZE, &[2 * PAGE_SIZE, 2 * PAGE_SIZE]);
        assert_eq!(Resource::Epc.on(&less), Some(4 * PAGE_SIZE));
    }

    #[test]
    fn bandwidth_is_counted_where_all_of_it_is_known() {
        let mut node = with_epc(0, &[0, 0]);
        assert_eq!(Resource::Bandwidth.on(&node), None);
        node.hardware.numa[0].bandwidth = Some(5);
        assert_eq!(Resource::Bandwidth.on(&node), None);
        node.hardware.numa[1].bandwidth = Some(7);
        assert_eq!(units(&Resource::Bandwidth, &node), [5, 7]);
    }

    #[test]
    fn a_device_has_the_units_that_are_listed_and_else_is_one() {
        let mut node = node("device:gpu=2000 device:fpga=3");
        node.hardware.units.insert("gpu".into(), vec![1000, 1000]);
        assert_eq!(units(&Resource::Device("gpu".into()), &node), [1000, 1000]);
        assert_eq!(units(&Resource::Device("fpga".into()), &node), [3]);
        assert_eq!(Resource::Device(DeviceKind::PODS.into()).on(&node), None);
    }

    proptest! {
        #[test]
        fn units_are_no_larger_than_listed_and_together_make_up_what_the_node_hands_out(
            in_all in any::<u64>(), numa in proptest::collection::vec(any::<u64>(), 0..6),
        ) {
            let node = with_epc(in_all, &numa);
            let units = units(&Resource::Epc, &node);
            let sum = units.iter().map(|it| u128::from(*it)).sum::<u128>();
            prop_assert!(sum <= u128::from(in_all));
            prop_assert_eq!(Resource::Epc.on(&node).map(u128::from), Some(sum));
            prop_assert!(numa.iter().all(|it| *it == 0) || units.iter().zip(&numa).all(|(unit, numa)| unit <= numa));
            prop_assert!(units.iter().all(|it| it.is_multiple_of(PAGE_SIZE)));
        }
    }
}

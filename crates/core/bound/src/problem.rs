//! What there is, and what is asked of it.

use std::collections::BTreeMap;

use casemate_packing::{Node, Request, Want};

/// Nodes that are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// One of them. What it has in all counts, not what is free.
    pub node: Node,
    /// How many there are.
    pub count: u32,
    /// The kind of device that is looked at unit by unit.
    pub divided: usize,
}

/// Requests that are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// One of them.
    pub request: Request,
    /// How many there are.
    pub count: u64,
    /// What one of them is worth when it is placed.
    pub value: u64,
}

/// Nodes put together. Of each, the kind with the most units is looked at unit by unit, the last of several.
#[must_use]
pub fn groups<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<Group> {
    let mut counts: BTreeMap<&Node, u32> = BTreeMap::new();
    for node in nodes {
        let count = counts.entry(node).or_default();
        *count = count.saturating_add(1);
    }
    let group = |(node, count): (&Node, u32)| {
        let divided = (0..node.kinds()).max_by_key(|kind| node.units(*kind).len()).unwrap_or(0);
        Group { node: node.clone(), count, divided }
    };
    counts.into_iter().map(group).collect()
}

/// Requests put together, each with its value.
#[must_use]
pub fn demands<'a>(requests: impl IntoIterator<Item = (&'a Request, u64)>) -> Vec<Demand> {
    let mut counts: BTreeMap<(&Request, u64), u64> = BTreeMap::new();
    for request in requests {
        let count = counts.entry(request).or_default();
        *count = count.saturating_add(1);
    }
    let demand =
        |((request, value), count): ((&Request, u64), u64)| Demand { request: request.clone(), count, value };
    counts.into_iter().map(demand).collect()
}

impl Group {
    /// What the node has of a kind in all.
    pub(crate) fn total(&self, kind: usize) -> u64 {
        self.capacities(kind).iter().copied().fold(0, u64::saturating_add)
    }

    /// The capacities of its units of a kind.
    pub(crate) fn capacities(&self, kind: usize) -> &[u64] {
        self.node.capacity().get(self.node.units(kind)).unwrap_or_default()
    }

    /// How much of a kind a request takes at least. Of whole units it may get the smallest.
    pub(crate) fn asked(&self, want: Want, kind: usize) -> u64 {
        match want {
            Want::Nothing => 0,
            Want::Share(amount) | Want::Spread(amount) => amount,
            Want::Whole(count) => {
                let smallest = self.capacities(kind).iter().copied().filter(|it| *it > 0).min().unwrap_or(0);
                smallest.saturating_mul(u64::from(count))
            }
        }
    }
}

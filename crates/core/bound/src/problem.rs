//! What there is, and what is asked of it.

use std::collections::{BTreeMap, BTreeSet};

use casemate_fleet::{Kind, Request, Stock, Want};

/// Nodes that are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What each of them has.
    pub stock: Stock,
    /// What they are beyond that, as in [`casemate_fleet::Fleet::group`]: its meaning is the caller's.
    pub facts: u32,
    /// How many there are.
    pub count: u32,
    /// The kind of device that is looked at unit by unit.
    pub divided: Kind,
}

/// Requests that are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// One of them.
    pub request: Request,
    /// The facts of the nodes that will do; `None` where any will.
    pub on: Option<BTreeSet<u32>>,
    /// How many there are.
    pub count: u64,
    /// What one of them is worth when it is placed.
    pub value: u64,
}

/// Nodes put together, each with its facts. The kind with the most units is looked at unit by unit, the last of
/// several.
#[must_use]
pub fn groups<'a>(nodes: impl IntoIterator<Item = (&'a Stock, u32)>) -> Vec<Group> {
    let mut counts: BTreeMap<(&Stock, u32), u32> = BTreeMap::new();
    for node in nodes {
        let count = counts.entry(node).or_default();
        *count = count.saturating_add(1);
    }
    let group = |((stock, facts), count): ((&Stock, u32), u32)| {
        let divided = stock.kinds().max_by_key(|kind| stock.units_of(*kind).len()).unwrap_or(Kind(0));
        Group { stock: stock.clone(), facts, count, divided }
    };
    counts.into_iter().map(group).collect()
}

/// Requests put together, each with the facts of the nodes that will do and with its value.
#[must_use]
pub fn demands<'a>(
    requests: impl IntoIterator<Item = (&'a Request, Option<&'a BTreeSet<u32>>, u64)>,
) -> Vec<Demand> {
    let mut counts: BTreeMap<(&Request, Option<&BTreeSet<u32>>, u64), u64> = BTreeMap::new();
    for request in requests {
        let count = counts.entry(request).or_default();
        *count = count.saturating_add(1);
    }
    let demand = |((request, on, value), count): ((&Request, Option<&BTreeSet<u32>>, u64), u64)| Demand {
        request: request.clone(),
        on: on.cloned(),
        count,
        value,
    };
    counts.into_iter().map(demand).collect()
}

impl Demand {
    /// How many would fit on a node of this group, were it empty and nothing else came.
    pub(crate) fn room(&self, group: &Group) -> u64 {
        let may = self.on.as_ref().is_none_or(|facts| facts.contains(&group.facts));
        if may { self.request.room(&group.stock, group.stock.units()) } else { 0 }
    }
}

impl Group {
    /// What the node has of a kind in all.
    pub(crate) fn total(&self, kind: Kind) -> u64 {
        self.stock.units_of(kind).iter().copied().fold(0, u64::saturating_add)
    }

    /// The capacities of its divided units.
    pub(crate) fn divided_units(&self) -> &[u64] {
        self.stock.units_of(self.divided)
    }

    /// How many kinds it has.
    pub(crate) fn kinds(&self) -> usize {
        self.stock.kinds().count()
    }

    /// How much of a kind a request takes at least. Of whole units it may get the smallest.
    pub(crate) fn asked(&self, want: Want, kind: Kind) -> u64 {
        match want {
            Want::Share(amount) | Want::Spread(amount) => amount,
            Want::Whole(count) => {
                let units = self.stock.units_of(kind);
                let smallest = units.iter().copied().filter(|it| *it > 0).min().unwrap_or(0);
                smallest.saturating_mul(u64::from(count))
            }
        }
    }
}

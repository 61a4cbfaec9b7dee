//! What is asked of a node.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::node::{KINDS_MOST, Label, Node, UNITS_MOST};

/// What is asked for of one kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// Nothing of it.
    Nothing,
    /// So much of a single unit: CPU, key slots, a share of a GPU, encrypted memory of one NUMA node.
    Share(u64),
    /// So many units, none of which anybody else has a part of.
    Whole(u32),
    /// So much in all, from as few units as it takes: encrypted memory that may lie on several NUMA nodes.
    Spread(u64),
}

/// What is asked for, kind by kind, and on which nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    wants: Vec<Want>,
    labels: Option<BTreeSet<Label>>,
}

/// A node or a request that cannot be: the caller erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PackingError {
    /// More units than a state is kept for.
    #[error("{0} units on one node, of at most {UNITS_MOST}; put units that are never shared into one kind")]
    Units(usize),
    /// More kinds than units may be.
    #[error("{0} kinds of device, of at most {KINDS_MOST}")]
    Kinds(usize),
}

impl Request {
    /// What is asked for of each kind, in the order of the kinds; only nodes with one of `labels` will do.
    /// Kinds beyond the list are not asked for, and an amount of 0 is nothing.
    ///
    /// # Errors
    ///
    /// More kinds than a node can have.
    pub fn new(wants: Vec<Want>, labels: Option<BTreeSet<Label>>) -> Result<Self, PackingError> {
        if wants.len() > KINDS_MOST {
            return Err(PackingError::Kinds(wants.len()));
        }
        let something = |want| match want {
            Want::Share(0) | Want::Whole(0) | Want::Spread(0) => Want::Nothing,
            other => other,
        };
        let mut wants: Vec<Want> = wants.into_iter().map(something).collect();
        while wants.last() == Some(&Want::Nothing) {
            wants.pop();
        }
        Ok(Self { wants, labels })
    }

    /// What is asked for of each kind; nothing of the kinds beyond.
    #[must_use]
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// What is asked for of one kind.
    #[must_use]
    pub fn want(&self, kind: usize) -> Want {
        self.wants.get(kind).copied().unwrap_or(Want::Nothing)
    }

    /// Whether a node with this label will do.
    #[must_use]
    pub fn accepts(&self, label: Label) -> bool {
        self.labels.as_ref().is_none_or(|labels| labels.contains(&label))
    }

    /// How often it would fit on this node, if nothing else came.
    #[must_use]
    pub fn room(&self, node: &Node) -> u64 {
        self.room_with(node, node.free())
    }

    /// The same if so much were free of each of the node's units.
    #[must_use]
    pub fn room_with(&self, node: &Node, free: &[u64]) -> u64 {
        if self.accepts(node.label()) { self.room_in(node, free) } else { 0 }
    }

    /// How often it fits into these free amounts of the node's units. Exact: whoever comes alone takes its
    /// units of each kind without regard to the other kinds.
    fn room_in(&self, node: &Node, free: &[u64]) -> u64 {
        let mut room = u64::MAX;
        for (kind, want) in self.wants.iter().enumerate() {
            let units = node.units(kind);
            let (free, capacity) =
                (free.get(units.clone()).unwrap_or_default(), node.capacity().get(units).unwrap_or_default());
            let fits = match *want {
                Want::Nothing => continue,
                Want::Share(amount) => free.iter().map(|free| free / amount).fold(0, u64::saturating_add),
                Want::Whole(count) => whole(free, capacity) / u64::from(count),
                Want::Spread(amount) => free.iter().copied().fold(0, u64::saturating_add) / amount,
            };
            room = room.min(fits);
            if room == 0 {
                break;
            }
        }
        // Who asks for nothing fits any number of times: it takes no room, and none is kept for it.
        if self.wants.is_empty() { 0 } else { room }
    }

    /// Whether it fits into the node as it is.
    #[must_use]
    pub fn fits(&self, node: &Node) -> bool {
        self.accepts(node.label()) && (self.wants.is_empty() || self.room_in(node, node.free()) > 0)
    }
}

/// How many units nobody has a part of. A unit of capacity 0 is none.
fn whole(free: &[u64], capacity: &[u64]) -> u64 {
    let count =
        free.iter().zip(capacity).filter(|(free, capacity)| free == capacity && **capacity > 0).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Node {
        Node::new(Label(3), vec![vec![100], vec![10, 10, 10, 4], vec![]]).unwrap()
    }

    fn room(wants: Vec<Want>) -> u64 {
        Request::new(wants, None).unwrap().room(&node())
    }

    #[test]
    fn a_share_lies_on_one_unit_and_a_spread_on_any() {
        assert_eq!(room(vec![Want::Nothing, Want::Share(6)]), 3);
        assert_eq!(room(vec![Want::Nothing, Want::Spread(6)]), 5);
    }

    #[test]
    fn whole_units_are_counted_whatever_their_size() {
        assert_eq!(room(vec![Want::Nothing, Want::Whole(2)]), 2);
        assert_eq!(room(vec![Want::Nothing, Want::Whole(5)]), 0);
    }

    #[test]
    fn the_scarcest_kind_decides() {
        assert_eq!(room(vec![Want::Share(50), Want::Share(5)]), 2);
        assert_eq!(room(vec![Want::Share(50), Want::Share(5), Want::Share(1)]), 0);
        assert_eq!(room(vec![Want::Share(50), Want::Nothing, Want::Nothing, Want::Share(1)]), 0);
    }

    #[test]
    fn a_request_for_nothing_fits_and_takes_no_room() {
        let nothing = Request::new(vec![Want::Share(0), Want::Nothing], None).unwrap();
        assert!(nothing.fits(&node()));
        assert_eq!(nothing.room(&node()), 0);
    }

    #[test]
    fn a_node_of_another_label_has_no_room() {
        let labels = |label| Some(BTreeSet::from([Label(label)]));
        let of = |label| Request::new(vec![Want::Share(50)], labels(label)).unwrap();
        assert_eq!(of(3).room(&node()), 2);
        assert_eq!(of(4).room(&node()), 0);
        assert!(!of(4).fits(&node()));
    }
}

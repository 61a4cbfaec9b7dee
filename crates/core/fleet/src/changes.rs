//! Which nodes have changed, the last of them.

use super::NodeId;

/// A ring of changes: each a node, and the version it got by that.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// As long as a power of 2, or empty.
    ring: Vec<(NodeId, u32)>,
    /// How many there ever were.
    count: u64,
    /// Those before are forgotten.
    begin: u64,
}

/// The fewest that are kept.
const KEPT: usize = 64;

impl Changes {
    /// How many there ever were.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Keeps as many as there are nodes, at least: whoever is further behind looks at every node.
    pub(super) fn keep_for(&mut self, nodes: usize) {
        let wanted = nodes.max(KEPT).next_power_of_two();
        if self.ring.len() < wanted {
            self.ring.resize(wanted, (NodeId(0), 0));
            self.begin = self.count;
        }
    }

    pub(super) fn push(&mut self, node: NodeId, version: u32) {
        let at = self.place(self.count);
        if let Some(place) = self.ring.get_mut(at) {
            *place = (node, version);
        }
        self.count += 1;
        self.begin = self.begin.max(self.count.saturating_sub(self.ring.len() as u64));
    }

    /// All after the first so many; `None` where some of them are forgotten.
    pub(super) fn since(&self, seen: u64) -> Option<impl Iterator<Item = (NodeId, u32)>> {
        (seen >= self.begin)
            .then(|| (seen..self.count).filter_map(|it| self.ring.get(self.place(it)).copied()))
    }

    fn place(&self, change: u64) -> usize {
        // The mask is what fits into memory, so nothing is cut off that counts.
        change as usize & self.ring.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_changes_are_kept_and_whoever_is_further_behind_is_told() {
        let mut changes = Changes::default();
        changes.keep_for(3);
        (0..KEPT as u32 + 10).for_each(|it| changes.push(NodeId(it), it));
        assert!(changes.since(9).is_none());
        let seen: Vec<_> = changes.since(10).unwrap().map(|it| it.1).collect();
        assert_eq!(seen, (10..KEPT as u32 + 10).collect::<Vec<_>>());
        assert_eq!(changes.since(changes.count()).unwrap().count(), 0);
        changes.keep_for(KEPT + 1);
        assert!(changes.since(changes.count() - 1).is_none(), "more room is empty room");
    }
}

//! The nodes that one request fits, best first. Entries whose node has changed since are passed over.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::NodeId;

/// Rank (the less the better), node, and the node's version when it was ranked.
type Entry = Reverse<(u64, NodeId, u32)>;

#[derive(Debug, Default)]
pub(super) struct Candidates {
    heap: BinaryHeap<Entry>,
    /// Put back after each search.
    refused: Vec<Entry>,
    /// How many changes it has seen, and in which of the score's epochs it ranks; `None` where it has to look
    /// at every node.
    seen: Option<(u64, u32)>,
}

/// Entries for each node before those that are out of date are thrown away.
const CROWD: usize = 2;

impl Candidates {
    /// How many changes were seen, if nodes are ranked as in this epoch.
    pub(super) fn seen(&self, epoch: u32) -> Option<u64> {
        self.seen.filter(|(_, of)| *of == epoch).map(|(seen, _)| seen)
    }

    pub(super) const fn set_seen(&mut self, seen: u64, epoch: u32) {
        self.seen = Some((seen, epoch));
    }

    /// Looks at every node anew the next time.
    pub(super) const fn forget(&mut self) {
        self.seen = None;
    }

    /// Gives back its memory, and looks at every node anew the next time.
    pub(super) fn drop_all(&mut self) {
        *self = Self::default();
    }

    /// How many entries there is memory for.
    pub(super) fn capacity(&self) -> usize {
        self.heap.capacity() + self.refused.capacity()
    }

    /// Throws away what is out of date, if it is much.
    pub(super) fn thin_out(&mut self, nodes: usize, is_current: impl Fn(NodeId, u32) -> bool) {
        if self.heap.len() > nodes.saturating_mul(CROWD) {
            self.heap.retain(|Reverse((_, node, version))| is_current(*node, *version));
        }
    }

    pub(super) fn push(&mut self, rank: u64, node: NodeId, version: u32) {
        self.heap.push(Reverse((rank, node, version)));
    }

    /// Anew: what is told is put in order in one go, which costs less than one by one.
    pub(super) fn fill(&mut self, tell: impl FnOnce(&mut dyn FnMut(u64, NodeId, u32))) {
        let mut entries = std::mem::take(&mut self.heap).into_vec();
        entries.clear();
        tell(&mut |rank, node, version| entries.push(Reverse((rank, node, version))));
        self.heap = BinaryHeap::from(entries);
    }

    pub(super) fn reserve(&mut self, nodes: usize) {
        // Beyond the crowd, as many as may change between two uses.
        let most = nodes.saturating_mul(CROWD + 2);
        self.heap.reserve(most.saturating_sub(self.heap.len()));
        self.refused.reserve(nodes);
    }

    /// The best node that is as it was when it was ranked, and that may be.
    pub(super) fn best(
        &mut self,
        is_current: impl Fn(NodeId, u32) -> bool,
        may: &mut impl FnMut(NodeId) -> bool,
    ) -> Option<NodeId> {
        let found = loop {
            let Some(Reverse((_, node, version))) = self.heap.peek().copied() else { break None };
            if !is_current(node, version) {
                self.heap.pop();
            } else if may(node) {
                break Some(node);
            } else {
                self.refused.extend(self.heap.pop());
            }
        };
        self.heap.extend(self.refused.drain(..));
        found
    }
}

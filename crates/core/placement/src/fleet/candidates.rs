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
    /// How many changes it has seen; `None` where it has to look at every node.
    seen: Option<u64>,
}

/// Entries for each node, most of them out of date, before all nodes are looked at anew.
const CROWD: usize = 4;

impl Candidates {
    pub(super) const fn seen(&self) -> Option<u64> {
        self.seen
    }

    pub(super) const fn set_seen(&mut self, seen: u64) {
        self.seen = Some(seen);
    }

    /// Looks at every node anew the next time.
    pub(super) const fn forget(&mut self) {
        self.seen = None;
    }

    pub(super) fn is_crowded(&self, nodes: usize) -> bool {
        self.heap.len() > nodes.saturating_mul(CROWD)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.refused.clear();
    }

    pub(super) fn push(&mut self, rank: u64, node: NodeId, version: u32) {
        self.heap.push(Reverse((rank, node, version)));
    }

    /// To be followed by [`order`](Self::order), which costs less than ordering one by one.
    pub(super) fn push_unordered(&mut self, rank: u64, node: NodeId, version: u32) {
        self.refused.push(Reverse((rank, node, version)));
    }

    pub(super) fn order(&mut self) {
        let mut entries = std::mem::take(&mut self.heap).into_vec();
        entries.append(&mut self.refused);
        self.heap = BinaryHeap::from(entries);
    }

    pub(super) fn reserve(&mut self, nodes: usize) {
        let most = nodes.saturating_mul(CROWD + 1);
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

//! The peer: fragmentation gradient descent, knowing only what has come.
//!
//! Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
//! Descent", USENIX ATC 2023, section 4: a node's fragmentation is, on average over the requests seen, what is
//! free of its GPUs and could not be used by one more of them; the node where it grows least is taken. The
//! published measurements tell it the whole list's mix in advance; here it learns it as it goes.

use std::collections::BTreeMap;

use casemate_packing::{Choice, Node, Policy, Request, Want, cheapest};

use crate::openb::GPU;

/// The mix of requests so far.
#[derive(Default)]
pub(crate) struct Fragmentation {
    counts: BTreeMap<Request, u64>,
    seen: u64,
    renew_at: u64,
    mix: Vec<(Request, u64)>,
}

impl Fragmentation {
    fn of(&self, node: &Node, free: &[u64]) -> u64 {
        let gpus = free.get(node.units(GPU)).unwrap_or_default();
        let all: u64 = gpus.iter().sum();
        if all == 0 {
            return 0;
        }
        let lost = |request: &Request| {
            if matches!(request.want(GPU), Want::Nothing) || request.room_with(node, free) == 0 {
                return all;
            }
            let least = if let Want::Share(milli) = request.want(GPU) { milli } else { 1000 };
            gpus.iter().filter(|free| **free < least).sum()
        };
        self.mix.iter().map(|(request, weight)| weight * lost(request)).sum()
    }
}

impl Policy for Fragmentation {
    fn arrived(&mut self, request: &Request, _: &[Node]) -> bool {
        *self.counts.entry(request.clone()).or_default() += 1;
        self.seen += 1;
        if self.seen < self.renew_at {
            return false;
        }
        self.renew_at = self.seen + (self.seen / 10).max(1);
        let weight = |count: &u64| (count << 30) / self.seen;
        self.mix = self.counts.iter().map(|(request, count)| (request.clone(), weight(count))).collect();
        true
    }

    fn loss(&self, node: &Node, request: &Request) -> Option<(u64, Choice)> {
        // Fragmentation may fall; losses may not.
        let before = self.of(node, node.free());
        cheapest(node, request, |free| (1_u64 << 60) + self.of(node, free) - before)
    }
}

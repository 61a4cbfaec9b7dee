//! The peer: fragmentation gradient descent, knowing only what has come.
//!
//! Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
//! Descent", USENIX ATC 2023, section 4: a node's fragmentation is, on average over the requests seen, what is
//! free of its GPUs and could not be used by one more of them; the node where it grows least is taken. The
//! published measurements tell it the whole list's mix in advance; here it learns it as it goes.

use std::collections::BTreeMap;

use casemate_packing::{Choice, Node, Policy, Request, Want, cheapest};

/// The mix of requests so far.
pub(crate) struct Fragmentation {
    /// The kind whose free pieces are judged.
    kind: usize,
    counts: BTreeMap<Request, u64>,
    seen: u64,
    renew_at: u64,
    mix: Vec<(Request, f64)>,
}

impl Fragmentation {
    /// Before anything has come.
    pub(crate) const fn new(kind: usize) -> Self {
        Self { kind, counts: BTreeMap::new(), seen: 0, renew_at: 0, mix: Vec::new() }
    }

    /// What is free of the kind and could not be used, on average.
    fn of(&self, node: &Node, free: &[u64]) -> f64 {
        let units = node.units(self.kind);
        let capacity = node.capacity().get(units.clone()).unwrap_or_default();
        let free_units = free.get(units).unwrap_or_default();
        let all: u64 = free_units.iter().sum();
        if all == 0 {
            return 0.0;
        }
        let lost = |request: &Request| {
            let want = request.want(self.kind);
            if want == Want::Nothing || request.room_with(node, free) == 0 {
                return all;
            }
            let useless = |(free, capacity): &(&u64, &u64)| match want {
                Want::Share(amount) => **free < amount,
                Want::Whole(_) => free < capacity,
                Want::Spread(_) | Want::Nothing => false,
            };
            free_units.iter().zip(capacity).filter(useless).map(|(free, _)| *free).sum()
        };
        self.mix.iter().map(|(request, weight)| weight * lost(request) as f64).sum()
    }
}

impl Policy for Fragmentation {
    fn arrived(&mut self, request: &Request, _: &[Node]) -> bool {
        *self.counts.entry(request.clone()).or_default() += 1;
        self.seen += 1;
        if self.seen < self.renew_at {
            return false;
        }
        self.renew_at = self.seen + (self.seen / 4).max(1);
        let weight = |count: &u64| *count as f64 / self.seen as f64;
        self.mix = self.counts.iter().map(|(request, count)| (request.clone(), weight(count))).collect();
        true
    }

    fn worth(&self, node: &Node) -> f64 {
        -self.of(node, node.free())
    }

    fn loss(&self, node: &Node, worth: f64, request: &Request) -> Option<(f64, Choice)> {
        cheapest(node, request, |free| worth + self.of(node, free))
    }
}

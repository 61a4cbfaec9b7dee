//! Room: keep the most room for what will come, judged by what has come.
//!
//! **Problem.** Requests arrive one by one and are placed for good. A request that finds no node is lost,
//! though there is enough free in all: in pieces that are too small, beside CPU that is used up, on nodes it
//! does not accept. Nobody knows what will come; everybody knows what has come.
//!
//! **Method.** The *room* of a request on a node is 0 if it does not fit there; else the least over the kinds
//! it asks for: of a kind with a single unit (CPU, memory, key slots) how often the amount goes into what is
//! free, of a kind with several how many units could take it, each counted once. The supply `S` of a request
//! is the sum of its room over all nodes. With `p` the share of each request among those seen, the policy
//! climbs
//!
//! ```text
//! P = sum over requests r of  p(r) * log S(r)
//! ```
//!
//! by its gradient: the loss of a node is `sum of p(r) / S(r) * (room of r before - room of r after)`, and
//! the node that loses least takes the request. The logarithm makes it a fair division (Nash welfare): the
//! supply of a request that few nodes can take is as dear as it is scarce, and what is plentiful costs next
//! to nothing. So a request that any node would take goes where only it would go; CPU is spent where it is
//! plentiful beside the GPUs; a node that is open to eight whole GPUs stays open as long as there are few.
//!
//! It is kin to fragmentation gradient descent (Weng et al., USENIX ATC 2023), which weighs the free GPUs
//! that one more request could not use. The difference: measuring CPU beside the units sees it run out before
//! the last request fits, and dividing by the supply sees scarcity. Why a unit counts once: counted as often
//! as a request goes into it, an empty unit is so dear to small requests that they crowd the nodes that are
//! short of CPU (measured: 0.3 to 0.6 % of OpenB's GPUs less).
//!
//! **What it does not do.** A request counts as often as it came, however large it is: it loses as few
//! requests as it can, not as little volume. Where sizes differ by a factor of a thousand the few largest
//! fare worse.
//!
//! **Cost.** One loss is O(units * requests remembered), the latter at most [`REMEMBERED`]. Weights change
//! when the number of requests seen has doubled, or grown by [`RENEWED`]; all nodes are looked at then. In
//! between, a loss is a function of the node's state and the request. Sums are in floating point, in a fixed
//! order: the same everywhere.
//!
//! **Memory** is constant, whatever comes.

use std::collections::{BTreeMap, BTreeSet};

use crate::mix::Mix;
use crate::node::{KINDS_MOST, Label, Node};
use crate::policy::{Choice, Policy, cheapest};
use crate::request::{Request, Want};

/// How many different requests room is kept for: the most frequent ones.
pub const REMEMBERED: usize = 64;

/// After how many requests, at the latest, weights change.
pub const RENEWED: u64 = 4_096;

/// Counts are halved after so many requests, so that last week does not outweigh today.
const REMEMBERED_FOR: u64 = 1 << 20;

/// The policy that keeps the most room. See the module's text.
#[derive(Clone, Debug)]
pub struct Room {
    mix: Mix,
    seen: u64,
    renew_at: u64,
    halve_at: u64,
    kept: BTreeMap<Label, Kept>,
}

impl Room {
    /// The policy before anything has come.
    #[must_use]
    pub const fn new() -> Self {
        Self { mix: Mix::new(), seen: 0, renew_at: 1, halve_at: REMEMBERED_FOR, kept: BTreeMap::new() }
    }

    fn renew(&mut self, nodes: &[Node]) {
        let mut frequent = self.mix.most_frequent(REMEMBERED);
        frequent.truncate(table_holds(&frequent));
        let labels: BTreeSet<Label> = nodes.iter().map(Node::label).collect();
        self.kept = labels.into_iter().map(|label| (label, Kept::new(label, &frequent))).collect();
        let mut supplies = vec![0.0; frequent.len()];
        for node in nodes {
            if let Some(kept) = self.kept.get(&node.label()) {
                kept.rooms(node, node.free(), |request, room| {
                    if let Some(supply) = supplies.get_mut(request.number) {
                        *supply += room;
                    }
                });
            }
        }
        for kept in self.kept.values_mut() {
            for request in &mut kept.requests {
                // One more than there is: what fits nowhere any more has no room to lose.
                let supply = supplies.get(request.number).copied().unwrap_or(0.0) + 1.0;
                request.weight = request.count / supply;
            }
        }
    }

    /// What all room on a node is worth, if so much is free there.
    fn worth_of(&self, node: &Node, free: &[u64]) -> f64 {
        let mut worth = 0.0;
        if let Some(kept) = self.kept.get(&node.label()) {
            kept.rooms(node, free, |request, room| worth += request.weight * room);
        }
        worth
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy for Room {
    fn arrived(&mut self, request: &Request, nodes: &[Node]) -> bool {
        self.mix.count(request);
        self.seen = self.seen.saturating_add(1);
        if self.seen >= self.halve_at {
            self.mix.halve();
            self.halve_at = self.seen.saturating_add(REMEMBERED_FOR);
        }
        if self.seen < self.renew_at {
            return false;
        }
        self.renew_at = self.seen.saturating_add(self.seen.min(RENEWED));
        self.renew(nodes);
        true
    }

    fn worth(&self, node: &Node) -> f64 {
        self.worth_of(node, node.free())
    }

    fn loss(&self, node: &Node, worth: f64, request: &Request) -> Option<(f64, Choice)> {
        cheapest(node, request, |free| worth - self.worth_of(node, free))
    }
}

/// The requests that nodes of one label are kept open for.
///
/// Requests share their terms: how much room there is for an amount of a kind is found once for all of them.
#[derive(Clone, Debug, Default)]
struct Kept {
    requests: Vec<KeptRequest>,
    /// Of each kind the different wants.
    terms: [Vec<Want>; KINDS_MOST],
    /// Of each want, over all kinds, how many came before its kind's.
    begins: [usize; KINDS_MOST],
    /// Kinds up to the last that is asked for.
    kinds: usize,
    /// All wants together.
    all: usize,
}

#[derive(Clone, Debug)]
struct KeptRequest {
    /// Among the most frequent.
    number: usize,
    count: f64,
    /// `p / S`, to a common factor.
    weight: f64,
    /// Its wants among all terms.
    terms: Vec<usize>,
}

/// Terms that a table may have: for 64 requests, four different kinds each.
const TERMS_MOST: usize = 256;

/// How many of these requests have no more terms than a table.
fn table_holds(frequent: &[(&Request, u64)]) -> usize {
    let mut terms = BTreeSet::new();
    let held = frequent.iter().take_while(|(request, _)| {
        terms.extend(request.wants().iter().enumerate().filter(|(_, want)| **want != Want::Nothing));
        terms.len() <= TERMS_MOST
    });
    held.count()
}

impl Kept {
    fn new(label: Label, frequent: &[(&Request, u64)]) -> Self {
        let mut kept = Self::default();
        let accepted = || frequent.iter().enumerate().filter(|(_, (request, _))| request.accepts(label));
        for (_, (request, _)) in accepted() {
            for (terms, want) in kept.terms.iter_mut().zip(request.wants()) {
                if *want != Want::Nothing && !terms.contains(want) {
                    terms.push(*want);
                }
            }
        }
        for (kind, (terms, begin)) in kept.terms.iter().zip(&mut kept.begins).enumerate() {
            *begin = kept.all;
            kept.all += terms.len();
            if !terms.is_empty() {
                kept.kinds = kind + 1;
            }
        }
        for (number, (request, count)) in accepted() {
            let term = |((want, terms), begin): ((&Want, &Vec<Want>), &usize)| {
                terms.iter().position(|other| other == want).map(|at| begin + at)
            };
            let terms = request.wants().iter().zip(&kept.terms).zip(&kept.begins).filter_map(term).collect();
            kept.requests.push(KeptRequest { number, count: *count as f64, weight: 0.0, terms });
        }
        kept
    }

    /// Tells each request for which there is room how much.
    fn rooms(&self, node: &Node, free: &[u64], mut tell: impl FnMut(&KeptRequest, f64)) {
        let mut values = [0.0; TERMS_MOST];
        let mut at = 0;
        for (kind, terms) in self.terms.iter().enumerate().take(self.kinds) {
            let units = node.units(kind);
            let free = free.get(units.clone()).unwrap_or_default();
            let capacity = node.capacity().get(units).unwrap_or_default();
            for want in terms {
                if let Some(value) = values.get_mut(at) {
                    *value = room(*want, free, capacity);
                }
                at += 1;
            }
        }
        for request in &self.requests {
            let value = |term: &usize| values.get(*term).copied().unwrap_or(0.0);
            let least = request.terms.iter().map(value).fold(f64::INFINITY, f64::min);
            // Less than once is not at all. Who asks for nothing takes no room.
            if (1.0..f64::INFINITY).contains(&least) {
                tell(request, least);
            }
        }
    }
}

/// How much room there is for a want of one kind.
fn room(want: Want, free: &[u64], capacity: &[u64]) -> f64 {
    match (want, free) {
        (Want::Nothing, _) => f64::INFINITY,
        (Want::Share(amount) | Want::Spread(amount), [free]) => *free as f64 / amount as f64,
        (Want::Share(amount), free) => free.iter().filter(|free| **free >= amount).count() as f64,
        (Want::Spread(amount), free) => free.iter().map(|free| *free as f64).sum::<f64>() / amount as f64,
        (Want::Whole(count), free) => {
            let whole = |(free, capacity): &(&u64, &u64)| free == capacity && **capacity > 0;
            let whole = free.iter().zip(capacity).filter(whole).count() as f64;
            (whole / f64::from(count)).floor()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cluster;

    fn node(label: u16, cpu: u64, gpus: usize) -> Node {
        Node::new(Label(label), vec![vec![cpu], vec![1_000; gpus]]).unwrap()
    }

    fn request(cpu: u64, gpu: Want, labels: &[u16]) -> Request {
        let labels = labels.iter().map(|it| Label(*it)).collect::<BTreeSet<_>>();
        Request::new(vec![Want::Share(cpu), gpu], (!labels.is_empty()).then_some(labels)).unwrap()
    }

    #[test]
    fn a_unit_that_holds_a_request_counts_once_and_a_single_unit_by_amount() {
        assert_eq!(room(Want::Share(300), &[1_000, 1_000, 200], &[1_000; 3]), 2.0);
        assert_eq!(room(Want::Share(400), &[1_000], &[1_000]), 2.5);
        assert_eq!(room(Want::Spread(400), &[300, 300], &[1_000; 2]), 1.5);
        assert_eq!(room(Want::Whole(2), &[1_000, 900, 1_000, 1_000], &[1_000; 4]), 1.0);
    }

    #[test]
    fn cpu_is_spent_where_it_is_plentiful_beside_the_gpus() {
        let (poor, rich) = (node(0, 8_000, 8), node(0, 96_000, 8));
        let mut cluster = Cluster::new(vec![poor, rich], Room::new());
        for _ in 0..4 {
            let at = cluster.place(&request(4_000, Want::Share(500), &[]));
            assert_eq!(at, Some(1));
        }
        assert_eq!(cluster.place(&request(4_000, Want::Nothing, &[])), Some(1));
    }

    #[test]
    fn who_can_go_anywhere_leaves_the_scarce_nodes_to_those_who_cannot() {
        let nodes = vec![node(7, 64_000, 4), node(1, 64_000, 4), node(1, 64_000, 4), node(1, 64_000, 4)];
        let mut cluster = Cluster::new(nodes, Room::new());
        assert_eq!(cluster.place(&request(1_000, Want::Whole(1), &[7])), Some(0));
        for _ in 0..12 {
            assert_ne!(cluster.place(&request(1_000, Want::Whole(1), &[])), Some(0));
        }
        assert_eq!(cluster.place(&request(1_000, Want::Whole(1), &[7])), Some(0));
    }

    #[test]
    fn a_node_is_kept_open_for_those_who_need_all_of_it() {
        let nodes = vec![node(0, 96_000, 8), node(0, 96_000, 8), node(0, 96_000, 8)];
        let mut cluster = Cluster::new(nodes, Room::new());
        assert!(cluster.place(&request(8_000, Want::Whole(8), &[])).is_some());
        for _ in 0..8 {
            assert!(cluster.place(&request(1_000, Want::Whole(1), &[])).is_some());
        }
        assert!(
            cluster.place(&request(8_000, Want::Whole(8), &[])).is_some(),
            "eight small ones share a node"
        );
    }

    #[test]
    fn a_share_goes_where_a_larger_one_would_not_have_fitted() {
        let mut cluster = Cluster::new(vec![node(0, 96_000, 2)], Room::new());
        for milli in [700, 700] {
            assert!(cluster.place(&request(0, Want::Share(milli), &[])).is_some());
        }
        assert!(cluster.place(&request(0, Want::Share(300), &[])).is_some());
        let gpus = cluster.nodes()[0].free()[1..].to_vec();
        assert!(gpus.contains(&0), "{gpus:?}");
    }

    #[test]
    fn a_table_that_is_full_leaves_out_the_rarest() {
        let wide = |at: u64| {
            Request::new((0..16).map(|kind| Want::Share(1 + at * 16 + kind)).collect(), None).unwrap()
        };
        let all: Vec<Request> = (0..40).map(wide).collect();
        let counted: Vec<(&Request, u64)> = all.iter().map(|request| (request, 1)).collect();
        assert_eq!(table_holds(&counted), 16);
    }
}

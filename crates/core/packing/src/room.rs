//! Room: keep the most room for what will come, judged by what has come.
//!
//! **Problem.** Requests arrive one by one and are placed for good. A request that finds no node is lost,
//! though there is enough free in all: in pieces that are too small, beside CPU that is used up, on nodes it
//! does not accept. Nobody knows what will come; everybody knows what has come.
//!
//! **Method.** Let the *room* of a request on a node be how often it would fit there, if nothing else came,
//! and its supply `S` the sum of its room over all nodes. With `p` the share of each request among those seen,
//! the policy climbs the potential
//!
//! ```text
//! P = sum over requests r of  p(r) * log S(r)
//! ```
//!
//! by its gradient: the loss of a node is `sum of p(r) / S(r) * (room of r before - room of r after)`, and the
//! node that loses least takes the request. The logarithm makes it a fair division (Nash welfare): the supply
//! of a request that few nodes can take is as dear as it is scarce, and what is plentiful costs next to
//! nothing. So a request that any node would take goes where only it would go; CPU is spent where it is
//! plentiful beside the GPUs; a node that is open to eight whole GPUs stays open as long as there are few.
//!
//! It is kin to fragmentation gradient descent (Weng et al., USENIX ATC 2023), which weighs the free GPUs that
//! one more request could not use. The difference: counting how *often* a request fits sees CPU run out beside
//! free GPUs before the last one fits, and dividing by the supply sees scarcity.
//!
//! **Cost.** One loss is O(units * requests remembered), the latter at most [`REMEMBERED`]. Weights change when
//! the number of requests seen has grown by a quarter, or by [`RENEWED`] at the latest; all nodes are looked
//! at then. In between, a loss is a function of the node's state and the request.
//!
//! **Memory** is constant, whatever comes.

use crate::mix::Mix;
use crate::node::Node;
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
    scarce: Vec<usize>,
    mix: Mix,
    seen: u64,
    renew_at: u64,
    halve_at: u64,
    kept: Vec<Kept>,
}

/// A request that room is kept for.
#[derive(Clone, Debug)]
struct Kept {
    request: Request,
    /// `p / S`, to a common factor.
    weight: u64,
}

impl Room {
    /// Room is kept for requests that ask for at least one of these kinds; the others take what is left. Name
    /// the devices that are to be used up, not CPU and memory that everything needs.
    #[must_use]
    pub fn new(scarce: &[usize]) -> Self {
        Self {
            scarce: scarce.to_vec(),
            mix: Mix::default(),
            seen: 0,
            renew_at: 1,
            halve_at: REMEMBERED_FOR,
            kept: Vec::new(),
        }
    }

    fn renew(&mut self, nodes: &[Node]) {
        let kept = |(request, count): (&Request, u64)| {
            let supply = nodes.iter().map(|node| request.room(node)).fold(0, u64::saturating_add);
            // One more than there is: a request that fits nowhere any more has no room to lose.
            let weight = (u128::from(count) << 40) / (u128::from(supply) + 1);
            Kept { request: request.clone(), weight: u64::try_from(weight).unwrap_or(u64::MAX) }
        };
        self.kept = self.mix.most_frequent(REMEMBERED).into_iter().map(kept).collect();
    }

    /// What all room on a node is worth, if so much is free there.
    fn worth(&self, node: &Node, free: &[u64]) -> u128 {
        let worth = |kept: &Kept| u128::from(kept.weight) * u128::from(kept.request.room_with(node, free));
        self.kept.iter().map(worth).fold(0, u128::saturating_add)
    }
}

impl Policy for Room {
    fn arrived(&mut self, request: &Request, nodes: &[Node]) -> bool {
        if !self.scarce.iter().any(|kind| request.want(*kind) != Want::Nothing) {
            return false;
        }
        self.mix.count(request);
        self.seen = self.seen.saturating_add(1);
        if self.seen >= self.halve_at {
            self.mix.halve();
            self.halve_at = self.seen.saturating_add(REMEMBERED_FOR);
        }
        if self.seen < self.renew_at {
            return false;
        }
        let step = (self.seen / 4).clamp(1, RENEWED);
        self.renew_at = self.seen.saturating_add(step);
        self.renew(nodes);
        true
    }

    fn loss(&self, node: &Node, request: &Request) -> Option<(u64, Choice)> {
        let before = self.worth(node, node.free());
        cheapest(node, request, |free| {
            let lost = before.saturating_sub(self.worth(node, free));
            u64::try_from(lost).unwrap_or(u64::MAX)
        })
    }
}

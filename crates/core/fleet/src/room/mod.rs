//! Room: keep the most room for what will come, judged by what has come.
//!
//! **Problem.** Requests arrive one by one and are placed for good. A request that finds no node is lost,
//! though there is enough free in all: in pieces that are too small, beside CPU that is used up, on nodes it
//! may not go to. Nobody knows what will come; everybody knows what has come.
//!
//! **Method.** The *room* of a request on a node is 0 if it does not fit there; else the least over the kinds
//! it asks for: of a kind with a single unit (CPU, memory, key slots) how often the amount goes into what is
//! free, of a kind with several how many units could take it, each counted once. The supply `S` of a request
//! is the sum of its room over all nodes. With `p` the share of each request among those seen and `z` its size
//! (the largest part that it asks for of what there is of a kind), the policy climbs
//!
//! ```text
//! P = sum over requests r of  p(r) * sqrt(z(r)) * log S(r)
//! ```
//!
//! by its gradient: the loss of a node is `sum of p(r) * sqrt(z(r)) / S(r) * (room of r before - room of
//! r after)`, and the node that loses least takes the request. The logarithm makes it a fair division (Nash welfare): the
//! supply of a request that few nodes can take is as dear as it is scarce, and what is plentiful costs next
//! to nothing. So a request that any node would take goes where only it would go; CPU is spent where it is
//! plentiful beside the GPUs; a node that is open to eight whole GPUs stays open as long as there are few.
//! Before anything has come, the fullest node is taken.
//!
//! It is kin to fragmentation gradient descent (Weng et al., USENIX ATC 2023), which weighs the free GPUs
//! that one more request could not use. The difference: measuring CPU beside the units sees it run out before
//! the last request fits, and dividing by the supply sees scarcity. Why a unit counts once: counted as often
//! as a request goes into it, an empty unit is so dear to small requests that they crowd the nodes that are
//! short of CPU (measured: 0.3 to 0.6 % of OpenB's GPUs less).
//!
//! Why the root of the size: counted by number alone, it loses as few requests as it can, and of those the
//! largest; by size alone, as little volume as it can, and the small ones go wherever. The root lies between and
//! is above either on average (docs/placement.md has what was measured).
//!
//! **What it does not do.** It does not foresee that what some requests leave over will have to be shared by
//! others: where two kinds of node serve one kind of request, and only one of them another, the first come takes
//! the former, whatever it asks for beside. Where requests differ in more ways than are remembered, the rare large
//! ones fare worse.
//!
//! **Cost.** One loss is O(units * requests remembered), the latter at most [`REMEMBERED`]. Weights change
//! when the number of requests seen has doubled, at the latest after as many as there are nodes (and no fewer
//! than 4,096): looking at all nodes then is a constant for each request. In between, a loss is a function of
//! the node's state and the request. Sums are in floating point, in a fixed order: the same everywhere.
//!
//! **Memory** is constant, whatever comes, but for a number for each group. Nodes of a group that came after
//! the weights did are taken to be open to everything that is remembered, until weights change.

mod mix;
mod table;

use super::best_fit::BestFit;
use super::choice::Choice;
use super::score::{Score, Site, State, rank_of_loss};
use super::shape::ShapeId;
use super::view::View;
use mix::Mix;
use table::Tables;

pub use table::REMEMBERED;

/// After how many requests, at the latest, weights change; more, if there are more nodes.
const RENEWED: u64 = 4_096;

/// The policy that keeps the most room. See the module's text.
#[derive(Clone, Debug, Default)]
pub struct Room {
    mix: Mix,
    tables: Tables,
    seen: u64,
    renew_at: u64,
    epoch: u32,
}

impl Room {
    /// The policy before anything has come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn worth_of(&self, state: &State<'_>) -> f64 {
        self.tables.of(state.group).worth(state.stock, state.free)
    }

    /// The least that is lost by taking the request on this node, and from which units.
    fn loss(&self, site: &Site<'_>) -> (f64, Choice) {
        let table = self.tables.of(site.group);
        let (left, choice) = site.cheapest(|after| -table.worth(after.stock, after.free));
        (site.worth + left, choice)
    }
}

impl Score for Room {
    fn learn(&mut self, shape: ShapeId, view: &View<'_>) {
        self.mix.count(shape);
        self.seen = self.seen.saturating_add(1);
        if self.seen < self.renew_at {
            return;
        }
        let most = RENEWED.max(u64::try_from(view.len()).unwrap_or(u64::MAX));
        self.renew_at = self.seen.saturating_add(self.seen.min(most));
        self.tables.renew(self.mix.most_frequent(), view);
        self.epoch = (self.epoch.wrapping_add(1)) % u32::MAX;
    }

    fn epoch(&self) -> u32 {
        self.epoch
    }

    fn reserve(&mut self, view: &View<'_>) {
        self.mix.reserve();
        self.tables.reserve(view);
    }

    fn worth(&self, state: &State<'_>) -> f64 {
        self.worth_of(state)
    }

    fn rank(&self, site: &Site<'_>) -> u64 {
        if self.seen == 0 { BestFit.rank(site) } else { rank_of_loss(self.loss(site).0) }
    }

    fn choose(&self, site: &Site<'_>) -> Choice {
        if self.seen == 0 { Choice::TIGHTEST } else { self.loss(site).1 }
    }
}

#[cfg(test)]
mod tests;

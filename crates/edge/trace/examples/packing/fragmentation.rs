//! The peer: fragmentation gradient descent, knowing only what has come.
//!
//! Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
//! Descent", USENIX ATC 2023, section 4: a node's fragmentation is, on average over the requests seen, what is
//! free of its GPUs and could not be used by one more of them; the node where it grows least is taken. The
//! published measurements tell it the whole list's mix in advance; here it learns it as it goes.

use std::collections::{BTreeMap, BTreeSet};

use casemate_fleet::{Choice, GroupId, Kind, Request, Score, ShapeId, Site, State, View, Want, rank_of_loss};

/// The mix of requests so far.
pub(crate) struct Fragmentation {
    /// The kind whose free pieces are judged.
    kind: Kind,
    counts: BTreeMap<usize, (ShapeId, u64)>,
    seen: u64,
    renew_at: u64,
    epoch: u32,
    mix: Vec<Seen>,
}

/// A request that has come.
struct Seen {
    request: Request,
    weight: f64,
    on: BTreeSet<GroupId>,
}

/// More than a node's fragmentation can fall, so that what is told apart is never below 0.
const FALL: f64 = 65_536.0;

impl Fragmentation {
    /// Before anything has come.
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, counts: BTreeMap::new(), seen: 0, renew_at: 0, epoch: 0, mix: Vec::new() }
    }

    /// What is free of the kind and could not be used, on average.
    fn of(&self, state: &State<'_>) -> f64 {
        let free = state.free.get(state.stock.range(self.kind)).unwrap_or_default();
        let all: u64 = free.iter().sum();
        if all == 0 {
            return 0.0;
        }
        let lost = |seen: &Seen| {
            let room = || seen.request.room(state.stock, state.free);
            let Some(want) = seen.request.want(self.kind) else { return all };
            if !seen.on.contains(&state.group()) || room() == 0 {
                return all;
            }
            let useless = |(free, capacity): &(&u64, &u64)| match want {
                Want::Share(amount) => **free < amount,
                Want::Whole(_) => free < capacity,
                Want::Spread(_) => false,
            };
            free.iter().zip(state.stock.units_of(self.kind)).filter(useless).map(|(free, _)| *free).sum()
        };
        self.mix.iter().map(|seen| seen.weight * lost(seen) as f64).sum()
    }
}

impl Score for Fragmentation {
    fn learn(&mut self, shape: ShapeId, view: &View<'_>) {
        self.counts.entry(shape.slot()).or_insert((shape, 0)).1 += 1;
        self.seen += 1;
        if self.seen < self.renew_at {
            return;
        }
        self.renew_at = self.seen + (self.seen / 4).max(1);
        self.epoch += 1;
        let seen = |(shape, count): &(ShapeId, u64)| {
            let on = view.groups().filter(|it| it.accepts(*shape)).map(|it| it.id()).collect();
            let request = view.request(*shape)?.clone();
            Some(Seen { request, weight: *count as f64 / self.seen as f64, on })
        };
        self.mix = self.counts.values().filter_map(seen).collect();
    }

    fn epoch(&self) -> u32 {
        self.epoch
    }

    fn worth(&self, state: &State<'_>) -> f64 {
        -self.of(state)
    }

    fn rank(&self, site: &Site<'_>) -> u64 {
        rank_of_loss(FALL + site.worth + site.cheapest(|after| self.of(after)).0)
    }

    fn choose(&self, site: &Site<'_>) -> Choice {
        site.cheapest(|after| self.of(after)).1
    }
}

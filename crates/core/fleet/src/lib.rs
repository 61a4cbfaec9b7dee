//! A fleet of nodes, in numbers: which node of very many is best for a request, found in a time that grows
//! with the logarithm of their number.
//!
//! ```
//! use casemate_fleet::{Fleet, Kind, Request, Room, Stock, Want};
//!
//! // Kinds: thousandths of a core, and thousandths of a GPU.
//! let [cpu, gpu] = [Kind(0), Kind(1)];
//! let mut fleet = Fleet::new(Room::new());
//! let with_gpus = fleet.group(Stock::new([(cpu, vec![8_000]), (gpu, vec![1_000; 2])]), 0);
//! let without = fleet.group(Stock::new([(cpu, vec![8_000])]), 0);
//! let (first, second) = (fleet.add(with_gpus), fleet.add(without));
//! let asks_gpu = Request::new([(cpu, Want::Share(4_000)), (gpu, Want::Share(500))])?;
//! let asks_cpu = Request::new([(cpu, Want::Share(4_000))])?;
//! let [asks_gpu, asks_cpu] = [asks_gpu, asks_cpu].map(|it| fleet.shape(&it, 0, |_| Some(0)));
//! let placed = fleet.place(asks_gpu, |_| true).and_then(|it| fleet.node_of(it));
//! assert_eq!(placed, Some(first));
//! // The second node has no GPU that room could be lost for.
//! let placed = fleet.place(asks_cpu, |_| true).and_then(|it| fleet.node_of(it));
//! assert_eq!(placed, Some(second));
//! # Ok::<(), casemate_fleet::RequestError>(())
//! ```
//!
//! One notion covers everything that is handed out: a *kind* of device, of which a node has *units* of some
//! *capacity* each. CPU and memory are one unit; key slots and realms are one unit of so many; encrypted
//! memory has a unit a NUMA node; GPUs are units of which a share, or several whole ones, are asked for. No
//! kind is special: what is asked for is a [`Want`].
//!
//! Nodes with equal stock and equal facts form a group; which groups may take a request, and how gladly, is
//! asked once a group when the request is first seen. Among them a [`Score`] ranks: [`Room`], the default of
//! [`Packing`], learns what comes. For each different request the nodes are kept in the order of their rank, in
//! a heap that is brought up to date with the nodes that changed since it was used last; when the score has
//! learned, it is made anew. Placing costs O(log nodes) for each request in use, and O(nodes) for one that is
//! seen first, or not for long.
//!
//! Memory is bounded by nodes and reservations, whatever is asked for: [`SHAPES_MOST`] requests are
//! remembered, heaps not used for long are given up, and so are groups without nodes.
//!
//! Decides nothing about trust or names: whoever asks knows what a node's number means, and may refuse nodes
//! one by one. Nothing is ever reserved beyond a unit's capacity.

#![forbid(unsafe_code)]

mod best_fit;
mod candidates;
mod changes;
mod choice;
mod first_fit;
mod group;
mod layout;
mod packing;
mod request;
mod reservation;
mod room;
mod score;
mod shape;
mod stock;
mod view;

use changes::Changes;
use group::{Group, GroupStamp, Groups};
use layout::Layout;
use reservation::Reservations;
use shape::{Plan, Shapes, plan};

pub use best_fit::BestFit;
pub use choice::Choice;
pub use first_fit::FirstFit;
pub use group::GroupId;
pub use packing::{Packer, Packing};
pub use request::{Request, RequestError, Want};
pub use reservation::{ReservationId, Taken};
pub use room::{REMEMBERED, Room};
pub use score::{Score, Site, State, WORST, rank_of_loss};
pub use shape::{Reluctance, SHAPES_MOST, ShapeId};
pub use stock::{Kind, Stock};
pub use view::{GroupView, View};

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The nodes, what is reserved on them, and who would be best for what.
#[derive(Debug)]
pub struct Fleet<S> {
    score: S,
    groups: Groups,
    nodes: Vec<Node>,
    /// Free amounts, unit by unit, node after node.
    free: Vec<u64>,
    shapes: Shapes,
    changes: Changes,
    reservations: Reservations,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    group: GroupId,
    /// Its place among the group's members.
    member: u32,
    /// Where its units begin in `free`.
    at: u32,
    version: u32,
    /// What it was worth in the epoch below.
    worth: f64,
    /// [`NEVER`] where the node has changed since.
    worth_epoch: u32,
    open: bool,
}

/// No epoch.
const NEVER: u32 = u32::MAX;

impl<S: Score> Fleet<S> {
    /// No nodes yet.
    #[must_use]
    pub fn new(score: S) -> Self {
        Self {
            score,
            groups: Groups::default(),
            nodes: Vec::new(),
            free: Vec::new(),
            shapes: Shapes::default(),
            changes: Changes::default(),
            reservations: Reservations::default(),
        }
    }

    /// The group of nodes with this stock and these facts, whose meaning is the caller's. Shapes known
    /// already are asked about it by [`Fleet::shape`] again. The number holds as long as the group has nodes,
    /// and until the next call.
    pub fn group(&mut self, stock: Stock, facts: u32) -> GroupId {
        self.groups.of(stock, facts)
    }

    /// Adds a node that is empty and open.
    pub fn add(&mut self, group: GroupId) -> NodeId {
        let id = NodeId(number(self.nodes.len()));
        let at = number(self.free.len());
        self.free.extend_from_slice(self.groups.get(group).stock.units());
        let member = self.groups.enter(group, id);
        self.nodes.push(Node { group, member, at, version: 0, worth: 0.0, worth_epoch: NEVER, open: true });
        self.changes.keep_for(self.nodes.len());
        self.touch(id);
        id
    }

    /// Moves a node to a group of equal stock: its facts have changed. What is reserved stays. `false` where
    /// the stock is another, and nothing was done.
    pub fn move_to(&mut self, node: NodeId, group: GroupId) -> bool {
        let Node { group: before, member, .. } = self.nodes[node.0 as usize];
        if before == group {
            return true;
        }
        if self.groups.get(before).stock != self.groups.get(group).stock {
            return false;
        }
        if let Some(other) = self.groups.leave(before, member) {
            self.nodes[other.0 as usize].member = member;
        }
        let member = self.groups.enter(group, node);
        let of = &mut self.nodes[node.0 as usize];
        (of.group, of.member) = (group, member);
        self.touch(node);
        true
    }

    /// Each group that has nodes: its facts, and one of them.
    pub fn groups(&self) -> impl Iterator<Item = (u32, NodeId)> {
        self.groups.all().iter().filter_map(|it| Some((it.facts, *it.members.first()?)))
    }

    /// Whether a node takes anything new.
    #[must_use]
    pub fn is_open(&self, node: NodeId) -> bool {
        self.nodes.get(node.0 as usize).is_some_and(|it| it.open)
    }

    /// Closes a node to everything new, or opens it again; answers whether it was open. What is reserved stays.
    pub fn set_open(&mut self, node: NodeId, open: bool) -> bool {
        let of = &mut self.nodes[node.0 as usize];
        let was_open = of.open;
        if was_open != open {
            of.open = open;
            self.touch(node);
        }
        was_open
    }

    /// The number of a request. `kind_of_asker` tells apart requests for equal amounts by askers whom groups
    /// regard differently; `regard` says how, by a group's facts, and is asked for every group not known to
    /// this request yet.
    pub fn shape(
        &mut self,
        request: &Request,
        kind_of_asker: u32,
        regard: impl FnMut(u32) -> Reluctance,
    ) -> ShapeId {
        let id = self.shapes.number(request, kind_of_asker);
        self.shapes.ask(id, &self.groups, regard);
        id
    }

    /// Reserves what a shape asks for on the open node it is best on, of those that `may` take it; and has the
    /// score learn that it was asked for. `None` also where the shape was forgotten.
    pub fn place(&mut self, shape: ShapeId, may: impl FnMut(NodeId) -> bool) -> Option<ReservationId> {
        let placed = self.place_again(shape, may);
        let Self { score, groups, nodes, free, shapes, .. } = self;
        if shapes.get(shape).is_some() {
            score.learn(shape, &View { groups, nodes, free, shapes });
        }
        placed
    }

    /// The same for what was asked for before and had no place then: nothing is learned by it.
    pub fn place_again(&mut self, shape: ShapeId, may: impl FnMut(NodeId) -> bool) -> Option<ReservationId> {
        let node = self.best(shape, may)?;
        self.reserve_on(shape, node)
    }

    /// The node that [`Fleet::place`] would choose.
    pub fn best(&mut self, shape: ShapeId, mut may: impl FnMut(NodeId) -> bool) -> Option<NodeId> {
        self.refresh(shape);
        let it = self.shapes.used(shape)?;
        let nodes = &self.nodes;
        it.candidates.best(|node, version| nodes[node.0 as usize].version == version, &mut may)
    }

    /// Reserves on this very node. `None` where it is closed, may not be, or has no room.
    pub fn place_on(&mut self, shape: ShapeId, node: NodeId) -> Option<ReservationId> {
        let of = self.nodes[node.0 as usize];
        let group = self.groups.get(of.group);
        let plan = self.shapes.get(shape)?.plan(of.group.0 as usize, group)?;
        let fits = of.open && plan.layout.fits(of.units(group, &self.free), group.stock.units());
        fits.then(|| self.reserve_on(shape, node)).flatten()
    }

    /// How a request ranks on a node as it is now, for a caller whom the node's group regards so: the less the
    /// better, and of equal ranks the lower number. [`Fleet::place`] takes the best. `None` where the node is
    /// closed or has no room.
    #[must_use]
    pub fn rank(&self, request: &Request, regard: Reluctance, node: NodeId) -> Option<u64> {
        let mut of = *self.nodes.get(node.0 as usize)?;
        let group = self.groups.get(of.group);
        let plan = Plan::new(Layout::of(request, &group.stock)?, regard?, group);
        // As it is, not as it was once kept.
        of.worth_epoch = NEVER;
        let stamp = self.groups.stamp(of.group);
        rate(&self.score, self.score.epoch(), stamp, group, &mut of, &self.free, &plan)
    }

    /// How a request known by its number ranks on a node: as [`Fleet::rank`].
    #[must_use]
    pub fn rank_of(&self, shape: ShapeId, node: NodeId) -> Option<u64> {
        let mut of = *self.nodes.get(node.0 as usize)?;
        let group = self.groups.get(of.group);
        let plan = self.shapes.get(shape)?.plan(of.group.0 as usize, group)?;
        of.worth_epoch = NEVER;
        let stamp = self.groups.stamp(of.group);
        rate(&self.score, self.score.epoch(), stamp, group, &mut of, &self.free, plan)
    }

    /// Gives back what was reserved. `false` where it was before.
    pub fn release(&mut self, reservation: ReservationId) -> bool {
        let Some((node, taken)) = self.reservations.end(reservation) else { return false };
        let begin = self.nodes[node.0 as usize].at();
        for taken in taken {
            self.free[begin + taken.unit as usize] += taken.amount;
        }
        self.touch(node);
        true
    }

    /// Where a reservation is.
    #[must_use]
    pub fn node_of(&self, reservation: ReservationId) -> Option<NodeId> {
        self.reservations.node_of(reservation)
    }

    /// What a reservation took.
    pub fn taken(&self, reservation: ReservationId) -> impl Iterator<Item = Taken> {
        self.reservations.taken(reservation).iter().copied().filter(|it| it.amount > 0)
    }

    /// What a reservation is of, which may be forgotten by now; `None` where it was released.
    #[must_use]
    pub fn shape_of(&self, reservation: ReservationId) -> Option<ShapeId> {
        self.reservations.shape_of(reservation)
    }

    /// What is free of each unit of a node, in the order of [`Stock::units`].
    #[must_use]
    pub fn free(&self, node: NodeId) -> &[u64] {
        self.nodes.get(node.0 as usize).map_or(&[], |it| it.units(self.groups.get(it.group), &self.free))
    }

    /// What a node has.
    #[must_use]
    pub fn stock(&self, node: NodeId) -> Option<&Stock> {
        self.nodes.get(node.0 as usize).map(|it| &self.groups.get(it.group).stock)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Makes room for so many reservations of the requests known, so that placing them allocates nothing.
    pub fn reserve(&mut self, reservations: usize) {
        let known: Vec<ShapeId> = self.shapes.all().map(|(id, _)| id).collect();
        for shape in known {
            self.refresh(shape);
            if let Some(it) = self.shapes.used(shape) {
                let before = it.candidates.capacity();
                it.candidates.reserve(self.nodes.len());
                let grown = it.candidates.capacity().saturating_sub(before);
                self.shapes.account(grown, self.nodes.len());
            }
        }
        self.reservations.reserve(reservations, self.shapes.all().map(|(_, it)| it.width));
        let Self { score, groups, nodes, free, shapes, .. } = self;
        score.reserve(&View { groups, nodes, free, shapes });
    }

    /// Brings a shape's candidates up to date.
    fn refresh(&mut self, shape: ShapeId) {
        let Self { score, groups, nodes, free, shapes, changes, .. } = self;
        let epoch = score.epoch();
        let Some(it) = shapes.used(shape) else { return };
        let (plans, candidates) = it.parts();
        let before = candidates.capacity();
        match candidates.seen(epoch).and_then(|seen| changes.since(seen)) {
            Some(changed) => {
                for (node, version) in changed {
                    let of = &mut nodes[node.0 as usize];
                    // Of a node that changed often, only the last change counts.
                    if of.version != version {
                        continue;
                    }
                    let group = groups.get(of.group);
                    if let Some(plan) = plan(plans, of.group.0 as usize, group)
                        && let Some(rank) = rate(score, epoch, groups.stamp(of.group), group, of, free, plan)
                    {
                        candidates.push(rank, node, version);
                    }
                }
                candidates.thin_out(nodes.len(), |node, version| nodes[node.0 as usize].version == version);
            }
            None => candidates.fill(|tell| {
                for (at, group) in groups.all().iter().enumerate() {
                    let Some(plan) = plan(plans, at, group) else { continue };
                    let stamp = GroupStamp { id: GroupId(number(at)), born: group.born };
                    // Nodes of which nothing is taken rank alike.
                    let mut empty = None;
                    for node in &group.members {
                        let of = &mut nodes[node.0 as usize];
                        let is_empty = of.open && of.units(group, free) == group.stock.units();
                        let mut rated = || rate(score, epoch, stamp, group, of, free, plan);
                        let rank = if is_empty { *empty.get_or_insert_with(rated) } else { rated() };
                        if let Some(rank) = rank {
                            tell(rank, *node, of.version);
                        }
                    }
                }
            }),
        }
        candidates.set_seen(changes.count(), epoch);
        let grown = candidates.capacity().saturating_sub(before);
        shapes.account(grown, nodes.len());
    }

    /// The node fits: nothing is looked at again but the amounts themselves.
    fn reserve_on(&mut self, shape: ShapeId, node: NodeId) -> Option<ReservationId> {
        let Self { score, groups, nodes, free, shapes, reservations, .. } = self;
        let of = nodes[node.0 as usize];
        let (stamp, group) = (groups.stamp(of.group), groups.get(of.group));
        let it = shapes.get(shape)?;
        let layout = &it.plan(of.group.0 as usize, group)?.layout;
        let free = &mut free[of.at()..of.at() + group.stock.units().len()];
        let stock = &group.stock;
        let is_kept = of.worth_epoch == score.epoch();
        let worth = if is_kept { of.worth } else { score.worth(&State { stock, free, group: stamp }) };
        let site = Site { stock, free, worth, group: stamp, layout };
        let choice = score.choose(&site);
        let (id, taken) = reservations.add(node, shape, it.width);
        let mut slots = taken.iter_mut();
        layout.take(free, group.stock.units(), &choice, |unit, amount| {
            if let Some(slot) = slots.next() {
                *slot = Taken { unit: number(unit), amount };
            }
        });
        self.touch(node);
        Some(id)
    }

    /// The node is another than it was.
    fn touch(&mut self, node: NodeId) {
        let of = &mut self.nodes[node.0 as usize];
        of.version = of.version.wrapping_add(1);
        of.worth_epoch = NEVER;
        self.changes.push(node, of.version);
    }
}

impl Node {
    const fn at(&self) -> usize {
        self.at as usize
    }

    /// Its units, of all.
    fn units<'a>(&self, group: &Group, free: &'a [u64]) -> &'a [u64] {
        &free[self.at()..self.at() + group.stock.units().len()]
    }
}

/// How a request ranks on a node, if it is open and has room.
fn rate<S: Score>(
    score: &S,
    epoch: u32,
    stamp: GroupStamp,
    group: &Group,
    node: &mut Node,
    free: &[u64],
    plan: &Plan,
) -> Option<u64> {
    let (stock, free, layout) = (&group.stock, node.units(group, free), &plan.layout);
    if !node.open || !layout.fits(free, stock.units()) {
        return None;
    }
    if node.worth_epoch != epoch {
        node.worth = score.worth(&State { stock, free, group: stamp });
        node.worth_epoch = epoch;
    }
    let rank = score.rank(&Site { stock, free, worth: node.worth, group: stamp, layout });
    Some(u64::from(plan.reluctance) << 48 | rank.min(WORST))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 of anything fit into memory")
}

#[cfg(test)]
mod tests;

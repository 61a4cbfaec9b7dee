//! A fleet of nodes, in numbers: which node of very many a request fits best, found in a time that grows
//! with the logarithm of their number.
//!
//! One notion covers everything that is handed out: a *kind* of device, of which a node has *units* of some
//! *capacity* each. CPU and memory are one unit; key slots and realms are one unit of so many; encrypted
//! memory has a unit a NUMA node; GPUs are units of which a share, or several whole ones, are asked for. No
//! kind is special: what is asked for is a [`Want`].
//!
//! Nodes with equal stock and equal facts form a group; which groups may take a request, and how gladly, is
//! asked once a group when the request is first seen. For each different request the nodes are kept in the
//! order of their score, in a heap that is brought up to date with the nodes that changed since it was used
//! last. Placing therefore costs O(log nodes) for each request in use, and the same request seen first O(nodes).
//!
//! Decides nothing about trust or names: whoever asks knows what a node's number means, and may refuse nodes
//! one by one. Nothing is ever reserved beyond a unit's capacity.

mod candidates;
mod layout;
mod request;
mod score;
mod stock;

use std::collections::BTreeMap;

use candidates::Candidates;
use layout::Layout;

pub use request::{Request, RequestError, Want};
pub use score::{BestFit, Score, Site, WORST};
pub use stock::{Kind, Stock};

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A group's number: nodes of equal stock and equal facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// A request's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

/// A reservation's number. Given out again once it was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId(pub u32);

/// How gladly a group takes a request: the less the better. `None` never takes it.
pub type Reluctance = Option<u16>;

/// The nodes, what is reserved on them, and who would be best for what.
#[derive(Debug)]
pub struct Fleet<S> {
    score: S,
    groups: Vec<Group>,
    group_ids: BTreeMap<(Stock, u32), GroupId>,
    nodes: Vec<Node>,
    /// Free amounts, unit by unit, node after node.
    free: Vec<u64>,
    shapes: Vec<Shape>,
    shape_ids: BTreeMap<(Request, u32), ShapeId>,
    /// Nodes in the order in which they changed, each with the version it got by that.
    changes: Vec<(NodeId, u32)>,
    /// The number of the first change that is still there.
    forgotten: u64,
    reservations: Vec<Reservation>,
    vacant: Vec<ReservationId>,
    /// What each reservation took, from where it says on.
    taken: Vec<Taken>,
    /// Places in `taken` that were released, by width.
    spare: BTreeMap<usize, Vec<usize>>,
}

#[derive(Debug)]
struct Group {
    stock: Stock,
    facts: u32,
    members: Vec<NodeId>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    group: GroupId,
    /// Where its units begin in `free`.
    at: usize,
    version: u32,
    open: bool,
}

#[derive(Debug)]
struct Shape {
    request: Request,
    /// What the request means on each group; `None` where it may not go, or could not even if it were empty.
    plans: Vec<Option<(u16, Layout)>>,
    /// The most units it takes from.
    width: usize,
    candidates: Candidates,
}

#[derive(Clone, Copy, Debug)]
struct Reservation {
    node: NodeId,
    /// `None` where it was released.
    shape: Option<ShapeId>,
    at: usize,
    width: usize,
}

/// An amount of one unit of a node. Zero where nothing was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Which unit, of all the node has, in the order of [`Stock::units`].
    pub unit: u32,
    /// How much of it.
    pub amount: u64,
}

/// Changes that are kept for each node before the oldest are forgotten.
const CHANGES_PER_NODE: usize = 4;

impl<S: Score> Fleet<S> {
    /// No nodes yet.
    #[must_use]
    pub fn new(score: S) -> Self {
        Self {
            score,
            groups: Vec::new(),
            group_ids: BTreeMap::new(),
            nodes: Vec::new(),
            free: Vec::new(),
            shapes: Vec::new(),
            shape_ids: BTreeMap::new(),
            changes: Vec::new(),
            forgotten: 0,
            reservations: Vec::new(),
            vacant: Vec::new(),
            taken: Vec::new(),
            spare: BTreeMap::new(),
        }
    }

    /// The group of nodes with this stock and these facts, whose meaning is the caller's. Shapes known
    /// already are asked about it by [`Fleet::shape`] again.
    pub fn group(&mut self, stock: Stock, facts: u32) -> GroupId {
        let next = GroupId(number(self.groups.len()));
        let id = *self.group_ids.entry((stock.clone(), facts)).or_insert(next);
        if id == next {
            self.groups.push(Group { stock, facts, members: Vec::new() });
        }
        id
    }

    /// Adds a node that is empty and open.
    pub fn add(&mut self, group: GroupId) -> NodeId {
        let id = NodeId(number(self.nodes.len()));
        let at = self.free.len();
        let of = &mut self.groups[group.0 as usize];
        of.members.push(id);
        self.free.extend_from_slice(of.stock.units());
        self.nodes.push(Node { group, at, version: 0, open: true });
        self.touch(id);
        id
    }

    /// Moves a node to a group of equal stock: its facts have changed. What is reserved stays. `false` where
    /// the stock is another, and nothing was done.
    pub fn move_to(&mut self, node: NodeId, group: GroupId) -> bool {
        let before = self.nodes[node.0 as usize].group;
        if before == group {
            return true;
        }
        if self.groups[before.0 as usize].stock != self.groups[group.0 as usize].stock {
            return false;
        }
        let members = &mut self.groups[before.0 as usize].members;
        if let Some(at) = members.iter().position(|it| *it == node) {
            members.swap_remove(at);
        }
        self.groups[group.0 as usize].members.push(node);
        self.nodes[node.0 as usize].group = group;
        self.touch(node);
        true
    }

    /// Each group that has nodes: its facts, and one of them.
    pub fn groups(&self) -> impl Iterator<Item = (u32, NodeId)> {
        self.groups.iter().filter_map(|it| Some((it.facts, *it.members.first()?)))
    }

    /// Closes a node to everything new, or opens it again. What is reserved stays.
    pub fn set_open(&mut self, node: NodeId, open: bool) {
        let of = &mut self.nodes[node.0 as usize];
        if of.open != open {
            of.open = open;
            self.touch(node);
        }
    }

    /// The number of a request. `kind_of_asker` tells apart requests for equal amounts by askers whom groups
    /// regard differently; `regard` says how, by a group's facts, and is asked for every group not known to
    /// this request yet.
    pub fn shape(
        &mut self,
        request: &Request,
        kind_of_asker: u32,
        mut regard: impl FnMut(u32) -> Reluctance,
    ) -> ShapeId {
        let known = self.shape_ids.get(&(request.clone(), kind_of_asker)).copied();
        let id = known.unwrap_or_else(|| {
            let id = ShapeId(number(self.shapes.len()));
            self.shape_ids.insert((request.clone(), kind_of_asker), id);
            let (plans, candidates) = (Vec::new(), Candidates::default());
            self.shapes.push(Shape { request: request.clone(), plans, width: 0, candidates });
            id
        });
        let shape = &mut self.shapes[id.0 as usize];
        for group in self.groups.iter().skip(shape.plans.len()) {
            let layout = Layout::of(&shape.request, &group.stock);
            let fits_empty = layout.filter(|it| it.fits(group.stock.units()));
            let plan = fits_empty.and_then(|layout| Some((regard(group.facts)?, layout)));
            shape.width = shape.width.max(plan.as_ref().map_or(0, |(_, layout)| layout.width()));
            shape.plans.push(plan);
            shape.candidates.forget();
        }
        id
    }

    /// Reserves what a shape asks for on the open node it is best on, of those that `may` take it.
    pub fn place(&mut self, shape: ShapeId, mut may: impl FnMut(NodeId) -> bool) -> Option<ReservationId> {
        self.refresh(shape);
        let it = &mut self.shapes[shape.0 as usize];
        let nodes = &self.nodes;
        let node = it.candidates.best(|node, version| nodes[node.0 as usize].version == version, &mut may)?;
        Some(self.reserve_on(shape, node))
    }

    /// The node that [`Fleet::place`] would choose.
    pub fn best(&mut self, shape: ShapeId, mut may: impl FnMut(NodeId) -> bool) -> Option<NodeId> {
        self.refresh(shape);
        let it = &mut self.shapes[shape.0 as usize];
        let nodes = &self.nodes;
        it.candidates.best(|node, version| nodes[node.0 as usize].version == version, &mut may)
    }

    /// Reserves on this very node. `None` where it is closed, may not be, or has no room.
    pub fn place_on(&mut self, shape: ShapeId, node: NodeId) -> Option<ReservationId> {
        let of = self.nodes[node.0 as usize];
        let (_, layout) = self.shapes[shape.0 as usize].plans.get(of.group.0 as usize)?.as_ref()?;
        let fits = of.open && layout.fits(self.free_units(of));
        fits.then(|| self.reserve_on(shape, node))
    }

    /// Gives back what was reserved. `false` where it was before.
    pub fn release(&mut self, reservation: ReservationId) -> bool {
        let Some(it) = self.reservations.get_mut(reservation.0 as usize) else { return false };
        if it.shape.take().is_none() {
            return false;
        }
        let Reservation { node, at, width, .. } = *it;
        let begin = self.nodes[node.0 as usize].at;
        for taken in &self.taken[at..at + width] {
            self.free[begin + taken.unit as usize] += taken.amount;
        }
        self.spare.entry(width).or_default().push(at);
        self.vacant.push(reservation);
        self.touch(node);
        true
    }

    /// Where a reservation is.
    #[must_use]
    pub fn node_of(&self, reservation: ReservationId) -> Option<NodeId> {
        let it = self.reservations.get(reservation.0 as usize)?;
        it.shape.map(|_| it.node)
    }

    /// What a reservation took.
    pub fn taken(&self, reservation: ReservationId) -> impl Iterator<Item = Taken> {
        let it = self.reservations.get(reservation.0 as usize);
        let range = it.filter(|it| it.shape.is_some()).and_then(|it| self.taken.get(it.at..it.at + it.width));
        range.unwrap_or_default().iter().copied().filter(|it| it.amount > 0)
    }

    /// What a reservation is of; `None` where it was released.
    #[must_use]
    pub fn shape_of(&self, reservation: ReservationId) -> Option<ShapeId> {
        self.reservations.get(reservation.0 as usize)?.shape
    }

    /// What is free of each unit of a node, in the order of [`Stock::units`].
    #[must_use]
    pub fn free(&self, node: NodeId) -> &[u64] {
        self.nodes.get(node.0 as usize).map_or(&[], |it| self.free_units(*it))
    }

    /// What a node has.
    #[must_use]
    pub fn stock(&self, node: NodeId) -> Option<&Stock> {
        let group = self.nodes.get(node.0 as usize)?.group;
        self.groups.get(group.0 as usize).map(|it| &it.stock)
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

    /// Makes room for so many reservations, so that placing them allocates nothing.
    pub fn reserve(&mut self, reservations: usize) {
        let width = self.shapes.iter().map(|it| it.width).max().unwrap_or(0);
        self.reservations.reserve(reservations);
        self.vacant.reserve(reservations);
        self.taken.reserve(reservations.saturating_mul(width));
        self.changes.reserve(self.nodes.len().saturating_mul(CHANGES_PER_NODE) + 1);
        for shape in 0..self.shapes.len() {
            self.refresh(ShapeId(number(shape)));
            let it = &mut self.shapes[shape];
            it.candidates.reserve(self.nodes.len());
            self.spare.entry(it.width).or_default().reserve(reservations);
        }
    }

    /// Brings a shape's candidates up to date.
    fn refresh(&mut self, shape: ShapeId) {
        let Self { score, groups, nodes, free, shapes, changes, forgotten, .. } = self;
        let Shape { plans, candidates, .. } = &mut shapes[shape.0 as usize];
        let rated = |id: NodeId| -> Option<(u64, u32)> {
            let node = nodes[id.0 as usize];
            let group = &groups[node.group.0 as usize];
            let (reluctance, layout) = plans.get(node.group.0 as usize)?.as_ref()?;
            let units = group.stock.units();
            let free = &free[node.at..node.at + units.len()];
            if !node.open || !layout.fits(free) {
                return None;
            }
            let site = Site { free, capacity: units, layout };
            let fit = score.score(&site).min(WORST);
            Some((u64::from(*reluctance) << 48 | fit, node.version))
        };
        let behind = candidates.seen().and_then(|seen| usize::try_from(seen.checked_sub(*forgotten)?).ok());
        match behind {
            Some(behind) if !candidates.is_crowded(nodes.len()) => {
                for (node, version) in changes.get(behind..).unwrap_or_default() {
                    // Of a node that changed often, only the last change counts.
                    if nodes[node.0 as usize].version == *version
                        && let Some((rank, version)) = rated(*node)
                    {
                        candidates.push(rank, *node, version);
                    }
                }
            }
            _ => {
                candidates.clear();
                let members = groups.iter().zip(plans.iter()).filter(|(_, plan)| plan.is_some());
                for node in members.flat_map(|(group, _)| &group.members) {
                    if let Some((rank, version)) = rated(*node) {
                        candidates.push_unordered(rank, *node, version);
                    }
                }
                candidates.order();
            }
        }
        candidates.set_seen(*forgotten + changes.len() as u64);
    }

    /// The node fits: nothing is looked at again but the amounts themselves.
    fn reserve_on(&mut self, shape: ShapeId, node: NodeId) -> ReservationId {
        let of = self.nodes[node.0 as usize];
        let it = &self.shapes[shape.0 as usize];
        let width = it.width;
        let at = self.spare.get_mut(&width).and_then(Vec::pop).unwrap_or_else(|| {
            let at = self.taken.len();
            self.taken.resize(at + width, Taken::default());
            at
        });
        let units = self.groups[of.group.0 as usize].stock.units().len();
        let free = &mut self.free[of.at..of.at + units];
        let taken = &mut self.taken[at..at + width];
        taken.fill(Taken::default());
        if let Some(Some((_, layout))) = it.plans.get(of.group.0 as usize) {
            layout.take(free, taken);
        }
        self.touch(node);
        let reservation = Reservation { node, shape: Some(shape), at, width };
        match self.vacant.pop() {
            Some(id) => {
                self.reservations[id.0 as usize] = reservation;
                id
            }
            None => {
                let id = ReservationId(number(self.reservations.len()));
                self.reservations.push(reservation);
                id
            }
        }
    }

    fn free_units(&self, node: Node) -> &[u64] {
        let units = self.groups[node.group.0 as usize].stock.units().len();
        &self.free[node.at..node.at + units]
    }

    /// The node is another than it was.
    fn touch(&mut self, node: NodeId) {
        let of = &mut self.nodes[node.0 as usize];
        of.version = of.version.wrapping_add(1);
        let version = of.version;
        if self.changes.len() > self.nodes.len().saturating_mul(CHANGES_PER_NODE) {
            // Who has not looked for so long looks at every node anew.
            self.forgotten += self.changes.len() as u64;
            self.changes.clear();
        }
        self.changes.push((node, version));
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 of anything fit into memory")
}

#[cfg(test)]
mod tests;

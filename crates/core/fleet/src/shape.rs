//! Requests by number, with what each means on every group. Those not used for long are forgotten.

use std::collections::BTreeMap;

use super::candidates::Candidates;
use super::group::{Group, Groups};
use super::layout::Layout;
use super::number;
use super::request::Request;

/// A request's number, as long as it is remembered: until [`SHAPES_MOST`] others were asked for since. Then
/// [`Fleet::shape`](super::Fleet::shape) gives another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId {
    slot: u32,
    generation: u32,
}

/// How gladly a group takes a request: the less the better. `None` never takes it.
pub type Reluctance = Option<u16>;

/// Different requests that are remembered.
pub const SHAPES_MOST: usize = 4_096;

/// Of every node so many places in all heaps together; beyond, those not used for longest are given up.
const PLACES_PER_NODE: usize = 256;
/// As many there may be, however few nodes there are.
const PLACES: usize = 1 << 22;

#[derive(Debug)]
pub(super) struct Shape {
    pub(super) request: Request,
    asker: u32,
    generation: u32,
    /// When it was used last.
    used: u64,
    /// How many groups there had ever been when it was asked for last.
    asked: u64,
    /// What the request means on each group; `None` where it may not go, or could not even if it were empty.
    plans: Vec<Option<Plan>>,
    /// The most units it takes from.
    pub(super) width: usize,
    pub(super) candidates: Candidates,
}

#[derive(Debug)]
pub(super) struct Plan {
    born: u64,
    pub(super) reluctance: u16,
    pub(super) layout: Layout,
}

#[derive(Debug, Default)]
pub(super) struct Shapes {
    slots: Vec<Shape>,
    /// By asker and request.
    ids: BTreeMap<u32, BTreeMap<Request, usize>>,
    clock: u64,
    /// Places in all heaps.
    places: usize,
}

impl ShapeId {
    /// A number below [`SHAPES_MOST`] that no other request has that is remembered.
    #[must_use]
    pub const fn slot(self) -> usize {
        self.slot as usize
    }
}

impl Shapes {
    /// The number of a request, which is remembered from now on.
    pub(super) fn number(&mut self, request: &Request, asker: u32) -> ShapeId {
        let known = self.ids.get(&asker).and_then(|of| of.get(request)).copied();
        let slot = known.unwrap_or_else(|| self.remember(request, asker));
        self.clock += 1;
        let shape = &mut self.slots[slot];
        shape.used = self.clock;
        ShapeId { slot: number(slot), generation: shape.generation }
    }

    /// Asks how groups regard a shape that were not there when it was asked for last.
    pub(super) fn ask(&mut self, id: ShapeId, groups: &Groups, mut regard: impl FnMut(u32) -> Reluctance) {
        let Some(shape) = self.slots.get_mut(id.slot()).filter(|it| it.asked < groups.born()) else { return };
        shape.plans.resize_with(groups.all().len(), || None);
        for (group, place) in groups.all().iter().zip(&mut shape.plans) {
            if group.born <= shape.asked {
                continue;
            }
            let layout = Layout::of(&shape.request, &group.stock);
            let fits_empty = layout.filter(|it| it.fits(group.stock.units(), group.stock.units()));
            *place = fits_empty.and_then(|layout| Some(Plan::new(layout, regard(group.facts)?, group)));
            shape.width = shape.width.max(place.as_ref().map_or(0, |plan| plan.layout.width()));
        }
        shape.asked = groups.born();
        shape.candidates.forget();
    }

    /// The shape, if it is remembered. It was used just now.
    pub(super) fn used(&mut self, id: ShapeId) -> Option<&mut Shape> {
        self.clock += 1;
        let shape = self.slots.get_mut(id.slot()).filter(|it| it.generation == id.generation)?;
        shape.used = self.clock;
        Some(shape)
    }

    pub(super) fn get(&self, id: ShapeId) -> Option<&Shape> {
        self.slots.get(id.slot()).filter(|it| it.generation == id.generation)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (ShapeId, &Shape)> {
        let id = |slot: usize, shape: &Shape| ShapeId { slot: number(slot), generation: shape.generation };
        self.slots.iter().enumerate().map(move |(slot, shape)| (id(slot, shape), shape))
    }

    /// A heap has grown by so many places. Those not used for longest give theirs back, if they are too many.
    pub(super) fn account(&mut self, grown: usize, nodes: usize) {
        self.places = self.places.saturating_add(grown);
        let most = nodes.saturating_mul(PLACES_PER_NODE).max(PLACES);
        while self.places > most {
            let holding =
                self.slots.iter_mut().filter(|it| it.candidates.capacity() > 0 && it.used < self.clock);
            let Some(longest) = holding.min_by_key(|it| it.used) else { break };
            self.places = self.places.saturating_sub(longest.candidates.capacity());
            longest.candidates.drop_all();
        }
    }

    fn remember(&mut self, request: &Request, asker: u32) -> usize {
        let mut shape = Shape {
            request: request.clone(),
            asker,
            generation: 0,
            used: 0,
            asked: 0,
            plans: Vec::new(),
            width: 0,
            candidates: Candidates::default(),
        };
        let full = self.slots.len() >= SHAPES_MOST;
        let longest = self.slots.iter().enumerate().min_by_key(|(_, it)| it.used).map(|(slot, _)| slot);
        let slot = match longest.filter(|_| full) {
            Some(slot) => {
                shape.generation = self.slots[slot].generation.wrapping_add(1);
                let before = std::mem::replace(&mut self.slots[slot], shape);
                self.places = self.places.saturating_sub(before.candidates.capacity());
                if let Some(of) = self.ids.get_mut(&before.asker) {
                    of.remove(&before.request);
                    if of.is_empty() {
                        self.ids.remove(&before.asker);
                    }
                }
                slot
            }
            None => {
                self.slots.push(shape);
                self.slots.len() - 1
            }
        };
        self.ids.entry(asker).or_default().insert(request.clone(), slot);
        slot
    }
}

impl Plan {
    pub(super) fn new(layout: Layout, reluctance: u16, group: &Group) -> Self {
        Self { born: group.born, reluctance, layout }
    }
}

impl Shape {
    /// What it means on a group; `None` also where the group came after it was asked for.
    pub(super) fn plan(&self, at: usize, group: &Group) -> Option<&Plan> {
        plan(&self.plans, at, group)
    }

    /// Its plans, and its heap.
    pub(super) fn parts(&mut self) -> (&[Option<Plan>], &mut Candidates) {
        (&self.plans, &mut self.candidates)
    }
}

/// Of all plans that for the group of this number.
pub(super) fn plan<'a>(plans: &'a [Option<Plan>], at: usize, group: &Group) -> Option<&'a Plan> {
    plans.get(at)?.as_ref().filter(|it| it.born == group.born)
}

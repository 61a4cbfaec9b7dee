//! Reservations by number, and what each took. Numbers and places are given out again.

use std::collections::BTreeMap;

use super::shape::ShapeId;
use super::{NodeId, number};

/// A reservation's number. Given out again once it was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId(pub(super) u32);

/// An amount of one unit of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Which unit, of all the node has, in the order of [`Stock::units`](super::Stock::units).
    pub unit: u32,
    /// How much of it.
    pub amount: u64,
}

#[derive(Clone, Copy, Debug)]
struct Reservation {
    node: NodeId,
    /// `None` where it was released.
    shape: Option<ShapeId>,
    /// Where in `taken` it begins, and how many follow.
    at: usize,
    width: usize,
}

#[derive(Debug, Default)]
pub(super) struct Reservations {
    all: Vec<Reservation>,
    vacant: Vec<ReservationId>,
    /// Zero where nothing was taken.
    taken: Vec<Taken>,
    /// Places in `taken` that were released, by width.
    spare: BTreeMap<usize, Vec<usize>>,
}

impl Reservations {
    /// A new one, of no more than so many units; which, is written to the slots that are handed out.
    pub(super) fn add(
        &mut self,
        node: NodeId,
        shape: ShapeId,
        width: usize,
    ) -> (ReservationId, &mut [Taken]) {
        let at = self.spare.get_mut(&width).and_then(Vec::pop).unwrap_or_else(|| {
            let at = self.taken.len();
            self.taken.resize(at + width, Taken::default());
            at
        });
        let reservation = Reservation { node, shape: Some(shape), at, width };
        let id = match self.vacant.pop() {
            Some(id) => {
                self.all[id.0 as usize] = reservation;
                id
            }
            None => {
                self.all.push(reservation);
                ReservationId(number(self.all.len() - 1))
            }
        };
        let taken = &mut self.taken[at..at + width];
        taken.fill(Taken::default());
        (id, taken)
    }

    /// Ends one: where it was, and what it took. `None` where it was ended before.
    pub(super) fn end(&mut self, id: ReservationId) -> Option<(NodeId, &[Taken])> {
        let it = self.all.get_mut(id.0 as usize)?;
        it.shape.take()?;
        let Reservation { node, at, width, .. } = *it;
        self.spare.entry(width).or_default().push(at);
        self.vacant.push(id);
        Some((node, &self.taken[at..at + width]))
    }

    pub(super) fn node_of(&self, id: ReservationId) -> Option<NodeId> {
        self.held(id).map(|it| it.node)
    }

    pub(super) fn shape_of(&self, id: ReservationId) -> Option<ShapeId> {
        self.held(id)?.shape
    }

    pub(super) fn taken(&self, id: ReservationId) -> &[Taken] {
        self.held(id).and_then(|it| self.taken.get(it.at..it.at + it.width)).unwrap_or_default()
    }

    /// Makes room for so many of each of these widths.
    pub(super) fn reserve(&mut self, count: usize, widths: impl Iterator<Item = usize>) {
        let mut most = 0;
        for width in widths {
            most = most.max(width);
            self.spare.entry(width).or_default().reserve(count);
        }
        self.all.reserve(count);
        self.vacant.reserve(count);
        self.taken.reserve(count.saturating_mul(most));
    }

    fn held(&self, id: ReservationId) -> Option<&Reservation> {
        self.all.get(id.0 as usize).filter(|it| it.shape.is_some())
    }
}

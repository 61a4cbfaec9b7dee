//! The requests that room is kept for, laid out so that all of them are asked of a node at once.
//!
//! Requests share their terms: how much room there is for an amount of a kind is found once for all of them.
//! Groups that accept the same of the requests share a table.

use super::super::group::GroupStamp;
use super::super::layout::is_whole;
use super::super::request::{Request, Want};
use super::super::shape::ShapeId;
use super::super::stock::{Kind, Stock};
use super::super::view::View;

/// How many different requests room is kept for: the most frequent ones.
pub const REMEMBERED: usize = 64;

/// Kinds that the requests may ask for in all; those that would ask for more are not remembered.
const KINDS_MOST: usize = 16;

/// Tables beside the one that accepts everything. Groups that would need more have that one.
const TABLES_MOST: usize = 64;

/// Requests that are added up side by side.
const LANES: usize = 8;

/// Room for one more, to within what dividing loses.
const ONCE: f64 = 1.0 - 1e-12;

/// What a request's room on a node is worth.
fn value(weight: f64, room: f64) -> f64 {
    // Less than once is not at all. Who asks for nothing takes no room.
    if (ONCE..f64::INFINITY).contains(&room) { weight * room } else { 0.0 }
}

/// How large a part of a kind is asked for, if nodes have so much of it, in so many units.
fn share(want: Want, has: Total) -> f64 {
    match want {
        Want::Share(amount) | Want::Spread(amount) => amount as f64 / has.amount.max(1.0),
        Want::Whole(count) => f64::from(count) / has.units.max(1.0),
    }
}

/// How much room there is for a want of one kind.
fn room(want: Want, free: &[u64], capacity: &[u64]) -> f64 {
    match (want, free) {
        (Want::Share(amount) | Want::Spread(amount), [free]) => *free as f64 / amount as f64,
        (Want::Share(amount), free) => free.iter().filter(|free| **free >= amount).count() as f64,
        (Want::Spread(amount), free) => free.iter().map(|free| *free as f64).sum::<f64>() / amount as f64,
        (Want::Whole(count), free) => {
            let whole = free.iter().zip(capacity).filter(is_whole).count() as f64;
            (whole / f64::from(count)).floor()
        }
    }
}

/// A table for each set of requests that some group accepts.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// The first accepts everything. Those from `used` on are kept for their memory.
    tables: Vec<Table>,
    used: usize,
    /// Of each group by its number: which of those with that number, and its table.
    groups: Vec<Option<(u64, usize)>>,
    remembered: Vec<Remembered>,
    /// Kinds that are asked for, and what all nodes have of each.
    kinds: Vec<(Kind, Total)>,
    nothing: Table,
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    shape: ShapeId,
    count: u64,
    /// The largest part it asks for of what there is of a kind.
    size: f64,
    supply: f64,
}

/// What all nodes have of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    amount: f64,
    units: f64,
}

/// The requests that nodes of some groups are kept open for.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Which of the remembered.
    accepted: u64,
    /// Each one's number among the remembered.
    numbers: Vec<usize>,
    /// As many as there are requests, rounded up to lanes.
    weights: Vec<f64>,
    /// Those from `used` on are kept for their memory.
    terms: Vec<Terms>,
    used: usize,
}

/// What is asked for of one kind.
#[derive(Clone, Debug)]
struct Terms {
    kind: Kind,
    /// Room is so many times what is free, and so much, where the kind has a single unit: a line for each request.
    slopes: [f64; REMEMBERED],
    offsets: [f64; REMEMBERED],
    /// Whether lines say all there is to say.
    are_lines: bool,
    /// The different wants.
    wants: Vec<Want>,
    /// Of each request its want among them, from 1; 0 where it asks for nothing.
    picks: [u8; REMEMBERED],
}

impl Tables {
    /// The table of a group.
    pub(super) fn of(&self, group: GroupStamp) -> &Table {
        self.tables.get(self.number_of(group)).unwrap_or(&self.nothing)
    }

    fn number_of(&self, group: GroupStamp) -> usize {
        let known = self.groups.get(group.id.0 as usize).copied().flatten();
        known.filter(|(born, _)| *born == group.born).map_or(0, |(_, table)| table)
    }

    /// Weighs these requests, the first of them that there is place for, by how much room there is.
    pub(super) fn renew(&mut self, frequent: impl Iterator<Item = (ShapeId, u64)>, view: &View<'_>) {
        self.remember(frequent, view);
        self.measure(view);
        self.used = 0;
        self.table(u64::MAX >> (REMEMBERED - self.remembered.len().clamp(1, REMEMBERED)), view);
        self.groups.clear();
        for group in view.groups() {
            let accepts = |(at, it): (usize, &Remembered)| u64::from(group.accepts(it.shape)) << at;
            let accepted = self.remembered.iter().enumerate().map(accepts).fold(0, |all, bit| all | bit);
            let table = self.table(accepted, view);
            let at = group.stamp.id.0 as usize;
            self.groups.resize(self.groups.len().max(at + 1), None);
            if let Some(place) = self.groups.get_mut(at) {
                *place = Some((group.stamp.born, table));
            }
        }
        self.weigh(view);
    }

    /// Makes tables for all groups there are.
    pub(super) fn reserve(&mut self, view: &View<'_>) {
        self.remembered.reserve(REMEMBERED);
        self.kinds.reserve(KINDS_MOST);
        let groups = view.groups().map(|it| it.stamp.id.0 as usize + 1).max().unwrap_or(0);
        self.groups.reserve(groups.saturating_sub(self.groups.len()));
        let tables = view.groups().count().min(TABLES_MOST) + 1;
        while self.tables.len() < tables {
            self.tables.push(Table::default());
        }
        self.tables.iter_mut().for_each(Table::reserve);
    }

    fn remember(&mut self, frequent: impl Iterator<Item = (ShapeId, u64)>, view: &View<'_>) {
        self.remembered.clear();
        self.kinds.clear();
        for (shape, count) in frequent {
            let Some(request) = view.request(shape) else { continue };
            let known = |kinds: &[(Kind, Total)], kind| kinds.iter().any(|(other, _)| *other == kind);
            let new = request.wants().filter(|(kind, _)| !known(&self.kinds, *kind)).count();
            if self.kinds.len() + new > KINDS_MOST {
                continue;
            }
            for (kind, _) in request.wants() {
                if !known(&self.kinds, kind) {
                    self.kinds.push((kind, Total::default()));
                }
            }
            self.remembered.push(Remembered { shape, count, size: 0.0, supply: 0.0 });
            if self.remembered.len() == REMEMBERED {
                break;
            }
        }
    }

    /// The table for those that are accepted.
    fn table(&mut self, accepted: u64, view: &View<'_>) -> usize {
        let known = self.tables.iter().take(self.used).position(|it| it.accepted == accepted);
        if let Some(at) = known {
            return at;
        }
        if self.used > TABLES_MOST {
            return 0;
        }
        let at = self.used;
        if at == self.tables.len() {
            self.tables.push(Table::default());
        }
        self.used += 1;
        if let Some(table) = self.tables.get_mut(at) {
            table.fill(accepted, &self.remembered, view);
        }
        at
    }

    /// Finds how large each of the remembered is.
    fn measure(&mut self, view: &View<'_>) {
        for group in view.groups() {
            let nodes = group.len() as f64;
            for (kind, total) in &mut self.kinds {
                let units = group.stock().units_of(*kind);
                total.amount += nodes * units.iter().map(|it| *it as f64).sum::<f64>();
                total.units += nodes * units.len() as f64;
            }
        }
        for it in &mut self.remembered {
            let wants = view.request(it.shape).into_iter().flat_map(Request::wants);
            let of = |kind| self.kinds.iter().find(|(other, _)| *other == kind).map(|(_, total)| *total);
            let shares = wants.filter_map(|(kind, want)| Some(share(want, of(kind)?)));
            it.size = shares.fold(0.0, f64::max);
        }
    }

    fn weigh(&mut self, view: &View<'_>) {
        for group in view.groups() {
            let Some(table) = self.tables.get(self.number_of(group.stamp)) else { continue };
            let mut supplies = [0.0; REMEMBERED];
            // Nodes of which nothing is taken have the same room.
            let mut empty = None;
            for state in group.states() {
                let rooms = || table.rooms(state.stock, state.free);
                let is_empty = state.free == state.stock.units();
                let rooms = if is_empty { *empty.get_or_insert_with(rooms) } else { rooms() };
                for (supply, room) in supplies.iter_mut().zip(rooms) {
                    *supply += value(1.0, room);
                }
            }
            for (number, supply) in table.numbers.iter().zip(supplies) {
                if let Some(it) = self.remembered.get_mut(*number) {
                    it.supply += supply;
                }
            }
        }
        for table in self.tables.iter_mut().take(self.used) {
            for (place, number) in table.weights.iter_mut().zip(&table.numbers) {
                *place = self.remembered.get(*number).map_or(0.0, Remembered::weight);
            }
        }
    }
}

impl Remembered {
    /// What one more room for it is worth, to a common factor.
    fn weight(&self) -> f64 {
        // One more than there is: what fits nowhere any more has no room to lose.
        self.count as f64 * self.size.sqrt() / (self.supply + 1.0)
    }
}

impl Table {
    /// What all room on a node is worth, if so much is free there.
    pub(super) fn worth(&self, stock: &Stock, free: &[u64]) -> f64 {
        let rooms = self.rooms(stock, free);
        let mut sums = [0.0; LANES];
        for (weights, rooms) in self.weights.chunks_exact(LANES).zip(rooms.chunks_exact(LANES)) {
            for ((sum, weight), room) in sums.iter_mut().zip(weights).zip(rooms) {
                *sum += value(*weight, *room);
            }
        }
        sums.iter().sum()
    }

    /// How much room there is for each of the requests; infinite beyond them.
    fn rooms(&self, stock: &Stock, free: &[u64]) -> [f64; REMEMBERED] {
        let mut rooms = [f64::INFINITY; REMEMBERED];
        let lanes = self.weights.len();
        for terms in self.terms.iter().take(self.used) {
            let range = stock.range(terms.kind);
            let units = free.get(range).unwrap_or_default();
            let rooms = rooms.iter_mut().take(lanes);
            match units {
                [free] if terms.are_lines => {
                    let free = *free as f64;
                    for ((least, slope), offset) in rooms.zip(&terms.slopes).zip(&terms.offsets) {
                        let room = free * slope + offset;
                        *least = if room < *least { room } else { *least };
                    }
                }
                units => {
                    let mut values = [f64::INFINITY; REMEMBERED + 1];
                    let capacity = stock.units_of(terms.kind);
                    for (value, want) in values.iter_mut().skip(1).zip(&terms.wants) {
                        *value = room(*want, units, capacity);
                    }
                    for (least, pick) in rooms.zip(&terms.picks) {
                        let room = values.get(usize::from(*pick)).copied().unwrap_or(0.0);
                        *least = if room < *least { room } else { *least };
                    }
                }
            }
        }
        rooms
    }

    fn fill(&mut self, accepted: u64, remembered: &[Remembered], view: &View<'_>) {
        self.accepted = accepted;
        self.numbers.clear();
        self.numbers.extend((0..remembered.len()).filter(|at| accepted >> at & 1 == 1));
        self.weights.clear();
        self.weights.resize(self.numbers.len().next_multiple_of(LANES), 0.0);
        self.used = 0;
        for lane in 0..self.numbers.len() {
            let request = self.numbers.get(lane).and_then(|at| remembered.get(*at));
            for (kind, want) in
                request.and_then(|it| view.request(it.shape)).into_iter().flat_map(|it| it.wants())
            {
                if let Some(terms) = self.terms_of(kind) {
                    terms.add(lane, want);
                }
            }
        }
    }

    fn terms_of(&mut self, kind: Kind) -> Option<&mut Terms> {
        let known = self.terms.iter().take(self.used).position(|it| it.kind == kind);
        let at = known.unwrap_or_else(|| {
            if self.used == self.terms.len() {
                self.terms.push(Terms::default());
            }
            self.used += 1;
            self.used - 1
        });
        let terms = self.terms.get_mut(at)?;
        if known.is_none() {
            terms.clear(kind);
        }
        Some(terms)
    }

    fn reserve(&mut self) {
        self.numbers.reserve(REMEMBERED.saturating_sub(self.numbers.len()));
        self.weights.reserve(REMEMBERED.saturating_sub(self.weights.len()));
        while self.terms.len() < KINDS_MOST {
            self.terms.push(Terms::default());
        }
    }
}

impl Terms {
    fn clear(&mut self, kind: Kind) {
        self.kind = kind;
        (self.slopes, self.offsets) = ([0.0; REMEMBERED], [f64::INFINITY; REMEMBERED]);
        self.are_lines = true;
        self.wants.clear();
        self.picks = [0; REMEMBERED];
    }

    /// A request asks for this.
    fn add(&mut self, lane: usize, want: Want) {
        let at = self.wants.iter().position(|it| *it == want).unwrap_or_else(|| {
            self.wants.push(want);
            self.wants.len() - 1
        });
        if let Some(pick) = self.picks.get_mut(lane) {
            *pick = u8::try_from(at + 1).unwrap_or(0);
        }
        let (Some(slope), Some(offset)) = (self.slopes.get_mut(lane), self.offsets.get_mut(lane)) else {
            return;
        };
        match want {
            Want::Share(amount) | Want::Spread(amount) => (*slope, *offset) = (1.0 / amount as f64, 0.0),
            Want::Whole(_) => self.are_lines = false,
        }
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            kind: Kind(0),
            slopes: [0.0; REMEMBERED],
            offsets: [f64::INFINITY; REMEMBERED],
            are_lines: true,
            wants: Vec::with_capacity(REMEMBERED),
            picks: [0; REMEMBERED],
        }
    }
}

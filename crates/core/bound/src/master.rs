//! The program over patterns: which rows there are, and which column a pattern is.
//!
//! Rows: each demand, up to its count; of each group each kind that is added up, in nodes; of each group each
//! size of divided unit, in units. Gains are in parts of the largest value.

use crate::pattern::Pattern;
use crate::prices::{Guest, Offer, Prices};
use crate::simplex::{Column, Simplex};

/// The program, and which row is what.
pub(crate) struct Master<'a> {
    offer: &'a Offer<'a>,
    pub(crate) simplex: Simplex,
    /// Of each group, of each kind that is added up, its row.
    kinds: Vec<Vec<(usize, usize)>>,
    /// Of each group, of each size of divided unit, its row.
    units: Vec<Vec<(u64, usize)>>,
    largest: f64,
}

impl<'a> Master<'a> {
    /// The program with the patterns that hold only one demand.
    pub(crate) fn new(offer: &'a Offer<'a>) -> Self {
        let mut limits: Vec<f64> = offer.demands.iter().map(|demand| demand.count as f64).collect();
        let (mut kinds, mut units) = (Vec::new(), Vec::new());
        for (at, (group, guests)) in offer.groups.iter().zip(&offer.guests).enumerate() {
            let nodes = f64::from(group.count);
            let asked =
                |kind: &usize| guests.iter().any(|guest| guest.asked.iter().any(|it| it.kind == *kind));
            let mut rows = Vec::new();
            // Nobody asks for the divided kind in this way.
            for kind in (0..group.kinds()).filter(asked) {
                rows.push((kind, limits.len()));
                limits.push(nodes);
            }
            kinds.push(rows);
            let mut rows = Vec::new();
            if !guests.is_empty() {
                for (capacity, count) in offer.units(at) {
                    rows.push((capacity, limits.len()));
                    limits.push(nodes * f64::from(count));
                }
            }
            units.push(rows);
        }
        let largest = offer.demands.iter().map(|demand| demand.value).max().unwrap_or(0).max(1) as f64;
        let mut master = Self { offer, simplex: Simplex::new(&limits), kinds, units, largest };
        master.begin();
        master
    }

    fn begin(&mut self) {
        let free = Prices {
            demands: vec![0; self.offer.demands.len()],
            kinds: self.offer.groups.iter().map(|group| vec![0; group.kinds()]).collect(),
        };
        for at in 0..self.offer.groups.len() {
            let sizes = self.units.get(at).cloned().unwrap_or_default();
            let offer = self.offer;
            for guest in offer.guests.get(at).into_iter().flatten() {
                let Some(part) = guest.part else {
                    self.push(at, None, &[(guest.demand, 1.0)]);
                    continue;
                };
                let value = offer.value(guest.demand);
                for (capacity, row) in &sizes {
                    let pattern = crate::pattern::best(*capacity, &[(guest.demand, part, value)]);
                    self.push(at, Some(*row), &pattern.holds);
                }
            }
            for (capacity, row) in sizes {
                let pattern = free.pattern(offer, at, capacity);
                self.push(at, Some(row), &pattern.holds);
            }
        }
    }

    /// The prices at which the program stands.
    pub(crate) fn prices(&self) -> Prices {
        let scale = self.offer.scale.value(1) as f64 * self.largest;
        let rows = self.simplex.prices();
        // Any whole number from 0 on is a price; the nearest is the best guess.
        let price = |row: usize| (rows.get(row).copied().unwrap_or(0.0).max(0.0) * scale).round() as i64;
        let kinds = self.offer.groups.iter().zip(&self.kinds).map(|(group, rows)| {
            let mut prices = vec![0; group.kinds()];
            for (kind, row) in rows {
                if let Some(place) = prices.get_mut(*kind) {
                    *place = price(*row);
                }
            }
            prices
        });
        Prices { demands: (0..self.offer.demands.len()).map(price).collect(), kinds: kinds.collect() }
    }

    /// Adds the best pattern of each size of unit, where it gains more than the unit's price. Answers whether
    /// there was one.
    pub(crate) fn grow(&mut self, prices: &Prices) -> bool {
        let scale = self.offer.scale.value(1) as f64 * self.largest;
        let mut grown = false;
        for at in 0..self.offer.groups.len() {
            for (capacity, row) in self.units.get(at).cloned().unwrap_or_default() {
                let pattern: Pattern = prices.pattern(self.offer, at, capacity);
                let price = self.simplex.prices().get(row).copied().unwrap_or(0.0);
                if pattern.gain as f64 / scale > price + 1e-7 {
                    self.push(at, Some(row), &pattern.holds);
                    grown = true;
                }
            }
        }
        grown
    }

    fn push(&mut self, at: usize, unit: Option<usize>, holds: &[(usize, f64)]) {
        let Some(guests) = self.offer.guests.get(at) else { return };
        let mut column = Column { gain: 0.0, takes: Vec::new() };
        column.takes.extend(unit.map(|row| (row, 1.0)));
        let mut summed: Vec<(usize, f64)> = Vec::new();
        for (demand, amount) in holds {
            let guest = guests.binary_search_by_key(demand, |guest: &Guest| guest.demand).ok();
            let Some(guest) = guest.and_then(|at| guests.get(at)) else { continue };
            let value = self.offer.demands.get(*demand).map_or(0, |demand| demand.value);
            column.gain += amount * value as f64 / self.largest;
            column.takes.push((*demand, *amount));
            for asked in &guest.asked {
                let part = amount * asked.amount as f64 / asked.total as f64;
                match summed.iter_mut().find(|(other, _)| *other == asked.kind) {
                    Some((_, sum)) => *sum += part,
                    None => summed.push((asked.kind, part)),
                }
            }
        }
        let rows = self.kinds.get(at).map(Vec::as_slice).unwrap_or_default();
        for (kind, sum) in summed {
            column.takes.extend(rows.iter().find(|(other, _)| *other == kind).map(|(_, row)| (*row, sum)));
        }
        self.simplex.push(column);
    }
}

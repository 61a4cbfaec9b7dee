//! The bound that prices prove, in whole numbers.
//!
//! Values and prices are in fractions of one unit of value, [`Scale`] to the unit. What is rounded is rounded
//! so that the bound grows: what a demand pays for a node's kinds is rounded down, what a unit gains is
//! rounded up, and prices are what they are after they were rounded.

use crate::pattern::{Part, Pattern, best};
use crate::problem::{Demand, Group};
use casemate_fleet::Want;

/// Fractions to one unit of value: a power of 2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale(u32);

/// The largest value has about so many binary digits after it was scaled.
const DIGITS: u32 = 40;

impl Scale {
    /// A scale at which values up to this one are fine enough and their sums do not overflow.
    pub(crate) const fn of(largest: u64) -> Self {
        Self(DIGITS.saturating_sub(u64::BITS - largest.leading_zeros()))
    }

    /// A value in fractions.
    pub(crate) fn value(self, value: u64) -> i128 {
        // At most 64 and 40 digits.
        i128::from(value) << self.0
    }

    /// A sum of fractions in units of value. Rounded down, since no placement is worth a part of a unit.
    pub(crate) fn units(self, fractions: i128) -> u64 {
        u64::try_from(fractions >> self.0).unwrap_or(u64::MAX)
    }
}

/// Prices of demands and of what groups have.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    /// Of one of each demand.
    pub(crate) demands: Vec<i64>,
    /// Of all that one node has of each kind, group by group; of the divided kind 0.
    pub(crate) kinds: Vec<Vec<i64>>,
}

/// Which demands fit on an empty node of a group, and what they take of it.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) demand: usize,
    /// On the divided kind; `None` if it takes nothing of it.
    pub(crate) part: Option<Part>,
    /// Of each other kind what is asked for.
    pub(crate) asked: Vec<Asked>,
}

/// What a guest takes of a kind that is added up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The kind's number among the group's.
    pub(crate) kind: usize,
    pub(crate) amount: u64,
    /// What a node has of it in all; 1 at least.
    pub(crate) total: u64,
}

/// The guests of a group.
pub(crate) fn guests(group: &Group, demands: &[Demand]) -> Vec<Guest> {
    let guest = |(demand, it): (usize, &Demand)| {
        if it.room(group) == 0 || it.value == 0 || it.count == 0 {
            return None;
        }
        let part = it.request.want(group.divided).map(|want| match want {
            Want::Share(amount) => Part::Share(amount),
            Want::Whole(count) => Part::Whole(count),
            Want::Spread(amount) => Part::Spread(amount),
        });
        let asked = group.stock.kinds().enumerate().filter_map(|(number, kind)| {
            let want = it.request.want(kind).filter(|_| kind != group.divided)?;
            let amount = group.asked(want, kind);
            (amount > 0).then(|| Asked { kind: number, amount, total: group.total(kind).max(1) })
        });
        Some(Guest { demand, part, asked: asked.collect() })
    };
    demands.iter().enumerate().filter_map(guest).collect()
}

impl Prices {
    /// What a guest gains beyond what it pays.
    fn gain(&self, at: usize, guest: &Guest, value: i128) -> i128 {
        let price = self.demands.get(guest.demand).copied().unwrap_or(0);
        let prices = self.kinds.get(at).map(Vec::as_slice).unwrap_or_default();
        let paid = guest.asked.iter().map(|asked| {
            let price = i128::from(prices.get(asked.kind).copied().unwrap_or(0));
            price.saturating_mul(i128::from(asked.amount)) / i128::from(asked.total)
        });
        paid.fold(value.saturating_sub(i128::from(price)), i128::saturating_sub)
    }

    /// The best pattern of a unit of this capacity in a group (the `at`-th).
    pub(crate) fn pattern(&self, groups: &Offer<'_>, at: usize, capacity: u64) -> Pattern {
        let Some(guests) = groups.guests.get(at) else { return Pattern::default() };
        let item = |guest: &Guest| {
            let part = guest.part?;
            Some((guest.demand, part, self.gain(at, guest, groups.value(guest.demand))))
        };
        best(capacity, &guests.iter().filter_map(item).collect::<Vec<_>>())
    }

    /// What no placement can be worth more than, in fractions.
    pub(crate) fn proves(&self, offer: &Offer<'_>) -> i128 {
        let priced = self.demands.iter().zip(offer.demands);
        let mut sum: i128 = priced
            .map(|(price, demand)| i128::from(*price).saturating_mul(i128::from(demand.count)))
            .fold(0, i128::saturating_add);
        for (at, (group, guests)) in offer.groups.iter().zip(&offer.guests).enumerate() {
            let kinds = self.kinds.get(at).map(Vec::as_slice).unwrap_or_default();
            let mut node: i128 = kinds.iter().map(|price| i128::from(*price)).fold(0, i128::saturating_add);
            for (capacity, units) in offer.units(at) {
                let gain = self.pattern(offer, at, capacity).gain;
                node = node.saturating_add(gain.saturating_mul(i128::from(units)));
            }
            let nodes = i128::from(group.count);
            sum = sum.saturating_add(node.saturating_mul(nodes));
            // Who takes nothing of the divided kind is in no pattern; at good prices it gains nothing.
            for guest in guests.iter().filter(|guest| guest.part.is_none()) {
                let gain = self.gain(at, guest, offer.value(guest.demand)).max(0);
                let Some(demand) = offer.demands.get(guest.demand) else { continue };
                let room = i128::from(demand.room(group));
                let most = i128::from(demand.count).min(room.saturating_mul(nodes));
                sum = sum.saturating_add(gain.saturating_mul(most));
            }
        }
        sum
    }
}

/// Groups and demands, and who fits where.
#[derive(Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) groups: &'a [Group],
    pub(crate) demands: &'a [Demand],
    pub(crate) guests: Vec<Vec<Guest>>,
    pub(crate) scale: Scale,
}

impl<'a> Offer<'a> {
    pub(crate) fn new(groups: &'a [Group], demands: &'a [Demand]) -> Self {
        let largest = demands.iter().map(|demand| demand.value).max().unwrap_or(0);
        let guests = groups.iter().map(|group| guests(group, demands)).collect();
        Self { groups, demands, guests, scale: Scale::of(largest) }
    }

    /// A demand's value in fractions.
    pub(crate) fn value(&self, demand: usize) -> i128 {
        self.demands.get(demand).map_or(0, |demand| self.scale.value(demand.value))
    }

    /// The different capacities of a group's divided units, and how many there are of each on a node.
    pub(crate) fn units(&self, at: usize) -> Vec<(u64, u32)> {
        let Some(group) = self.groups.get(at) else { return Vec::new() };
        let mut units: Vec<(u64, u32)> = Vec::new();
        for capacity in group.divided_units() {
            match units.iter_mut().find(|(other, _)| other == capacity) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => units.push((*capacity, 1)),
            }
        }
        units
    }
}

//! A request, as it is on nodes with one stock: which units may serve which want.

use super::choice::{CHOSEN_MOST, Choice};
use super::request::{Request, Want};
use super::stock::Stock;

/// Wants and the units they are served by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    parts: Vec<Part>,
    /// From each place to each, if anything may come from several; empty: not known.
    distances: Vec<u8>,
}

/// One want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) want: Want,
    /// Its number among the shares that have several units to choose from.
    pub(super) choice: Option<usize>,
}

impl Layout {
    /// `None` where the nodes have nothing of a kind that is asked for.
    pub(super) fn of(request: &Request, stock: &Stock) -> Option<Self> {
        let mut choices = 0..CHOSEN_MOST;
        let mut part = |(kind, want)| {
            let range = stock.range(kind);
            let chooses = matches!(want, Want::Share(_)) && range.len() > 1;
            let choice = chooses.then(|| choices.next()).flatten();
            (!range.is_empty()).then_some(Part { begin: range.start, end: range.end, want, choice })
        };
        let parts: Vec<Part> = request.wants().map(&mut part).collect::<Option<_>>()?;
        let spreads = parts.iter().any(|part| matches!(part.want, Want::Spread(_)));
        let distances = if spreads { stock.distances().to_vec() } else { Vec::new() };
        Some(Self { parts, distances })
    }

    /// Where so much more comes from, after the `first`: of those with something left who is nearest to it, then the
    /// fullest that holds all of it, else the emptiest.
    fn next(&self, part: &Part, first: Option<usize>, left: u64, free: &[u64]) -> Option<usize> {
        let far = |unit: usize| first.map_or(0, |first| self.distance(part, first, unit));
        let with_some = (part.begin..part.end).filter(|unit| free[*unit] > 0);
        with_some.min_by_key(|unit| {
            let free = free[*unit];
            let (short, rest) = if free >= left { (false, free) } else { (true, u64::MAX - free) };
            (far(*unit), short, rest)
        })
    }

    /// How far a part's units are from each other; 0 where that is not known.
    fn distance(&self, part: &Part, from: usize, to: usize) -> u8 {
        let places = self.distances.len().isqrt();
        if part.end - part.begin != places {
            return 0;
        }
        self.distances.get((from - part.begin) * places + (to - part.begin)).copied().unwrap_or(0)
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The most units that are taken from.
    pub(super) fn width(&self) -> usize {
        let of = |part: &Part| match part.want {
            Want::Share(_) => 1,
            Want::Whole(count) => (count as usize).min(part.end - part.begin),
            Want::Spread(_) => part.end - part.begin,
        };
        self.parts.iter().map(of).sum()
    }

    /// Whether there is room, if so much is `free` of units that have this `capacity`.
    pub(super) fn fits(&self, free: &[u64], capacity: &[u64]) -> bool {
        self.parts.iter().all(|part| {
            let units = &free[part.begin..part.end];
            match part.want {
                Want::Share(amount) => units.iter().any(|it| *it >= amount),
                Want::Whole(count) => {
                    let whole = units.iter().zip(&capacity[part.begin..part.end]).filter(is_whole);
                    whole.count() >= count as usize
                }
                Want::Spread(amount) => units.iter().fold(0_u64, |sum, it| sum.saturating_add(*it)) >= amount,
            }
        })
    }

    /// Takes what was found to fit, and notes each unit and amount: a share from the unit chosen, else from the
    /// one where the least is left; whole units from the first; the rest from the fullest unit that holds all of it,
    /// else from the emptiest and then from those that are nearest to that.
    pub(super) fn take(
        &self,
        free: &mut [u64],
        capacity: &[u64],
        choice: &Choice,
        mut note: impl FnMut(usize, u64),
    ) {
        let mut take = |unit: usize, amount: u64, free: &mut [u64]| {
            free[unit] -= amount;
            note(unit, amount);
        };
        for part in &self.parts {
            match part.want {
                Want::Share(amount) => {
                    let chosen =
                        choice.unit(part.choice).filter(|unit| part.has(*unit) && free[*unit] >= amount);
                    if let Some(unit) = chosen.or_else(|| part.tightest(amount, free)) {
                        take(unit, amount, free);
                    }
                }
                Want::Whole(count) => {
                    let mut left = count;
                    for unit in part.begin..part.end {
                        if left > 0 && is_whole(&(&free[unit], &capacity[unit])) {
                            take(unit, free[unit], free);
                            left -= 1;
                        }
                    }
                }
                Want::Spread(amount) => {
                    let mut left = amount;
                    let mut first = None;
                    while left > 0 {
                        let Some(unit) = self.next(part, first, left, free) else { break };
                        let amount = left.min(free[unit]);
                        first = first.or(Some(unit));
                        take(unit, amount, free);
                        left -= amount;
                    }
                }
            }
        }
    }
}

impl Part {
    const fn has(&self, unit: usize) -> bool {
        self.begin <= unit && unit < self.end
    }

    /// The unit that has least beyond this amount.
    pub(super) fn tightest(&self, amount: u64, free: &[u64]) -> Option<usize> {
        (self.begin..self.end).filter(|unit| free[*unit] >= amount).min_by_key(|unit| free[*unit])
    }
}

/// Whether nobody has a part of a unit: so much is free, so much it has. A unit of nothing is none.
pub(super) fn is_whole((free, capacity): &(&u64, &u64)) -> bool {
    free == capacity && **free > 0
}

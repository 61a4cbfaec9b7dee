//! A request, as it is on nodes with one stock: which units may serve which want.

use super::Taken;
use super::request::{Request, Want};
use super::stock::Stock;

/// Wants and the units they are served by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    parts: Vec<Part>,
}

/// One want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) want: Want,
    /// The units' capacity where it is the same for all of them, which whole ones are told by.
    capacity: u64,
}

impl Layout {
    /// `None` where the nodes have nothing of a kind that is asked for.
    pub(super) fn of(request: &Request, stock: &Stock) -> Option<Self> {
        let part = |(kind, want)| {
            let range = stock.range(kind);
            let capacity = stock.units()[range.clone()].iter().copied().max()?;
            Some(Part { begin: range.start, end: range.end, want, capacity })
        };
        Some(Self { parts: request.wants().map(part).collect::<Option<_>>()? })
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The most units that are taken from.
    pub(super) fn width(&self) -> usize {
        let of = |part: &Part| match part.want {
            Want::Share(_) => 1,
            Want::Whole(count) => count as usize,
            Want::Spread(_) => part.end - part.begin,
        };
        self.parts.iter().map(of).sum()
    }

    /// Whether there is room.
    pub(super) fn fits(&self, free: &[u64]) -> bool {
        self.parts.iter().all(|part| {
            let units = &free[part.begin..part.end];
            match part.want {
                Want::Share(amount) => units.iter().any(|it| *it >= amount),
                Want::Whole(count) => units.iter().filter(|it| part.is_whole(**it)).count() >= count as usize,
                Want::Spread(amount) => units.iter().fold(0_u64, |sum, it| sum.saturating_add(*it)) >= amount,
            }
        })
    }

    /// Takes what was found to fit: a share from the unit where the least is left, whole units from the
    /// first, the rest from the fullest units that hold most of it.
    pub(super) fn take(&self, free: &mut [u64], taken: &mut [Taken]) {
        let mut slots = taken.iter_mut();
        let mut note = |unit: usize, amount: u64, free: &mut [u64]| {
            free[unit] -= amount;
            if let (Some(slot), Ok(unit)) = (slots.next(), u32::try_from(unit)) {
                *slot = Taken { unit, amount };
            }
        };
        for part in &self.parts {
            match part.want {
                Want::Share(amount) => {
                    if let Some(unit) = part.unit_for(amount, free) {
                        note(unit, amount, free);
                    }
                }
                Want::Whole(count) => {
                    let mut left = count;
                    for unit in part.begin..part.end {
                        if left > 0 && part.is_whole(free[unit]) {
                            note(unit, free[unit], free);
                            left -= 1;
                        }
                    }
                }
                Want::Spread(amount) => {
                    let mut left = amount;
                    while left > 0 {
                        // One that holds all of it, the fullest such; else the emptiest.
                        let most = (part.begin..part.end).max_by_key(|unit| free[*unit]);
                        let Some(unit) = part.unit_for(left, free).or(most) else { break };
                        let amount = left.min(free[unit]);
                        if amount == 0 {
                            break;
                        }
                        note(unit, amount, free);
                        left -= amount;
                    }
                }
            }
        }
    }
}

impl Part {
    /// The unit that has least beyond this amount.
    fn unit_for(&self, amount: u64, free: &[u64]) -> Option<usize> {
        (self.begin..self.end).filter(|unit| free[*unit] >= amount).min_by_key(|unit| free[*unit])
    }

    /// Whether nobody has a part of a unit with so much left.
    const fn is_whole(&self, free: u64) -> bool {
        free == self.capacity && free > 0
    }
}

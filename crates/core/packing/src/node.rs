//! A node, in numbers.

use std::ops::Range;

use crate::policy::Choice;
use crate::request::{PackingError, Request, Want};

/// Units that a node may have, of all kinds together.
pub const UNITS_MOST: usize = 64;

/// Kinds of device that there may be.
pub const KINDS_MOST: usize = 16;

/// What a node is beyond its amounts: a model, a zone, a generation. Its meaning is the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u16);

/// What a node has, and what of it is free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    label: Label,
    /// Where each kind's units end.
    ends: Vec<usize>,
    capacity: Vec<u64>,
    free: Vec<u64>,
}

impl Node {
    /// A node that is empty, with the capacity of each unit, kind by kind.
    ///
    /// # Errors
    ///
    /// More than [`UNITS_MOST`] units or [`KINDS_MOST`] kinds.
    pub fn new(label: Label, kinds: Vec<Vec<u64>>) -> Result<Self, PackingError> {
        if kinds.len() > KINDS_MOST {
            return Err(PackingError::Kinds(kinds.len()));
        }
        let (mut ends, mut capacity) = (Vec::new(), Vec::new());
        for units in kinds {
            capacity.extend(units);
            ends.push(capacity.len());
        }
        if capacity.len() > UNITS_MOST {
            return Err(PackingError::Units(capacity.len()));
        }
        Ok(Self { label, ends, free: capacity.clone(), capacity })
    }

    /// What it is beyond its amounts.
    #[must_use]
    pub const fn label(&self) -> Label {
        self.label
    }

    /// Each unit's capacity, kind after kind.
    #[must_use]
    pub fn capacity(&self) -> &[u64] {
        &self.capacity
    }

    /// What is free of each unit, kind after kind.
    #[must_use]
    pub fn free(&self) -> &[u64] {
        &self.free
    }

    /// Which units are of this kind; none of a kind it does not have.
    #[must_use]
    pub fn units(&self, kind: usize) -> Range<usize> {
        let Some(end) = self.ends.get(kind) else { return 0..0 };
        let begin = kind.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        begin..*end
    }

    /// How many kinds it was described with.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.ends.len()
    }

    /// Takes a request that fits, each share from the unit chosen. Nothing changes if it does not fit there.
    pub fn take(&mut self, request: &Request, choice: &Choice) -> bool {
        let mut free = self.free.clone();
        let taken = request.accepts(self.label) && self.take_from(&mut free, request, choice);
        if taken {
            self.free = free;
        }
        taken
    }

    /// Takes it from a copy of the free amounts, which is of no use if the answer is no.
    pub(crate) fn take_from(&self, free: &mut [u64], request: &Request, choice: &Choice) -> bool {
        for (kind, want) in request.wants().iter().enumerate() {
            let units = self.units(kind);
            let Some(capacity) = self.capacity.get(units.clone()) else { return false };
            let begin = units.start;
            let Some(free) = free.get_mut(units) else { return false };
            let taken = match *want {
                Want::Nothing => true,
                Want::Share(amount) => {
                    let unit = choice.unit(kind).and_then(|unit| unit.checked_sub(begin));
                    share(free, unit, amount)
                }
                Want::Whole(count) => whole(free, capacity, count),
                Want::Spread(amount) => spread(free, amount),
            };
            if !taken {
                return false;
            }
        }
        true
    }
}

/// From the unit chosen; without a choice from the one that is left with least.
fn share(free: &mut [u64], unit: Option<usize>, amount: u64) -> bool {
    let unit = match unit {
        Some(unit) => free.get_mut(unit).filter(|free| **free >= amount),
        None => free.iter_mut().filter(|free| **free >= amount).min_by_key(|free| **free),
    };
    let Some(unit) = unit else { return false };
    *unit = unit.saturating_sub(amount);
    true
}

fn whole(free: &mut [u64], capacity: &[u64], count: u32) -> bool {
    let mut left = count;
    for (free, capacity) in free.iter_mut().zip(capacity) {
        if left > 0 && free == capacity && *capacity > 0 {
            *free = 0;
            left = left.saturating_sub(1);
        }
    }
    left == 0
}

/// From one unit if one has enough, the one that is left with least; else from the fullest on.
fn spread(free: &mut [u64], amount: u64) -> bool {
    if share(free, None, amount) {
        return true;
    }
    let mut left = amount;
    while left > 0 {
        let Some(most) = free.iter_mut().max().filter(|most| **most > 0) else { return false };
        let part = left.min(*most);
        *most = most.saturating_sub(part);
        left = left.saturating_sub(part);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(wants: Vec<Want>) -> Option<Vec<u64>> {
        let mut node = Node::new(Label(0), vec![vec![100], vec![10, 10, 10]]).unwrap();
        let first = Request::new(vec![Want::Nothing, Want::Share(3)], None).unwrap();
        assert!(node.take(&first, &Choice::default()));
        let before = node.clone();
        let taken = node.take(&Request::new(wants, None).unwrap(), &Choice::default());
        assert!(taken || node == before, "what does not fit changes nothing");
        taken.then(|| node.free().to_vec())
    }

    #[test]
    fn a_share_goes_where_it_leaves_least() {
        assert_eq!(after(vec![Want::Share(40), Want::Share(5)]), Some(vec![60, 2, 10, 10]));
        assert_eq!(after(vec![Want::Share(40), Want::Share(8)]), Some(vec![60, 7, 2, 10]));
        assert_eq!(after(vec![Want::Share(40), Want::Share(11)]), None);
    }

    #[test]
    fn whole_units_are_those_nobody_has_a_part_of() {
        assert_eq!(after(vec![Want::Nothing, Want::Whole(2)]), Some(vec![100, 7, 0, 0]));
        assert_eq!(after(vec![Want::Nothing, Want::Whole(3)]), None);
    }

    #[test]
    fn a_spread_uses_as_few_units_as_it_takes() {
        assert_eq!(after(vec![Want::Nothing, Want::Spread(7)]), Some(vec![100, 0, 10, 10]));
        assert_eq!(after(vec![Want::Nothing, Want::Spread(19)]).map(|it| it.iter().sum::<u64>()), Some(108));
        assert_eq!(after(vec![Want::Nothing, Want::Spread(28)]), None);
    }

    #[test]
    fn more_units_than_a_state_is_kept_for_are_refused() {
        assert_eq!(Node::new(Label(0), vec![vec![1; 65]]), Err(PackingError::Units(65)));
        assert_eq!(Node::new(Label(0), vec![vec![]; 17]), Err(PackingError::Kinds(17)));
    }
}

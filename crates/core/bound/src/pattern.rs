//! The most that one unit can hold, and what it holds then.
//!
//! An unbounded knapsack over the unit's capacity, in cells: exact where the shares have a common measure that
//! divides the capacity into no more than [`CELLS`]; else shares are rounded down, which lets in patterns that
//! no unit can hold, and so only raises the answer. Sums that are too large stop at the largest number.

/// Cells of the finest division of a unit.
const CELLS: u64 = 4_096;

/// What may lie on a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// So much of it, any number of times.
    Share(u64),
    /// All of it, as one of so many units.
    Whole(u32),
    /// Any part of so much.
    Spread(u64),
}

/// What lies on a unit, of the items that were offered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pattern {
    /// The most that can be gained, rounded up.
    pub(crate) gain: i128,
    /// Items by their number, and how much of each: parts of one where it is shared out.
    pub(crate) holds: Vec<(usize, f64)>,
}

/// The best pattern of a unit of this capacity, out of items (number, part, gain). Gains that are not above 0
/// take no part.
pub(crate) fn best(capacity: u64, items: &[(usize, Part, i128)]) -> Pattern {
    let mut best = Pattern::default();
    if capacity == 0 {
        return best;
    }
    let mut shares: Vec<(u64, usize, i128)> = Vec::new();
    let mut filler: Option<(u64, usize, i128)> = None;
    for (number, part, gain) in items.iter().copied().filter(|(_, _, gain)| *gain > 0) {
        match part {
            Part::Share(amount) if amount > 0 && amount <= capacity => shares.push((amount, number, gain)),
            Part::Whole(count) if count > 0 => {
                let gain = ceil(Some(gain), u64::from(count));
                if gain > best.gain {
                    best = Pattern { gain, holds: vec![(number, 1.0 / f64::from(count))] };
                }
            }
            Part::Spread(amount) if amount > 0 => {
                // Gain for its amount: compared without division.
                let dearer = |other: &(u64, usize, i128)| {
                    gain.saturating_mul(i128::from(other.0)) > other.2.saturating_mul(i128::from(amount))
                };
                if filler.as_ref().is_none_or(dearer) {
                    filler = Some((amount, number, gain));
                }
            }
            _ => {}
        }
    }
    let filled = fill(capacity, shares, filler);
    if filled.gain > best.gain { filled } else { best }
}

/// The best set of shares, and the filler in what they leave.
fn fill(capacity: u64, mut shares: Vec<(u64, usize, i128)>, filler: Option<(u64, usize, i128)>) -> Pattern {
    // Of equal amounts the dearest.
    shares.sort_by_key(|(amount, number, gain)| (*amount, std::cmp::Reverse(*gain), *number));
    shares.dedup_by_key(|(amount, ..)| *amount);
    let measure = shares.iter().fold(0, |measure, (amount, ..)| common(measure, *amount));
    let cell = if measure > 0 && capacity / measure <= CELLS { measure } else { capacity.div_ceil(CELLS) };
    let mut free = Pattern::default();
    // Those smaller than a cell: as many as there is place for, beside everything else.
    shares.retain(|(amount, number, gain)| {
        if *amount < cell {
            let count = capacity / amount;
            free.gain = free.gain.saturating_add(gain.saturating_mul(i128::from(count)));
            free.holds.push((*number, count as f64));
        }
        *amount >= cell
    });
    let cells = usize::try_from(capacity / cell).unwrap_or(0);
    // Of so many cells in use: the most gained, and the share that came last.
    let mut table: Vec<(i128, Option<usize>)> = vec![(0, None); cells + 1];
    for used in 1..=cells {
        let Some(before) = used.checked_sub(1).and_then(|it| table.get(it)) else { break };
        let mut most = (before.0, None);
        for (at, (amount, _, gain)) in shares.iter().enumerate() {
            let width = usize::try_from(amount / cell).unwrap_or(usize::MAX);
            let Some(rest) = used.checked_sub(width).and_then(|it| table.get(it)) else { break };
            let sum = rest.0.saturating_add(*gain);
            if sum > most.0 {
                most = (sum, Some(at));
            }
        }
        if let Some(place) = table.get_mut(used) {
            *place = most;
        }
    }
    let left =
        |used: usize| capacity.saturating_sub(u64::try_from(used).unwrap_or(u64::MAX).saturating_mul(cell));
    let filled = |used: usize| match filler {
        Some((amount, _, gain)) => ceil(gain.checked_mul(i128::from(left(used))), amount),
        None => 0,
    };
    let gain = |used: usize| table.get(used).map_or(0, |it| it.0).saturating_add(filled(used));
    let mut at =
        if filler.is_some() { (0..=cells).max_by_key(|used| gain(*used)).unwrap_or(0) } else { cells };
    let mut pattern = free;
    pattern.gain = pattern.gain.saturating_add(gain(at));
    if let Some((amount, number, _)) = filler {
        pattern.holds.push((number, left(at) as f64 / amount as f64));
    }
    while at > 0 {
        match table.get(at).and_then(|it| it.1).and_then(|last| shares.get(last)) {
            Some((amount, number, _)) => {
                match pattern.holds.iter_mut().find(|(other, _)| other == number) {
                    Some((_, count)) => *count += 1.0,
                    None => pattern.holds.push((*number, 1.0)),
                }
                at = at.saturating_sub(usize::try_from(amount / cell).unwrap_or(usize::MAX));
            }
            None => at = at.saturating_sub(1),
        }
    }
    pattern
}

fn common(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common(b, a % b) }
}

/// Divided and rounded up; 0 at least. What was too large to tell is too large.
fn ceil(gain: Option<i128>, by: u64) -> i128 {
    let Some(gain) = gain else { return i128::MAX };
    let by = i128::from(by.max(1));
    gain.max(0).saturating_add(by - 1) / by
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(capacity: u64, items: &[(Part, i128)]) -> i128 {
        let items: Vec<_> = items.iter().enumerate().map(|(at, (part, gain))| (at, *part, *gain)).collect();
        best(capacity, &items).gain
    }

    #[test]
    fn shares_are_put_together_for_the_most_gain() {
        let items = [(Part::Share(810), 810), (Part::Share(470), 470), (Part::Share(160), 160)];
        assert_eq!(gain(1000, &items), 970);
        assert_eq!(gain(1000, &[(Part::Share(600), 7), (Part::Share(500), 4)]), 8);
    }

    #[test]
    fn a_whole_unit_is_gained_in_parts_and_rounded_up() {
        assert_eq!(gain(1000, &[(Part::Whole(8), 9)]), 2);
        assert_eq!(gain(1000, &[(Part::Whole(1), 900), (Part::Share(500), 440)]), 900);
    }

    #[test]
    fn what_may_be_spread_fills_what_is_left() {
        assert_eq!(gain(100, &[(Part::Share(60), 60), (Part::Spread(400), 200)]), 60 + 20);
    }

    #[test]
    fn amounts_without_a_common_measure_are_never_valued_too_low() {
        // Exactly two fit; rounding down may let in more, never fewer.
        let capacity = 1_000_000_007;
        assert!(gain(capacity, &[(Part::Share(400_000_003), 10), (Part::Share(7), 0)]) >= 20);
        assert!(gain(capacity, &[(Part::Share(3), 1)]) >= 333_333_335);
    }

    #[test]
    fn what_loses_takes_no_part() {
        assert_eq!(gain(10, &[(Part::Share(5), -1), (Part::Whole(1), 0)]), 0);
        assert_eq!(gain(0, &[(Part::Share(5), 1)]), 0);
    }
}

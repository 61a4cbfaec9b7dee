//! How good a node is for a request.

use super::layout::Layout;
use super::request::Want;

/// A node that a request fits, and the request.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What is free of each unit.
    pub free: &'a [u64],
    /// What each unit has.
    pub capacity: &'a [u64],
    pub(super) layout: &'a Layout,
}

/// Ranks nodes. The answer may depend on what it is given only, not on when it is asked.
pub trait Score {
    /// The less the better. Beyond [`WORST`] nothing is told apart.
    fn score(&self, site: &Site<'_>) -> u64;
}

/// The largest score there is.
pub const WORST: u64 = (1 << 48) - 1;

/// The fuller node first, by the kind that would be scarcest there, of those asked for: one node is filled
/// before the next is opened, which leaves room for large requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BestFit;

impl Score for BestFit {
    fn score(&self, site: &Site<'_>) -> u64 {
        let left = |part: &super::layout::Part| {
            let range = part.begin..part.end;
            let sum = |units: &[u64]| units.iter().fold(0_u64, |sum, it| sum.saturating_add(*it));
            let (free, capacity) = (sum(&site.free[range.clone()]), sum(&site.capacity[range.clone()]));
            let asked = match part.want {
                Want::Share(amount) | Want::Spread(amount) => amount,
                Want::Whole(count) => {
                    let unit = site.capacity[range].iter().copied().max().unwrap_or(0);
                    unit.saturating_mul(u64::from(count))
                }
            };
            // Rounded up, so that nothing left is less than anything left.
            let left = u128::from(free.saturating_sub(asked)) * u128::from(WORST);
            u64::try_from(left.div_ceil(u128::from(capacity.max(1)))).unwrap_or(WORST)
        };
        site.layout.parts().iter().map(left).min().unwrap_or(0)
    }
}

//! Best fit: the fullest node that will do.

use super::layout::Part;
use super::request::Want;
use super::score::{Score, Site, WORST};

/// The fuller node first, by the kind that would be scarcest there, of those asked for: one node is filled
/// before the next is opened, which leaves room for large requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BestFit;

impl Score for BestFit {
    fn rank(&self, site: &Site<'_>) -> u64 {
        let left = |part: &Part| {
            let range = part.begin..part.end;
            let sum = |units: &[u64]| units.iter().fold(0_u64, |sum, it| sum.saturating_add(*it));
            let units = &site.stock.units()[range.clone()];
            let (free, capacity) = (sum(&site.free[range]), sum(units));
            let asked = match part.want {
                Want::Share(amount) | Want::Spread(amount) => amount,
                Want::Whole(count) => {
                    units.iter().copied().max().unwrap_or(0).saturating_mul(u64::from(count))
                }
            };
            // Rounded up, so that nothing left is less than anything left.
            let left = u128::from(free.saturating_sub(asked)) * u128::from(WORST);
            u64::try_from(left.div_ceil(u128::from(capacity.max(1)))).unwrap_or(WORST)
        };
        site.layout.parts().iter().map(left).min().unwrap_or(0)
    }
}

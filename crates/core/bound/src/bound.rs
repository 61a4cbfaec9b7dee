//! The search for prices, and what they prove.

use crate::master::Master;
use crate::prices::Offer;
use crate::problem::{Demand, Group};

/// What no placement can exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The greatest value that any placement can have, at most; `u64::MAX` where that is too large a number.
    pub most: u64,
    /// What the patterns that were looked at could reach, if nodes could be shared out in fractions. Far below
    /// `most`, the search has stopped early, and a tighter bound could be found.
    pub reached: f64,
    /// Steps of the simplex method that were gone.
    pub steps: usize,
}

/// Steps in all, after which the search is over.
const STEPS: usize = 60_000;

/// Between two rounds of making patterns.
const STEPS_A_ROUND: usize = 20_000;

/// A bound this near to what can be reached in fractions is good enough.
const NEAR: f64 = 1e-5;

/// The most that any placement of these demands on these groups of empty nodes can be worth.
#[must_use]
pub fn bound(groups: &[Group], demands: &[Demand]) -> Bound {
    let offer = Offer::new(groups, demands);
    let all = |demand: &Demand| i128::from(demand.value).saturating_mul(i128::from(demand.count));
    let all = demands.iter().map(all).fold(0, i128::saturating_add);
    let mut best = Bound { most: u64::try_from(all).unwrap_or(u64::MAX), reached: 0.0, steps: 0 };
    if offer.guests.iter().all(Vec::is_empty) {
        return Bound { most: 0, ..best };
    }
    let largest = demands.iter().map(|demand| demand.value).max().unwrap_or(0) as f64;
    let mut master = Master::new(&offer);
    while best.steps < STEPS {
        best.steps += master.simplex.solve(STEPS_A_ROUND).max(1);
        best.reached = master.simplex.gain() * largest;
        let prices = master.prices();
        best.most = best.most.min(offer.scale.units(prices.proves(&offer)));
        if best.most as f64 <= best.reached * (1.0 + NEAR) || !master.grow(&prices) {
            break;
        }
    }
    best
}

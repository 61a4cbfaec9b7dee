//! The active set's sums: from them V, lag and eligibility, exactly.
//!
//! V is a quotient; nothing here compares with it rounded. Eligibility,
//! `vruntime <= V`, is tested as `vruntime * W <= sum(w * vruntime)`.
//! Bounds: vruntimes stay under 2^86, W under 2^40, products under 2^126.

use alloc::collections::BTreeMap;

use crate::Weight;
use crate::vtime::{Lag, Vruntime};

/// Sums over all enclaves that are ready or running.
#[derive(Debug, Default)]
pub(crate) struct Active {
    /// W: the sum of weights.
    weight: i128,
    /// The sum of weight times vruntime.
    weighted: i128,
    /// How many active enclaves have each weight.
    counts: BTreeMap<Weight, u32>,
}

impl Active {
    /// Counts an enclave in.
    pub(crate) fn join(&mut self, weight: Weight, vruntime: Vruntime) {
        self.weight += weight.wide();
        self.weighted += weight.wide() * vruntime.0;
        *self.counts.entry(weight).or_insert(0) += 1;
    }

    /// Counts an enclave out.
    pub(crate) fn leave(&mut self, weight: Weight, vruntime: Vruntime) {
        self.weight -= weight.wide();
        self.weighted -= weight.wide() * vruntime.0;
        if let Some(count) = self.counts.get_mut(&weight) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&weight);
            }
        }
    }

    /// Follows an active enclave's vruntime from one value to another.
    pub(crate) fn moved(&mut self, weight: Weight, from: Vruntime, to: Vruntime) {
        self.weighted += weight.wide() * (to.0 - from.0);
    }

    /// Moves the origin of virtual time: every vruntime is less by `shift`.
    pub(crate) fn rebase(&mut self, shift: i128) {
        self.weighted -= self.weight * shift;
    }

    /// V rounded down; zero where nobody is active.
    pub(crate) fn mean(&self) -> i128 {
        if self.weight == 0 { 0 } else { self.weighted.div_euclid(self.weight) }
    }

    /// Whether an active enclave at `vruntime` is owed service, or nothing.
    pub(crate) fn is_eligible(&self, vruntime: Vruntime) -> bool {
        vruntime.0 * self.weight <= self.weighted
    }

    /// The lag of an active enclave. Rounded down, by less than `weight / 2^20` ns.
    pub(crate) fn lag(&self, weight: Weight, vruntime: Vruntime) -> Lag {
        if self.weight == 0 {
            return Lag::ZERO;
        }
        let behind = self.weighted - vruntime.0 * self.weight;
        // Divided first where whole, so that the product stays in range.
        let (whole, rest) = (behind.div_euclid(self.weight), behind.rem_euclid(self.weight));
        Lag(whole * weight.wide() + rest * weight.wide() / self.weight)
    }

    /// Where to put an enclave that is about to join, so that its lag is `lag` afterwards.
    ///
    /// Joining moves V towards the newcomer, so it must start further away than its lag says, by
    /// (W + w) / W. Rounded to its disadvantage, except that a newcomer without lag is eligible.
    /// Where nobody is active there is nobody to owe: virtual time starts anew at zero.
    pub(crate) fn place(&self, weight: Weight, lag: Lag) -> Vruntime {
        if self.weight == 0 {
            return Vruntime(0);
        }
        let ahead = lag.0 * (self.weight + weight.wide());
        Vruntime(self.mean() - ahead.div_euclid(weight.wide() * self.weight))
    }

    /// How far to move an enclave whose lag is `lag` forward so that `allowed` is left of it.
    /// V follows the move by w / W of it.
    pub(crate) fn forgiving_step(&self, weight: Weight, lag: Lag, allowed: Lag) -> i128 {
        let others = self.weight - weight.wide();
        if others == 0 {
            return 0;
        }
        (lag.0 - allowed.0).max(0) * self.weight / (weight.wide() * others)
    }

    /// Whether this weight entitles an active enclave to more than one of `workers` workers. Those
    /// heavier come first: each takes a worker of its own and its weight out of the sum
    /// (Chandra et al. 2000, section 2.1).
    pub(crate) fn exceeds_one_worker(&self, weight: Weight, workers: u16) -> bool {
        let (mut rest, mut workers) = (self.weight, i128::from(workers));
        for (&heavy, &count) in self.counts.iter().rev() {
            for _ in 0..count {
                // With one worker left the sum includes this weight: always feasible.
                if heavy.wide() * workers <= rest {
                    return false;
                }
                if heavy == weight {
                    return true;
                }
                rest -= heavy.wide();
                workers -= 1;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(units: u32) -> Weight {
        Weight::new(units).unwrap()
    }

    fn active(members: &[(u32, i128)]) -> Active {
        let mut active = Active::default();
        for &(units, vruntime) in members {
            active.join(weight(units), Vruntime(vruntime));
        }
        active
    }

    #[test]
    fn eligibility_is_decided_without_rounding() {
        // V = 1/3: an enclave at 0 is owed, one at 1 is not, whatever V rounds to.
        let set = active(&[(2, 0), (1, 1)]);
        assert!(set.is_eligible(Vruntime(0)));
        assert!(!set.is_eligible(Vruntime(1)));
    }

    #[test]
    fn a_newcomer_has_the_lag_it_was_placed_with() {
        for lag in [-9_000_000_i128, -1, 0, 1, 5_000_000] {
            let mut set = active(&[(1024, 1_000_000), (3, -70), (900, 12)]);
            let at = set.place(weight(512), Lag(lag));
            set.join(weight(512), at);
            let got = set.lag(weight(512), at).0;
            assert!(got <= lag + 512 && got >= lag - 1024, "wanted {lag}, got {got}");
        }
    }

    #[test]
    fn only_weights_beyond_one_worker_are_infeasible() {
        let set = active(&[(100, 0), (10, 0), (1, 0), (1, 0)]);
        let beyond = |units, workers| set.exceeds_one_worker(weight(units), workers);
        assert!(beyond(100, 3) && beyond(10, 3) && !beyond(1, 3));
        assert!(beyond(100, 2) && !beyond(10, 2));
        assert!(!beyond(100, 1));
    }
}

//! How often, and after what delay.

use casemate_model::Nanos;

/// The bounds of starting again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restarts {
    /// The most restarts of a pod's containers together, where the pod's kind sets no bound.
    pub max: u32,
    /// The delay before the second restart; the first is at once.
    pub first_delay: Nanos,
    /// The longest delay.
    pub longest_delay: Nanos,
}

impl Default for Restarts {
    /// Five, after 0, 1, 2, 4 and 8 seconds: what somebody at a terminal waits for.
    fn default() -> Self {
        Self { max: 5, first_delay: Nanos::from_secs(1), longest_delay: Nanos::from_secs(30) }
    }
}

impl Restarts {
    /// The delay before the `count`th restart.
    #[must_use]
    pub fn delay(&self, count: u32) -> Nanos {
        let Some(doublings) = count.checked_sub(2) else { return Nanos::ZERO };
        let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
        Nanos(self.first_delay.0.saturating_mul(factor).min(self.longest_delay.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_nothing_to_the_longest() {
        let restarts = Restarts { max: 9, first_delay: Nanos(3), longest_delay: Nanos(20) };
        let delays: [u64; 7] = core::array::from_fn(|count| restarts.delay(count as u32).0);
        assert_eq!(delays, [0, 0, 3, 6, 12, 20, 20]);
        assert_eq!(restarts.delay(u32::MAX), Nanos(20));
    }
}

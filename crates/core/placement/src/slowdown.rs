//! How much longer something is predicted to run than it would undisturbed.

use std::fmt;

/// A factor of time, in thousandths: 1000 is as fast as undisturbed. Whole numbers, so that a prediction is
/// the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slowdown(u64);

impl Slowdown {
    /// As fast as undisturbed.
    pub const NONE: Self = Self(1000);

    /// So many thousandths of the time it takes undisturbed. Nothing runs faster for being disturbed: less
    /// than 1000 is 1000.
    #[must_use]
    pub const fn of_thousandths(thousandths: u64) -> Self {
        if thousandths < Self::NONE.0 { Self::NONE } else { Self(thousandths) }
    }

    /// In thousandths of the time it takes undisturbed.
    #[must_use]
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// Both at once: what it waits for the one is added to what it waits for the other.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0 - Self::NONE.0))
    }
}

impl Default for Slowdown {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Display for Slowdown {
    /// As a factor: `1.25`, `2`, `1.007`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.write_str(digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slowdown_reads_as_a_factor() {
        for (thousandths, text) in [(1000, "1"), (1250, "1.25"), (1007, "1.007"), (20_000, "20"), (3, "1")] {
            assert_eq!(Slowdown::of_thousandths(thousandths).to_string(), text);
        }
    }

    #[test]
    fn two_waits_are_one_after_the_other() {
        let both = Slowdown::of_thousandths(1500).and(Slowdown::of_thousandths(1250));
        assert_eq!(both.thousandths(), 1750);
        assert_eq!(Slowdown::NONE.and(Slowdown::of_thousandths(u64::MAX)).thousandths(), u64::MAX);
    }
}

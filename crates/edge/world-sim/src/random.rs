//! Random numbers of a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
//! OOPSLA 2014). The same seed gives the same numbers everywhere.

/// A sequence of random numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly between `mean` less `percent` of it and `mean` more `percent` of it; at least 1.
    pub(crate) fn around(&mut self, mean: u64, percent: u8) -> u64 {
        let spread = mean / 100 * u64::from(percent.min(100));
        if spread == 0 {
            return mean.max(1);
        }
        let offset = self.next() % spread.saturating_mul(2).saturating_add(1);
        (mean - spread).saturating_add(offset).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        // The reference implementation's first numbers of the seed 1234567.
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn what_varies_stays_in_its_range_and_fills_it() {
        let mut random = Random::new(1);
        let drawn: Vec<_> = (0..10_000).map(|_| random.around(1_000, 50)).collect();
        assert!(drawn.iter().all(|it| (500..=1_500).contains(it)));
        assert!(drawn.iter().any(|it| *it < 510) && drawn.iter().any(|it| *it > 1_490));
        assert_eq!(random.around(1_000, 0), 1_000);
        assert_eq!(random.around(0, 50), 1);
    }
}

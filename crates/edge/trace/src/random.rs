//! Numbers that look random and are a function of the seed.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): 64 bits of
//! state, no two seeds alike. For experiments; worthless as a secret.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, any of 2^64 alike.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, any of them alike; 0 where `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            return 0;
        }
        // The numbers from 0 to the last whole multiple of `end`; the few beyond are drawn again.
        let excess = (u64::MAX % end + 1) % end;
        loop {
            let drawn = self.next();
            if drawn <= u64::MAX - excess {
                return drawn % end;
            }
        }
    }

    /// An index into a list of this length; 0 where it is empty.
    pub fn index(&mut self, len: usize) -> usize {
        let end = u64::try_from(len).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).unwrap_or(0)
    }

    /// Puts a list into an order, any of them alike (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }

    /// Which of several, as often as their weights say; the first where all weights are 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let sum = weights.iter().map(|it| u64::from(*it)).sum();
        let mut left = self.below(sum);
        for (at, weight) in weights.iter().enumerate() {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_that_of_the_reference() {
        // The first outputs of the C reference implementation for the seed 1234567.
        let mut random = Random::new(1_234_567);
        let drawn = [(); 5].map(|()| random.next());
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn every_number_below_is_drawn_about_as_often() {
        let mut random = Random::new(7);
        let mut drawn = [0_u32; 6];
        for _ in 0..60_000 {
            drawn[random.index(6)] += 1;
        }
        assert!(drawn.iter().all(|it| (9_600..10_400).contains(it)), "{drawn:?}");
        assert_eq!(random.below(0), 0);
        assert!((0..100).all(|_| random.below(u64::MAX) < u64::MAX));
    }

    #[test]
    fn weights_are_kept() {
        let mut random = Random::new(7);
        let mut drawn = [0_u32; 3];
        for _ in 0..40_000 {
            drawn[random.weighted(&[1, 0, 3])] += 1;
        }
        assert_eq!(drawn[1], 0);
        assert!((9_600..10_400).contains(&drawn[0]), "{drawn:?}");
        assert_eq!(random.weighted(&[]), 0);
    }
}

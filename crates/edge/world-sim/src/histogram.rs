//! Latencies, counted in buckets whose width is at most a 32nd of what is in them; nothing is allocated while
//! counting. The greatest is kept as it is.

use crate::Distribution;

const SUB: u32 = 32;
const SUB_BITS: u32 = SUB.ilog2();
const BUCKETS: usize = ((64 - SUB_BITS + 1) * SUB) as usize;

/// Counted latencies, in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    most: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, most: 0 }
    }

    pub(crate) fn add(&mut self, nanos: u64) {
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
        self.most = self.most.max(nanos);
    }

    pub(crate) const fn most(&self) -> u64 {
        self.most
    }

    /// What so many of a thousand do not exceed; 0 where nothing was counted.
    pub(crate) fn quantile(&self, per_mille: u64) -> u64 {
        let rank = (self.total.saturating_mul(per_mille)).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper(at).min(self.most);
            }
        }
        self.most
    }

    /// Which share of what was counted did not exceed what.
    pub(crate) fn distribution(&self) -> Distribution {
        let mut at_most = Vec::new();
        let (mut seen, mut told) = (0, 0);
        // A step of less than this share of all is told with the next one.
        let step = self.total / Distribution::POINTS_MOST as u64;
        for (at, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            seen += count;
            if seen - told > step || seen == self.total {
                told = seen;
                at_most.push([upper(at).min(self.most) as f64 / 1e3, shares(seen, self.total)]);
            }
        }
        Distribution { at_most }
    }
}

/// A share to a millionth.
fn shares(part: u64, of: u64) -> f64 {
    (part as f64 / of as f64 * 1e6).round() / 1e6
}

/// Below `SUB` every value has its bucket; above, each power of two has `SUB`.
fn bucket(value: u64) -> usize {
    let shift = value.checked_ilog2().unwrap_or(0).saturating_sub(SUB_BITS);
    let at = (value >> shift) + u64::from(shift) * u64::from(SUB);
    usize::try_from(at).map_or(BUCKETS - 1, |at| at.min(BUCKETS - 1))
}

/// The greatest value in a bucket.
fn upper(bucket: usize) -> u64 {
    let (bucket, sub) = (bucket as u64, u64::from(SUB));
    if bucket < 2 * sub {
        return bucket;
    }
    let shift = bucket / sub - 1;
    let from = u128::from(bucket - shift * sub) << shift;
    u64::try_from(from + (1_u128 << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_a_bucket_that_ends_at_most_a_32nd_above_it() {
        for value in (0..70).chain((6..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1])) {
            let end = upper(bucket(value));
            assert!(end >= value && end - value <= value / 32, "{value}: {end}");
        }
        assert_eq!(upper(bucket(u64::MAX)), u64::MAX);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.quantile(500), 0);
        (1..=1_000).for_each(|it| histogram.add(it));
        assert!((500..=516).contains(&histogram.quantile(500)));
        assert!((990..=1_000).contains(&histogram.quantile(990)));
        assert_eq!((histogram.quantile(1_000), histogram.most()), (1_000, 1_000));
    }

    #[test]
    fn a_distribution_rises_to_one_at_the_greatest_and_has_few_points() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.distribution().at_most, Vec::<[f64; 2]>::new());
        histogram.add(7_000);
        assert_eq!(histogram.distribution().at_most, [[7.0, 1.0]]);
        (1..=100_000).for_each(|it| histogram.add(it * 1_000));
        let points = histogram.distribution().at_most;
        assert!(points.is_sorted_by(|a, b| a[0] < b[0] && a[1] < b[1]), "{points:?}");
        assert!(points.len() > 40 && points.len() <= Distribution::POINTS_MOST + 1, "{}", points.len());
        assert_eq!(points.last(), Some(&[100_000.0, 1.0]));
        for [micros, share] in points {
            assert!((micros / 1e5 - share).abs() < 0.04, "{share} at most {micros}");
        }
    }
}

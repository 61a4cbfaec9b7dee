//! How much those slow each other down that share a memory controller.
//!
//! A pure function on whole numbers. Of `capacity` C bytes a second that a NUMA node's encrypted memory can
//! move, one asks for d and the others beside it for o, all at the speed they would have alone.
//!
//! - *Alone* it keeps the memory busy for the part d/C of its time: that part is what contention stretches, the
//!   rest is not touched by it.
//! - *Not saturated* (d + o <= C): the controller serves all at once, and a need of x seconds takes
//!   x / (1 - o/C) where others keep it busy for o/C of the time (processor sharing: L. Kleinrock,
//!   "Time-shared systems: a theoretical treatment", JACM 14(2), 1967). The slow-down is
//!   `1 - d/C + d/C / (1 - o/C)`, that is `1 + d o / (C (C - o))`.
//! - *Saturated* (d + o > C): each gets bandwidth in proportion to what it asks for, and so needs (d + o)/C
//!   times as long; what then comes through fills the controller to the last byte, and queues as above. That is
//!   `(d + 2 o) / C`; alone, where o is 0, it is d/C.
//!
//! Both agree where they meet, and either grows with d and with o and falls with C. There is no clip: with d > 0,
//! what others take in the first case is less than C.
//!
//! What it leaves out: a program that waits for each access before it makes the next stalls for a larger part
//! of its time than d/C, and is slowed down more than this says; caches and remote NUMA nodes are not modelled.

use crate::Slowdown;

/// Beyond this (281 TB/s) bandwidths are not told apart, so that no product overflows.
const LARGEST: u64 = 1 << 48;

/// The slow-down of one that moves `own` bytes a second beside others that move `others` together, where
/// `capacity` can be moved. Rounded up to a thousandth.
#[must_use]
pub fn contention(own: u64, others: u64, capacity: u64) -> Slowdown {
    let [own, others, capacity] = [own, others, capacity].map(|it| u128::from(it.min(LARGEST)));
    if own == 0 {
        return Slowdown::NONE;
    }
    let thousandths = if own + others > capacity {
        // What has no capacity is not served, ever.
        let most = u128::from(u64::MAX);
        (1000 * (own + 2 * others))
            .checked_div(capacity)
            .map_or(most, |_| (1000 * (own + 2 * others)).div_ceil(capacity))
    } else {
        1000 + (1000 * own * others).div_ceil(capacity * (capacity - others))
    };
    Slowdown::of_thousandths(u64::try_from(thousandths).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn thousandths(own: u64, others: u64, capacity: u64) -> u64 {
        contention(own, others, capacity).thousandths()
    }

    #[test]
    fn alone_nobody_is_slowed_down_but_by_the_memory_itself() {
        assert_eq!(thousandths(80, 0, 100), 1000);
        assert_eq!(thousandths(100, 0, 100), 1000);
        assert_eq!(thousandths(250, 0, 100), 2500);
    }

    #[test]
    fn who_moves_nothing_waits_for_nobody() {
        assert_eq!(thousandths(0, 500, 100), 1000);
        assert_eq!(thousandths(0, 0, 0), 1000);
    }

    #[test]
    fn queueing_stretches_the_part_of_time_that_memory_takes() {
        // Half of its time, twice as long: 0.5 + 0.5 * 2.
        assert_eq!(thousandths(50, 50, 100), 1500);
        // A tenth of its time, ten times as long.
        assert_eq!(thousandths(10, 90, 100), 1900);
        assert_eq!(thousandths(10, 50, 100), 1100);
    }

    #[test]
    fn under_saturation_each_gets_its_part() {
        // 300 are asked for of 100: three times as long, and what comes through queues.
        assert_eq!(thousandths(100, 200, 100), 5000);
        assert_eq!(thousandths(1, 0, 0), u64::MAX);
    }

    proptest! {
        #[test]
        fn more_of_anybody_is_never_faster_and_more_capacity_never_slower(
            own in any::<u64>(), others in any::<u64>(), capacity in any::<u64>(), more in any::<u64>(),
        ) {
            let before = thousandths(own, others, capacity);
            prop_assert!(thousandths(own.saturating_add(more), others, capacity) >= before || own == 0);
            prop_assert!(thousandths(own, others.saturating_add(more), capacity) >= before);
            prop_assert!(thousandths(own, others, capacity.saturating_add(more)) <= before);
        }

        #[test]
        fn where_bandwidth_suffices_nobody_takes_twice_as_long(capacity in 1_u64..LARGEST, part in 0_u64..=1000) {
            let own = u64::try_from(u128::from(capacity) * u128::from(part) / 1000).unwrap();
            prop_assert!(thousandths(own, capacity - own, capacity) <= 2000);
        }

        #[test]
        fn small_and_large_numbers_scale_alike(own in 1_u64..1000, others in 0_u64..1000, capacity in 1_u64..1000) {
            let scaled = thousandths(own << 30, others << 30, capacity << 30);
            prop_assert_eq!(thousandths(own, others, capacity), scaled);
        }
    }
}

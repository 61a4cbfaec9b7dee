//! How long a witness still holds, roughly, and how long a pod needs it: what the one outlives of the other.
//!
//! Steps instead of instants, so that few groups of nodes are told apart and each node changes a few times
//! only while its witness runs out.

use casemate_model::{Nanos, Timestamp};

/// How many of the steps something lasts for: none, or up to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(u8);

const MINUTE: u64 = 60_000_000_000;

/// Ten minutes, an hour, six hours, a day, a week.
const STEPS: [u64; 5] = [10 * MINUTE, 60 * MINUTE, 360 * MINUTE, 1_440 * MINUTE, 10_080 * MINUTE];

impl Span {
    /// How many steps are left until then.
    pub(crate) fn until(not_after: Timestamp, now: Timestamp) -> Self {
        let left = not_after.0.saturating_sub(now.0);
        Self::count(|step| left >= step)
    }

    /// How many steps cover this time; of a longer one, all.
    pub(crate) fn of(time: Nanos) -> Self {
        let covered = Self::count(|step| time.0 > step).0;
        let needs = covered.saturating_add(u8::from(time.0 > 0));
        Self(needs.min(u8::try_from(STEPS.len()).unwrap_or(u8::MAX)))
    }

    /// Nothing is expected.
    pub(crate) const NONE: Self = Self(0);

    /// The first instant after `now` at which fewer steps are left, or it is over.
    pub(crate) fn falls_at(not_after: Timestamp, now: Timestamp) -> Timestamp {
        let left = not_after.0.saturating_sub(now.0);
        let longest = STEPS.into_iter().rev().find(|step| left >= *step).unwrap_or(0);
        Timestamp(not_after.0.saturating_sub(longest)).after(Nanos(1))
    }

    fn count(holds: impl Fn(u64) -> bool) -> Self {
        Self(u8::try_from(STEPS.into_iter().filter(|step| holds(*step)).count()).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_outlives_what_ends_before_it_by_steps() {
        let now = Timestamp(1_000);
        let until = |minutes: u64| Span::until(Timestamp(1_000 + minutes * MINUTE), now);
        let of = |minutes: u64| Span::of(Nanos(minutes * MINUTE));
        assert!(until(9) < of(1) && until(10) >= of(10) && until(59) < of(11) && until(60) >= of(60));
        assert!(until(20_000) >= of(1_000_000), "nothing holds that long: the longest will do");
        assert_eq!(Span::of(Nanos(0)), Span::NONE);
    }

    #[test]
    fn it_falls_when_a_step_is_no_longer_left() {
        let end = Timestamp(100 * MINUTE);
        let falls = Span::falls_at(end, Timestamp(0));
        assert!(Span::until(end, Timestamp(falls.0 - 1)) > Span::until(end, falls));
        assert_eq!(Span::falls_at(end, end), Timestamp(100 * MINUTE + 1));
    }
}

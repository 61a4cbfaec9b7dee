//! Virtual time and lag as fixed-point integers.
//!
//! One unit of virtual time is 2^-20 ns of service at weight 1. None of these types
//! has an `Ord`: whether *less* means *sooner*, *poorer* or *more deserving* is
//! said by a method's name.

use casemate_model::Nanos;

use crate::Weight;

/// Units of virtual time in a nanosecond of service at weight 1.
pub(crate) const SCALE: i128 = 1 << 20;

/// The longest run that is charged in full, 73 minutes. A longer one is a machine
/// that was suspended, which is no service; the bound keeps sums in range.
pub(crate) const LONGEST_CHARGE: Nanos = Nanos(1 << 42);

/// Service received over weight, on the queue's own time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vruntime(pub(crate) i128);

/// The virtual time by which a request should have been served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VirtualDeadline(pub(crate) i128);

/// Service owed to an enclave: positive where it received less than its share,
/// negative where it received more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag(pub(crate) i128);

impl Vruntime {
    /// After `ran` more service. Rounded up, so that many short runs never cost less than a
    /// long one; the excess is under `weight / 2^20` ns a run.
    pub(crate) fn after_service(self, ran: Nanos, weight: Weight) -> Self {
        Self(self.0 + virtual_span(ran.min(LONGEST_CHARGE), weight))
    }

    /// When a request of `request` that starts here is due.
    pub(crate) fn deadline(self, request: Nanos, weight: Weight) -> VirtualDeadline {
        VirtualDeadline(self.0 + virtual_span(request, weight))
    }

    /// Service left until `deadline`, in whole nanoseconds: a fresh request has exactly itself left, and one with
    /// less than a nanosecond left is served.
    pub(crate) fn service_until(self, deadline: VirtualDeadline, weight: Weight) -> Nanos {
        let units = (deadline.0 - self.0).max(0) * weight.wide();
        Nanos(u64::try_from(units / SCALE).unwrap_or(u64::MAX))
    }
}

impl VirtualDeadline {
    /// Whether this deadline is due before the other.
    pub(crate) fn is_earlier_than(self, other: Self) -> bool {
        self.0 < other.0
    }
}

impl Lag {
    /// Neither owed nor owing.
    pub const ZERO: Self = Self(0);

    /// The lag worth `service` that was not received.
    pub(crate) fn owed(service: Nanos) -> Self {
        Self(i128::from(service.0) * SCALE)
    }

    /// Whether an enclave with this lag may be given a worker.
    #[must_use]
    pub fn is_eligible(self) -> bool {
        self.0 >= 0
    }

    /// Whether more is owed here than there.
    #[must_use]
    pub fn is_owed_more_than(self, other: Self) -> bool {
        self.0 > other.0
    }

    /// In nanoseconds of service, rounded toward zero, clamped to 64 bits.
    #[must_use]
    pub fn as_nanos(self) -> i64 {
        let nanos = self.0 / SCALE;
        nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// What of this lag outlives sleep: of a credit at most one request, so that a sleeper hoards
    /// nothing; a debt in full, up to the longest charge, so that sleep launders nothing.
    pub(crate) fn kept_over_sleep(self, request: Nanos) -> Self {
        Self(self.0.clamp(-Self::owed(LONGEST_CHARGE).0, Self::owed(request).0))
    }
}

/// `service` over `weight`, rounded up. At most 2^84.
fn virtual_span(service: Nanos, weight: Weight) -> i128 {
    let units = i128::from(service.0) * SCALE;
    (units + weight.wide() - 1) / weight.wide()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_short_runs_never_cost_less_than_one_long_run() {
        let weight = Weight::new(777).unwrap();
        let once = Vruntime(0).after_service(Nanos(1000), weight);
        let often = (0..1000).fold(Vruntime(0), |v, _| v.after_service(Nanos(1), weight));
        assert!(often.0 >= once.0 && often.0 - once.0 <= 1000, "{often:?} {once:?}");
    }

    #[test]
    fn a_fresh_request_has_exactly_itself_left() {
        for units in [1, 3, 1024, 1 << 20] {
            let weight = Weight::new(units).unwrap();
            let request = Nanos(3_000_001);
            let due = Vruntime(5).deadline(request, weight);
            assert_eq!(Vruntime(5).service_until(due, weight), request, "weight {units}");
            let served = Vruntime(5).after_service(request, weight);
            assert_eq!(served.service_until(due, weight), Nanos::ZERO, "weight {units}");
        }
    }

    #[test]
    fn sleep_keeps_debts_and_caps_credits() {
        let request = Nanos(10);
        assert_eq!(Lag::owed(Nanos(7)).kept_over_sleep(request).as_nanos(), 7);
        assert_eq!(Lag::owed(Nanos(70)).kept_over_sleep(request).as_nanos(), 10);
        assert_eq!(Lag(-70 * SCALE).kept_over_sleep(request).as_nanos(), -70);
    }
}

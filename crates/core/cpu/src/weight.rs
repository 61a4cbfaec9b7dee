//! Weights: how large one enclave's share is beside another's.

use casemate_model::MilliCpu;

/// A relative share of the CPU, between [`Weight::MIN`] and [`Weight::MAX`].
///
/// An enclave of weight 2048 receives twice what one of weight 1024 receives
/// while both want to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u32);

impl Weight {
    /// The least weight.
    pub const MIN: Self = Self(1);
    /// The greatest weight. It equals the scale of virtual time, so that even the
    /// heaviest enclave pays at least one unit for each nanosecond.
    pub const MAX: Self = Self(1 << 20);
    /// What a request of one whole CPU weighs.
    pub const ONE_CPU: Self = Self(1024);

    /// The weight `units`, or `None` outside the range.
    #[must_use]
    pub const fn new(units: u32) -> Option<Self> {
        if units >= Self::MIN.0 && units <= Self::MAX.0 { Some(Self(units)) } else { None }
    }

    /// The weight Kubernetes gives a container that requests this much CPU: 1024 a
    /// core, never under 2 nor over 262,144 (the range of `cpu.shares`).
    #[must_use]
    pub fn from_cpu_request(cpu: MilliCpu) -> Self {
        let shares = u128::from(cpu.0) * 1024 / 1000;
        Self(shares.clamp(2, 262_144) as u32)
    }

    /// The weight as a plain number.
    #[must_use]
    pub const fn units(self) -> u32 {
        self.0
    }

    pub(crate) fn wide(self) -> i128 {
        i128::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_outside_the_range_are_refused() {
        assert_eq!(Weight::new(0), None);
        assert_eq!(Weight::new(1), Some(Weight::MIN));
        assert_eq!(Weight::new(1 << 20), Some(Weight::MAX));
        assert_eq!(Weight::new((1 << 20) + 1), None);
    }

    #[test]
    fn cpu_requests_weigh_what_kubernetes_makes_them_weigh() {
        assert_eq!(Weight::from_cpu_request(MilliCpu(0)).units(), 2);
        assert_eq!(Weight::from_cpu_request(MilliCpu(250)).units(), 256);
        assert_eq!(Weight::from_cpu_request(MilliCpu(1000)), Weight::ONE_CPU);
        assert_eq!(Weight::from_cpu_request(MilliCpu(u64::MAX)).units(), 262_144);
    }
}

//! Encrypted memory handed out beyond what there is, and what that costs.
//!
//! Requests are never over-committed: they are reserved in full, always. What may be is the *excess*, what lies
//! between an enclave's request and its limit, and of that what it is measured to use: an enclave's working set
//! W (its limit where nobody measured; never more than its limit) less its request g, if that is less. Those
//! who ask to be exclusive have no excess: theirs is reserved up to the limit (see [`crate::ask`]).
//!
//! The model. Requests are resident. The encrypted memory that nobody requested, X, holds what it can of the sum
//! S of all excess on the node, for each enclave in proportion to its own; nobody's pages are favoured. Pages
//! of a working set are touched alike, independently of each other (P. J. Denning, "The working set model for
//! program behavior", CACM 11(5), 1968; the independent reference model). A touch then finds its page sealed with
//! the probability
//!
//! ```text
//! m = (W - g)/W * (S - X)/S      where S > X, else 0
//! ```
//!
//! and the slow-down is `1 + touches a second * cost of a page * m`. Whole numbers throughout, and sums kept by
//! node, so that nobody walks over residents: S, and of the parts (W - g)/W how many there are of each, in
//! thousandths rounded up, since the largest is slowed down most.
//!
//! What it leaves out: reads ahead, which make it cheaper; waiting for the pager, which makes it dearer; phases
//! of a program, whose working sets are different. Init containers run one by one before the others: of the
//! phases of a pod the one with the largest excess counts.

use std::collections::BTreeMap;

use casemate_model::{Bytes, Container, Nanos, Pod};

use crate::Slowdown;

/// That what lies between request and limit may be over-committed, and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overcommit {
    /// Nobody may be predicted to run longer than this many times as long.
    pub slowdown_max: Slowdown,
    /// What paging costs.
    pub paging: Paging,
}

/// What paging costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// To evict one page and to load another in its place.
    pub page_cost: Nanos,
    /// How many pages an enclave touches in a second of its own time, such that each could be missing.
    pub touches: u64,
}

impl Default for Paging {
    /// 5 µs a page: 200,000 pages a second come in, each in the place of one that is sealed (evict+load, random,
    /// in docs/benchmarks.md). 250,000 touches a second: a program that goes through its memory at 1 GB/s. The
    /// walk of the benchmark, which does nothing else, makes 372,000 accesses a second while half of them miss.
    fn default() -> Self {
        Self { page_cost: Nanos(5_000), touches: 250_000 }
    }
}

impl Overcommit {
    /// Up to this slow-down, with the paging measured for this project's enclaves.
    #[must_use]
    pub fn up_to(slowdown_max: Slowdown) -> Self {
        Self { slowdown_max, paging: Paging::default() }
    }
}

/// Working sets beyond requests: of a pod, or of all on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excess {
    /// In bytes.
    sum: u128,
    /// How many enclaves have so many thousandths of their working set beyond their request.
    parts: BTreeMap<u16, u32>,
}

impl Excess {
    /// Nobody has any.
    pub(crate) const NONE: Self = Self { sum: 0, parts: BTreeMap::new() };

    /// What a pod's enclaves have at most at any moment.
    pub(crate) fn of(pod: &Pod) -> Self {
        let measured = |container: &Container| pod.scheduling.working_sets.get(&container.name).copied();
        let of = |container: &Container| Self::of_enclave(container, measured(container));
        let mut together = Self::NONE;
        pod.containers.iter().for_each(|container| together.add(&of(container)));
        pod.init_containers
            .iter()
            .map(of)
            .fold(together, |most, one| if one.sum > most.sum { one } else { most })
    }

    fn of_enclave(container: &Container, measured: Option<Bytes>) -> Self {
        let Some(enclave) = container.demand.enclave else { return Self::NONE };
        let limit = enclave.epc_limit.map(Bytes::to_pages_ceil);
        let measured = measured.map(Bytes::to_pages_ceil);
        let bounded = measured.map(|it| limit.map_or(it, |limit| it.min(limit)));
        let request = enclave.epc_guaranteed.to_pages_ceil();
        let working_set = bounded.or(limit).unwrap_or(request);
        let excess = working_set.saturating_sub(request);
        let part = (u128::from(excess.0) * 1000).div_ceil(u128::from(working_set.0.max(1)));
        match u16::try_from(part) {
            Ok(part) if part > 0 => {
                Self { sum: u128::from(excess.to_bytes().0), parts: BTreeMap::from([(part, 1)]) }
            }
            _ => Self::NONE,
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.sum == 0
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.sum = self.sum.saturating_add(other.sum);
        for (part, count) in &other.parts {
            let held = self.parts.entry(*part).or_default();
            *held = held.saturating_add(*count);
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.sum = self.sum.saturating_sub(other.sum);
        for (part, count) in &other.parts {
            let Some(held) = self.parts.get_mut(part) else { continue };
            *held = held.saturating_sub(*count);
            if *held == 0 {
                self.parts.remove(part);
            }
        }
    }

    /// The largest part of a working set that lies beyond the request, in thousandths.
    fn largest_part(&self) -> u16 {
        self.parts.last_key_value().map_or(0, |(part, _)| *part)
    }

    /// The slow-down of whoever of these is slowed down most, where all on the node have `on_node` beyond their
    /// requests, and `room` bytes of encrypted memory are not requested by anybody.
    pub(crate) fn slowdown(&self, on_node: &Self, room: u64, paging: &Paging) -> Slowdown {
        let missing = on_node.sum.saturating_sub(u128::from(room));
        if missing == 0 || self.is_none() {
            return Slowdown::NONE;
        }
        // In thousandths of the time it takes undisturbed, if every touch missed; 4 million times at most, so
        // that nothing below overflows.
        let worst = u128::from(paging.touches).saturating_mul(u128::from(paging.page_cost.0)) / 1_000_000;
        let worst = worst.min(1 << 32) * u128::from(self.largest_part());
        // Beyond 2^80 bytes no node's enclaves are told apart.
        let bits = on_node.sum.checked_ilog2().unwrap_or(0).saturating_sub(80);
        let (missing, sum) = (missing >> bits, (on_node.sum >> bits).max(1));
        let delay = (worst * missing).div_ceil(sum.saturating_mul(1000));
        Slowdown::of_thousandths(u64::try_from(delay).unwrap_or(u64::MAX).saturating_add(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::fixture::words::pod;
    use proptest::prelude::*;

    const MIB: u64 = 1 << 20;

    /// One enclave that requests, may have and was measured to use so many MiB.
    fn enclave(request: u64, limit: Option<u64>, measured: Option<u64>) -> Excess {
        let mut pod = pod(&format!("tee=sgx epc={request}"));
        pod.containers[0].demand.enclave.as_mut().unwrap().epc_limit = limit.map(Bytes::mib);
        pod.scheduling.working_sets.extend(measured.map(|it| ("c0".to_owned(), Bytes::mib(it))));
        Excess::of(&pod)
    }

    fn slowdown(one: &Excess, node: &Excess, room_mib: u64) -> u64 {
        one.slowdown(node, room_mib * MIB, &Paging::default()).thousandths()
    }

    #[test]
    fn the_excess_is_what_is_measured_beyond_the_request_and_else_the_limit() {
        let sum = |excess: Excess| excess.sum / u128::from(MIB);
        assert_eq!(sum(enclave(32, Some(64), None)), 32);
        assert_eq!(sum(enclave(32, Some(64), Some(40))), 8);
        assert_eq!(sum(enclave(32, Some(64), Some(20))), 0);
        assert_eq!(sum(enclave(32, Some(64), Some(100))), 32, "no enclave has more than its limit");
        assert_eq!(sum(enclave(32, None, Some(100))), 68);
        assert_eq!(sum(enclave(32, None, None)), 0);
    }

    #[test]
    fn who_has_room_is_not_slowed_down() {
        let node = enclave(32, Some(64), None);
        assert_eq!(slowdown(&node, &node, 32), 1000);
        assert_eq!(slowdown(&enclave(32, None, None), &node, 0), 1000, "all it has is requested");
    }

    #[test]
    fn a_touch_that_misses_costs_a_page() {
        // Half of its pages are beyond the request and half of those are sealed: a quarter of 250,000 touches
        // a second, 5 µs each.
        let node = enclave(32, Some(64), None);
        assert_eq!(slowdown(&node, &node, 16), 1313);
        assert_eq!(slowdown(&node, &node, 0), 1625);
    }

    #[test]
    fn who_requested_least_of_what_it_uses_is_slowed_down_most() {
        let (most, least) = (enclave(1, Some(100), None), enclave(90, Some(100), None));
        let mut node = most.clone();
        node.add(&least);
        assert!(slowdown(&most, &node, 0) > slowdown(&least, &node, 0));
        assert_eq!(slowdown(&node, &node, 0), slowdown(&most, &node, 0));
        node.subtract(&most);
        assert_eq!(node, least);
    }

    #[test]
    fn of_init_containers_the_one_with_the_largest_excess_counts() {
        let mut pod = pod("tee=sgx epc=1 > tee=sgx epc=1 + tee=sgx epc=1");
        for (container, limit) in pod.init_containers.iter_mut().chain(&mut pod.containers).zip([50, 4, 5]) {
            container.demand.enclave.as_mut().unwrap().epc_limit = Some(Bytes::mib(limit));
        }
        assert_eq!(Excess::of(&pod).sum / u128::from(MIB), 49);
        pod.init_containers[0].demand.enclave.as_mut().unwrap().epc_limit = Some(Bytes::mib(2));
        assert_eq!(Excess::of(&pod).sum / u128::from(MIB), 7);
    }

    proptest! {
        #[test]
        fn more_excess_is_never_faster_and_more_room_never_slower(
            enclaves in proptest::collection::vec((0_u64..200, 0_u64..400), 1..12),
            room in 0_u64..2000,
        ) {
            let mut node = Excess::NONE;
            let mut before = 0;
            for (request, limit) in enclaves {
                node.add(&enclave(request, Some(limit), None));
                let now = slowdown(&node, &node, room);
                prop_assert!(now >= before);
                prop_assert!(slowdown(&node, &node, room + 10) <= now);
                before = now;
            }
        }

        #[test]
        fn what_is_added_and_taken_away_again_leaves_no_trace(
            enclaves in proptest::collection::vec((0_u64..200, 0_u64..400), 0..12),
        ) {
            let all: Vec<_> = enclaves.into_iter().map(|(g, l)| enclave(g, Some(l), None)).collect();
            let mut node = Excess::NONE;
            all.iter().for_each(|it| node.add(it));
            all.iter().for_each(|it| node.subtract(it));
            prop_assert_eq!(node, Excess::NONE);
        }

        #[test]
        fn no_number_is_too_large(sum in any::<u128>(), room in any::<u64>(), part in 1_u16..=1000, cost in any::<u64>()) {
            let node = Excess { sum, parts: BTreeMap::from([(part, u32::MAX)]) };
            let paging = Paging { page_cost: Nanos(cost), touches: cost };
            prop_assert!(node.slowdown(&node, room, &paging) >= Slowdown::NONE);
        }
    }
}

//! What lies between requests and limits, and how much it slows enclaves down to share it.
//!
//! Pages of a working set are touched alike (the independent reference model). With S bytes of working sets beyond
//! requests on a node, X bytes that nobody requested, and an enclave of which the part f of its working set
//! is beyond its request, each of its touches finds its page sealed with the probability `f * (S - X) / S`. Parts
//! are rounded up to thousandths, and so is what comes out.

use std::collections::BTreeMap;

use casemate_model::{Container, Nanos, Pod, Sharing};

use super::against::Against;
use super::amounts::Amounts;
use crate::{Leeway, Rule};

/// Bytes in a page of encrypted memory.
const PAGE: u128 = 4096;

/// Touches that miss are not told apart beyond this many thousandths of an enclave's own time.
const DELAY_MOST: u128 = 1 << 32;

/// Working sets beyond requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beyond {
    bytes: u128,
    /// How many enclaves have so many thousandths of their working set beyond their request.
    parts: BTreeMap<u128, u64>,
}

impl Beyond {
    /// Of a pod at its worst moment. Who shares with nobody has none: all of it is reserved.
    pub(super) fn of(pod: &Pod, sharing: Sharing) -> Self {
        if sharing != Sharing::Shared {
            return Self::default();
        }
        let mut worst = Self::default();
        for container in &pod.containers {
            worst.come(&Self::of_container(pod, container));
        }
        for container in &pod.init_containers {
            let alone = Self::of_container(pod, container);
            if alone.bytes > worst.bytes {
                worst = alone;
            }
        }
        worst
    }

    fn of_container(pod: &Pod, container: &Container) -> Self {
        let Some(enclave) = container.demand.enclave else { return Self::default() };
        let up = |bytes: u64| u128::from(bytes).div_ceil(PAGE) * PAGE;
        let request = up(enclave.epc_guaranteed.0);
        let limit = enclave.epc_limit.map(|it| up(it.0));
        let measured = pod.scheduling.working_sets.get(&container.name).map(|it| up(it.0));
        let used = match (measured, limit) {
            (Some(measured), Some(limit)) => measured.min(limit),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => request,
        };
        if used <= request {
            return Self::default();
        }
        let bytes = used - request;
        Self { bytes, parts: BTreeMap::from([((bytes * 1000).div_ceil(used), 1)]) }
    }

    pub(super) fn come(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (part, enclaves) in &other.parts {
            let count = self.parts.entry(*part).or_default();
            *count = count.saturating_add(*enclaves);
        }
    }

    pub(super) fn go(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_sub(other.bytes);
        for (part, enclaves) in &other.parts {
            if let Some(count) = self.parts.get_mut(part) {
                *count = count.saturating_sub(*enclaves);
            }
        }
        self.parts.retain(|_, count| *count > 0);
    }

    /// What speaks against a pod that asks for this beside what is `here` on a node with so much encrypted memory
    /// that nobody requested, its own request taken off.
    pub(super) fn object(&self, against: &mut Against, here: &Self, unrequested: u128, leeway: Leeway) {
        let mut after = here.clone();
        after.come(self);
        let predicted = after.slowdown(unrequested, leeway);
        if predicted > u128::from(leeway.slowdown_max) {
            against.add(
                Rule::SlowedDown,
                format_args!(
                    "{predicted} thousandths of the time, for {} bytes beyond requests",
                    after.bytes
                ),
                format_args!("{} thousandths", leeway.slowdown_max),
            );
        }
    }

    /// Of whoever is slowed down most, in thousandths.
    fn slowdown(&self, unrequested: u128, leeway: Leeway) -> u128 {
        let Some((largest, _)) = self.parts.last_key_value() else { return 1000 };
        if self.bytes <= unrequested {
            return 1000;
        }
        let Nanos(cost) = leeway.page_cost;
        let if_all_missed = (u128::from(leeway.touches) * u128::from(cost) / 1_000_000).min(DELAY_MOST);
        let missing = self.bytes - unrequested;
        let delay = if_all_missed.saturating_mul(*largest).saturating_mul(missing);
        delay.div_ceil(self.bytes.saturating_mul(1000)).saturating_add(1000)
    }
}

/// What of a node's encrypted memory nobody requested once a pod that asks for so much is there; `None` where that
/// pod has nothing to do with encrypted memory.
pub(super) fn unrequested(asked: &Amounts, used: &Amounts, beyond: &Beyond, in_all: u128) -> Option<u128> {
    let concerns = asked.epc() > 0 || beyond.bytes > 0;
    concerns.then(|| in_all.saturating_sub(used.epc().saturating_add(asked.epc())))
}

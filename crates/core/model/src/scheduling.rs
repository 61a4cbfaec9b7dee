//! How a pod is to be placed, beside how much it asks for.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::affinity::{LabelSelector, Labels, NodeAffinity, PodAffinity, SpreadConstraint};
use crate::{Bytes, Features, Nanos, NodeName, PlacementPolicy, Runtime, Tee};

/// What a pod says of its place. The default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// `metadata.labels`: by them others' affinity, spread and disruption budgets mean it.
    pub labels: Labels,
    /// `spec.affinity.nodeAffinity`.
    pub node_affinity: NodeAffinity,
    /// `spec.affinity.podAffinity`.
    pub pod_affinity: PodAffinity,
    /// `spec.affinity.podAntiAffinity`.
    pub pod_anti_affinity: PodAffinity,
    /// `spec.topologySpreadConstraints`.
    pub topology_spread: Vec<SpreadConstraint>,
    /// How it shares its node. `None`: as the cluster does by default.
    pub policy: Option<PlacementPolicy>,
    /// `spec.preemptionPolicy`: whether others may be displaced for it.
    pub preemption: Preemption,
    /// `spec.nodeName`: where it is already, or has to be.
    pub node: Option<NodeName>,
    /// How long it is expected to run from its start. `None`: nobody says.
    pub expected: Option<Nanos>,
    /// What its programs need of the TEE and its runtime.
    pub needs: Features,
    /// What stands between its programs and the TEE. `None`: nobody says.
    pub runtime: Option<Runtime>,
    /// TEEs that will do instead of the one its containers ask for, in no order.
    pub other_tees: Vec<Tee>,
    /// By container, how much encrypted memory was measured to be in use at a time.
    pub working_sets: BTreeMap<String, Bytes>,
    /// Encrypted-memory bandwidth it needs, in bytes a second.
    pub bandwidth: Option<u64>,
    /// What it asks for that is not implemented, each with its place and cause: it is not placed.
    pub unsupported: Vec<String>,
}

/// Whether pods of lower priority may be displaced; Kubernetes' `spec.preemptionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preemption {
    /// They may.
    #[default]
    LowerPriority,
    /// None is.
    Never,
}

/// How many pods of a kind must stay; Kubernetes' `policy/v1 PodDisruptionBudget`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisruptionBudget {
    /// Its namespace: only pods in it are meant.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Which pods.
    pub selector: LabelSelector,
    /// How many must stay, or may be gone.
    pub bound: BudgetBound,
}

/// What a disruption budget bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetBound {
    /// `minAvailable`.
    MinAvailable(Share),
    /// `maxUnavailable`.
    MaxUnavailable(Share),
}

/// A number of pods; Kubernetes' `IntOrString`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Count(u32),
    /// So many of a hundred, rounded up.
    Percent(u8),
}

impl DisruptionBudget {
    /// Whether the pod of these labels is meant.
    #[must_use]
    pub fn means(&self, namespace: &str, labels: &Labels) -> bool {
        self.namespace == namespace && self.selector.matches(labels)
    }

    /// How many of `pods` that are meant and healthy may be disrupted at a time.
    #[must_use]
    pub fn allowed(&self, pods: u32) -> u32 {
        match self.bound {
            BudgetBound::MinAvailable(share) => pods.saturating_sub(share.of(pods)),
            BudgetBound::MaxUnavailable(share) => share.of(pods).min(pods),
        }
    }
}

impl Share {
    /// Of so many pods. Percentages are rounded up, as `GetScaledValueFromIntOrPercent` is asked to.
    #[must_use]
    pub fn of(self, pods: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                let exact = u64::from(pods).saturating_mul(u64::from(percent)).div_ceil(100);
                u32::try_from(exact).unwrap_or(u32::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(bound: BudgetBound, pods: u32) -> u32 {
        let selector = LabelSelector::default();
        DisruptionBudget { namespace: "n".into(), name: "b".into(), selector, bound }.allowed(pods)
    }

    #[test]
    fn percentages_are_rounded_up_on_either_side() {
        assert_eq!(allowed(BudgetBound::MinAvailable(Share::Percent(50)), 7), 3);
        assert_eq!(allowed(BudgetBound::MaxUnavailable(Share::Percent(50)), 7), 4);
    }

    #[test]
    fn more_than_there_are_must_stay_lets_none_go() {
        assert_eq!(allowed(BudgetBound::MinAvailable(Share::Count(9)), 7), 0);
        assert_eq!(allowed(BudgetBound::MaxUnavailable(Share::Count(9)), 7), 7);
    }
}

//! What pods say of how their like are spread.
//!
//! Source: `core/v1 TopologySpreadConstraint`, Kubernetes v1.34; `minDomains`: KEP-3022;
//! `nodeAffinityPolicy` and `nodeTaintsPolicy`: KEP-3094; `matchLabelKeys`: KEP-3243.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::num::NonZeroU32;

use casemate_model::{Taint, TaintEffect, Toleration, TolerationOperator};

use crate::{LabelSelector, NodeFacts, PodTerms};

/// `core/v1 TopologySpreadConstraint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpreadConstraint {
    /// `maxSkew`: by how many pods a domain may exceed the emptiest one.
    pub max_skew: NonZeroU32,
    /// `minDomains`: with fewer eligible domains than this, the emptiest counts as empty. `None` is 1.
    pub min_domains: Option<NonZeroU32>,
    /// `topologyKey`: nodes whose label has the same value are one domain.
    pub topology_key: String,
    /// `whenUnsatisfiable`.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// `labelSelector`: which pods of the pod's namespace are counted. `None` is no pod, and neither is one
    /// that is empty even with `match_label_keys`: the scheduler counts none for it.
    pub label_selector: Option<LabelSelector>,
    /// `matchLabelKeys`: labels whose value has to be the pod's own for a pod to be counted.
    pub match_label_keys: BTreeSet<String>,
    /// `nodeAffinityPolicy`: of nodes that the pod's node selector or affinity rules out. Absent: `Honor`.
    pub node_affinity_policy: Inclusion,
    /// `nodeTaintsPolicy`: of nodes with a taint the pod does not tolerate. Absent: `Ignore`.
    pub node_taints_policy: Inclusion,
}

/// `whenUnsatisfiable`: what is done where the skew would be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenUnsatisfiable {
    /// The pod does not go there.
    DoNotSchedule,
    /// The pod had rather go elsewhere.
    ScheduleAnyway,
}

/// `core/v1 NodeInclusionPolicy`: whether nodes the pod could not use are left out of its domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inclusion {
    /// They are left out.
    Honor,
    /// They count as any other.
    Ignore,
}

/// A constraint with everything it takes from its own pod filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) topology_key: String,
    pub(crate) max_skew: u64,
    pub(crate) min_domains: u64,
    namespace: String,
    selector: Option<LabelSelector>,
    affinity: Inclusion,
    taints: Inclusion,
}

impl Spread {
    pub(crate) fn of(constraint: &SpreadConstraint, owner: &PodTerms) -> Self {
        let merged =
            |it: &LabelSelector| it.with_keys(&owner.labels, &constraint.match_label_keys, &BTreeSet::new());
        Self {
            topology_key: constraint.topology_key.clone(),
            max_skew: constraint.max_skew.get().into(),
            min_domains: constraint.min_domains.map_or(1, |it| it.get().into()),
            namespace: owner.namespace.clone(),
            selector: constraint.label_selector.as_ref().map(merged),
            affinity: constraint.node_affinity_policy,
            taints: constraint.node_taints_policy,
        }
    }

    /// Whether placed pods of these labels are counted. Those that are being deleted never are.
    pub(crate) fn counts(&self, pod: &PodTerms) -> bool {
        let selective = self.selector.as_ref().is_some_and(|it| !it.is_empty());
        selective && self.namespace == pod.namespace && self.selects(pod)
    }

    /// Whether the selector holds of the pod. It adds one to the domain of a pod that is to be placed.
    pub(crate) fn selects(&self, pod: &PodTerms) -> bool {
        self.selector.as_ref().is_some_and(|it| it.matches(&pod.labels))
    }

    /// Whether the constraint's policies let the node belong to a domain.
    pub(crate) fn includes(&self, node: &NodeFacts, owner: &PodTerms) -> bool {
        let usable = self.affinity == Inclusion::Ignore || owner.admits(node);
        usable && (self.taints == Inclusion::Ignore || tolerates_all(owner, &node.taints))
    }
}

/// Whether no taint keeps the pod out of its node.
fn tolerates_all(pod: &PodTerms, taints: &[Taint]) -> bool {
    let mut keeping = taints.iter().filter(|it| it.effect != TaintEffect::PreferNoSchedule);
    keeping.all(|taint| pod.tolerations.iter().any(|it| tolerates(it, taint)))
}

/// `core/v1 Toleration.ToleratesTaint`.
fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_none_or(|it| it == taint.effect);
    let key = toleration.key.as_ref().is_none_or(|it| *it == taint.key);
    let value = match &toleration.operator {
        TolerationOperator::Exists => true,
        TolerationOperator::Equal(value) => *value == taint.value,
    };
    effect && key && value
}

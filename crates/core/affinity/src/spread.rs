//! A spread constraint, with everything filled in that it takes from its own pod.

use alloc::collections::BTreeSet;
use alloc::string::String;

use casemate_model::affinity::{Inclusion, LabelSelector, NodeFacts, SpreadConstraint};
use casemate_model::{Taint, TaintEffect, Toleration, TolerationOperator};

use crate::PodTerms;

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

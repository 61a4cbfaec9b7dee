//! What a pod says of the node itself: its name, its labels, its taints.
//!
//! Source: Kubernetes v1.34, "Assigning Pods to Nodes" and "Taints and Tolerations".

use casemate_model::affinity::{Labels, NodeSelector};
use casemate_model::{Node, Pod, Taint, TaintEffect, Toleration, TolerationOperator};

use super::against::Against;
use super::labels::describes;
use crate::Rule;

pub(super) fn object(against: &mut Against, pod: &Pod, node: &Node) {
    if let Some(named) = pod.scheduling.node.as_ref().filter(|named| named.0 != node.name.0) {
        against.add(
            Rule::NodeNameIgnored,
            format_args!("another node"),
            format_args!("{named}, which it names"),
        );
    }
    for (label, value) in &pod.node_selector {
        match node.labels.get(label) {
            Some(has) if has == value => {}
            Some(has) => against.add(
                Rule::NodeSelectorIgnored,
                format_args!("label {label}={has}"),
                format_args!("{label}={value}"),
            ),
            None => against.add(
                Rule::NodeSelectorIgnored,
                format_args!("no label {label}"),
                format_args!("{label}={value}"),
            ),
        }
    }
    if pod.scheduling.node_affinity.required.as_ref().is_some_and(|required| !describes(required, node)) {
        against.add(
            Rule::NodeAffinityIgnored,
            format_args!("none of its node affinity's terms holds"),
            format_args!("nodes of which one holds"),
        );
    }
    // Who names its node was never scheduled, or has been: only `NoExecute` is for those who are there.
    let is_there = pod.scheduling.node.is_some();
    let concerns = |taint: &&Taint| forbids(taint) && !(is_there && taint.effect == TaintEffect::NoSchedule);
    for taint in node.taints.iter().filter(concerns) {
        if !pod.tolerations.iter().any(|toleration| covers(toleration, taint)) {
            against.add(
                Rule::TaintIgnored,
                format_args!("taint {}={}, which it does not tolerate", taint.key, taint.value),
                format_args!("tolerated taints only"),
            );
        }
    }
}

/// Whether the node is one of those that a pod's selector and node affinity describe.
pub(super) fn is_selected(labels: &Labels, affinity: Option<&NodeSelector>, node: &Node) -> bool {
    let selected = labels.iter().all(|(key, value)| node.labels.get(key) == Some(value));
    selected && affinity.is_none_or(|it| describes(it, node))
}

/// Whether all of the node's taints can be lived with.
pub(super) fn is_tolerated(tolerations: &[Toleration], node: &Node) -> bool {
    let mut forbidding = node.taints.iter().filter(|taint| forbids(taint));
    forbidding.all(|taint| tolerations.iter().any(|toleration| covers(toleration, taint)))
}

fn forbids(taint: &Taint) -> bool {
    match taint.effect {
        TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
        TaintEffect::PreferNoSchedule => false,
    }
}

/// Kubernetes' rule: effect, key and value must each match; an absent effect matches all effects, and an
/// absent key matches all keys provided the operator is `Exists`.
fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = match toleration.effect {
        None => true,
        Some(effect) => effect == taint.effect,
    };
    let exists = matches!(toleration.operator, TolerationOperator::Exists);
    let key = match &toleration.key {
        Some(key) if !key.is_empty() => *key == taint.key,
        _ => exists,
    };
    let value = match &toleration.operator {
        TolerationOperator::Exists => true,
        TolerationOperator::Equal(value) => *value == taint.value,
    };
    effect && key && value
}

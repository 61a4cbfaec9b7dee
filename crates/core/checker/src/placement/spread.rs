//! How evenly pods of a kind are spread over domains.
//!
//! Source: Kubernetes v1.34, "Pod Topology Spread Constraints", `core/v1 TopologySpreadConstraint`. A node belongs
//! to a domain where it carries the keys of all of the pod's hard constraints and the inclusion policies let it.
//! A domain with the newcomer in it may have `maxSkew` more pods than the emptiest; with fewer than `minDomains`
//! domains, the emptiest counts as having none.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::{
    Inclusion, LabelSelector, Labels, NodeSelector, SpreadConstraint, WhenUnsatisfiable,
};
use casemate_model::{Node, Pod, Toleration};

use super::against::Against;
use super::labels::{completed, selects};
use super::node_terms::{is_selected, is_tolerated};
use crate::Rule;

/// Questions answered by keeping count. Beyond, all are forgotten and counted again when they are asked.
const KEPT: usize = 4096;

/// What is counted, of which nodes and pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    namespace: String,
    selector: Option<LabelSelector>,
    key: String,
    /// Of all hard constraints of the pod: a node without one of them is in no domain.
    keys: BTreeSet<String>,
    /// Which nodes its inclusion policies leave.
    selected: Option<(Labels, Option<NodeSelector>)>,
    tolerated: Option<Vec<Toleration>>,
}

/// The domains there are, each with the pods in it.
#[derive(Debug, Default)]
struct Domains {
    by_value: BTreeMap<String, u64>,
}

/// How pods are spread.
#[derive(Debug, Default)]
pub(super) struct Spreads(BTreeMap<Question, Domains>);

/// What is to be asked of each node for one pod.
#[derive(Debug)]
pub(super) struct Evenness<'a>(Vec<Constraint<'a>>);

#[derive(Debug)]
struct Constraint<'a> {
    key: &'a str,
    domains: &'a Domains,
    most: u64,
    itself: u64,
    least: u64,
}

impl Spreads {
    /// Forgets everything: nodes are others.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    pub(super) fn come(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, true);
    }

    pub(super) fn go(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, false);
    }

    /// Begins to count what this pod asks for.
    pub(super) fn learn<'a>(
        &mut self,
        pod: &Pod,
        nodes: impl Iterator<Item = &'a Node> + Clone,
        placed: impl Iterator<Item = (&'a Pod, &'a Node)> + Clone,
    ) {
        if self.0.len() > KEPT {
            self.0.clear();
        }
        for constraint in hard(pod) {
            let question = Question::of(pod, constraint);
            if self.0.contains_key(&question) {
                continue;
            }
            let mut domains = Domains::default();
            for domain in nodes.clone().filter_map(|node| question.domain(node)) {
                domains.by_value.entry(domain.clone()).or_default();
            }
            for (_, node) in placed.clone().filter(|(other, _)| question.counts(other)) {
                domains.change(question.domain(node), true);
            }
            self.0.insert(question, domains);
        }
    }

    /// What is to be asked of each node for this pod, which was learned.
    pub(super) fn evenness<'a>(&'a self, pod: &'a Pod) -> Evenness<'a> {
        let constraint = |constraint: &'a SpreadConstraint| {
            let question = Question::of(pod, constraint);
            let domains = self.0.get(&question)?;
            let enough = constraint.min_domains.map_or(1, |least| u64::from(least.get()));
            let has_enough = domains.by_value.len() as u64 >= enough;
            let least = domains.by_value.values().min().filter(|_| has_enough).copied();
            Some(Constraint {
                key: &constraint.topology_key,
                domains,
                most: u64::from(constraint.max_skew.get()),
                itself: u64::from(question.counts(pod)),
                least: least.unwrap_or(0),
            })
        };
        Evenness(hard(pod).filter_map(constraint).collect())
    }

    fn change(&mut self, pod: &Pod, node: &Node, comes: bool) {
        for (question, domains) in &mut self.0 {
            if question.counts(pod) {
                domains.change(question.domain(node), comes);
            }
        }
    }
}

impl Evenness<'_> {
    /// What speaks against the node. With `whoever_is_there` false, only what no other pod could change.
    pub(super) fn object(&self, against: &mut Against, node: &Node, whoever_is_there: bool) {
        for Constraint { key, domains, most, itself, least } in &self.0 {
            let Some(value) = node.labels.get(*key) else {
                against.add(
                    Rule::SpreadIgnored,
                    format_args!("no label {key}, by which it is spread"),
                    format_args!("nodes with it"),
                );
                continue;
            };
            let pods = domains.by_value.get(value).copied().unwrap_or(0).saturating_add(*itself);
            let skew = pods.saturating_sub(*least);
            if whoever_is_there && skew > *most {
                against.add(
                    Rule::SpreadIgnored,
                    format_args!("{pods} pods with {key}={value}, {least} in the emptiest domain"),
                    format_args!("{most} more at most"),
                );
            }
        }
    }
}

impl Domains {
    fn change(&mut self, domain: Option<&String>, comes: bool) {
        if let Some(pods) = domain.and_then(|domain| self.by_value.get_mut(domain)) {
            *pods = if comes { pods.saturating_add(1) } else { pods.saturating_sub(1) };
        }
    }
}

impl Question {
    fn of(pod: &Pod, constraint: &SpreadConstraint) -> Self {
        let own = &pod.scheduling.labels;
        let none = BTreeSet::new();
        let selector =
            completed(constraint.label_selector.as_ref(), own, &constraint.match_label_keys, &none);
        let honours = |policy| matches!(policy, Inclusion::Honor);
        let selected = || (pod.node_selector.clone(), pod.scheduling.node_affinity.required.clone());
        Self {
            namespace: pod.key.namespace.clone(),
            // The scheduler counts no pod for a selector that says nothing.
            selector: selector.filter(|it| !it.match_labels.is_empty() || !it.match_expressions.is_empty()),
            key: constraint.topology_key.clone(),
            keys: hard(pod).map(|constraint| constraint.topology_key.clone()).collect(),
            selected: honours(constraint.node_affinity_policy).then(selected),
            tolerated: honours(constraint.node_taints_policy).then(|| pod.tolerations.clone()),
        }
    }

    /// Whether the pod is counted, on whatever node it is.
    fn counts(&self, pod: &Pod) -> bool {
        let selector = self.selector.as_ref();
        pod.key.namespace == self.namespace && selector.is_some_and(|it| selects(it, &pod.scheduling.labels))
    }

    /// The domain the node belongs to.
    fn domain<'a>(&self, node: &'a Node) -> Option<&'a String> {
        let value = node.labels.get(&self.key)?;
        let has_keys = self.keys.iter().all(|key| node.labels.contains_key(key));
        let selected = self
            .selected
            .as_ref()
            .is_none_or(|(labels, affinity)| is_selected(labels, affinity.as_ref(), node));
        let tolerated = self.tolerated.as_ref().is_none_or(|tolerations| is_tolerated(tolerations, node));
        (has_keys && selected && tolerated).then_some(value)
    }
}

/// The constraints that keep a pod from nodes.
fn hard(pod: &Pod) -> impl Iterator<Item = &SpreadConstraint> {
    let constraints = pod.scheduling.topology_spread.iter();
    constraints.filter(|it| matches!(it.when_unsatisfiable, WhenUnsatisfiable::DoNotSchedule))
}

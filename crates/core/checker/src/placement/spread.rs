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
use super::crowd::{Answers, Population, anchor};
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
    ground: Ground,
}

/// Which nodes belong to domains.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ground {
    key: String,
    /// Of all hard constraints of the pod: a node without one of them is in no domain.
    keys: BTreeSet<String>,
    /// Which nodes its inclusion policies leave.
    selected: Option<(Labels, Option<NodeSelector>)>,
    tolerated: Option<Vec<Toleration>>,
}

/// Pods in each domain, by value. A domain that is not in it has none.
#[derive(Debug, Default)]
struct Counts(BTreeMap<String, u64>);

/// How pods are spread.
#[derive(Debug, Default)]
pub(super) struct Spreads {
    counts: Answers<Question, Counts>,
    /// The domains there are.
    domains: BTreeMap<Ground, BTreeSet<String>>,
}

/// What is to be asked of each node for one pod.
#[derive(Debug)]
pub(super) struct Evenness<'a>(Vec<Constraint<'a>>);

#[derive(Debug)]
struct Constraint<'a> {
    key: &'a str,
    counts: &'a Counts,
    most: u64,
    itself: u64,
    least: u64,
}

impl Spreads {
    /// Forgets everything: nodes are others.
    pub(super) fn forget(&mut self) {
        self.counts.clear();
        self.domains.clear();
    }

    pub(super) fn come(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, true);
    }

    pub(super) fn go(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, false);
    }

    /// Begins to count what this pod asks for.
    pub(super) fn learn(&mut self, pod: &Pod, population: Population<'_>) {
        if self.counts.len() > KEPT || self.domains.len() > KEPT {
            self.forget();
        }
        for constraint in hard(pod) {
            let question = Question::of(pod, constraint);
            let anchor = anchor(question.selector.as_ref());
            if self.counts.get(&anchor, &question).is_some() {
                continue;
            }
            if !self.domains.contains_key(&question.ground) {
                let domains = population.nodes().filter_map(|node| question.ground.domain(node));
                self.domains.insert(question.ground.clone(), domains.cloned().collect());
            }
            let mut counts = Counts::default();
            for (other, node) in population.anchored(&anchor) {
                if question.counts(other) {
                    counts.change(question.ground.domain(node), true);
                }
            }
            self.counts.insert(anchor, question, counts);
        }
    }

    /// What is to be asked of each node for this pod, which was learned.
    pub(super) fn evenness<'a>(&'a self, pod: &'a Pod) -> Evenness<'a> {
        let constraint = |constraint: &'a SpreadConstraint| {
            let question = Question::of(pod, constraint);
            let counts = self.counts.get(&anchor(question.selector.as_ref()), &question)?;
            let domains = self.domains.get(&question.ground).map_or(0, BTreeSet::len);
            let enough = constraint.min_domains.map_or(1, |least| u64::from(least.get()));
            let all_have = counts.0.len() == domains && domains as u64 >= enough;
            Some(Constraint {
                key: &constraint.topology_key,
                counts,
                most: u64::from(constraint.max_skew.get()),
                itself: u64::from(question.counts(pod)),
                least: counts.0.values().min().filter(|_| all_have).copied().unwrap_or(0),
            })
        };
        Evenness(hard(pod).filter_map(constraint).collect())
    }

    fn change(&mut self, pod: &Pod, node: &Node, comes: bool) {
        self.counts.change(&pod.scheduling.labels, |question, counts| {
            if question.counts(pod) {
                counts.change(question.ground.domain(node), comes);
            }
        });
    }
}

impl Evenness<'_> {
    /// What speaks against the node. With `whoever_is_there` false, only what no other pod could change.
    pub(super) fn object(&self, against: &mut Against, node: &Node, whoever_is_there: bool) {
        for Constraint { key, counts, most, itself, least } in &self.0 {
            let Some(value) = node.labels.get(*key) else {
                against.add(
                    Rule::SpreadIgnored,
                    format_args!("no label {key}, by which it is spread"),
                    format_args!("nodes with it"),
                );
                continue;
            };
            let pods = counts.0.get(value).copied().unwrap_or(0).saturating_add(*itself);
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

impl Counts {
    fn change(&mut self, domain: Option<&String>, comes: bool) {
        let Some(domain) = domain else { return };
        let pods = self.0.entry(domain.clone()).or_default();
        *pods = if comes { pods.saturating_add(1) } else { pods.saturating_sub(1) };
        if *pods == 0 {
            self.0.remove(domain);
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
            ground: Ground {
                key: constraint.topology_key.clone(),
                keys: hard(pod).map(|constraint| constraint.topology_key.clone()).collect(),
                selected: honours(constraint.node_affinity_policy).then(selected),
                tolerated: honours(constraint.node_taints_policy).then(|| pod.tolerations.clone()),
            },
        }
    }

    /// Whether the pod is counted, on whatever node it is.
    fn counts(&self, pod: &Pod) -> bool {
        let selector = self.selector.as_ref();
        pod.key.namespace == self.namespace && selector.is_some_and(|it| selects(it, &pod.scheduling.labels))
    }
}

impl Ground {
    /// The domain the node belongs to.
    fn domain<'a>(&self, node: &'a Node) -> Option<&'a String> {
        let value = node.labels.get(&self.key)?;
        let has_keys = self.keys.iter().all(|key| node.labels.contains_key(key));
        let selected = self.selected.as_ref();
        let selected = selected.is_none_or(|(labels, affinity)| is_selected(labels, affinity.as_ref(), node));
        let tolerated = self.tolerated.as_ref().is_none_or(|tolerations| is_tolerated(tolerations, node));
        (has_keys && selected && tolerated).then_some(value)
    }
}

/// The constraints that keep a pod from nodes.
fn hard(pod: &Pod) -> impl Iterator<Item = &SpreadConstraint> {
    let constraints = pod.scheduling.topology_spread.iter();
    constraints.filter(|it| matches!(it.when_unsatisfiable, WhenUnsatisfiable::DoNotSchedule))
}
